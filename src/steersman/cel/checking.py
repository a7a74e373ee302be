"""Is an expression one of its environment, and what is the type of every part of it: cel-go's checker.

A walk down the tree finds each node's type, and for every name and call what it refers to.  Types may be unknown for
a while (the elements of `[]`, the `A` of a function's declaration); they are parameters, and a `Unifier` keeps what
they have been found to be.  What is still unknown in the end is dyn.

A function has many overloads, and all that fit are noted, in the order they were declared; where they differ in their
result it is dyn.  What does not fit is an `Issue` with cel-go's words, and the walk goes on with a type that fits
everywhere, so that one mistake is one issue.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from steersman.cel import ast, declarations, source, types, unifying


def check(parsed: ast.Parsed, environment: declarations.Names) -> ast.Checked:
    """Raises CompileError with all that is wrong."""
    checker = _Checker(parsed.source, environment)
    checker.check(parsed.root)
    if checker.issues:
        raise source.CompileError(parsed.source, checker.issues)
    return ast.Checked(
        parsed.source,
        _renamed_tree(parsed.root, checker.names) if checker.names else parsed.root,
        _settled(checker.types, checker.unifier),
        checker.references,
    )


def _settled(found: Mapping[int, types.Type], unifier: unifying.Unifier) -> Mapping[int, types.Type]:
    """The types with all that is known by now; of many nodes it is the same one."""
    settled: dict[int, types.Type] = {}

    def known(type: types.Type) -> types.Type:
        there = settled.get(id(type))
        if there is None:
            there = settled[id(type)] = unifier.known(type, free=types.DYN, known=known)
        return there

    return {node: known(type) for node, type in found.items()}


def qualified_name(node: ast.Expr) -> str | None:
    """`a.b.c` where that is all the node is."""
    names: list[str] = []
    while isinstance(node, ast.Select):
        if node.test_only:
            return None
        names.append(node.field)
        node = node.operand
    if not isinstance(node, ast.Ident):
        return None
    names.append(node.name)
    return ".".join(reversed(names))


class _Checker:
    def __init__(self, text: source.Source, environment: declarations.Names) -> None:
        self._functions = environment.functions
        self._constants = environment.constants
        self._variables = environment.variables
        self._provider = environment.provider
        self._scopes: list[dict[str, types.Type]] = []
        """What comprehensions around here declare, the innermost last."""
        self._fresh = 0
        self.unifier = unifying.Unifier()
        self.types: dict[int, types.Type] = {}
        self.references: dict[int, ast.Reference] = {}
        self.names: dict[int, str] = {}
        """What a node turned out to be the qualified name of: a variable, an object type, or a called function."""
        self.issues: list[source.Issue] = []

    def check(self, node: ast.Expr) -> types.Type:
        found: types.Type = self._checks[node.__class__](self, node)
        self.types[node.id] = found
        return found

    def _wrong(self, offset: int, message: str) -> types.Type:
        self.issues.append(source.Issue(offset, message))
        return types.ERROR

    def _undeclared(self, offset: int, name: str) -> types.Type:
        return self._wrong(offset, f"undeclared reference to '{name}' (in container '')")

    def _mismatch(self, offset: int, expected: types.Type, found: types.Type) -> types.Type:
        return self._wrong(offset, f"expected type '{expected}' but found '{found}'")

    def _is(self, one: types.Type, other: types.Type) -> bool:
        return self.unifier.assignable([(one, other)])

    def _free(self) -> types.Type:
        self._fresh += 1
        return types.param(f"_var{self._fresh - 1}")

    def _name(self, name: str) -> tuple[types.Type, ast.Reference] | None:
        """What a variable, a constant or a type of this name is."""
        name = name.removeprefix(".")
        for scope in reversed(self._scopes):
            if name in scope:
                return scope[name], ast.Reference(name)
        declared = self._variables.get(name)
        if declared is not None:
            return declared, ast.Reference(name)
        if name in self._constants:
            type, value = self._constants[name]
            return type, ast.Reference(name, value=value, constant=True)
        known = self._provider.find(name)
        if known is not None:
            return types.type_of(known), ast.Reference(name, value=known, constant=True)
        return None

    def _literal(self, node: ast.Literal) -> types.Type:
        value: Any = node.value
        return _LITERALS[value.__class__.__name__]

    def _ident(self, node: ast.Ident) -> types.Type:
        found = self._name(node.name)
        if found is None:
            return self._undeclared(node.offset, node.name)
        return self._refers(node, node.name, *found)

    def _refers(self, node: ast.Expr, written: str, type: types.Type, reference: ast.Reference) -> types.Type:
        self.references[node.id] = reference
        if isinstance(node, ast.Select) or written != reference.name:
            self.names[node.id] = reference.name
        return type

    def _select(self, node: ast.Select) -> types.Type:
        name = qualified_name(node)
        found = None if name is None else self._name(name)
        if found is not None:
            return self._refers(node, node.field, *found)
        result = self._field(node, node.operand, node.field, optional=False)
        return types.BOOL if node.test_only else self.unifier.known(result)

    def _field(self, node: ast.Expr, operand: ast.Expr, field: str, *, optional: bool) -> types.Type:
        """The type of a field, which is optional where the operand is."""
        type = self.unifier.known(self.check(operand))
        inner, was_optional = _unwrapped(type)
        result: types.Type
        if inner.kind is types.Kind.MAP:
            result = inner.parameters[1]
        elif inner.kind is types.Kind.OBJECT:
            result = self._field_type(node.offset, inner.name, field)
        else:
            if inner.kind is types.Kind.PARAM:
                self._is(types.DYN, inner)
            elif inner.kind not in unifying.ANY:
                self._wrong(node.offset, f"type '{inner}' does not support field selection")
            result = types.DYN
        return types.optional(result) if optional or was_optional else result

    def _field_type(self, offset: int, type_name: str, field: str) -> types.Type:
        if self._provider.find(type_name) is None:
            return self._wrong(offset, f"unexpected failed resolution of '{type_name}'")
        there = self._provider.field(type_name, field)
        if there is None:
            return self._wrong(offset, f"undefined field '{field}'")
        return there.type

    def _optional_select(self, node: ast.Call) -> types.Type:
        operand, field = node.args
        assert isinstance(field, ast.Literal)
        result = self._field(node, operand, field.value, optional=True)
        self.types[field.id] = types.STRING
        self.references[node.id] = ast.Reference(overloads=("select_optional_field",))
        return self.unifier.known(result)

    def _call(self, node: ast.Call) -> types.Type:
        if node.function == "_?._":
            return self._optional_select(node)
        args = [(each, self.check(each)) for each in node.args]
        name = node.function
        if node.target is None:
            function = self._functions.get(name.removeprefix("."))
            if function is None:
                return self._undeclared(node.offset, name)
            if name != function.name:
                self.names[node.id] = function.name
            return self._resolve(node, function, args, member=False)
        prefix = qualified_name(node.target)
        if prefix is not None:
            qualified = f"{prefix}.{name}".removeprefix(".")
            if qualified in self._functions:
                self.names[node.id] = qualified
                return self._resolve(node, self._functions[qualified], args, member=False)
        target = (node.target, self.check(node.target))
        function = self._functions.get(name)
        if function is None:
            return self._undeclared(node.offset, name)
        return self._resolve(node, function, [target, *args], member=True)

    def _resolve(
        self,
        node: ast.Call,
        function: declarations.Function,
        args: Sequence[tuple[ast.Expr, types.Type]],
        *,
        member: bool,
    ) -> types.Type:
        if function.name in ("_&&_", "_||_"):
            return self._logic(node, function, args)
        result: types.Type | None = None
        fitting: list[str] = []
        for overload in function.overloads:
            if overload.member is not member:
                continue
            fresh = {name: self._free() for name in _parameters(overload)}
            if len(overload.arguments) != len(args) or any(
                map(unifying.never, overload.arguments, (type for _, type in args))
            ):
                continue
            declared, returned = overload.arguments, overload.result
            if fresh:
                declared = tuple([_renamed(type, fresh) for type in declared])
                returned = _renamed(returned, fresh)
            if not self.unifier.assignable(zip((type for _, type in args), declared, strict=True)):
                continue
            fitting.append(overload.id)
            found = self.unifier.known(returned)
            if result is None:
                result = found
            elif result.kind is not types.Kind.DYN and not unifying.same(found, result):
                result = types.DYN
        if result is None:
            applied = [str(self.unifier.known(type, free=types.DYN)) for _, type in args]
            target = f"{applied.pop(0)}." if member else ""
            signature = f"{target}({', '.join(applied)})"
            return self._wrong(
                node.offset, f"found no matching overload for '{function.name}' applied to '{signature}'"
            )
        self.references[node.id] = ast.Reference(overloads=tuple(fitting))
        return result

    def _logic(
        self, node: ast.Call, function: declarations.Function, args: Sequence[tuple[ast.Expr, types.Type]]
    ) -> types.Type:
        """`&&` and `||` say which of their operands is not a boolean."""
        before = len(self.issues)
        for operand, type in args:
            if not self._is(type, types.BOOL):
                self._mismatch(operand.offset, types.BOOL, type)
        if len(self.issues) > before:
            return types.ERROR
        self.references[node.id] = ast.Reference(overloads=(function.overloads[0].id,))
        return types.BOOL

    def _element(self, node: ast.Expr, *, optional: bool) -> types.Type:
        """The type of an element, entry or field; of what is in it where it was written with a `?`."""
        type = self.check(node)
        if not optional:
            return type
        inner, was_optional = _unwrapped(type)
        if not was_optional and inner.kind is not types.Kind.DYN:
            self._mismatch(node.offset, types.optional(inner), inner)
        return inner

    def _joined(self, node: ast.Expr, before: types.Type | None, type: types.Type) -> types.Type:
        if before is None:
            return type
        if self._is(before, type):
            return unifying.more_general(before, type)
        # Kubernetes forbids it, but later: `validating` says so if nothing else is wrong.
        return types.DYN

    def _list(self, node: ast.CreateList) -> types.Type:
        joined: types.Type | None = None
        for index, element in enumerate(node.elements):
            joined = self._joined(element, joined, self._element(element, optional=index in node.optional))
        return types.list_of(self._free() if joined is None else joined)

    def _map(self, node: ast.CreateMap) -> types.Type:
        key: types.Type | None = None
        value: types.Type | None = None
        for entry in node.entries:
            key = self._joined(entry.key, key, self.check(entry.key))
            value = self._joined(entry.value, value, self._element(entry.value, optional=entry.optional))
        if key is None or value is None:
            key, value = self._free(), self._free()
        return types.map_of(key, value)

    def _struct(self, node: ast.CreateStruct) -> types.Type:
        found = self._name(node.type_name)
        if found is None:
            return self._undeclared(node.offset, node.type_name)
        type, reference = found
        self._refers(node, node.type_name, type, ast.Reference(reference.name))
        result = types.ERROR
        if type.kind is not types.Kind.ERROR:
            if type.kind is not types.Kind.TYPE or not type.parameters:
                self._wrong(node.offset, f"'{_declared_name(type)}' is not a type")
            elif type.parameters[0].kind is types.Kind.OBJECT:
                result = type.parameters[0]
            else:
                self._wrong(node.offset, f"'{_declared_name(type.parameters[0])}' is not a message type")
        self.types[node.id] = result
        for field in node.fields:
            value = self._element(field.value, optional=field.optional)
            wanted = self._field_type(field.offset, reference.name, field.name)
            if not self._is(wanted, value):
                self._wrong(
                    field.offset,
                    f"expected type of field '{field.name}' is '{wanted}' but provided type is '{value}'",
                )
        return result

    def _fold(self, node: ast.Comprehension) -> types.Type:
        goes_over = self.check(node.iter_range)
        accumulated = self.check(node.accu_init)
        goes_over = self.unifier.known(goes_over)
        variables = dict(self._loop_variables(node, goes_over))
        self._scopes.append({node.accu_var: accumulated})
        self._scopes.append(variables)
        condition = self.check(node.loop_condition)
        if not self._is(types.BOOL, condition):
            self._mismatch(node.loop_condition.offset, types.BOOL, condition)
        step = self.check(node.loop_step)
        if not self._is(accumulated, step):
            self._mismatch(node.loop_step.offset, accumulated, step)
        self._scopes.pop()
        result = self.check(node.result)
        self._scopes.pop()
        return self.unifier.known(result)

    def _loop_variables(self, node: ast.Comprehension, goes_over: types.Type) -> Iterator[tuple[str, types.Type]]:
        if goes_over.kind is types.Kind.LIST:
            first, second = types.INT, goes_over.parameters[0]
            if not node.iter_var2:
                first = second
        elif goes_over.kind is types.Kind.MAP:
            first, second = goes_over.parameters
        elif goes_over.kind in unifying.ANY or goes_over.kind is types.Kind.PARAM:
            self._is(types.DYN, goes_over)
            first = second = types.DYN
        else:
            must = "must be list, map, or dynamic"
            message = f"expression of type '{goes_over}' cannot be range of a comprehension ({must})"
            first = second = self._wrong(node.iter_range.offset, message)
        yield node.iter_var, first
        if node.iter_var2:
            yield node.iter_var2, second

    _checks: Mapping[type[ast.Expr], Any] = {
        ast.Literal: _literal,
        ast.Ident: _ident,
        ast.Select: _select,
        ast.Call: _call,
        ast.CreateList: _list,
        ast.CreateMap: _map,
        ast.CreateStruct: _struct,
        ast.Comprehension: _fold,
    }


_LITERALS: Mapping[str, types.Type] = {
    "NoneType": types.NULL,
    "bool": types.BOOL,
    "int": types.INT,
    "UInt": types.UINT,
    "float": types.DOUBLE,
    "str": types.STRING,
    "bytes": types.BYTES,
}


def _unwrapped(type: types.Type) -> tuple[types.Type, bool]:
    if type.kind is types.Kind.OPAQUE and type.name == "optional_type":
        return type.parameters[0], True
    return type, False


def _declared_name(type: types.Type) -> str:
    if type.kind is types.Kind.WRAPPER:
        return str(type)
    return type.name or type.kind.value


_KNOWN_PARAMETERS: dict[int, tuple[declarations.Overload, tuple[str, ...]]] = {}


def _parameters(overload: declarations.Overload) -> tuple[str, ...]:
    """The names of its type parameters, looked for once."""
    known = _KNOWN_PARAMETERS.get(id(overload))
    if known is None:
        all_types = (overload.result, *overload.arguments)
        names = dict.fromkeys(name for type in all_types for name in _parameter_names(type))
        known = _KNOWN_PARAMETERS[id(overload)] = (overload, tuple(names))
    return known[1]


def _parameter_names(type: types.Type) -> Iterator[str]:
    if type.kind is types.Kind.PARAM:
        yield type.name
    for each in type.parameters:
        yield from _parameter_names(each)


def _renamed(type: types.Type, names: Mapping[str, types.Type]) -> types.Type:
    if type.kind is types.Kind.PARAM:
        return names[type.name]
    if not type.parameters:
        return type
    return types.Type(type.kind, type.name, tuple(_renamed(each, names) for each in type.parameters))


def _renamed_tree(node: ast.Expr, names: Mapping[int, str]) -> ast.Expr:
    """The tree with what is a qualified name in one node: `a.b` an identifier, `a.f(x)` a call without a target."""

    def tree(node: ast.Expr) -> ast.Expr:
        name = names.get(node.id)
        match node:
            case ast.Ident() | ast.Select() if name is not None:
                return ast.Ident(node.id, node.offset, name)
            case ast.Select():
                return dataclasses.replace(node, operand=tree(node.operand))
            case ast.Call():
                args = tuple(map(tree, node.args))
                if name is not None:
                    return ast.Call(node.id, node.offset, name, None, args)
                return dataclasses.replace(node, target=node.target and tree(node.target), args=args)
            case ast.CreateList():
                return dataclasses.replace(node, elements=tuple(map(tree, node.elements)))
            case ast.CreateMap():
                entries = (
                    dataclasses.replace(each, key=tree(each.key), value=tree(each.value)) for each in node.entries
                )
                return dataclasses.replace(node, entries=tuple(entries))
            case ast.CreateStruct():
                fields = tuple(dataclasses.replace(each, value=tree(each.value)) for each in node.fields)
                return dataclasses.replace(node, type_name=name or node.type_name, fields=fields)
            case ast.Comprehension():
                return dataclasses.replace(
                    node,
                    iter_range=tree(node.iter_range),
                    accu_init=tree(node.accu_init),
                    loop_condition=tree(node.loop_condition),
                    loop_step=tree(node.loop_step),
                    result=tree(node.result),
                )
        return node

    return tree(node)
