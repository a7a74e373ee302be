"""What expressions are expected to cost, in the numbers that cel-go's own tests expect."""

import pytest

from steersman.cel import environment, estimating, types
from steersman.cel.library import bindings, optional, standard, twovar

_OBJECT = types.object_("thing")
_OBJECTS = types.list_of(_OBJECT)
_MAP = types.map_of(types.STRING, _OBJECT)
_MAPS = types.map_of(types.STRING, _MAP)
_STRING, _INTS = types.STRING, types.list_of(types.INT)


class _Things:
    def find(self, name: str) -> types.Type | None:
        return _OBJECT if name == "thing" else None

    def field(self, type_name: str, field: str) -> types.FieldType | None:
        of = {"number": types.INT, "text": types.STRING, "names": types.list_of(types.STRING), "things": _OBJECTS}
        return types.FieldType(of[field], field) if field in of else None

    def fields(self, type_name: str) -> tuple[str, ...]:
        return ("number", "text", "names", "things")


class _Hints:
    def __init__(self, hints: dict[str, int]) -> None:
        self.hints = hints

    def size(self, node: estimating.Node) -> estimating.Size | None:
        most = self.hints.get(".".join(node.path or ()))
        return None if most is None else estimating.Size(0, most)


_LIBRARIES = (standard.LIBRARY, bindings.LIBRARY, optional.LIBRARY, twovar.LIBRARY)


def _cost(text: str, variables: dict[str, types.Type], hints: dict[str, int]) -> tuple[int, int]:
    env = environment.Environment(_LIBRARIES, variables, _Things())
    found = estimating.estimate(env.compile(text), env, _Hints(hints))
    return found.min, found.max


def _of(type: types.Type, *names: str) -> dict[str, types.Type]:
    return dict.fromkeys(names or ("input",), type)


