"""What an apply configuration does to an object, without a server."""

from typing import Any

import pytest

from steersman.api import resources, schema
from steersman.apiserver.admission.policies import patches
from steersman.cel import values

DEPLOYMENT = resources.BUILTIN.get("deployments.apps")
assert DEPLOYMENT is not None
NODE = schema.node_of(DEPLOYMENT)


def deployment(**spec: Any) -> dict[str, Any]:
    return {"kind": "Deployment", "apiVersion": "apps/v1", "metadata": {"name": "d"}, "spec": spec}


def pod(**spec: Any) -> dict[str, Any]:
    return {"template": {"spec": spec}}


@pytest.mark.parametrize(
    ("before", "applied", "after"),
    [
        ({"replicas": 2}, {"replicas": 3}, {"replicas": 3}),
        (
            pod(volumes=[{"name": "x"}]), pod(volumes=[{"name": "y"}]), pod(volumes=[{"name": "x"}, {"name": "y"}]),
        ),
        (
            pod(volumes=[{"name": "x"}, {"name": "y"}]),
            pod(volumes=[{"name": "y", "hostPath": {"path": "a"}}]),
            pod(volumes=[{"name": "x"}, {"name": "y", "hostPath": {"path": "a"}}]),
        ),
        (
            pod(containers=[{"name": "c", "env": [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]}]),
            {"replicas": 3},
            {"replicas": 3, **pod(containers=[
                {"name": "c", "env": [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]},
            ])},
        ),
        (
            pod(containers=[{"name": "c", "env": [
                {"name": "a", "value": "1"}, {"name": "a", "value": "2"}, {"name": "b", "value": "3"},
            ]}]),
            pod(containers=[{"name": "c", "env": [{"name": "a", "value": "4"}]}]),
            pod(containers=[{"name": "c", "env": [{"name": "a", "value": "4"}, {"name": "b", "value": "3"}]}]),
        ),
    ],
)  # fmt: skip
def test_items_and_fields_are_merged(before: Any, applied: Any, after: Any) -> None:
    made = patches.configured(deployment(**before), {"spec": applied}, NODE)
    assert made == deployment(**after)


def test_an_atomic_struct_is_refused_with_what_is_in_it() -> None:
    with pytest.raises(patches.DoesNotApply, match=r"atomic arrays, maps or structs: \.spec\.selector$"):
        patches.configured(deployment(), {"spec": {"selector": {"matchLabels": {"a": "b"}}}}, NODE)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (values.UInt(3), 3),
        (3.0, 3),
        (3.5, 3.5),
        (b"ab", "YWI="),
        (values.Duration(90 * 10**9), "90s"),
        (values.Timestamp(0), "1970-01-01T00:00:00Z"),
        ({"a": [True, None]}, {"a": [True, None]}),
        (values.Object("Object.spec", {"a": 1}), {"a": 1}),
    ],
)
def test_values_become_json(value: Any, told: Any) -> None:
    assert patches.plain(value) == told


@pytest.mark.parametrize("value", [{1: 2}, values.NONE, values.TypeValue(values.type_of(1))])
def test_some_values_are_no_json(value: Any) -> None:
    with pytest.raises(patches.DoesNotApply):
        patches.plain(value)
