"""`cel.bind(name, value, result)`: a name for a value, which is computed once, where it is needed."""

from steersman.cel import ast, declarations, expanding, macros


def _bind(to: expanding.Expander, target: ast.Expr | None, args: tuple[ast.Expr, ...]) -> ast.Expr | None:
    if not isinstance(target, ast.Ident) or target.name != "cel":
        return None
    name = macros.variable(args[0], "cel.bind() variable names must be simple identifiers")
    return to.fold(to.list(), "#unused", name, args[1], to.literal(False), to.ident(name), args[2])


LIBRARY = declarations.Library(
    "cel.lib.ext.cel.bindings",
    macros=(declarations.Macro("bind", 3, True, _bind),),
)
