"""A watch of custom resources lives as long as they are served as they were when it began."""

import copy
from typing import Any

import pytest

from steersman.kit import http
from unit.apiserver.serving import CONFIG_MAPS, MERGE, Api
from unit.apiserver.test_custom_resources_are_served import CRDS, GIZMOS, defined, definition, gizmo

CRD = f"{CRDS}/gizmos.x.example.com"


@pytest.fixture
async def gizmos(api: Api) -> Api:
    await defined(api, definition())
    return api


async def _patch(api: Api, target: str, patch: Any) -> None:
    code, body = await api.call("PATCH", target, patch, type=MERGE)
    assert code == 200, body


async def test_it_ends_when_the_definition_serves_otherwise(gizmos: Api) -> None:
    watch = await gizmos.watch(f"{GIZMOS}?watch=1")
    other = await gizmos.watch(f"{CONFIG_MAPS}?watch=1")
    await gizmos.make(GIZMOS, gizmo())
    versions = copy.deepcopy(definition()["spec"]["versions"])
    versions[0]["schema"]["openAPIV3Schema"]["properties"]["more"] = {"type": "string"}
    await _patch(gizmos, CRD, {"spec": {"versions": versions}})
    assert await watch.names() == [("ADDED", "g")]
    assert await watch.ended()
    assert not other.watcher.closed
    again = await gizmos.watch(f"{GIZMOS}?watch=1")
    await _patch(gizmos, f"{GIZMOS}/g", {"more": "yes"})
    assert [tree.get("more") for _, tree in await again.next()] == [None, "yes"]
    await again.close()
    await other.close()


async def test_it_goes_on_when_something_else_of_the_definition_changes(gizmos: Api) -> None:
    watch = await gizmos.watch(f"{GIZMOS}?watch=1")
    await _patch(gizmos, CRD, {"metadata": {"labels": {"x": "1"}}})
    await gizmos.make(GIZMOS, gizmo())
    assert await watch.names() == [("ADDED", "g")]
    await watch.close()


async def test_it_sees_all_objects_go_and_ends_with_the_definition(gizmos: Api) -> None:
    await gizmos.make(GIZMOS, gizmo())
    watch = await gizmos.watch(f"{GIZMOS}?watch=1")
    await gizmos.call("DELETE", CRD)
    await gizmos.clock.advance("10s")
    assert await watch.names() == [("ADDED", "g"), ("DELETED", "g")]
    assert await watch.ended()
    answer = await gizmos.send("GET", f"{GIZMOS}?watch=1")
    assert isinstance(answer, http.Response)
    assert answer.status == 404


async def test_an_object_stored_in_another_version_leaves_a_selection_whole(gizmos: Api) -> None:
    """What a watcher sees of an object that leaves is spliced from bytes in the version they were stored in."""
    await gizmos.make(GIZMOS, {**gizmo(), "metadata": {"name": "g", "labels": {"x": "1"}}})
    versions = copy.deepcopy(definition()["spec"]["versions"])
    versions.append({**copy.deepcopy(versions[0]), "name": "v2alpha1"})
    versions[0]["storage"] = False
    await _patch(gizmos, CRD, {"spec": {"versions": versions}})
    watch = await gizmos.watch(f"{GIZMOS}?watch=1&labelSelector=x%3D1&resourceVersion={gizmos.store.revision}")
    await _patch(gizmos, f"{GIZMOS}/g", {"metadata": {"labels": {"x": "2"}}})
    ((type, tree),) = await watch.next()
    assert (type, tree["apiVersion"], tree["metadata"]["labels"]) == ("DELETED", "x.example.com/v1", {"x": "1"})
    assert tree["metadata"]["resourceVersion"] == str(gizmos.store.revision)
    await watch.close()
