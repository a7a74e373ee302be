"""A quota books what passes and refuses what does not, in the reference's words."""

import asyncio
from typing import Any

import pytest

from steersman.api import resources, status
from steersman.api.semantics import quota_usage
from steersman.api.tree import Tree
from steersman.apiserver.access import authorization, reading
from steersman.apiserver.admission import resource_quota
from steersman.apiserver.admission.attributes import Attributes, Operation
from steersman.apiserver.admission.plugin import Context
from steersman.kit.clock import RealClock
from steersman.kit.entropy import SeededEntropy
from steersman.kit.http import User


class World:
    def __init__(self, hard: dict[str, str], used: dict[str, str], **spec: Any) -> None:
        self.reader = reading.Memory()
        self.put(
            {
                "metadata": {"name": "q", "namespace": "x"},
                "spec": {"hard": hard, **spec},
                "status": {"hard": hard, "used": used},
            }
        )
        self.conflicts = 0
        context = Context(
            self.reader, RealClock(), SeededEntropy(1), authorization.Superusers(), write_status=self.write
        )
        self.plugin = resource_quota.ResourceQuota(context)

    def put(self, quota: Tree) -> None:
        self.reader.put("resourcequotas", quota)

    @property
    def used(self) -> dict[str, str]:
        quota = self.reader.get("resourcequotas", "x", "q")
        assert quota is not None
        return dict(quota["status"]["used"])

    async def write(self, resource: str, quota: Tree) -> Tree:
        await asyncio.sleep(0)
        if self.conflicts:
            self.conflicts -= 1
            raise status.conflict(resource, "", "q", status.MODIFIED)
        self.put(quota)
        return quota

    async def admit(self, resource: str, new: Any, old: Any = None, **more: Any) -> None:
        found = resources.BUILTIN.get(resource)
        assert found is not None
        operation = Operation.CREATE if old is None else Operation.UPDATE
        a = Attributes(operation, found, "x", new["metadata"]["name"], User("u"), new, old, **more)
        await self.plugin.validate(a)

    async def refusal(self, resource: str, new: Any) -> str:
        with pytest.raises(status.StatusError) as refused:
            await self.admit(resource, new)
        return refused.value.message


def pod(name: str, **requests: str) -> dict[str, Any]:
    resources = {"resources": {"requests": requests}} if requests else {}
    return {"metadata": {"name": name, "namespace": "x"}, "spec": {"containers": [{"name": "c", **resources}]}}


@pytest.fixture
def world() -> World:
    return World({"pods": "1", "requests.cpu": "1"}, {"pods": "0", "requests.cpu": "0"})


async def test_what_is_counted_must_be_said(world: World) -> None:
    assert await world.refusal("pods", pod("nocpu")) == (
        'pods "nocpu" is forbidden: failed quota: q: must specify requests.cpu for: c'
    )


async def test_more_than_is_left_is_refused(world: World) -> None:
    assert await world.refusal("pods", pod("toobig", cpu="2")) == (
        'pods "toobig" is forbidden: exceeded quota: q, requested: requests.cpu=2, used: requests.cpu=0, limited: '
        "requests.cpu=1"
    )


async def test_what_passes_is_booked(world: World) -> None:
    await world.admit("pods", pod("fits", cpu="600m"))
    assert world.used == {"pods": "1", "requests.cpu": "600m"}
    assert await world.refusal("pods", pod("second", cpu="100m")) == (
        'pods "second" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1'
    )


async def test_a_dry_run_books_nothing(world: World) -> None:
    await world.admit("pods", pod("fits", cpu="600m"), dry_run=True)
    assert world.used == {"pods": "0", "requests.cpu": "0"}


async def test_two_at_once_do_not_both_take_the_last_place(world: World) -> None:
    results = await asyncio.gather(
        *(world.admit("pods", pod(f"p{i}", cpu="1m")) for i in range(5)), return_exceptions=True
    )
    assert sum(result is None for result in results) == 1
    assert world.used["pods"] == "1"


async def test_a_conflict_is_tried_again(world: World) -> None:
    world.conflicts = 2
    await world.admit("pods", pod("fits", cpu="1"))
    assert world.used["requests.cpu"] == "1"


async def test_scopes_choose_the_pods_that_count() -> None:
    world = World({"pods": "0"}, {"pods": "0"}, scopes=["BestEffort"])
    await world.admit("pods", pod("burstable", cpu="1"))
    assert "exceeded quota" in await world.refusal("pods", pod("best"))
    selector = {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}]}
    world = World({"pods": "0"}, {"pods": "0"}, scopeSelector=selector)
    await world.admit("pods", pod("low"))
    high = pod("high")
    high["spec"]["priorityClassName"] = "high"
    assert "exceeded quota" in await world.refusal("pods", high)


