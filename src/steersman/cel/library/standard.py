"""What every expression has: the operators, conversions, `size`, functions of strings and of times, the macros.

The declarations are the specification's, with cel-go's overload ids; what the functions do is in `operators`,
`conversions` and `clock`.  An operator does the same whatever overload the checker found, since an operand may be
dyn; that is why one Python function stands behind all overloads of one.
"""

from collections.abc import Callable
from typing import Any

from steersman.cel import declarations, types, values
from steersman.cel.library import clock, conversions, costs, operators

_A, _B = types.param("A"), types.param("B")
_LIST, _MAP = types.list_of(_A), types.map_of(_A, _B)
BOOL, INT, UINT, DOUBLE = types.BOOL, types.INT, types.UINT, types.DOUBLE
STRING, BYTES, TIMESTAMP, DURATION = types.STRING, types.BYTES, types.TIMESTAMP, types.DURATION

Overload = declarations.Overload
Function = declarations.Function


def _special(name: str, id: str, arguments: tuple[types.Type, ...], result: types.Type) -> declarations.Function:
    """What the evaluator does itself."""
    return Function(name, (Overload(id, arguments, result),))


def _logic() -> list[declarations.Function]:
    return [
        _special("_?_:_", "conditional", (BOOL, _A, _A), _A),
        _special("_&&_", "logical_and", (BOOL, BOOL), BOOL),
        _special("_||_", "logical_or", (BOOL, BOOL), BOOL),
        Function("!_", (Overload("logical_not", (BOOL,), BOOL, operators.negate_bool),)),
        _special("@not_strictly_false", "not_strictly_false", (BOOL,), BOOL),
        Function("_==_", (Overload("equals", (_A, _A), BOOL, values.equal, cost=costs.smaller),)),
        Function("_!=_", (Overload("not_equals", (_A, _A), BOOL, operators.not_equal, cost=costs.smaller),)),
    ]


_ARITHMETIC: dict[str, tuple[Callable[..., Any], str, tuple[tuple[str, tuple[types.Type, ...], types.Type], ...]]] = {
    "_+_": (
        operators.add,
        "add",
        (
            ("bytes", (BYTES, BYTES), BYTES),
            ("double", (DOUBLE, DOUBLE), DOUBLE),
            ("duration_duration", (DURATION, DURATION), DURATION),
            ("duration_timestamp", (DURATION, TIMESTAMP), TIMESTAMP),
            ("timestamp_duration", (TIMESTAMP, DURATION), TIMESTAMP),
            ("int64", (INT, INT), INT),
            ("list", (_LIST, _LIST), _LIST),
            ("string", (STRING, STRING), STRING),
            ("uint64", (UINT, UINT), UINT),
        ),
    ),
    "_/_": (
        operators.divide,
        "divide",
        (("double", (DOUBLE, DOUBLE), DOUBLE), ("int64", (INT, INT), INT), ("uint64", (UINT, UINT), UINT)),
    ),
    "_%_": (operators.modulo, "modulo", (("int64", (INT, INT), INT), ("uint64", (UINT, UINT), UINT))),
    "_*_": (
        operators.multiply,
        "multiply",
        (("double", (DOUBLE, DOUBLE), DOUBLE), ("int64", (INT, INT), INT), ("uint64", (UINT, UINT), UINT)),
    ),
    "-_": (operators.negate, "negate", (("double", (DOUBLE,), DOUBLE), ("int64", (INT,), INT))),
    "_-_": (
        operators.subtract,
        "subtract",
        (
            ("double", (DOUBLE, DOUBLE), DOUBLE),
            ("duration_duration", (DURATION, DURATION), DURATION),
            ("int64", (INT, INT), INT),
            ("timestamp_duration", (TIMESTAMP, DURATION), TIMESTAMP),
            ("timestamp_timestamp", (TIMESTAMP, TIMESTAMP), DURATION),
            ("uint64", (UINT, UINT), UINT),
        ),
    ),
}


