"""Writes through sub-resources: a status does not contradict itself, ephemeral containers stay."""

from typing import Any

from steersman.api import resources, validation


def refused(name: Any, subresource: Any, new: Any, old: Any) -> Any:
    resource = resources.get(name)
    assert resource is not None
    return [str(error) for error in validation.update_subresource(resource, subresource, new, old)]


def test_no_more_replicas_are_ready_than_there_are() -> None:
    new = {"metadata": {}, "status": {"replicas": 1, "readyReplicas": 2}}
    assert refused("deployments.apps", "status", new, {"metadata": {}}) == [
        "status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas"
    ]


def pod(state: Any, **spec: Any) -> Any:
    statuses = [{"name": "c", "state": state}]
    return {"metadata": {}, "spec": spec, "status": {"containerStatuses": statuses, "qosClass": "BestEffort"}}


def test_an_ended_container_of_a_pod_that_never_restarts_stays_ended() -> None:
    ended: dict[str, Any]
    running: dict[str, Any]
    ended, running = {"terminated": {"exitCode": 1}}, {"running": {}}
    never = {"restartPolicy": "Never"}
    assert refused("pods", "status", pod(running, **never), pod(ended, **never)) == [
        "status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state"
    ]
    again = {"restartPolicy": "OnFailure"}
    assert refused("pods", "status", pod(running, **again), pod(ended, **again)) == []


def test_a_namespace_is_active_until_it_is_deleted() -> None:
    new = {"metadata": {}, "status": {"phase": "Terminating"}}
    assert refused("namespaces", "status", new, new) == [
        "status.Phase: Invalid value: \"Terminating\": may only be 'Active' if `deletionTimestamp` is empty"
    ]
    new["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert refused("namespaces", "status", new, new) == []


def test_a_kind_without_rules_takes_any_status() -> None:
    assert refused("configmaps", "status", {"metadata": {}}, {"metadata": {}}) == []
