"""`pods/resize` changes the CPU and memory of containers that run, and nothing else."""

from typing import Any

import pytest

from unit.apiserver.serving import PODS, STRATEGIC, Api, causes

RESIZE = f"{PODS}/p/resize"


def amounts(cpu: str | None, memory: str | None = "1Gi", **more: str) -> dict[str, Any]:
    return {"cpu": cpu, "memory": memory, **more}


def resized(requests: Any, group: str = "containers", name: str = "c", **more: Any) -> dict[str, Any]:
    return {"spec": {group: [{"name": name, "resources": {"requests": requests, **more}}]}}


@pytest.fixture
async def made(api: Api) -> Api:
    """A pod with a container, a sidecar and a container that runs before them."""
    containers = [{"name": "c", "image": "i", "resources": {"requests": amounts("1")}}]
    before = [
        {"name": "first", "image": "i", "resources": {"requests": amounts("1")}},
        {"name": "side", "image": "i", "restartPolicy": "Always", "resources": {"requests": amounts("1")}},
    ]
    await api.make(PODS, {"metadata": {"name": "p"}, "spec": {"containers": containers, "initContainers": before}})
    return api


async def test_more_is_granted_and_counts_as_a_change_of_what_is_wanted(made: Api) -> None:
    code, body = await made.call("PATCH", RESIZE, resized({"cpu": "2"}), type=STRATEGIC)
    assert (code, body["spec"]["containers"][0]["resources"]["requests"]["cpu"]) == (200, "2")
    assert body["metadata"]["generation"] == 2
    code, _ = await made.call("PATCH", RESIZE, resized({"cpu": "2"}, "initContainers", "side"), type=STRATEGIC)
    assert code == 200


async def test_anything_else_in_the_request_is_left_out(made: Api) -> None:
    patch = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "other"}]}}
    code, body = await made.call("PATCH", RESIZE, patch, type=STRATEGIC)
    assert (code, body["spec"]["containers"][0]["image"], "labels" in body["metadata"]) == (200, "i", False)


@pytest.mark.parametrize(
    ("patch", "field", "text"),
    [
        (resized({"cpu": None}), "spec.containers[0].resources.requests", "resource requests cannot be removed"),
        (resized({"ephemeral-storage": "1Gi"}), "spec", "only cpu and memory resources are mutable"),
        (
            resized({"cpu": "2"}, "initContainers", "first"),
            "spec",
            "resources for non-sidecar init containers are immutable",
        ),
        (
            resized({"ephemeral-storage": "1Gi"}, "initContainers", "side"),
            "spec",
            "only cpu and memory resources for sidecar containers are mutable",
        ),
    ],
)
async def test_what_cannot_be_changed_in_place_is_refused(made: Api, patch: Any, field: str, text: str) -> None:
    code, body = await made.call("PATCH", RESIZE, patch, type=STRATEGIC)
    assert (code, causes(body)) == (422, {("FieldValueForbidden", field)})
    assert body["message"].endswith(text)


async def test_a_request_above_its_limit_is_refused(made: Api) -> None:
    code, body = await made.call("PATCH", RESIZE, resized({"cpu": "3"}, limits={"cpu": "2"}), type=STRATEGIC)
    assert code == 422
    assert "must be less than or equal to cpu limit of 2" in body["message"]


async def test_the_quality_of_service_stays(api: Api) -> None:
    await api.pod("p")
    code, body = await api.call("PATCH", RESIZE, resized({"cpu": "1"}), type=STRATEGIC)
    assert code == 422
    text = 'spec: Invalid value: "BestEffort": Pod QOS Class may not change as a result of resizing'
    assert body["message"].endswith(text)


async def test_a_node_must_be_there_and_able_to_give_that_much(made: Api) -> None:
    await made.make(f"{PODS}/p/binding", {"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n"}})
    code, body = await made.call("PATCH", RESIZE, resized({"cpu": "2"}), type=STRATEGIC)
    assert (code, body["message"]) == (403, 'pods "p" is forbidden: node "n" not found')
    node = {"metadata": {"name": "n"}, "status": {"allocatable": {"cpu": "4", "memory": "3Gi"}}}
    await made.make("/api/v1/nodes", node)
    code, body = await made.call("PATCH", RESIZE, resized({"cpu": "4"}), type=STRATEGIC)
    assert (code, body["details"]["causes"]) == (403, [{"reason": "NodeCapacity"}])
    wanted = "Node didn't have enough allocatable resources: cpu, requested: 5000, allocatable: 4000"
    assert body["message"].endswith(wanted)
    code, body = await made.call("PATCH", RESIZE, resized({"cpu": "2"}), type=STRATEGIC)
    assert (code, body["details"]["causes"]) == (403, [{"reason": "UnsupportedPlatform"}])
    await made.call("PATCH", "/api/v1/nodes/n", {"metadata": {"labels": {"kubernetes.io/os": "linux"}}}, type=STRATEGIC)
    code, _ = await made.call("PATCH", RESIZE, resized({"cpu": "2"}), type=STRATEGIC)
    assert code == 200
