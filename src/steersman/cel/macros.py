"""The macros of the language, expanded to what cel-go expands them to.

`has(a.b)` asks for a field without reading it; the others fold a list, or a map's keys.  The expansions are cel-go's
to the node, since what an expression costs is counted over them.
"""

from steersman.cel import ast, declarations, expanding

_SIMPLE_NAME = "argument must be a simple name"
_IDENTIFIER = "argument is not an identifier"


def variable(argument: ast.Expr, otherwise: str) -> str:
    """The name a macro's argument gives to what it goes over; MacroError with the words `otherwise` if it is none."""
    if not isinstance(argument, ast.Ident):
        raise expanding.MacroError(argument.offset, otherwise)
    if argument.name in (expanding.ACCUMULATOR, "__result__"):
        raise expanding.MacroError(argument.offset, "iteration variable overwrites accumulator variable")
    return argument.name


def _has(to: expanding.Expander, target: ast.Expr | None, args: tuple[ast.Expr, ...]) -> ast.Expr:
    (argument,) = args
    if not isinstance(argument, ast.Select):
        raise expanding.MacroError(argument.offset, "invalid argument to has() macro")
    return to.presence(argument.operand, argument.field)


def _all(to: expanding.Expander, target: ast.Expr | None, args: tuple[ast.Expr, ...]) -> ast.Expr:
    assert target is not None
    name = variable(args[0], _SIMPLE_NAME)
    return to.fold(
        target,
        name,
        expanding.ACCUMULATOR,
        to.literal(True),
        to.call("@not_strictly_false", to.accumulator()),
        to.call("_&&_", to.accumulator(), args[1]),
        to.accumulator(),
    )


def _exists(to: expanding.Expander, target: ast.Expr | None, args: tuple[ast.Expr, ...]) -> ast.Expr:
    assert target is not None
    name = variable(args[0], _SIMPLE_NAME)
    return to.fold(
        target,
        name,
        expanding.ACCUMULATOR,
        to.literal(False),
        to.call("@not_strictly_false", to.call("!_", to.accumulator())),
        to.call("_||_", to.accumulator(), args[1]),
        to.accumulator(),
    )


def _exists_one(to: expanding.Expander, target: ast.Expr | None, args: tuple[ast.Expr, ...]) -> ast.Expr:
    assert target is not None
    name = variable(args[0], _SIMPLE_NAME)
    one_more = to.call("_+_", to.accumulator(), to.literal(1))
    return to.fold(
        target,
        name,
        expanding.ACCUMULATOR,
        to.literal(0),
        to.literal(True),
        to.call("_?_:_", args[1], one_more, to.accumulator()),
        to.call("_==_", to.accumulator(), to.literal(1)),
    )


def _map(to: expanding.Expander, target: ast.Expr | None, args: tuple[ast.Expr, ...]) -> ast.Expr:
    """`map(x, f(x))`, or `map(x, p(x), f(x))` of those for which p."""
    assert target is not None
    name = variable(args[0], _IDENTIFIER)
    step = to.call("_+_", to.accumulator(), to.list(args[-1]))
    if len(args) == 3:
        step = to.call("_?_:_", args[1], step, to.accumulator())
    return to.fold(target, name, expanding.ACCUMULATOR, to.list(), to.literal(True), step, to.accumulator())


def _filter(to: expanding.Expander, target: ast.Expr | None, args: tuple[ast.Expr, ...]) -> ast.Expr:
    assert target is not None
    name = variable(args[0], _IDENTIFIER)
    step = to.call("_+_", to.accumulator(), to.list(args[0]))
    step = to.call("_?_:_", args[1], step, to.accumulator())
    return to.fold(target, name, expanding.ACCUMULATOR, to.list(), to.literal(True), step, to.accumulator())


STANDARD: tuple[declarations.Macro, ...] = (
    declarations.Macro("has", 1, False, _has),
    declarations.Macro("all", 2, True, _all),
    declarations.Macro("exists", 2, True, _exists),
    declarations.Macro("exists_one", 2, True, _exists_one),
    declarations.Macro("map", 2, True, _map),
    declarations.Macro("map", 3, True, _map),
    declarations.Macro("filter", 2, True, _filter),
)
