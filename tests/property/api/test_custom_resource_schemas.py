"""Any structural schema and any object: pruning, defaults, validation and rules give field errors and raise nothing."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from steersman.api import field
from steersman.api.validation import crds
from steersman.api.validation.customresources import evaluation, extras, shaping, structure, values
from steersman.api.validation.errors import Errors

NAMES = st.sampled_from(["a", "b", "c.d", "for", "x-y", "ü", "kind", "metadata", "9"])
FORMATS = ["byte", "date", "date-time", "duration", "ipv4", "uuid", "int32", "k8s-short-name", "nonsense"]
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(1 << 70), 1 << 70), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5), st.sampled_from(["2024-01-01", "2024-01-01T00:00:00Z", "5m", "YWJj", "1.2.3.4"]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)


@st.composite
def scalar_schemas(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["string", "integer", "number", "boolean"]))
    made: dict[str, Any] = {"type": kind}
    if draw(st.booleans()):
        made["nullable"] = True
    if kind == "string":
        made |= draw(st.fixed_dictionaries({}, optional={
            "format": st.sampled_from(FORMATS), "maxLength": st.integers(0, 4), "minLength": st.integers(0, 4),
            "pattern": st.sampled_from(["^a", "[0-9]+$", r"\pL"]), "enum": st.just(["a", "b"]),
            "default": st.text(max_size=2),
        }))  # fmt: skip
    elif kind != "boolean":
        made |= draw(st.fixed_dictionaries({}, optional={
            "minimum": st.integers(-5, 5), "maximum": st.integers(-5, 5), "multipleOf": st.sampled_from([2, 0.1, 3]),
            "exclusiveMinimum": st.booleans(), "enum": st.just([1, 2.5]), "default": st.integers(0, 5),
        }))  # fmt: skip
    return made


@st.composite
def ruled(draw: st.DrawFn, schemas: st.SearchStrategy[dict[str, Any]]) -> dict[str, Any]:
    made = draw(schemas)
    rules = ["self == self", "dyn(self) != 5", "oldSelf == self || true", "type(self) == type(self)"]
    if draw(st.booleans()):
        made = {**made, "x-kubernetes-validations": [{"rule": draw(st.sampled_from(rules)), "message": "m"}]}
    return made


def larger(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    objects = st.fixed_dictionaries(
        {"type": st.just("object")},
        optional={
            "properties": st.dictionaries(NAMES, inner, max_size=4),
            "required": st.lists(NAMES, max_size=2),
            "x-kubernetes-preserve-unknown-fields": st.just(True),
            "x-kubernetes-map-type": st.sampled_from(["atomic", "granular"]),
            "maxProperties": st.integers(0, 3),
            "nullable": st.booleans(),
        },
    )
    embedded = st.builds(lambda schema: {**schema, "x-kubernetes-embedded-resource": True}, objects)
    maps = st.fixed_dictionaries({"type": st.just("object"), "additionalProperties": inner | st.just(True)})
    lists = st.fixed_dictionaries(
        {"type": st.just("array"), "items": inner},
        optional={"maxItems": st.integers(0, 3), "x-kubernetes-list-type": st.sampled_from(["atomic", "set"])},
    )
    keyed = st.builds(
        lambda items: {
            "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a"],
            "items": {"type": "object", "properties": {"a": {"type": "string"}, **items}, "required": ["a"]},
        },
        st.dictionaries(NAMES, inner, max_size=2),
    )  # fmt: skip
    either = st.just({"x-kubernetes-int-or-string": True})
    combined = st.builds(
        lambda schema, parts, how: {**schema, how: parts},
        inner,
        st.lists(
            st.fixed_dictionaries({}, optional={"minimum": st.integers(0, 5), "required": st.just(["a"])}),
            min_size=1,
            max_size=2,
        ),
        st.sampled_from(["anyOf", "allOf", "oneOf"]),
    )
    return ruled(objects | embedded | maps | lists | keyed | either | combined)


SCHEMAS = st.recursive(ruled(scalar_schemas()), larger, max_leaves=8)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(SCHEMAS, VALUES, VALUES)
def test_an_object_meets_its_schema_or_is_told_why(inner: dict[str, Any], value: Any, old: Any) -> None:
    schema = {"type": "object", "properties": {"spec": inner}}
    unknown: list[str] = []
    tree = shaping.pruned({"kind": "K", "spec": value}, schema, unknown)
    assert shaping.pruned(tree, schema, []) == tree, "pruning twice is pruning once"
    whole = shaping.defaulted(tree, schema)
    assert shaping.defaulted(whole, schema) == whole, "defaulting twice is defaulting once"
    before = shaping.defaulted(shaping.pruned({"kind": "K", "spec": old}, schema, []), schema)
    found = values.validate(whole, schema)
    again = values.validate(whole, schema, old=before)
    assert {str(each) for each in again} <= {str(each) for each in found}, "an old value only lets more through"
    found += extras.doubles(whole, schema) + extras.embedded(whole, schema)
    rules = evaluation.Rules(schema, is_root=True)
    for previous in (None, before):
        outcome = rules.check(whole, previous, ratcheting=previous is not None)
        found += outcome.errors
    assert all(isinstance(each, field.FieldError) for each in found)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    st.recursive(
        VALUES,
        lambda inner: st.dictionaries(
            st.sampled_from(["type", "properties", "items", "anyOf", "not", "default", "pattern"]), inner, max_size=3
        ),
    )
)
def test_a_definition_is_checked_whatever_its_defaults_and_patterns(value: Any) -> None:
    inner = {"type": "object", "default": value, "pattern": "(" * 3}
    schema = {"type": "object", "properties": {"a": inner}}
    errors = structure.check(schema, "s")
    assert any("pattern" in each.field for each in errors)
    del inner["pattern"]
    e = Errors()
    crds.definition_schema(schema, "s", e, has_status=False, suppressed=False)
    assert all(isinstance(each, field.FieldError) for each in e.found)
