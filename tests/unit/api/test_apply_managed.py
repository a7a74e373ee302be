"""managedFields on create, update and patch: who changed a field owns it."""

from collections.abc import Sequence
from typing import Any

from steersman.api import resources, schema
from steersman.api.apply import comparison, fieldset, managed, reset
from steersman.api.tree import Tree

DEPLOYMENT = schema.definition("io.k8s.api.apps.v1.Deployment")
POD = schema.definition("io.k8s.api.core.v1.Pod")
NOW, LATER = "2026-01-01T00:00:00Z", "2026-01-01T00:00:09Z"


def deployment(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d", "labels": {"a": "b"}},
        "spec": {
            "replicas": 1,
            "strategy": {},
            "template": {"metadata": {}, "spec": {"containers": [{"name": "c", "image": "i", "resources": {}}]}},
            **spec,
        },
        "status": {},
    }


def write(
    old: Tree | None, new: Tree, entries: Sequence[Tree] = (), *, manager: str = "m", now: str = NOW, **more: Any
) -> list[Tree]:
    return managed.updated(old, new, DEPLOYMENT, entries, manager=manager, api_version="apps/v1", now=now, **more)


CREATED = write(None, deployment())


def test_a_creator_owns_what_it_set_but_not_what_names_the_object() -> None:
    (entry,) = CREATED
    assert list(entry) == ["manager", "operation", "apiVersion", "time", "fieldsType", "fieldsV1"]
    assert entry["fieldsV1"] == {
        "f:metadata": {"f:labels": {".": {}, "f:a": {}}},
        "f:spec": {
            "f:replicas": {},
            "f:template": {
                "f:spec": {
                    "f:containers": {
                        'k:{"name":"c"}': {".": {}, "f:image": {}, "f:name": {}, "f:resources": {}},
                    }
                }
            },
        },
    }


def test_who_changes_a_field_takes_it_from_its_owner() -> None:
    entries = write(deployment(), deployment(replicas=2), CREATED, manager="scaler", now=LATER)
    first, second = entries
    assert "f:replicas" not in first["fieldsV1"]["f:spec"]
    assert first["time"] == NOW
    assert second["manager"] == "scaler"
    assert second["fieldsV1"] == {"f:spec": {"f:replicas": {}}}


def test_the_same_manager_s_entries_become_one_with_the_new_time() -> None:
    (entry,) = write(deployment(), deployment(replicas=2), CREATED, now=LATER)
    assert entry == {**CREATED[0], "time": LATER}


def test_a_write_that_changes_nothing_leaves_entries_alone() -> None:
    assert write(deployment(), deployment(), CREATED, now=LATER) == CREATED


def test_what_is_removed_is_owned_by_nobody() -> None:
    bare = deployment()
    bare["metadata"] = {"name": "d"}
    (entry,) = write(deployment(), bare, CREATED, manager="other", now=LATER)
    assert "f:metadata" not in entry["fieldsV1"]
    assert entry["time"] == NOW


def test_an_entry_that_owns_nothing_goes() -> None:
    entries = [managed.entry("old", "Update", "apps/v1", {"f:spec": {"f:replicas": {}}}, NOW)]
    assert [e["manager"] for e in write(deployment(), deployment(replicas=3), entries)] == ["m"]


def test_the_status_is_not_owned_through_the_main_resource_nor_the_spec_through_the_status() -> None:
    new = {**deployment(replicas=5), "status": {"replicas": 7}}
    main = write(deployment(), new, CREATED, manager="x", reset=reset.fields("apps", "Deployment"))
    assert {e["manager"]: list(e["fieldsV1"]) for e in main} == {"m": ["f:metadata", "f:spec"], "x": ["f:spec"]}
    status = write(
        deployment(),
        new,
        CREATED,
        manager="x",
        subresource="status",
        reset=reset.fields("apps", "Deployment", "status"),
    )
    assert status[-1]["subresource"] == "status"
    assert status[-1]["fieldsV1"] == {"f:status": {"f:replicas": {}}}


def test_an_entry_of_scale_has_no_time() -> None:
    first, *_ = write(deployment(), deployment(replicas=3), CREATED, manager="hpa", now=LATER, subresource="scale")
    assert (first["manager"], first["subresource"]) == ("hpa", "scale")
    assert "time" not in first


def test_an_object_without_entries_stays_without() -> None:
    assert write(deployment(), deployment(replicas=2), []) == []


