"""The binder's rules, one claim and one volume at a time, and the binder on a real API server."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from steersman.api.semantics import claims
from steersman.api.tree import Tree
from steersman.controllers.persistentvolume import plan, trees
from steersman.controllers.persistentvolume.controller import Controller as Binder
from steersman.controllers.pvprotection.controller import Claims, Volumes
from unit.controllers.served import Served

GIB = 1024**3


def a_claim(name: str = "c", size: str = "1Gi", *, modes: Any = ("ReadWriteOnce",), **spec: Any) -> dict[str, Any]:
    annotations = spec.pop("annotations", {})
    return {
        "kind": "PersistentVolumeClaim",
        "apiVersion": "v1",
        "metadata": {"name": name, "namespace": "default", "uid": f"uid-{name}", "annotations": annotations},
        "spec": {"accessModes": list(modes), "resources": {"requests": {"storage": size}}, **spec},
        "status": {"phase": "Pending"},
    }


def a_volume(name: str = "v", size: str = "1Gi", *, modes: Any = ("ReadWriteOnce",), **spec: Any) -> dict[str, Any]:
    annotations, labels = spec.pop("annotations", {}), spec.pop("labels", {})
    phase = spec.pop("phase", "Available")
    return {
        "kind": "PersistentVolume",
        "apiVersion": "v1",
        "metadata": {"name": name, "uid": f"uid-{name}", "annotations": annotations, "labels": labels},
        "spec": {
            "capacity": {"storage": size},
            "accessModes": list(modes),
            "persistentVolumeReclaimPolicy": "Retain",
            "hostPath": {"path": "/tmp/v"},
            **spec,
        },
        "status": {"phase": phase},
    }


def reference(claim: Tree, **changed: Any) -> dict[str, Any]:
    return {**claims.reference_to(claim), **changed}


def a_class(name: str = "slow", provisioner: str = "example.com/p", mode: str = "Immediate") -> dict[str, Any]:
    return {
        "kind": "StorageClass",
        "apiVersion": "storage.k8s.io/v1",
        "metadata": {"name": name},
        "provisioner": provisioner,
        "volumeBindingMode": mode,
    }


@pytest.mark.parametrize(
    ("claim", "volumes", "chosen"),
    [
        (a_claim(size="1Gi"), [a_volume("big", "5Gi"), a_volume("fits", "2Gi"), a_volume("small", "1Mi")], "fits"),
        (a_claim(), [a_volume("many", modes=("ReadWriteOnce", "ReadWriteMany")), a_volume("one", "9Gi")], "one"),
        (a_claim(modes=("ReadWriteMany",)), [a_volume()], None),
        (a_claim(storageClassName="x"), [a_volume()], None),
        (a_claim(volumeMode="Block"), [a_volume()], None),
        (a_claim(volumeMode="Block"), [a_volume(volumeMode="Block")], "v"),
        (a_claim(selector={"matchLabels": {"a": "b"}}), [a_volume(), a_volume("it", "9Gi", labels={"a": "b"})], "it"),
        (a_claim(), [a_volume(phase="Released")], None),
        (a_claim(), [a_volume("other", claimRef={"namespace": "default", "name": "d"})], None),
        (a_claim(), [a_volume(), a_volume("mine", "9Gi", claimRef={"namespace": "default", "name": "c"})], "mine"),
        (a_claim(), [a_volume(claimRef={"namespace": "default", "name": "c", "uid": "of an older one"})], None),
    ],
)
def test_the_best_volume(claim: Tree, volumes: list[Tree], chosen: str | None) -> None:
    found = plan.best(claim, volumes)
    assert (found["metadata"]["name"] if found else None) == chosen


def test_a_delayed_claim_takes_only_what_was_chosen_for_it() -> None:
    claim, late = a_claim(storageClassName="slow"), a_class(mode="WaitForFirstConsumer")
    free = a_volume(storageClassName="slow")
    step = plan.unbound_claim(claim, [free], late, [])
    assert step == plan.Wait(
        plan.Told("Normal", "WaitForFirstConsumer", "waiting for first consumer to be created before binding")
    )
    one = plan.unbound_claim(claim, [free], late, ["p"])
    assert isinstance(one, plan.Wait)
    assert one.told == plan.Told("Normal", "WaitForPodScheduled", "waiting for pod p to be scheduled")
    two = plan.unbound_claim(claim, [free], late, ["q", "p"])
    assert isinstance(two, plan.Wait)
    assert two.told is not None
    assert two.told.message == "waiting for pods p,q to be scheduled"
    chosen = a_volume(storageClassName="slow", claimRef=reference(claim))
    assert plan.unbound_claim(claim, [free, chosen], late, []) == plan.Bind(chosen)
    selected = a_claim(storageClassName="slow", annotations={claims.SELECTED_NODE: "n"})
    assert isinstance(plan.unbound_claim(selected, [free], late, []), plan.Provision)


@pytest.mark.parametrize(
    ("claim", "storage_class", "reason", "message"),
    [
        (
            a_claim(),
            None,
            "FailedBinding",
            "no persistent volumes available for this claim and no storage class is set",
        ),
        (a_claim(storageClassName="x"), None, "ProvisioningFailed", 'storageclass.storage.k8s.io "x" not found'),
        (
            a_claim(storageClassName="slow"),
            a_class(provisioner="kubernetes.io/no-provisioner"),
            "ProvisioningFailed",
            "no volume plugin matched name: kubernetes.io/no-provisioner",
        ),
    ],
)
def test_why_a_claim_waits(claim: Tree, storage_class: Tree | None, reason: str, message: str) -> None:
    step = plan.unbound_claim(claim, [], storage_class, [])
    assert isinstance(step, plan.Wait)
    assert step.told is not None
    assert (step.told.reason, step.told.message) == (reason, message)


@pytest.mark.parametrize(
    ("volume", "why"),
    [
        (a_volume(size="1Mi"), "requested PV is too small"),
        (a_volume(storageClassName="x"), "storageClassName does not match"),
        (a_volume(volumeMode="Block"), "incompatible volumeMode"),
        (a_volume(modes=("ReadOnlyMany",)), "incompatible accessMode"),
    ],
)
def test_a_volume_that_a_user_named_must_serve_the_claim(volume: Tree, why: str) -> None:
    step = plan.named_volume(a_claim(volumeName="v"), volume)
    assert step == plan.Wait(plan.Told("Warning", "VolumeMismatch", f'Cannot bind to requested volume "v": {why}'))


def test_a_named_volume_of_somebody_else_is_waited_for() -> None:
    taken = a_volume(claimRef={"namespace": "default", "name": "other", "uid": "u"})
    step = plan.named_volume(a_claim(volumeName="v"), taken)
    assert step == plan.Wait(plan.Told("Warning", "FailedBinding", 'volume "v" already bound to a different claim.'))
    assert plan.named_volume(a_claim(volumeName="v"), None) == plan.Wait()


def test_a_bound_claim_that_loses_its_volume_is_lost() -> None:
    claim = a_claim(volumeName="v")
    assert isinstance(plan.bound_claim(a_claim(), None), plan.Lose)
    assert isinstance(plan.bound_claim(claim, None), plan.Lose)
    stolen = a_volume(claimRef={"namespace": "default", "name": "c", "uid": "another"})
    step = plan.bound_claim(claim, stolen)
    assert isinstance(step, plan.Lose)
    assert step.told.reason == "ClaimMisbound"
    free = a_volume()
    assert plan.bound_claim(claim, free) == plan.Bind(free)


def test_a_volume_follows_its_claim() -> None:
    claim = a_claim(volumeName="v")
    bound = a_volume(claimRef=reference(claim))
    assert plan.volume(a_volume(), None) == plan.Phase("Available")
    assert plan.volume(a_volume(claimRef=reference(claim, uid="")), None) == plan.Phase("Available")
    assert plan.volume(bound, claim) == plan.Phase("Bound")
    assert plan.volume(bound, a_claim()) == plan.AskClaim()
    assert plan.volume(bound, None) == plan.Release()
    assert plan.volume(bound, a_claim(volumeName="w")) == plan.Unbind()
    assert isinstance(plan.volume(bound, a_claim(volumeMode="Block")), plan.Mismatched)
    made = a_volume(
        claimRef=reference(claim),
        persistentVolumeReclaimPolicy="Delete",
        annotations={claims.PROVISIONED_BY: "example.com/p"},
    )
    assert plan.volume(made, a_claim(volumeName="w")) == plan.Release()


def test_only_a_provisioner_deletes() -> None:
    def phase(policy: str, provisioner: str = "") -> str | None:
        annotations = {claims.PROVISIONED_BY: provisioner} if provisioner else {}
        step = plan.reclaim(a_volume(persistentVolumeReclaimPolicy=policy, annotations=annotations))
        return step.name if step else None

    assert phase("Retain") is None
    assert phase("Delete", "example.com/p") is None
    assert phase("Delete") == "Failed"
    assert phase("Delete", "kubernetes.io/old") == "Failed"
    assert phase("Recycle") == "Failed"


def test_giving_a_volume_back_keeps_a_users_choice() -> None:
    claim = a_claim()
    by_us = trees.volume_bound(a_volume(), claim)
    assert by_us is not None
    assert claims.annotation(by_us, claims.BOUND_BY_CONTROLLER) == "yes"
    assert "claimRef" not in trees.volume_unbound(by_us)["spec"]
    by_user = trees.volume_bound(a_volume(claimRef={"namespace": "default", "name": "c"}), claim)
    assert by_user is not None
    assert not claims.annotation(by_user, claims.BOUND_BY_CONTROLLER)
    assert trees.volume_unbound(by_user)["spec"]["claimRef"]["name"] == "c"
    assert "uid" not in trees.volume_unbound(by_user)["spec"]["claimRef"]


# On a server


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    made = await Served().open()
    await made.start(
        Binder(made.context("persistent-volume-binder")),
        Claims(made.context("pvc-protection-controller")),
        Volumes(made.context("pv-protection-controller")),
    )
    yield made
    await made.close()


async def put(served: Served, resource: str, tree: dict[str, Any]) -> Tree:
    meta = {key: value for key, value in tree["metadata"].items() if key != "uid"}
    made = await served.client.create(resource, {**tree, "metadata": meta})
    await served.clock.advance(1)
    return made


async def claim_and_volume(served: Served, claim: str = "c", volume: str = "v") -> tuple[Tree, Tree]:
    return (
        await served.client.get("persistentvolumeclaims", claim, "default"),
        await served.client.get("persistentvolumes", volume),
    )


async def test_a_claim_is_bound_whichever_comes_first(served: Served) -> None:
    await put(served, "persistentvolumes", a_volume(size="2Gi"))
    await put(served, "persistentvolumeclaims", a_claim())
    claim, volume = await claim_and_volume(served)
    assert claim["status"] == {"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "2Gi"}}
    assert claim["spec"]["volumeName"] == "v"
    assert volume["status"]["phase"] == "Bound"
    assert volume["spec"]["claimRef"]["uid"] == claim["metadata"]["uid"]
    assert claims.annotation(volume, claims.BOUND_BY_CONTROLLER) == "yes"
    await put(served, "persistentvolumeclaims", a_claim("d"))
    assert (await served.client.get("persistentvolumeclaims", "d", "default"))["status"]["phase"] == "Pending"
    await put(served, "persistentvolumes", a_volume("w"))
    claim, volume = await claim_and_volume(served, "d", "w")
    assert (claim["status"]["phase"], volume["status"]["phase"]) == ("Bound", "Bound")


async def test_many_claims_and_volumes_pair_up_one_to_one(served: Served) -> None:
    for index in range(12):
        await served.client.create("persistentvolumeclaims", a_claim(f"c{index}"))
        await served.client.create("persistentvolumes", a_volume(f"v{index}"))
    await served.clock.advance(5)
    found = (await served.client.list("persistentvolumeclaims", "default")).items
    assert len({each["spec"]["volumeName"] for each in found}) == 12
    assert {each["status"]["phase"] for each in (await served.client.list("persistentvolumes")).items} == {"Bound"}


async def test_a_kept_volume_is_released_when_its_claim_goes(served: Served) -> None:
    await put(served, "persistentvolumes", a_volume())
    await put(served, "persistentvolumeclaims", a_claim())
    await served.client.delete("persistentvolumeclaims", "c", "default")
    await served.clock.advance(1)
    assert await served.maybe("persistentvolumeclaims", "c", "default") is None
    assert (await served.client.get("persistentvolumes", "v"))["status"]["phase"] == "Released"
    # A new claim of the same name does not get at the old one's data.
    await put(served, "persistentvolumeclaims", a_claim())
    claim, volume = await claim_and_volume(served)
    assert (claim["status"]["phase"], volume["status"]["phase"]) == ("Pending", "Released")
    # Until an administrator frees the volume.
    await served.client.patch("persistentvolumes", "v", {"spec": {"claimRef": None}})
    await served.clock.advance(1)
    claim, volume = await claim_and_volume(served)
    assert (claim["status"]["phase"], volume["status"]["phase"]) == ("Bound", "Bound")


async def test_a_claim_whose_volume_was_deleted_is_lost(served: Served) -> None:
    await put(served, "persistentvolumes", a_volume())
    await put(served, "persistentvolumeclaims", a_claim())
    await served.client.delete("persistentvolumes", "v")
    await served.clock.advance(1)
    volume = await served.client.get("persistentvolumes", "v")
    assert volume["metadata"]["deletionTimestamp"]  # protected while it is bound
    await served.client.patch("persistentvolumes", "v", {"metadata": {"finalizers": None}})
    await served.clock.advance(1)
    claim = await served.client.get("persistentvolumeclaims", "c", "default")
    assert claim["status"] == {"phase": "Lost"}
    assert ("ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!") in (
        await served.events()
    )


async def test_a_volume_that_nobody_can_delete_is_failed_and_stays(served: Served) -> None:
    await put(served, "persistentvolumes", a_volume(persistentVolumeReclaimPolicy="Delete"))
    await put(served, "persistentvolumeclaims", a_claim())
    await served.client.delete("persistentvolumeclaims", "c", "default")
    await served.clock.advance(1)
    volume = await served.client.get("persistentvolumes", "v")
    assert volume["status"]["phase"] == "Failed"
    assert volume["status"]["message"].endswith("no deletable volume plugin matched")


async def test_a_claim_older_than_the_default_class_gets_it(served: Served) -> None:
    await put(served, "persistentvolumeclaims", a_claim())
    tree = a_class()
    tree["metadata"]["annotations"] = {"storageclass.kubernetes.io/is-default-class": "true"}
    await put(served, "storageclasses.storage.k8s.io", tree)
    claim = await served.client.get("persistentvolumeclaims", "c", "default")
    assert claim["spec"]["storageClassName"] == "slow"
    assert claims.annotation(claim, claims.PROVISIONER) == "example.com/p"
    assert claims.annotation(claim, claims.BETA_PROVISIONER) == "example.com/p"
    [message] = {message for reason, message in await served.events() if reason == "ExternalProvisioning"}
    assert message.startswith("Waiting for a volume to be created either by the external provisioner 'example.com/p'")


async def test_nothing_is_done_while_nothing_changes(served: Served) -> None:
    await put(served, "persistentvolumes", a_volume())
    await put(served, "persistentvolumeclaims", a_claim())
    await put(served, "persistentvolumeclaims", a_claim("waits", storageClassName="nowhere"))
    before = served.store.revision
    await served.clock.advance(3600)
    assert served.store.revision == before
