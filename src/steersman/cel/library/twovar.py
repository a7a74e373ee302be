"""cel-go's folds with two variables: an index or key, and the element or value there.

`all`, `exists`, `exists_one` as with one; `transformList`, `transformMap` and `transformMapEntry`, each with or
without a filter, make a new collection.
"""

from collections.abc import Mapping
from typing import Any

from steersman.cel import ast, declarations, expanding, macros, types, values

_K, _V = types.param("K"), types.param("V")
_MAP = types.map_of(_K, _V)
_SIMPLE_NAME = "argument must be a simple name"


def insert(target: Mapping[Any, Any], key: Any, value: Any) -> Mapping[Any, Any]:
    if values.find(target, key) is not values.MISSING:
        raise values.EvaluationError(f"insert failed: key {values.text(key)} already exists")
    return values.mapping_of([*target.items(), (key, value)])


def insert_all(target: Mapping[Any, Any], other: Mapping[Any, Any]) -> Mapping[Any, Any]:
    for key, value in other.items():
        target = insert(target, key, value)
    return target


def _names(args: tuple[ast.Expr, ...]) -> tuple[str, str]:
    for argument in args[:2]:
        if not isinstance(argument, ast.Ident):
            raise expanding.MacroError(argument.offset, _SIMPLE_NAME)
    first, second = args[:2]
    if isinstance(first, ast.Ident) and isinstance(second, ast.Ident) and first.name == second.name:
        raise expanding.MacroError(second.offset, f"duplicate variable name: {second.name}")
    return macros.variable(first, _SIMPLE_NAME), macros.variable(second, _SIMPLE_NAME)


def _all(to: expanding.Expander, target: ast.Expr | None, args: tuple[ast.Expr, ...]) -> ast.Expr:
    assert target is not None
    first, second = _names(args)
    condition = to.call("@not_strictly_false", to.accumulator())
    step = to.call("_&&_", to.accumulator(), args[2])
    accumulator = expanding.ACCUMULATOR
    return to.fold(target, first, accumulator, to.literal(True), condition, step, to.accumulator(), iter_var2=second)


def _exists(to: expanding.Expander, target: ast.Expr | None, args: tuple[ast.Expr, ...]) -> ast.Expr:
    assert target is not None
    first, second = _names(args)
    condition = to.call("@not_strictly_false", to.call("!_", to.accumulator()))
    step = to.call("_||_", to.accumulator(), args[2])
    accumulator = expanding.ACCUMULATOR
    return to.fold(target, first, accumulator, to.literal(False), condition, step, to.accumulator(), iter_var2=second)


def _exists_one(to: expanding.Expander, target: ast.Expr | None, args: tuple[ast.Expr, ...]) -> ast.Expr:
    assert target is not None
    first, second = _names(args)
    step = to.call("_?_:_", args[2], to.call("_+_", to.accumulator(), to.literal(1)), to.accumulator())
    result = to.call("_==_", to.accumulator(), to.literal(1))
    accumulator = expanding.ACCUMULATOR
    return to.fold(target, first, accumulator, to.literal(0), to.literal(True), step, result, iter_var2=second)


def _transform(
    to: expanding.Expander,
    target: ast.Expr | None,
    args: tuple[ast.Expr, ...],
    names: tuple[str, str],
    empty: ast.Expr,
    step: ast.Expr,
) -> ast.Expr:
    """Makes a collection by a step for every element, or with a filter for some."""
    assert target is not None
    if len(args) == 4:
        step = to.call("_?_:_", args[2], step, to.accumulator())
    first, second = names
    accumulator = expanding.ACCUMULATOR
    return to.fold(target, first, accumulator, empty, to.literal(True), step, to.accumulator(), iter_var2=second)


def _transform_list(to: expanding.Expander, target: ast.Expr | None, args: tuple[ast.Expr, ...]) -> ast.Expr:
    names = _names(args)
    step = to.call("_+_", to.accumulator(), to.list(args[-1]))
    return _transform(to, target, args, names, to.list(), step)


def _transform_map(to: expanding.Expander, target: ast.Expr | None, args: tuple[ast.Expr, ...]) -> ast.Expr:
    names = _names(args)
    step = to.call("cel.@mapInsert", to.accumulator(), to.ident(names[0]), args[-1])
    return _transform(to, target, args, names, to.map(), step)


def _transform_map_entry(to: expanding.Expander, target: ast.Expr | None, args: tuple[ast.Expr, ...]) -> ast.Expr:
    names = _names(args)
    step = to.call("cel.@mapInsert", to.accumulator(), args[-1])
    return _transform(to, target, args, names, to.map(), step)


LIBRARY = declarations.Library(
    "cel.lib.ext.comprev2",
    functions=(
        declarations.Function(
            "cel.@mapInsert",
            (
                declarations.Overload("@mapInsert_map_key_value", (_MAP, _K, _V), _MAP, insert),
                declarations.Overload("@mapInsert_map_map", (_MAP, _MAP), _MAP, insert_all),
            ),
        ),
    ),
    macros=(
        declarations.Macro("all", 3, True, _all),
        declarations.Macro("exists", 3, True, _exists),
        declarations.Macro("existsOne", 3, True, _exists_one),
        declarations.Macro("exists_one", 3, True, _exists_one),
        declarations.Macro("transformList", 3, True, _transform_list),
        declarations.Macro("transformList", 4, True, _transform_list),
        declarations.Macro("transformMap", 3, True, _transform_map),
        declarations.Macro("transformMap", 4, True, _transform_map),
        declarations.Macro("transformMapEntry", 3, True, _transform_map_entry),
        declarations.Macro("transformMapEntry", 4, True, _transform_map_entry),
    ),
)