def _arithmetic() -> list[declarations.Function]:
    made = []
    for name, (implementation, prefix, overloads) in _ARITHMETIC.items():
        described = []
        for suffix, arguments, result in overloads:
            id = f"{prefix}_{suffix}"
            cost = costs.both if id in ("add_string", "add_bytes") else None
            described.append(Overload(id, arguments, result, implementation, cost=cost))
        made.append(Function(name, tuple(described)))
    return made


_ORDERED: tuple[tuple[str, tuple[types.Type, types.Type]], ...] = (
    ("bool", (BOOL, BOOL)),
    ("int64", (INT, INT)),
    ("int64_double", (INT, DOUBLE)),
    ("int64_uint64", (INT, UINT)),
    ("uint64", (UINT, UINT)),
    ("uint64_double", (UINT, DOUBLE)),
    ("uint64_int64", (UINT, INT)),
    ("double", (DOUBLE, DOUBLE)),
    ("double_int64", (DOUBLE, INT)),
    ("double_uint64", (DOUBLE, UINT)),
    ("string", (STRING, STRING)),
    ("bytes", (BYTES, BYTES)),
    ("timestamp", (TIMESTAMP, TIMESTAMP)),
    ("duration", (DURATION, DURATION)),
)


def _relations() -> list[declarations.Function]:
    made = []
    for name, prefix, does in (
        ("_<_", "less", operators.less),
        ("_<=_", "less_equals", operators.less_equals),
        ("_>_", "greater", operators.greater),
        ("_>=_", "greater_equals", operators.greater_equals),
    ):
        overloads = []
        for suffix, arguments in _ORDERED:
            cost = costs.smaller if suffix in ("string", "bytes") else None
            overloads.append(Overload(f"{prefix}_{suffix}", arguments, BOOL, does, cost=cost))
        made.append(Function(name, tuple(overloads)))
    return made


def _collections() -> list[declarations.Function]:
    sizes = []
    for suffix, argument in (("bytes", BYTES), ("list", _LIST), ("map", _MAP), ("string", STRING)):
        sizes.append(Overload(f"size_{suffix}", (argument,), INT, operators.size))
        sizes.append(Overload(f"{suffix}_size", (argument,), INT, operators.size, member=True))
    return [
        Function("_[_]", (Overload("index_list", (_LIST, INT), _A), Overload("index_map", (_MAP, _A), _B))),
        Function(
            "@in",
            (
                Overload("in_list", (_A, _LIST), BOOL, operators.contains, cost=costs.second),
                Overload("in_map", (_A, _MAP), BOOL, operators.contains),
            ),
        ),
        Function("size", tuple(sizes)),
    ]


def _conversion(
    name: str, result: types.Type, does: Callable[[Any], Any], *sources: tuple[str, types.Type]
) -> declarations.Function:
    charged = {"string_to_bytes": costs.traversal, "bytes_to_string": costs.traversal}
    return Function(
        name,
        tuple(Overload(id, (source,), result, does, cost=charged.get(id)) for id, source in sources),
    )