async def test_an_update_counts_only_what_it_adds() -> None:
    world = World({"services": "1", "services.nodeports": "1"}, {"services": "1", "services.nodeports": "0"})

    def service(kind: str) -> dict[str, Any]:
        return {"metadata": {"name": "s", "namespace": "x"}, "spec": {"type": kind, "ports": [{"port": 80}]}}

    await world.admit("services", service("NodePort"), service("ClusterIP"))
    assert world.used == {"services": "1", "services.nodeports": "1"}


async def test_devices_are_counted_by_class() -> None:
    hard = {"count/resourceclaims.resource.k8s.io": "9", "gpu.deviceclass.resource.k8s.io/devices": "3"}
    world = World(hard, dict.fromkeys(hard, "0"))

    def claim(*requests: Any) -> dict[str, Any]:
        return {"metadata": {"name": "c", "namespace": "x"}, "spec": {"devices": {"requests": list(requests)}}}

    def gpus(count: int) -> dict[str, Any]:
        return {"deviceClassName": "gpu", "allocationMode": "ExactCount", "count": count}

    await world.admit("resourceclaims.resource.k8s.io", claim({"firstAvailable": [gpus(2), gpus(1)]}))
    assert world.used["gpu.deviceclass.resource.k8s.io/devices"] == "2"
    text = await world.refusal("resourceclaims.resource.k8s.io", claim({"exactly": gpus(2)}))
    assert "requested: gpu.deviceclass.resource.k8s.io/devices=2" in text
    everything = {"exactly": {"deviceClassName": "gpu", "allocationMode": "All"}}
    assert "devices=32" in await world.refusal("resourceclaims.resource.k8s.io", claim(everything))


@pytest.mark.parametrize(
    ("scope", "inside", "outside"),
    [
        ("Terminating", {"activeDeadlineSeconds": 5}, {}),
        ("NotTerminating", {}, {"activeDeadlineSeconds": 5}),
        ("NotBestEffort", {"containers": [{"name": "c", "resources": {"limits": {"cpu": "1"}}}]}, {}),
        (
            "CrossNamespacePodAffinity",
            {
                "affinity": {
                    "podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"namespaceSelector": {}}]}
                }
            },
            {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{}]}}},
        ),
    ],
)
async def test_each_scope_draws_its_line(scope: str, inside: Any, outside: Any) -> None:
    world = World({"pods": "0"}, {"pods": "0"}, scopes=[scope])
    for spec, counted in ((inside, True), (outside, False)):
        new = pod("p")
        new["spec"] |= spec
        if counted:
            assert "exceeded quota" in await world.refusal("pods", new)
        else:
            await world.admit("pods", new)


@pytest.mark.parametrize(
    ("selector", "name", "counted"),
    [
        ({"operator": "NotIn", "values": ["high"]}, "high", False),
        ({"operator": "NotIn", "values": ["high"]}, "low", True),
        ({"operator": "Exists"}, "low", True),
        ({"operator": "Exists"}, "", False),
        ({"operator": "DoesNotExist"}, "", True),
    ],
)
def test_a_scope_selects_by_value(selector: Any, name: str, counted: bool) -> None:
    quota = {"spec": {"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", **selector}]}}}
    new = pod("p")
    if name:
        new["spec"]["priorityClassName"] = name
    assert quota_usage.matches(quota, "pods", new) == counted


def test_usage_of_each_kind() -> None:
    assert quota_usage.usage("configmaps", {}) == {"count/configmaps": "1", "configmaps": "1"}
    assert quota_usage.usage("jobs.batch", {}) == {"count/jobs.batch": "1"}
    claim = {"metadata": {}, "spec": {"storageClassName": "gold", "resources": {"requests": {"storage": "1Gi"}}}}
    assert quota_usage.usage("persistentvolumeclaims", claim) == {
        "count/persistentvolumeclaims": "1",
        "persistentvolumeclaims": "1",
        "requests.storage": "1Gi",
        "gold.storageclass.storage.k8s.io/persistentvolumeclaims": "1",
        "gold.storageclass.storage.k8s.io/requests.storage": "1Gi",
    }
    done = {**pod("done", cpu="1"), "status": {"phase": "Succeeded"}}
    assert quota_usage.usage("pods", done) == {"count/pods": "1"}
    assert quota_usage.counts("pods", "requests.example.com/gpu")
    assert not quota_usage.counts("pods", "configmaps")