def test_at_most_ten_updaters_the_oldest_become_one() -> None:
    entries: list[Tree] = []
    old: Tree | None = None
    for i in range(13):
        new = {"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {f"l{j:02}": "" for j in range(i + 1)}}}
        entries = managed.updated(
            old, new, POD, entries, manager=f"m{i:02}", api_version="v1", now=f"2026-01-01T00:00:{i:02}Z"
        )
        old = new
    assert [e["manager"] for e in entries] == ["ancient-changes", *[f"m{i:02}" for i in range(4, 13)]]
    assert entries[0]["fieldsV1"] == {"f:metadata": {"f:labels": {".": {}, **{f"f:l{i:02}": {} for i in range(4)}}}}
    assert entries[0]["time"] == "2026-01-01T00:00:03Z"


def test_applies_stand_before_updates_and_older_before_newer() -> None:
    entries = [
        managed.entry("b", "Update", "v1", {"f:a": {}}, LATER),
        managed.entry("c", "Update", "v1", {"f:b": {}}, NOW),
        managed.entry("z", "Apply", "v1", {"f:c": {}}, LATER),
    ]
    assert [e["manager"] for e in managed.in_order(entries)] == ["z", "c", "b"]


def test_a_client_may_set_entries_but_not_through_a_subresource_and_not_malformed_ones() -> None:
    live = [managed.entry("a", "Update", "v1", {"f:x": {}}, NOW)]
    sent = [managed.entry("b", "Apply", "v1", {"f:x": {".": {}}}, NOW)]
    assert managed.base(live, sent)[0]["fieldsV1"] == {"f:x": {}}
    assert managed.base(live, sent, subresource=True) == live
    assert managed.base(live, None) == live
    assert managed.base(live, [{"manager": "q"}]) == live


def test_an_empty_list_of_entries_is_a_reset() -> None:
    live = [managed.entry("a", "Update", "v1", {"f:x": {}}, NOW)]
    assert managed.base(live, []) == []
    assert managed.base(live, [{}]) == []


def test_a_manager_is_named_by_itself_or_by_its_agent() -> None:
    assert managed.manager_name("me", "kubectl/v1.36") == "me"
    assert managed.manager_name("", "kubectl/v1.36 (linux)") == "kubectl"
    assert managed.manager_name("", "") == "unknown"


def test_atomic_and_keyed_lists_and_sets_are_compared_in_their_own_ways() -> None:
    old = {"metadata": {"finalizers": ["a"]}, "spec": {"tolerations": [{"key": "a"}], "containers": []}}
    new = {
        "metadata": {"finalizers": ["a", "b"]},
        "spec": {"tolerations": [{"key": "b"}], "containers": [{"name": "x", "ports": [{"containerPort": 1}]}]},
    }
    difference = comparison.compare(old, new, POD)
    assert difference.modified == {"f:spec": {"f:tolerations": {}}}
    assert difference.removed == {}
    assert difference.added == {
        "f:metadata": {"f:finalizers": {'v:"b"': {}}},
        "f:spec": {
            "f:containers": {
                'k:{"name":"x"}': {
                    ".": {},
                    "f:name": {},
                    "f:ports": {".": {}, 'k:{"containerPort":1,"protocol":"TCP"}': {".": {}, "f:containerPort": {}}},
                }
            }
        },
    }


def test_resize_owns_only_what_it_may() -> None:
    old = {"spec": {"containers": [{"name": "a", "image": "1", "resources": {}}]}}
    new = {"spec": {"containers": [{"name": "a", "image": "2", "resources": {"limits": {"cpu": "1"}}}]}}
    kept = comparison.compare(old, new, POD).within(reset.RESIZE)
    assert kept.changed == {
        "f:spec": {"f:containers": {'k:{"name":"a"}': {"f:resources": {"f:limits": {".": {}, "f:cpu": {}}}}}}
    }


def test_entries_that_differ_in_time_alone_are_the_same() -> None:
    assert managed.same_but_times(CREATED, [{**CREATED[0], "time": LATER}])
    assert not managed.same_but_times(CREATED, [])


def test_every_kind_with_a_status_keeps_it_apart() -> None:
    kept = {
        (each.group, each.kind)
        for each in resources.BUILTIN.all()
        if fieldset.has(reset.fields(each.group, each.kind), ("f:status",))
    }
    assert kept == {(each.group, each.kind) for each in resources.BUILTIN.all() if each.subresource("status")}
