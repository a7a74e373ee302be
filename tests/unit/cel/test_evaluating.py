"""What expressions are worth, and in which words they fail: names, selections, logic, folds."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from steersman.cel import ast, environment, evaluating, types, values
from steersman.cel.library import bindings, optional, standard, strings, twovar

TREE: Mapping[str, Any] = {
    "spec": {"replicas": 3, "paused": False, "selector": None},
    "items": [{"name": "a1", "size": 1}, {"name": "b", "size": 2}, {"size": 3}],
}
ENVIRONMENT = environment.Environment(
    (standard.LIBRARY, optional.LIBRARY, strings.LIBRARY, twovar.LIBRARY, bindings.LIBRARY),
    {
        "self": types.DYN,
        "n": types.INT,
        "xs": types.list_of(types.INT),
        "m": types.map_of(types.STRING, types.INT),
        "unset": types.INT,
    },
)
VARIABLES: Mapping[str, Any] = {"self": TREE, "n": 3, "xs": [1, 2, 3], "m": {"a": 1}}


def evaluate(text: str, **variables: Any) -> Any:
    return ENVIRONMENT.program(ENVIRONMENT.compile(text)).evaluate({**VARIABLES, **variables})


def failure(text: str, **variables: Any) -> str:
    with pytest.raises(values.EvaluationError) as caught:
        evaluate(text, **variables)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("self.spec.replicas", 3),
        ("self['spec'].replicas", 3),
        ("self.items[1].name", "b"),
        ("self.items[n - 2].name", "b"),
        ("xs[dyn(1.0)]", 2),
        ("{1: 'one'}[dyn(1u)]", "one"),
        ("has(self.spec.paused)", True),
        ("has(self.spec.nothing)", False),
        ("has(self.spec.selector)", True),
        ("has({'a': 1}.a)", True),
        ("n in xs && !(n in [4, 5])", True),
        ("'a' in m && !('b' in m)", True),
        ("n > 2 ? 'many' : 'few'", "many"),
        ("(n > 2 ? self.spec : self).replicas", 3),
        ("type(xs) == list && type(n) == int && type(type(n)) == type", True),
        ("type(timestamp('2020-01-01T00:00:00Z')) == google.protobuf.Timestamp", True),
    ],
)
def test_names_selections_and_choices(text: str, value: Any) -> None:
    assert evaluate(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("self.nothing", "no such key: nothing"),
        ("self.spec.nothing.more", "no such key: nothing"),
        ("self.spec.replicas.more", "no such key: more"),
        ("has(self.nothing.more)", "no such key: nothing"),
        ("self.items[3]", "index out of bounds: 3"),
        ("self.items[-1]", "index out of bounds: -1"),
        ("self.items.name", "unsupported index type 'string' in list"),
        ("xs[dyn(0.5)]", "unsupported index value 0.5 in list"),
        ("m[string(n)]", "no such key: 3"),
        ("unset == 1", "no such attribute(s): unset"),
        ("dyn(1) ? 1 : 2", "no such overload"),
        ("dyn(1) && true", "no such overload"),
        ("dyn('a') + 1", "no such overload"),
        ("dyn('a') < 1", "no such overload"),
        ("dyn(n).all(x, true)", "got 'types.Int', expected iterable type"),
        ("dyn(n).charAt(1)", "no such overload: charAt(int, int)"),
    ],
)
def test_what_is_not_there_fails_in_cel_gos_words(text: str, message: str) -> None:
    assert failure(text) == message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 / 0 == 1 || true", True),
        ("true || 1 / 0 == 1", True),
        ("1 / 0 == 1 && false", False),
        ("self.nothing && false && true", False),
        ("true && (self.nothing || true)", True),
        ("false || false || n == 3 || 1 / 0 == 1", True),
        ("[1, 0].exists(x, 1 / x == 1)", True),
        ("[0, 1].exists(x, 1 / x == 1)", True),
        ("[0, 5].all(x, 1 / x == 1)", False),
        ("false ? 1 / 0 : 7", 7),
    ],
)
def test_a_decided_result_absorbs_errors(text: str, value: Any) -> None:
    assert evaluate(text) is value if isinstance(value, bool) else evaluate(text) == value


def test_the_first_error_is_the_one_that_is_told() -> None:
    assert failure("1 / 0 == 1 || self.nothing") == "division by zero"
    assert failure("true && self.nothing && 1 / 0 == 1") == "no such key: nothing"
    assert failure("[0, 1].all(x, x == 1 || 1 / x == 1)") == "division by zero"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("xs.all(x, x > 0)", True),
        ("xs.exists(x, x == 4)", False),
        ("xs.exists_one(x, x > 2)", True),
        ("xs.map(x, x * x)", [1, 4, 9]),
        ("xs.map(x, x > 1, x * 10)", [20, 30]),
        ("xs.filter(x, x % 2 == 1)", [1, 3]),
        ("m.map(key, key + '!')", ["a!"]),
        ("m.all(key, m[key] == 1)", True),
        ("xs.map(x, xs.filter(y, y < x))", [[], [1], [1, 2]]),
        ("[].all(x, false)", True),
        ("self.items.all(item, has(item.size))", True),
        ("xs.all(place, x, x == place + 1)", True),
        ("m.exists(key, value, key == 'a' && value == 1)", True),
        ("xs.exists_one(place, x, place == x)", False),
        ("xs.transformList(place, x, x > 1, place * x)", [2, 6]),
        ("xs.transformMap(place, x, x + 1)", {0: 2, 1: 3, 2: 4}),
        ("m.transformMapEntry(key, value, {value: key})", {1: "a"}),
        ("cel.bind(big, xs.map(x, x * 100), big[0] + big[1])", 300),
        ("cel.bind(never, 1 / 0, n == 3 || never == 1)", True),
    ],
)
def test_folds(text: str, value: Any) -> None:
    assert evaluate(text) == value


def test_a_fold_fails_with_its_last_filter_or_its_first_result() -> None:
    assert failure("self.items.map(item, item.name)") == "no such key: name"
    assert failure("[0, 1].filter(x, 1 / x > 0)") == "division by zero"
    assert failure("xs.transformMapEntry(i, x, {'same': x})") == "insert failed: key same already exists"


def test_what_an_accumulator_grew_from_is_not_shared_between_runs() -> None:
    program = ENVIRONMENT.program(ENVIRONMENT.compile("xs.map(x, x) + [n]"))
    assert program.evaluate(VARIABLES) == program.evaluate(VARIABLES) == [1, 2, 3, 3]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("self.?spec.replicas.orValue(0)", 3),
        ("self.?nothing.more.orValue(7)", 7),
        ("self.?nothing.hasValue()", False),
        ("self.spec.?replicas.value()", 3),
        ("xs[?1].orValue(0) + xs[?9].orValue(100)", 102),
        ("optional.of(xs)[0].value()", 1),
        ("optional.of(self).spec.?replicas.orValue(0)", 3),
        ("optional.none().or(optional.of(1)).value()", 1),
        ("optional.of(1).or(optional.of(1 / 0)).value()", 1),
        ("optional.ofNonZeroValue('').hasValue()", False),
        ("self.?spec.optMap(spec, spec.replicas + 1).value()", 4),
        ("self.?nothing.optMap(spec, spec.replicas + 1).hasValue()", False),
        ("self.?spec.optFlatMap(spec, spec.?replicas).value()", 3),
        ("[1, ?m[?'a'], ?m[?'b']]", [1, 1]),
        ("{'x': 1, ?'y': m[?'b']}", {"x": 1}),
        ("optional.of(1) == optional.of(1) && optional.of(1) != optional.none()", True),
        ("xs.first().value() + xs.last().value()", 4),
        ("[].first().hasValue()", False),
        ("[optional.of(1), optional.none()].unwrapOpt()", [1]),
        ("has(self.?spec.replicas)", True),
        ("has(self.?nothing.replicas)", False),
    ],
)
def test_optional_values(text: str, value: Any) -> None:
    assert evaluate(text) == value


def test_nothing_has_no_value() -> None:
    assert failure("optional.none().value()") == "optional.none() dereference"


class Schema:
    """Objects `Pod` with an escaped key and a duration."""

    FIELDS: Mapping[str, types.FieldType] = {
        "my__dot__name": types.FieldType(types.STRING, "my.name"),
        "grace": types.FieldType(types.DURATION, "grace", lambda seconds: values.Duration(seconds * 10**9)),
        "owner": types.FieldType(types.object_("Pod"), "owner"),
    }

    def find(self, name: str) -> types.Type | None:
        return types.object_("Pod") if name == "Pod" else None

    def field(self, type_name: str, field: str) -> types.FieldType | None:
        return self.FIELDS.get(field)

    def fields(self, type_name: str) -> tuple[str, ...]:
        return tuple(self.FIELDS)


PODS = ENVIRONMENT.extended(variables={"pod": types.object_("Pod")}, provider=Schema())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("pod.my__dot__name", "x"),
        ("has(pod.my__dot__name) && !has(pod.owner)", True),
        ("pod.grace == duration('30s')", True),
        ("pod.?grace.orValue(duration('1s')) == duration('30s')", True),
        ("pod.?owner.grace.hasValue()", False),
        ("Pod{my__dot__name: 'y'}.my__dot__name", "y"),
        ("Pod{my__dot__name: 'y'}", {"my.name": "y"}),
    ],
)
def test_an_objects_fields_are_where_its_provider_says(text: str, value: Any) -> None:
    pod = {"my.name": "x", "grace": 30}
    assert PODS.program(PODS.compile(text)).evaluate({**VARIABLES, "pod": pod}) == value


def test_a_made_object_knows_its_type() -> None:
    made = PODS.program(PODS.compile("Pod{my__dot__name: 'y'}")).evaluate({})
    assert isinstance(made, values.Object)
    assert made.type_name == "Pod"


def test_a_lazy_variable_is_computed_once_a_run_and_only_if_asked_for() -> None:
    asked: list[str] = []

    def lazily(name: str, value: Any) -> evaluating.Lazy:
        def make() -> Any:
            asked.append(name)
            return value

        return evaluating.Lazy(make)

    text = "self.spec.replicas == 1 || self.spec.replicas == 3 || n == 1"
    assert evaluate(text, self=lazily("self", TREE), n=lazily("n", 1)) is True
    assert asked == ["self"]


def test_any_mapping_and_sequence_will_do() -> None:
    class Late(Mapping[str, Any]):
        def __getitem__(self, key: str) -> Any:
            if key != "there":
                raise KeyError(key)
            return (1, 2)

        def __iter__(self) -> Iterator[str]:
            return iter(["there"])

        def __len__(self) -> int:
            return 1

    assert evaluate("self.there.exists(x, x == 2) && size(self.there) == 2", self=Late()) is True
    assert evaluate("self == {'there': [1, 2]}", self=Late()) is True
    assert failure("self.gone", self=Late()) == "no such key: gone"


def test_a_constant_without_a_value_is_found_while_planning() -> None:
    checked = ENVIRONMENT.compile("int('three') == 3")
    with pytest.raises(values.EvaluationError, match=r"^type conversion error from 'string' to 'int'$"):
        ENVIRONMENT.program(checked)


def test_trees_are_left_as_they_are() -> None:
    tree = {"list": [1], "map": {"a": 1}}
    evaluate("self.list + [2] == [1, 2] && self.list.map(x, x + 1) == [2]", self=tree)
    assert tree == {"list": [1], "map": {"a": 1}}


def test_a_plan_does_not_depend_on_the_tree_it_was_made_from() -> None:
    checked = ENVIRONMENT.compile("n + 1")
    assert isinstance(checked, ast.Checked)
    first, second = ENVIRONMENT.program(checked), ENVIRONMENT.program(checked)
    assert (first.evaluate({"n": 1}), second.evaluate({"n": 2})) == (2, 3)


def test_values_nested_too_deeply_to_compare_are_an_error() -> None:
    def nested() -> Any:
        tree: list[Any] = []
        for _ in range(100_000):
            tree = [tree]
        return tree

    assert failure("self.a == self.b", self={"a": nested(), "b": nested()}) == "values are nested too deeply"