def _conversions() -> list[declarations.Function]:
    return [
        Function("type", (Overload("type", (_A,), types.type_of(_A), conversions.to_type),)),
        _conversion("bool", BOOL, conversions.to_bool, ("bool_to_bool", BOOL), ("string_to_bool", STRING)),
        _conversion("bytes", BYTES, conversions.to_bytes, ("bytes_to_bytes", BYTES), ("string_to_bytes", STRING)),
        _conversion(
            "double",
            DOUBLE,
            conversions.to_double,
            ("double_to_double", DOUBLE),
            ("int64_to_double", INT),
            ("string_to_double", STRING),
            ("uint64_to_double", UINT),
        ),
        _conversion(
            "duration",
            DURATION,
            conversions.to_duration,
            ("duration_to_duration", DURATION),
            ("int64_to_duration", INT),
            ("string_to_duration", STRING),
        ),
        _conversion("dyn", types.DYN, conversions.to_dyn, ("to_dyn", _A)),
        _conversion(
            "int",
            INT,
            conversions.to_int,
            ("int64_to_int64", INT),
            ("double_to_int64", DOUBLE),
            ("duration_to_int64", DURATION),
            ("string_to_int64", STRING),
            ("timestamp_to_int64", TIMESTAMP),
            ("uint64_to_int64", UINT),
        ),
        _conversion(
            "string",
            STRING,
            conversions.to_string,
            ("string_to_string", STRING),
            ("bool_to_string", BOOL),
            ("bytes_to_string", BYTES),
            ("double_to_string", DOUBLE),
            ("duration_to_string", DURATION),
            ("int64_to_string", INT),
            ("timestamp_to_string", TIMESTAMP),
            ("uint64_to_string", UINT),
        ),
        _conversion(
            "timestamp",
            TIMESTAMP,
            conversions.to_timestamp,
            ("timestamp_to_timestamp", TIMESTAMP),
            ("int64_to_timestamp", INT),
            ("string_to_timestamp", STRING),
        ),
        _conversion(
            "uint",
            UINT,
            conversions.to_uint,
            ("uint64_to_uint64", UINT),
            ("double_to_uint64", DOUBLE),
            ("int64_to_uint64", INT),
            ("string_to_uint64", STRING),
        ),
    ]


def _strings() -> list[declarations.Function]:
    two = (STRING, STRING)
    return [
        Function(
            "contains",
            (Overload("contains_string", two, BOOL, operators.text_contains, member=True, cost=costs.search),),
        ),
        Function(
            "endsWith",
            (Overload("ends_with_string", two, BOOL, operators.ends_with, member=True, cost=costs.traversal),),
        ),
        Function(
            "startsWith",
            (Overload("starts_with_string", two, BOOL, operators.starts_with, member=True, cost=costs.traversal),),
        ),
        Function(
            "matches",
            (
                Overload("matches", two, BOOL, operators.matches),
                Overload("matches_string", two, BOOL, operators.matches, member=True, cost=costs.pattern),
            ),
        ),
    ]


def _times() -> list[declarations.Function]:
    made = []
    for name, (suffix, with_zone, getter) in clock.GETTERS.items():
        overloads = [
            Overload(f"timestamp_to_{suffix}", (TIMESTAMP,), INT, getter, member=True),
            Overload(f"timestamp_to_{with_zone}", (TIMESTAMP, STRING), INT, getter, member=True),
        ]
        of_duration = clock.DURATION_GETTERS.get(name)
        if of_duration is not None:
            overloads.append(Overload(f"duration_to_{suffix}", (DURATION,), INT, of_duration, member=True))
        made.append(Function(name, tuple(overloads)))
    return made


def _type_names() -> dict[str, tuple[types.Type, Any]]:
    named = {
        "bool": BOOL,
        "bytes": BYTES,
        "double": DOUBLE,
        "google.protobuf.Duration": DURATION,
        "int": INT,
        "list": types.list_of(types.DYN),
        "map": types.map_of(types.DYN, types.DYN),
        "null_type": types.NULL,
        "string": STRING,
        "google.protobuf.Timestamp": TIMESTAMP,
        "type": types.TYPE,
        "uint": UINT,
    }
    return {name: (types.type_of(type), values.TypeValue(type)) for name, type in named.items()}


def _macros() -> tuple[declarations.Macro, ...]:
    from steersman.cel import macros

    return macros.STANDARD


LIBRARY = declarations.Library(
    "stdlib",
    functions=(
        *_logic(),
        *_arithmetic(),
        *_relations(),
        *_collections(),
        *_conversions(),
        *_strings(),
        *_times(),
    ),
    macros=_macros(),
    constants=_type_names(),
)