_CASES: list[tuple[str, dict[str, types.Type], dict[str, int], tuple[int, int]]] = [
    ('"Hello World!"', {}, {}, (0, 0)),
    ("input", _of(_INTS), {}, (1, 1)),
    ("input['key']", _of(types.map_of(_STRING, _STRING)), {}, (2, 2)),
    ("input.number", _of(_OBJECT), {}, (2, 2)),
    ("[1, 2, 3]", {}, {}, (10, 10)),
    ("thing{number: 1, text: 'a'}", {}, {}, (40, 40)),
    ('{"a": 1, "b": 2, "c": 3}', {}, {}, (30, 30)),
    ("input.all(x, true)", _of(_OBJECTS), {"input": 100}, (2, 302)),
    ("input.all(x, x.all(y, true))", _of(types.list_of(_OBJECTS)), {"input": 50, "input.@items": 10}, (2, 1752)),
    ("[1, 2, 3].all(x, true)", {}, {}, (20, 20)),
    ("input.matches('[0-9]')", _of(_STRING), {"input": 500}, (3, 103)),
    ("'123'.matches('[0-9]')", {}, {}, (2, 2)),
    ("true || false", {}, {}, (0, 0)),
    ("true && false", {}, {}, (0, 0)),
    ("1 < 2", {}, {}, (1, 1)),
    ("1 == 2", {}, {}, (1, 1)),
    ("2 in [1, 2, 3]", {}, {}, (13, 13)),
    ("1 + 1", {}, {}, (1, 1)),
    ("1 % 1", {}, {}, (1, 1)),
    ("true ? 1 : 2", {}, {}, (0, 0)),
    ('size("123")', {}, {}, (1, 1)),
    ("string(input)", _of(types.BYTES), {"input": 500}, (1, 51)),
    ("bytes(input)", _of(_STRING), {"input": 500}, (1, 51)),
    ("string(1)", {}, {}, (1, 1)),
    ("a.contains(b)", _of(_STRING, "a", "b"), {"a": 500, "b": 500}, (2, 2502)),
    (r"input.matches('\\d+a\\d+b')", _of(_STRING), {"input": 500}, (3, 103)),
    ("a.startsWith(b)", _of(_STRING, "a", "b"), {"b": 500}, (2, 52)),
    ("a.endsWith(b)", _of(_STRING, "a", "b"), {"b": 500}, (2, 52)),
    ("input.size()", _of(_STRING), {}, (2, 2)),
    (
        "(x > 2 ? a : b).all(y, true)",
        {"x": types.INT, **_of(_OBJECTS, "a", "b")},
        {"a": 1, "b": 1},
        (4, 7),
    ),
    ("input.all(k, input[k].number > 3)", _of(_MAP), {"input": 10}, (2, 82)),
    ("input.all(k, input[k].all(x, true))", _of(_MAPS), {"input": 5, "input.@values": 10}, (2, 187)),
    ("input.all(k, k.contains(k))", _of(_MAPS), {"input": 5, "input.@keys": 10}, (2, 32)),
    (
        "input.all(k, input[k].all(k, true) && k.contains(k))",
        _of(_MAPS),
        {"input": 2, "input.@values": 2, "input.@keys": 5},
        (2, 34),
    ),
    ("(a + b).all(x, true)", _of(_INTS, "a", "b"), {"a": 10, "b": 10}, (4, 64)),
    ('"abcdefg".contains(a + b)', _of(_STRING, "a", "b"), {"a": 10, "b": 10}, (2, 6)),
    ("a.size() == b.size()", _of(_INTS, "a", "b"), {}, (5, 5)),
    ("x > y ? a.size() : b.size()", {**_of(types.INT, "x", "y"), **_of(_INTS, "a", "b")}, {}, (5, 5)),
    (
        "([x, y] + a + b).size()",
        {**_of(types.INT, "x", "y"), **_of(_INTS, "a", "b")},
        {"a": 10, "b": 20},
        (17, 17),
    ),
    (
        'a.endsWith("abcdefghijklmnopqrstuvwxyz") == b.endsWith("abcdefghijklmnopqrstuvwxyz")',
        _of(_STRING, "a", "b"),
        {},
        (9, 9),
    ),
    ("((5 != 6) == (1 == 2)) == ((3 <= 4) == (9 != 9))", {}, {}, (7, 7)),
    (
        "[a, b].exists(l, l.exists(v, v.startsWith('hi')))",
        _of(types.list_of(_STRING), "a", "b"),
        {"a": 10, "a.@items": 64, "b": 20, "b.@items": 128},
        (21, 265),
    ),
    ("string(a) == string(b)", _of(types.TIMESTAMP, "a", "b"), {}, (5, 1844674407370955268)),
    ("a == b", _of(types.TIMESTAMP, "a", "b"), {}, (3, 3)),
    ("a != b", _of(types.DURATION, "a", "b"), {}, (3, 3)),
    ("[1,2,3,4,5].filter(x, x % 2 == 0)", {}, {}, (41, 101)),
    ("[1,2,3,4,5].map(x, x)", {}, {}, (86, 86)),
    ("[1,2,3,4,5].map(x, x).filter(x, x % 2 == 0)", {}, {}, (117, 177)),
    ("[1,2,3,4,5].map(x, x).exists(x, x == 5) == true", {}, {}, (108, 118)),
    ("[1,2,3,4,5].map(x, x).map(x, x)", {}, {}, (162, 162)),
    ("[1,2,3,4,5].map(x, x)[4]", {}, {}, (87, 87)),
    ("[[1,2],[1,2],[1,2],[1,2],[1,2]][4]", {}, {}, (61, 61)),
    ("{'a': [1,2], 'b': [1,2], 'c': [1,2], 'd': [1,2], 'e': [1,2]}.b", {}, {}, (81, 81)),
    ("[1,2,3,4,5].map(x, [x, x]).all(y, y.all(y, y == 1))", {}, {}, (157, 217)),
    (
        '["a", "ab", "abc", "abcd", "abcde"].map(x, [x, x]).all(y, y.all(y, y.startsWith(\'a\')))',
        {},
        {},
        (157, 217),
    ),
    (
        "input.map(x, [x, x]).all(y, y.all(y, y.startsWith('a')))",
        _of(types.list_of(_STRING)),
        {"input": 5, "input.@items": 10},
        (13, 208),
    ),
    ("[1,2,3,4,5].map(x, x).map(x, x) + [1]", {}, {}, (173, 173)),
    ("[1,2,3].all(i, i in [1,2,3].map(j, j + j))", {}, {}, (20, 230)),
    ("dyn([1,2,3]).all(i, i in dyn([1,2,3]).map(j, j + j))", {}, {}, (21, 234)),
    ("{'hello': 'hi'}['hello'] != {'hello': 'bye'}['hello']", {}, {}, (63, 63)),
    ("['hello', 'hi'][0] != ['hello', 'bye'][1]", {}, {}, (23, 23)),
    ("cel.bind(a, 'hello', a + '!')", {}, {}, (12, 12)),
    ("cel.bind(a, 'hello!', cel.bind(b, 'goodbye', a + ' and, ' + b))", {}, {}, (26, 26)),
    ("cel.bind(a, cel.bind(a, 'world', a + '!'), 'hello ' + a)", {}, {}, (25, 25)),
    ("cel.bind(a, input, a.all(x, true))", _of(_OBJECTS), {"input": 100}, (13, 313)),
    (
        "cel.bind(a, input, a.all(x, x.all(y, true)))",
        _of(types.list_of(_OBJECTS)),
        {"input": 50, "input.@items": 10},
        (13, 1763),
    ),
    ("cel.bind(a, [1, 2, 3], 42)", {}, {}, (20, 20)),
    ("cel.bind(v, [1, 2, 3], v.all(x, true))", {}, {}, (31, 31)),
    ("[1, 2, 3].all(i, v, i < v)", {}, {}, (20, 29)),
    ("input.all(i, v, true)", _of(_OBJECTS), {"input": 100}, (2, 302)),
    ('{"a": 1, "b": 2}.all(k, v, k != "" && v > 0)', {}, {}, (37, 43)),
    ("input.all(k, v, true)", _of(_MAP), {"input": 50}, (2, 152)),
    ("[1, 2, 3].exists(i, v, i == 1 && v == 2)", {}, {}, (23, 35)),
    ('{"a": 1, "b": 2}.exists(k, v, k == "a" && v == 1)', {}, {}, (39, 47)),
    ("[1, 2, 3].existsOne(i, v, v == 1)", {}, {}, (21, 24)),
    ("[1, 2, 3].transformList(i, v, i + v)", {}, {}, (66, 66)),
    ("[1, 2, 3].transformList(i, v, i % 2 == 0, i + v)", {}, {}, (33, 75)),
    ('{"a": 1, "b": 2}.transformList(k, v, k)', {}, {}, (67, 67)),
    ('{"a": 1, "b": 2}.transformMap(k, v, v + 1)', {}, {}, (71, 71)),
]


