"""Optional values: `a.?b`, `a[?0]`, `optional.of(x)`, `.orValue(y)`, `.optMap(v, f(v))`, `[...].first()`.

The evaluator does selections, indices, `or` and `orValue` itself; here are their types.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from steersman.cel import ast, declarations, expanding, macros, types, values

_K, _V = types.param("K"), types.param("V")
_OPTIONAL, _LIST, _MAP = types.optional(_V), types.list_of(_V), types.map_of(_K, _V)
_OPTIONALS = types.list_of(_OPTIONAL)

Overload = declarations.Overload


def of_non_zero_value(value: Any) -> values.Optional:
    return values.NONE if _is_zero(value) else values.Optional(value)


def _is_zero(value: Any) -> bool:
    if value is None or value is False:
        return True
    if isinstance(value, str | bytes | Mapping | Sequence):
        return len(value) == 0
    if isinstance(value, int | float):
        return value == 0
    if isinstance(value, values.Duration):
        return value.nanos == 0
    if isinstance(value, values.Timestamp):  # Go's zero time
        return value.nanos == -62_135_596_800_000_000_000
    if isinstance(value, values.Optional):
        return not value.present
    return False


def _value(optional: values.Optional) -> Any:
    return optional.value


def _has_value(optional: values.Optional) -> bool:
    return optional.present


def _none() -> values.Optional:
    return values.NONE


def _first(elements: Sequence[Any]) -> values.Optional:
    return values.Optional(elements[0]) if len(elements) else values.NONE


def _last(elements: Sequence[Any]) -> values.Optional:
    return values.Optional(elements[len(elements) - 1]) if len(elements) else values.NONE


def _unwrap(optionals: Sequence[Any]) -> list[Any]:
    found = []
    for optional in optionals:
        if not isinstance(optional, values.Optional):
            raise values.EvaluationError(f"value {values.text(optional)} is not optional")
        if optional.present:
            found.append(optional.value)
    return found


def _bound(to: expanding.Expander, target: ast.Expr, args: tuple[ast.Expr, ...], macro: str) -> ast.Expr:
    """The second argument with the value of the target in the variable that the first names."""
    name = macros.variable(args[0], f"{macro}() variable name must be a simple identifier")
    value = to.member_call("value", to.copy(target))
    return to.fold(to.list(), "#unused", name, value, to.literal(False), to.ident(name), args[1])


def _opt_map(to: expanding.Expander, target: ast.Expr | None, args: tuple[ast.Expr, ...]) -> ast.Expr:
    assert target is not None
    mapped = to.call("optional.of", _bound(to, target, args, "optMap"))
    return to.call("_?_:_", to.member_call("hasValue", target), mapped, to.call("optional.none"))


def _opt_flat_map(to: expanding.Expander, target: ast.Expr | None, args: tuple[ast.Expr, ...]) -> ast.Expr:
    assert target is not None
    mapped = _bound(to, target, args, "optFlatMap")
    return to.call("_?_:_", to.member_call("hasValue", target), mapped, to.call("optional.none"))


def _function(name: str, *overloads: declarations.Overload) -> declarations.Function:
    return declarations.Function(name, overloads)


LIBRARY = declarations.Library(
    "cel.lib.optional",
    functions=(
        _function("optional.of", Overload("optional_of", (_V,), _OPTIONAL, values.Optional)),
        _function("optional.ofNonZeroValue", Overload("optional_ofNonZeroValue", (_V,), _OPTIONAL, of_non_zero_value)),
        _function("optional.none", Overload("optional_none", (), _OPTIONAL, _none)),
        _function("value", Overload("optional_value", (_OPTIONAL,), _V, _value, member=True)),
        _function("hasValue", Overload("optional_hasValue", (_OPTIONAL,), types.BOOL, _has_value, member=True)),
        _function("or", Overload("optional_or_optional", (_OPTIONAL, _OPTIONAL), _OPTIONAL, member=True)),
        _function("orValue", Overload("optional_orValue_value", (_OPTIONAL, _V), _V, member=True)),
        _function("_?._", Overload("select_optional_field", (types.DYN, types.STRING), _OPTIONAL)),
        _function(
            "_[?_]",
            Overload("list_optindex_optional_int", (_LIST, types.INT), _OPTIONAL),
            Overload("optional_list_optindex_optional_int", (types.optional(_LIST), types.INT), _OPTIONAL),
            Overload("map_optindex_optional_value", (_MAP, _K), _OPTIONAL),
            Overload("optional_map_optindex_optional_value", (types.optional(_MAP), _K), _OPTIONAL),
        ),
        _function(
            "_[_]",
            Overload("optional_list_index_int", (types.optional(_LIST), types.INT), _OPTIONAL),
            Overload("optional_map_index_value", (types.optional(_MAP), _K), _OPTIONAL),
        ),
        _function("last", Overload("list_last", (_LIST,), _OPTIONAL, _last, member=True)),
        _function("first", Overload("list_first", (_LIST,), _OPTIONAL, _first, member=True)),
        _function("optional.unwrap", Overload("optional_unwrap", (_OPTIONALS,), _LIST, _unwrap)),
        _function("unwrapOpt", Overload("optional_unwrapOpt", (_OPTIONALS,), _LIST, _unwrap, member=True)),
    ),
    macros=(
        declarations.Macro("optMap", 2, True, _opt_map),
        declarations.Macro("optFlatMap", 2, True, _opt_flat_map),
    ),
    constants={
        "optional_type": (
            types.type_of(types.optional(types.DYN)),
            values.TypeValue(types.optional(types.DYN)),
        )
    },
)
