"""What is wrong with an expression although it has a type: the validators that Kubernetes turns on.

The literal that `duration`, `timestamp` or `matches` is called with has to be one, and all elements of a list, all
keys and all values of a map are of one type, but for what is an argument of `format`, which goes by its clauses.  As
in cel-go this is looked at when there is nothing else to complain about.
"""

from collections.abc import Callable, Iterator

from steersman.cel import ast, declarations, formats, patterns, source, types, unifying, values

_MIXING = frozenset({"format"})
"""Functions whose arguments may be lists of anything."""


def validate(checked: ast.Checked, environment: declarations.Names) -> None:
    """Raises CompileError with all that is wrong."""
    issues: list[source.Issue] = []
    for node, free in _nodes(checked.root):
        if isinstance(node, ast.Call):
            issues += _literal_argument(checked, environment, node)
            if node.function == "format" and "format" in environment.functions:
                issues += formats.complaints(checked, node)
        elif not free and isinstance(node, ast.CreateList):
            elements = ((each, index in node.optional) for index, each in enumerate(node.elements))
            issues += _of_one_type(checked, elements, only_first=True)
        elif not free and isinstance(node, ast.CreateMap):
            issues += _of_one_type(checked, ((each.key, False) for each in node.entries))
            issues += _of_one_type(checked, ((each.value, each.optional) for each in node.entries))
    if issues:
        raise source.CompileError(checked.source, issues)


def _nodes(root: ast.Expr) -> Iterator[tuple[ast.Expr, bool]]:
    """All nodes, and whether they are inside literals that may mix types."""
    waiting: list[tuple[ast.Expr, bool]] = [(root, False)]
    while waiting:
        node, free = waiting.pop()
        yield node, free
        match node:
            case ast.Select():
                waiting.append((node.operand, False))
            case ast.Call():
                mixing = node.function in _MIXING
                waiting += ((each, mixing) for each in node.args)
                if node.target is not None:
                    waiting.append((node.target, mixing))
            case ast.CreateList():
                waiting += ((each, free) for each in node.elements)
            case ast.CreateMap():
                waiting += ((each, free) for entry in node.entries for each in (entry.key, entry.value))
            case ast.CreateStruct():
                waiting += ((each.value, False) for each in node.fields)
            case ast.Comprehension():
                waiting += (
                    (each, False)
                    for each in (node.iter_range, node.accu_init, node.loop_condition, node.loop_step, node.result)
                )


def _literal_argument(checked: ast.Checked, environment: declarations.Names, call: ast.Call) -> Iterator[source.Issue]:
    if call.function not in ("duration", "timestamp", "matches") or not call.args:
        return
    argument = call.args[0]
    if not isinstance(argument, ast.Literal):
        return
    implementation: Callable[..., object] | None
    if call.function == "matches":
        implementation = patterns.compiled
    else:
        used = checked.references[call.id].overloads
        overloads = environment.functions[call.function].overloads
        implementation = next((each.implementation for each in overloads if each.id in used), None)
    assert implementation is not None
    try:
        implementation(argument.value)
    except values.EvaluationError:
        yield source.Issue(argument.offset, f"invalid {call.function} argument")


def _of_one_type(
    checked: ast.Checked, elements: Iterator[tuple[ast.Expr, bool]], *, only_first: bool = False
) -> Iterator[source.Issue]:
    first: types.Type | None = None
    for element, optional in elements:
        type = checked.types[element.id]
        if optional and type.parameters:
            type = type.parameters[0]
        if first is None:
            first = type
        elif unifying.without_wrappers(first) != unifying.without_wrappers(type):
            yield source.Issue(element.offset, f"expected type '{first}' but found '{type}'")
            if only_first:
                return
