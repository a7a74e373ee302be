"""What rules of custom resources cost when they run, as Kubernetes keeps it the same from release to release.

The numbers are those that its own test of the stability of costs pins, the whole way: a schema's types, a tree's
values, Kubernetes' prices.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from steersman.api.cel import environments, schemas
from steersman.cel import source, values

INTEGER, NUMBER, STRING, BOOLEAN = ({"type": name} for name in ("integer", "number", "string", "boolean"))
BYTE, DURATION, DATE, MOMENT = (
    {"type": "string", "format": format} for format in ("byte", "duration", "date", "date-time")
)
INT_OR_STRING = {"x-kubernetes-int-or-string": True}
PERCENT = (
    "type(self.min) == int ? self.current <= self.min "
    ": double(self.current) / double(self.available) >= double(self.min.replace('%', '')) / 100.0"
)


def array(items: Mapping[str, Any], **extensions: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **extensions}


def mapping(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": values}


def schema_of(value: Any) -> Mapping[str, Any]:
    """What a tree's schema would be if it were as plain as can be."""
    match value:
        case bool():
            return BOOLEAN
        case int():
            return INTEGER
        case float():
            return NUMBER
        case str():
            return STRING
        case list():
            merged = {key: item for each in value if isinstance(each, dict) for key, item in each.items()}
            return array(schema_of(merged or value[0]))
        case _:
            return {"type": "object", "properties": {name: schema_of(field) for name, field in value.items()}}


def objs(*fields: Any) -> dict[str, Any]:
    return {f"val{at + 1}": field for at, field in enumerate(fields)}


def cost_of(tree: Mapping[str, Any], rule: str, **properties: Mapping[str, Any]) -> tuple[Any, int]:
    schema = schema_of(tree)
    schema = {**schema, "properties": {**schema["properties"], **properties}}
    declared = schemas.declare(schema, is_root=True)
    assert declared is not None
    known = schemas.Types(declared)
    environment = environments.BASE.extended(variables={"self": known.root}, provider=known)
    program = environment.program(environment.compile(rule))
    return program.run({"self": schemas.value_of(declared, tree)}, limit=environments.PER_CALL_LIMIT)


def check(tree: Mapping[str, Any], rule: str, cost: int, **properties: Mapping[str, Any]) -> None:
    assert cost_of(tree, rule, **properties) == (True, cost)


@pytest.mark.parametrize(
    ("rule", "cost"),
    [
        ("self.val1 == self.val2", 5),
        ("type(self.val1) == int", 4),
        ("self.val1 + 1 == 5 + 1", 5),
        ("type(self.val3) == double", 4),
        ("self.val3 == 1.0", 3),
        ("self.val1 < int(self.val4)", 6),
        ("double(5) < 10.0", 1),
        ("double(self.val1) < 10.0", 4),
    ],
)
def test_numbers(rule: str, cost: int) -> None:
    check(objs(5, 5, 1, 10.0), rule, cost, val3=NUMBER)


@pytest.mark.parametrize(
    ("rule", "cost"),
    [
        ("self.val1.startsWith('Rook')", 4),
        ("!self.val1.startsWith('knight')", 5),
        ("self.val1.matches('^[^0-9]*$')", 8),
        ("!self.val1.matches('^[0-9]*$')", 7),
        ("type(self.val1) == string", 4),
        ("size(self.val1) == 12", 4),
        ("self.val1.charAt(3) == 'k'", 4),
        ("self.val1.indexOf('o') == 1", 4),
        ("self.val1.indexOf('o', 2) == 2", 4),
        ("self.val1.replace(' ', 'x') == 'Rookxtakesx👑'", 7),
        ("self.val1.replace(' ', 'x', 1) == 'Rookxtakes 👑'", 7),
        ("self.val1.split(' ') == ['Rook', 'takes', '👑']", 6),
        ("self.val1.split(' ', 2) == ['Rook', 'takes 👑']", 6),
        ("self.val1.substring(5) == 'takes 👑'", 5),
        ("self.val1.substring(0, 4) == 'Rook'", 5),
        ("self.val1.substring(4, 10).trim() == 'takes'", 6),
        ("self.val1.upperAscii() == 'ROOK TAKES 👑'", 6),
        ("self.val1.lowerAscii() == 'rook takes 👑'", 6),
        ("self.val1 in ['Rook takes 👑', 'x']", 2),
    ],
)
def test_strings(rule: str, cost: int) -> None:
    check(objs("Rook takes 👑"), rule, cost)