@pytest.mark.parametrize(("text", "variables", "hints", "expected"), _CASES, ids=[case[0] for case in _CASES])
def test_an_expression_is_estimated_as_cel_go_does(
    text: str, variables: dict[str, types.Type], hints: dict[str, int], expected: tuple[int, int]
) -> None:
    assert _cost(text, variables, hints) == expected


def test_has_itself_costs_nothing_as_kubernetes_asks() -> None:
    assert _cost("has(input.text)", _of(_OBJECT), {}) == (1, 1)


def test_an_unknown_size_makes_the_cost_as_large_as_can_be() -> None:
    assert _cost("input.all(x, x > 3)", _of(_INTS), {}) == (2, 2**64 - 1)


def test_the_size_of_a_list_of_lists_is_looked_up_after_its_loop_by_a_path_the_loop_may_have_overwritten() -> None:
    """In Go the paths `x.names` and `x.text` share the memory of their last step where there is room for one."""
    hints = {"input.things": 1, "input.things.@items.names": 100, "input.things.@items.text": 7}
    plain = _cost("input.things.all(x, x.names.all(y, y == ''))", _of(_OBJECT), hints)[1]
    overwritten = _cost("input.things.all(x, x.names.all(y, y == x.text))", _of(_OBJECT), hints)[1]
    assert plain > 100
    assert overwritten < 100


@pytest.mark.parametrize(
    ("count", "factor", "expected"),
    [
        (0, 0.1, 0),
        (1, 0.1, 1),
        (10, 0.1, 1),
        (11, 0.1, 2),
        (2**64 - 1, 0.1, 1844674407370955264),
        (2**64 - 1, 2.0, 2**64 - 1),
    ],
)
def test_a_factor_rounds_up_in_floating_point(count: int, factor: float, expected: int) -> None:
    assert estimating.by_factor(count, factor) == expected
