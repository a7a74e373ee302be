"""Conditions that the API server writes itself."""

from typing import Any

from unit.apiserver.serving import MERGE, Api

FLOWS = "/apis/flowcontrol.apiserver.k8s.io/v1"
APIS = "/apis/apiregistration.k8s.io/v1/apiservices"
SCHEMA = {
    "metadata": {"name": "f"},
    "spec": {"priorityLevelConfiguration": {"name": "level"}, "matchingPrecedence": 8000},
}


async def _condition(api: Api, target: str) -> Any:
    await api.clock.settle()
    found = await api.get(target)
    return {key: found["status"]["conditions"][0][key] for key in ("type", "status", "reason")}


async def test_a_flow_schema_dangles_until_its_level_is_there(api: Api) -> None:
    await api.make(f"{FLOWS}/flowschemas", SCHEMA)
    dangling = {"type": "Dangling", "status": "True", "reason": "NotFound"}
    assert await _condition(api, f"{FLOWS}/flowschemas/f") == dangling
    await api.make(
        f"{FLOWS}/prioritylevelconfigurations",
        {"metadata": {"name": "level"}, "spec": {"type": "Limited", "limited": {"limitResponse": {"type": "Reject"}}}},
    )
    assert await _condition(api, f"{FLOWS}/flowschemas/f") == {**dangling, "status": "False", "reason": "Found"}


async def test_its_condition_is_owned_by_an_apply_to_the_status(api: Api) -> None:
    await api.make(f"{FLOWS}/flowschemas", SCHEMA)
    await api.clock.settle()
    owners = (await api.get(f"{FLOWS}/flowschemas/f"))["metadata"]["managedFields"]
    assert {(each["manager"], each["operation"], each.get("subresource", "")) for each in owners} == {
        ("unknown", "Update", ""), ("api-priority-and-fairness-config-consumer-v1", "Apply", "status"),
    }  # fmt: skip


async def test_an_api_service_is_available_when_it_is_local(api: Api) -> None:
    spec = {"group": "x.example.com", "version": "v1", "groupPriorityMinimum": 1000, "versionPriority": 15}
    await api.make(APIS, {"metadata": {"name": "v1.x.example.com"}, "spec": spec})
    local = {"type": "Available", "status": "True", "reason": "Local"}
    assert await _condition(api, f"{APIS}/v1.x.example.com") == local
    service = {"service": {"name": "agg", "namespace": "default"}, "insecureSkipTLSVerify": True}
    await api.call("PATCH", f"{APIS}/v1.x.example.com", {"spec": service}, type=MERGE)
    absent = {"type": "Available", "status": "False", "reason": "ServiceNotFound"}
    assert await _condition(api, f"{APIS}/v1.x.example.com") == absent


async def test_nothing_is_written_where_everything_is_right(api: Api) -> None:
    await api.clock.settle()
    before = api.store.revision
    await api.config_map("a")
    await api.clock.settle()
    assert api.store.revision == before + 1