@pytest.mark.parametrize(
    ("rule", "cost"),
    [
        ("self.val1 == b'AB'", 3),
        ("size(self.val1) == 2", 4),
        ("self.val2 == duration('1h2m') + duration('3s4ms')", 4),
        ("self.val2.getHours() == 1", 4),
        ("type(self.val2) == google.protobuf.Duration", 4),
        ("self.val3.getDate() == 16", 4),
        ("self.val4 == timestamp('2011-08-18T00:00:00.000+01:00') + duration('19h3m37s10ms')", 4),
        ("self.val4.getDate('01:00') == 18", 4),
        ("string(self.val4) == '2011-08-18T19:03:37.01+01:00'", 6),
        ("string(self.val3) == '1997-07-16T00:00:00Z'", 5),
        ("string(self.val1) == 'AB'", 4),
    ],
)
def test_formats(rule: str, cost: int) -> None:
    tree = objs("QUI=", "1h2m3s4ms", "1997-07-16", "2011-08-18T19:03:37.010000000+01:00")
    check(tree, rule, cost, val1=BYTE, val2=DURATION, val3=DATE, val4=MOMENT)


@pytest.mark.parametrize(
    ("rule", "cost"),
    [
        ("1 in self.val1", 5),
        ("self.val2[0] in self.val1", 8),
        ("!(0 in self.val1)", 6),
        ("self.val1 + self.val2 == [1, 2, 3, 1, 2, 3]", 6),
        ("self.val1 + [4, 5] == [1, 2, 3, 4, 5]", 4),
        ("self.val3 == ['c', 'b', 'a']", 3),
        ("self.val3 + ['c', 'd'] == ['a', 'b', 'c', 'd']", 4),
        ("'k1' in self.val4", 3),
        ("!('k3' in self.val4)", 4),
        ("self.val4 == {'k1': 'a', 'k2': 'b'}", 3),
    ],
)
def test_collections(rule: str, cost: int) -> None:
    tree = objs([1, 2, 3], [1, 2, 3], ["a", "b", "c"], {"k1": "a", "k2": "b"})
    check(tree, rule, cost, val3=array(STRING, **{"x-kubernetes-list-type": "set"}), val4=mapping(STRING))


@pytest.mark.parametrize(
    ("rule", "cost"),
    [
        ("self.objs[0] == self.objs[1]", 7),
        ("self.objs[0] + self.objs[2] == self.objs[2]", 11),
        ("self.objs[0] == [self.objs[0][0], self.objs[0][1]]", 22),
        ("self.objs[2] + [self.objs[0][0], self.objs[0][1]] == self.objs[0]", 26),
        ("size(self.objs[0] + [self.objs[3][0]]) == 3", 20),
    ],
)
def test_lists_that_are_maps(rule: str, cost: int) -> None:
    a, b, other_b, c = ({"k": k, "v": v} for k, v in ("a1", "b2", "b3", "c4"))
    tree = {"objs": [[a, b], [b, a], [other_b, a], [c]]}
    inner = array(schema_of(a), **{"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"]})
    check(tree, rule, cost, objs=array(inner))


@pytest.mark.parametrize(
    ("rule", "cost"),
    [
        ("has(self.a.b)", 2),
        ("has(self.a1.b1.c1)", 3),
        ("!(has(self.a1.d2) && has(self.a1.d2.e2))", 3),
        ("!has(self.a1.d2)", 3),
        ("!has(self.val.a)", 3),
        ("has(self.val.b)", 2),
        ("self.val.all(k, self.val[k] > 0)", 17),
        ("self.val.exists_one(k, self.val[k] == 2)", 14),
        ("!self.val.exists_one(k, self.val[k] > 0)", 17),
        ("size(self.val) == 2", 4),
        ("size(self.val.filter(k, self.val[k] > 1)) == 1", 26),
    ],
)
def test_presence_and_maps(rule: str, cost: int) -> None:
    tree = {"a": {"b": 1}, "a1": {"b1": {"c1": 4}}, "val": {"b": 1, "d": 2}}
    a1 = schema_of({"b1": {"c1": 4}, "d2": {"e2": 1}})
    check(tree, rule, cost, a1=a1, val=mapping(INTEGER))


@pytest.mark.parametrize(
    ("rule", "cost"),
    [
        ("has(self.listMap[0].v)", 3),
        ("self.listMap.all(m, m.k.startsWith('a'))", 21),
        ("self.listMap.all(m, !has(m.v2) || m.v2 == 'z')", 21),
        ("self.listMap.exists(m, m.k.endsWith('1'))", 13),
        ("self.listMap.exists_one(m, m.k == 'a3')", 15),
        ("!self.listMap.all(m, m.k.endsWith('1'))", 18),
        ("!self.listMap.exists(m, m.v == 'x')", 25),
        ("!self.listMap.exists_one(m, m.k.startsWith('a'))", 20),
        ("size(self.listMap.filter(m, m.k == 'a1')) == 1", 27),
        ("self.listMap.exists(m, m.k == 'a1' && m.v == 'b1')", 16),
        ("self.listMap.map(m, m.v).exists(v, v == 'b1')", 55),
        ("self.listMap.exists(m, has(m.v2) && m.v2 == 'z')", 21),
        ("!self.listMap.all(m, has(m.v2) && m.v2 != 'z')", 10),
        ("self.listMap.exists_one(m, has(m.v2) && m.v2 == 'z')", 12),
        ("self.listMap.filter(m, has(m.v2) && m.v2 == 'z').size() == 1", 24),
        ("self.listMap.map(m, has(m.v2) && m.v2 == 'z', m.v2).size() == 1", 25),
        ("self.listMap.filter(m, has(m.v2) && m.v2 == 'z').map(m, m.v2).size() == 1", 39),
        ("self.listMap.exists(m, m.v2 == 'z')", 24),
        ("!self.listMap.all(m, m.v2 != 'z')", 22),
    ],
)
def test_folds_of_objects_some_of_which_lack_a_field(rule: str, cost: int) -> None:
    items = [{"k": "a1", "v": "b1"}, {"k": "a2", "v": "b2"}, {"k": "a3", "v": "b3", "v2": "z"}]
    check({"listMap": items}, rule, cost)


