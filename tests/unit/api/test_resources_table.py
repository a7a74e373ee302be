"""The table of resources: finding, ordering, extending."""

from steersman.api import resources

WIDGET = resources.Resource(
    group="example.com", version="v1", plural="widgets", kind="Widget", namespaced=True, storage="example.com/v1",
    storage_prefix="widgets.example.com", custom=True,
)  # fmt: skip


def test_a_resource_is_found_by_its_path_its_name_and_its_kind() -> None:
    deployments = resources.find("apps", "v1", "deployments")
    assert deployments is not None
    assert resources.get("deployments.apps") is deployments
    assert resources.by_kind("apps/v1", "Deployment") is deployments
    assert resources.find("apps", "v2", "deployments") is None


def test_a_name_means_the_preferred_version() -> None:
    found = resources.get("horizontalpodautoscalers.autoscaling")
    assert found is not None
    assert found.version == "v2"


def test_both_groups_of_events_are_stored_in_one_place() -> None:
    core, new = resources.get("events"), resources.get("events.events.k8s.io")
    assert core is not None
    assert new is not None
    assert (core.storage, core.storage_prefix) == (new.storage, new.storage_prefix) == ("v1", "events")


def test_versions_that_are_off_are_only_in_the_full_table() -> None:
    assert resources.find("scheduling.k8s.io", "v1alpha2", "podgroups") is None
    assert resources.EVERYTHING.find("scheduling.k8s.io", "v1alpha2", "podgroups") is not None


def test_paths_of_collections_and_objects() -> None:
    pods, nodes = resources.get("pods"), resources.get("nodes")
    assert pods is not None
    assert nodes is not None
    assert resources.collection_path(pods) == "/api/v1/pods"
    assert resources.object_path(pods, "a", "b", "log") == "/api/v1/namespaces/a/pods/b/log"
    assert resources.object_path(nodes, "", "n1") == "/api/v1/nodes/n1"
    assert resources.collection_path(WIDGET, "a") == "/apis/example.com/v1/namespaces/a/widgets"


def test_custom_groups_come_after_the_built_in_ones_and_do_not_shadow_them() -> None:
    impostor = resources.Resource("apps", "v1", "deployments", "Fake", namespaced=False)
    table = resources.BUILTIN.extended([WIDGET, impostor], generation=7)
    assert [group.name for group in table.groups()][-1] == "example.com"
    assert table.find("example.com", "v1", "widgets") is WIDGET
    assert table.find("apps", "v1", "deployments") is resources.get("deployments.apps")
    assert resources.find("example.com", "v1", "widgets") is None


def test_versions_are_ordered_from_the_most_stable() -> None:
    given = ["foo10", "v1alpha1", "v1", "v2beta1", "v10", "v11alpha2", "foo1", "v2", "v1beta2"]
    expected = ["v10", "v2", "v1", "v2beta1", "v1beta2", "v11alpha2", "v1alpha1", "foo1", "foo10"]
    assert sorted(given, key=resources.version_order) == expected


def test_what_is_only_a_request_has_no_storage() -> None:
    for name in ("bindings", "tokenreviews.authentication.k8s.io", "componentstatuses"):
        found = resources.get(name)
        assert found is not None
        assert (found.storage, found.storage_prefix) == ("", "")
