"""Endpoints and slices from pods."""

from typing import Any

from steersman.controllers.endpoints import plan as endpoints
from steersman.controllers.endpointslice import plan as slices


def service(**spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "s", "namespace": "a", "uid": "s-uid", "labels": {"app": "s"}},
        "spec": {
            "selector": {"app": "s"},
            "clusterIP": "10.96.0.7",
            "ports": [{"name": "web", "port": 80, "targetPort": "http"}],
            **spec,
        },
    }


def pod(number: int, *, ready: bool = True, deleting: bool = False, port: int = 8080, **spec: Any) -> dict[str, Any]:
    meta: dict[str, Any] = {"name": f"p{number}", "namespace": "a", "uid": f"u{number}", "labels": {"app": "s"}}
    if deleting:
        meta["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    return {
        "metadata": meta,
        "spec": {
            "nodeName": "n1",
            "containers": [{"name": "c", "ports": [{"name": "http", "containerPort": port}]}],
            **spec,
        },
        "status": {
            "phase": "Running",
            "podIP": f"10.244.{number // 250}.{number % 250 + 1}",
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
        },
    }


def named(plan: slices.Plan) -> list[dict[str, Any]]:
    """What a server makes of the slices to be created."""
    return [
        {**tree, "metadata": {**tree["metadata"], "name": f"s-{number}"}} for number, tree in enumerate(plan.create)
    ]


def test_conditions_tell_ready_from_serving_and_terminating() -> None:
    pods = [pod(1), pod(2, ready=False), pod(3, deleting=True), pod(4, ready=False, deleting=True)]
    [tree] = slices.plan(service(), pods, [], {}).create
    assert [each["conditions"] for each in tree["endpoints"]] == [
        {"ready": True, "serving": True, "terminating": False},
        {"ready": False, "serving": False, "terminating": False},
        {"ready": False, "serving": True, "terminating": True},
        {"ready": False, "serving": False, "terminating": True},
    ]
    assert tree["metadata"]["labels"] == {
        "app": "s",
        "kubernetes.io/service-name": "s",
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    }


def test_pods_whose_named_port_differs_are_in_different_slices() -> None:
    made = slices.plan(service(), [pod(1), pod(2, port=9090)], [], {}).create
    assert sorted(each["ports"][0]["port"] for each in made) == [8080, 9090]


def test_a_slice_holds_a_hundred_and_a_change_touches_only_its_slice() -> None:
    pods = [pod(number) for number in range(250)]
    existing = named(slices.plan(service(), pods, [], {}))
    assert [len(each["endpoints"]) for each in existing] == [100, 100, 50]
    assert slices.plan(service(), pods, existing, {}) == slices.Plan([], [], [])
    pods[120] = pod(120, ready=False)
    plan = slices.plan(service(), pods, existing, {})
    assert [each["metadata"]["name"] for each in plan.update] == ["s-1"]
    assert not plan.create
    assert not plan.delete


def test_new_endpoints_fill_what_has_room_and_empty_slices_go() -> None:
    pods = [pod(number) for number in range(150)]
    existing = named(slices.plan(service(), pods, [], {}))
    plan = slices.plan(service(), [*pods, pod(200)], existing, {})
    assert [each["metadata"]["name"] for each in plan.update] == ["s-1"]
    plan = slices.plan(service(), pods[:100], existing, {})
    assert [each["metadata"]["name"] for each in plan.delete] == ["s-1"]


def test_a_service_without_pods_keeps_one_empty_slice() -> None:
    [tree] = slices.plan(service(), [], [], {}).create
    assert (tree["endpoints"], tree["ports"]) == ([], [])
    existing = named(slices.plan(service(), [pod(1)], [], {}))
    plan = slices.plan(service(), [], existing, {})
    assert (len(plan.create), len(plan.update), len(plan.delete)) == (0, 1, 0)
    again = [{**existing[0], **plan.update[0]}]
    assert slices.plan(service(), [], again, {}) == slices.Plan([], [], [])


def test_a_zone_and_a_hostname_are_shown() -> None:
    node = {"metadata": {"name": "n1", "labels": {"topology.kubernetes.io/zone": "z"}}}
    headless = service(clusterIP="None")
    [tree] = slices.plan(headless, [pod(1, hostname="h", subdomain="s")], [], {"n1": node}).create
    [endpoint] = tree["endpoints"]
    assert (endpoint["zone"], endpoint["hostname"], endpoint["nodeName"]) == ("z", "h", "n1")
    assert tree["metadata"]["labels"]["service.kubernetes.io/headless"] == ""


def test_endpoints_leave_out_what_is_going_and_list_what_is_not_ready() -> None:
    made = endpoints.plan(service(), [pod(1), pod(2, ready=False), pod(3, deleting=True)], None)
    assert made is not None
    [subset] = made["subsets"]
    assert [each["ip"] for each in subset["addresses"]] == ["10.244.0.2"]
    assert [each["ip"] for each in subset["notReadyAddresses"]] == ["10.244.0.3"]
    assert subset["ports"] == [{"name": "web", "port": 8080, "protocol": "TCP"}]
    assert endpoints.plan(service(), [pod(1), pod(2, ready=False)], made) is None


def test_a_service_that_publishes_early_lists_all_as_ready() -> None:
    made = endpoints.plan(service(publishNotReadyAddresses=True), [pod(2, ready=False), pod(3, deleting=True)], None)
    assert made is not None
    assert [len(each["addresses"]) for each in made["subsets"]] == [2]


def test_a_thousand_addresses_are_kept() -> None:
    made = endpoints.plan(service(), [pod(number) for number in range(1001)], None)
    assert made is not None
    assert len(made["subsets"][0]["addresses"]) == 1000
    assert made["metadata"]["annotations"][endpoints.OVER_CAPACITY] == "truncated"
