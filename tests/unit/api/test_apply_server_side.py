"""Server-side apply: merging by type, conflicts, giving up fields, shared ownership, taking over from client-side."""

import copy
import json
from collections.abc import Sequence
from typing import Any

import pytest

from steersman.api import schema
from steersman.api.apply import managed, reset, server_side
from steersman.api.apply.conflict import ApplyConflict
from steersman.api.status import StatusError
from steersman.api.tree import Tree

NODE = schema.definition("io.k8s.api.apps.v1.Deployment")
NOW = "2026-01-01T00:00:00Z"


def config(labels: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": "d"}
    if labels is not None:
        metadata["labels"] = labels
    found: dict[str, Any] = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata}
    if spec:
        found["spec"] = spec
    return found


def containers(*items: dict[str, Any]) -> dict[str, Any]:
    return {"template": {"spec": {"containers": list(items)}}}


def apply(
    live: Tree | None,
    applied: Tree,
    entries: Sequence[Tree] = (),
    *,
    manager: str = "a",
    force: bool = False,
    now: str = NOW,
) -> server_side.Applied:
    before = copy.deepcopy((live, applied, entries))
    result = server_side.apply(
        live, server_side.checked(applied, "apps/v1", NODE), NODE, entries, manager=manager, force=force,
        api_version="apps/v1", now=now, reset=reset.fields("apps", "Deployment"),
    )  # fmt: skip
    assert (live, applied, entries) == before, "an argument was changed"
    return result


def names(result: server_side.Applied) -> list[str]:
    return [item["name"] for item in result.tree["spec"]["template"]["spec"]["containers"]]


def test_an_apply_creates_and_owns_exactly_what_it_names() -> None:
    result = apply(None, config({"x": "1"}, replicas=2, **containers({"name": "c", "image": "i"})))
    (entry,) = result.entries
    assert entry["operation"] == "Apply"
    assert entry["fieldsV1"] == {
        "f:metadata": {"f:labels": {"f:x": {}}},
        "f:spec": {
            "f:replicas": {},
            "f:template": {"f:spec": {"f:containers": {'k:{"name":"c"}': {".": {}, "f:image": {}, "f:name": {}}}}},
        },
    }
    assert result.stamped()["metadata"]["managedFields"] == result.entries


def test_two_appliers_share_an_object_and_a_list() -> None:
    first = apply(None, config(**containers({"name": "c", "image": "i"})))
    second = apply(first.tree, config(**containers({"name": "d", "image": "j"})), first.entries, manager="b")
    assert names(second) == ["c", "d"]
    assert [e["manager"] for e in second.entries] == ["a", "b"]


def test_changing_an_owned_field_is_a_conflict_that_force_overrules() -> None:
    first = apply(None, config(replicas=2))
    with pytest.raises(ApplyConflict) as caught:
        apply(first.tree, config(replicas=3), first.entries, manager="b")
    assert str(caught.value) == 'Apply failed with 1 conflict: conflict with "a": .spec.replicas'
    assert caught.value.refusal().tree["details"] == {
        "causes": [{"reason": "FieldManagerConflict", "message": 'conflict with "a"', "field": ".spec.replicas"}]
    }
    forced = apply(first.tree, config(replicas=3), first.entries, manager="b", force=True)
    assert [e["manager"] for e in forced.entries] == ["b"]
    assert forced.tree["spec"]["replicas"] == 3


def test_several_conflicts_are_told_by_owner() -> None:
    live = config({"x": "1", "y": "1"}, replicas=2)
    entries = [
        managed.entry("one", "Update", "apps/v1", {"f:metadata": {"f:labels": {"f:x": {}, "f:y": {}}}}, NOW),
        managed.entry("two", "Update", "apps/v1", {"f:spec": {"f:replicas": {}}}, NOW, "scale"),
    ]
    with pytest.raises(ApplyConflict) as caught:
        apply(live, config({"x": "2", "y": "2"}, replicas=3), entries)
    assert str(caught.value) == (
        'Apply failed with 3 conflicts: conflicts with "one" using apps/v1:\n- .metadata.labels.x\n'
        '- .metadata.labels.y\nconflicts with "two" with subresource "scale" using apps/v1:\n- .spec.replicas'
    )


def test_the_same_value_is_shared_without_a_conflict() -> None:
    first = apply(None, config(replicas=2))
    second = apply(first.tree, config(replicas=2), first.entries, manager="b")
    assert second.tree is first.tree
    owned: Tree = {"f:spec": {"f:replicas": {}}}
    assert {e["manager"]: e["fieldsV1"] for e in second.entries} == {"a": owned, "b": owned}
    assert "time" not in second.entries[0], "a write that changes nothing has no time"