@pytest.mark.parametrize(
    ("rule", "cost"),
    [
        ("2 in self.array", 10),
        ("self.array.all(e, e > 0)", 43),
        ("self.array.exists(e, e > 2)", 36),
        ("self.array.exists_one(e, e > 4)", 22),
        ("!self.array.all(e, e < 2)", 21),
        ("!self.array.exists(e, e < 0)", 52),
        ("!self.array.exists_one(e, e == 2)", 25),
        ("size(self.array.filter(e, e%2 == 0)) == 3", 68),
        ("self.array.map(e, e * 20).filter(e, e > 50).exists(e, e == 60)", 194),
        ("size(self.array) == 8", 4),
    ],
)
def test_folds_of_numbers(rule: str, cost: int) -> None:
    check({"array": [1, 1, 2, 2, 3, 3, 4, 5]}, rule, cost)


@pytest.mark.parametrize(
    ("value", "rule", "cost"),
    [
        ("25%", "type(self.min) == int ? self.min == 1 : self.min == '25%'", 7),
        ("25%", "type(self.min) == string && self.min == '25%'", 7),
        ("25%", "self.min == 1 || self.min == '25%'", 6),
        ("25%", "self.min == '25%' || self.min == 1", 3),
        ("25%", "self.min != ['anything']", 3),
        (1, "self.min == '25%' || self.min == 1", 6),
        (1, "self.min != 'some string'", 3),
        ("50%", r"type(self.min) == string && self.min.matches(r'(\d+(\.\d+)?%)')", 10),
        (
            "50%",
            PERCENT,
            17,
        ),
    ],
)
def test_numbers_or_strings(value: Any, rule: str, cost: int) -> None:
    check({"min": value, "current": 5, "available": 10}, rule, cost, min=INT_OR_STRING)


@pytest.mark.parametrize(
    ("rule", "cost"),
    [
        ("self.mapOfMap['x']['y'] == 'b'", 5),
        ("self.mapOfListMap['o'].exists(e, e.k == '1' && e.v == 'd')", 14),
        ("self.listOfObj[0].field3 == 'h'", 5),
        ("self.listOfListMap[0].exists(e, e.k3 == '3' && e.v3 == 'i')", 14),
        ("type(self) == type(self)", 5),
        ("optional.of('a') != optional.of('b')", 3),
        ("optional.of('a') != optional.none()", 3),
        ("optional.of('a').or(optional.of('a')).hasValue()", 2),
        ("optional.none().or(optional.of('a')).hasValue()", 3),
        ("!optional.of('a').optMap(v, v == 'value').value()", 9),
        ("self.obj.?field == optional.of('a')", 5),
        ("self.obj.?absent == optional.none()", 4),
        ("self.obj.?field.orValue('v') == 'a'", 4),
        ("self.mapOfMap['x'][?'y'] == optional.of('b')", 6),
        ("optional.ofNonZeroValue(1).hasValue()", 2),
    ],
)
def test_compositions_and_optionals(rule: str, cost: int) -> None:
    tree: dict[str, Any] = {
        "obj": {"field": "a"},
        "mapOfMap": {"x": {"y": "b"}},
        "mapOfListMap": {"o": [{"k": "1", "v": "d"}]},
        "listOfObj": [{"field3": "h"}],
        "listOfListMap": [[{"k3": "3", "v3": "i"}]],
    }
    check(
        tree,
        rule,
        cost,
        obj=schema_of({"field": "a", "absent": "a"}),
        mapOfMap=mapping(mapping(STRING)),
        mapOfListMap=mapping(schema_of(tree["mapOfListMap"]["o"])),
    )


def test_what_fails_is_told() -> None:
    with pytest.raises(values.EvaluationError, match="no such key: b"):
        cost_of({"a": {"c": 1}}, "self.a.b == 'x'", a=schema_of({"b": "", "c": 1}))
    with pytest.raises(source.CompileError, match="undefined field 'z'"):
        cost_of({"a": 1}, "self.z == 1")