def test_a_field_given_up_goes_unless_somebody_else_owns_it() -> None:
    first = apply(None, config({"x": "1"}, replicas=2, **containers({"name": "c", "image": "i"}, {"name": "d"})))
    gone = apply(first.tree, config(**containers({"name": "d"})), first.entries)
    assert gone.tree["spec"] == {"template": {"spec": {"containers": [{"name": "d"}]}}}
    assert "labels" not in gone.tree["metadata"] or not gone.tree["metadata"]["labels"]
    shared = apply(first.tree, config(replicas=2), first.entries, manager="b")
    kept = apply(shared.tree, config(), shared.entries)
    assert kept.tree["spec"] == {"replicas": 2}
    assert [e["manager"] for e in kept.entries] == ["b"]


def test_what_nobody_applied_stays_when_its_neighbours_go() -> None:
    first = apply(None, config({"x": "1"}))
    live = {**first.tree, "metadata": {**first.tree["metadata"], "labels": {"x": "1", "y": "2"}}}
    entries = managed.updated(first.tree, live, NODE, first.entries, manager="u", api_version="apps/v1", now=NOW)
    assert apply(live, config(), entries).tree["metadata"]["labels"] == {"y": "2"}


def test_an_apply_that_changes_nothing_keeps_its_time() -> None:
    first = apply(None, config(replicas=2))
    again = apply(first.tree, config(replicas=2), first.entries, now="2027-01-01T00:00:00Z")
    assert again.entries == first.entries
    assert again.tree is first.tree


def test_the_applied_order_rules_among_applied_items() -> None:
    live = config(**containers({"name": "a"}, {"name": "x"}, {"name": "b"}))
    result = apply(live, config(**containers({"name": "b"}, {"name": "n"}, {"name": "a"})), force=True)
    assert [name for name in names(result) if name != "x"] == ["b", "n", "a"]
    assert "x" in names(result)


def test_an_object_never_tracked_is_first_accounted_for() -> None:
    with pytest.raises(ApplyConflict, match=r'"before-first-apply" using apps/v1: \.spec\.replicas'):
        apply(config(replicas=1), config(replicas=2))


def test_kubectl_takes_over_what_client_side_apply_wrote() -> None:
    last = json.dumps(
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": {"replicas": 1}}
    )
    live = config(replicas=1, paused=True)
    live["metadata"]["annotations"] = {server_side.LAST_APPLIED: last}
    entries = managed.updated(None, live, NODE, (), manager="kubectl-client-side-apply", api_version="apps/v1", now=NOW)
    taken = apply(live, config(replicas=2), entries, manager="kubectl")
    assert taken.tree["spec"] == {"replicas": 2, "paused": True}
    kept = json.loads(taken.tree["metadata"]["annotations"][server_side.LAST_APPLIED])
    assert kept["spec"] == {"replicas": 2}
    with pytest.raises(ApplyConflict, match=r"1 conflict: .*: \.spec\.paused$"):
        apply(live, config(replicas=2, paused=False), entries, manager="kubectl")


@pytest.mark.parametrize(
    ("applied", "code", "why"),
    [
        (config(bogus=1), 500, ".spec.bogus: field not declared in schema"),
        (config(**containers({"name": "a"}, {"name": "a"})), 500, '.spec.template.spec.containers: duplicate entries for key [name="a"]'),  # noqa: E501
        (config(replicas="1"), 500, '.spec.replicas: expected numeric (int or float), got string'),
        (config(bogus=1, alien=2), 500, ".spec.alien: field not declared in schema"),
        (config(paused="yes"), 500, ".spec.paused: expected boolean, got &{yes}"),
        (config({"a": {"b": 1}}), 500, '.metadata.labels.a: expected string, got &value.valueUnstructured{Value:map[string]interface {}{"b":1}}'),  # type: ignore[dict-item]  # noqa: E501
        (config({"a": 1}), 500, ".metadata.labels.a: expected string, got &value.valueUnstructured{Value:1}"),  # type: ignore[dict-item]
    ],
)  # fmt: skip
def test_a_configuration_that_does_not_fit_its_type_is_refused(applied: Tree, code: int, why: str) -> None:
    with pytest.raises(StatusError) as caught:
        apply(None, applied)
    prefix = "failed to create typed patch object (/d; apps/v1, Kind=Deployment): "
    assert (caught.value.code, caught.value.message) == (code, prefix + why)


def test_entries_and_other_versions_may_not_be_applied() -> None:
    with pytest.raises(StatusError, match=r"^metadata\.managedFields must be nil$"):
        apply(None, {"apiVersion": "apps/v1", "metadata": {"managedFields": [{"manager": "q"}]}})
    with pytest.raises(StatusError, match="Incorrect version specified in apply patch"):
        apply(None, {"apiVersion": "apps/v2", "metadata": {}})


def test_a_missing_key_reads_as_its_default() -> None:
    result = apply(None, config(**containers({"image": "i"})))
    assert 'k:{"name":""}' in result.entries[0]["fieldsV1"]["f:spec"]["f:template"]["f:spec"]["f:containers"]
