"""The local-path provisioner: folders made for claims, removed with released volumes, and nothing else touched."""

import pathlib
import stat
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest

from steersman.api.semantics import claims
from steersman.api.tree import Tree
from steersman.controllers.localpath import folder, plan
from steersman.controllers.localpath.controller import Controller as LocalPath
from steersman.controllers.persistentvolume.controller import Controller as Binder
from steersman.controllers.pvprotection.controller import Claims, Volumes
from unit.controllers.served import Served

VOLUME = "pvc-1"


def test_a_folder_is_open_to_everybody(tmp_path: pathlib.Path) -> None:
    root = tmp_path / "not" / "there" / "yet"
    folder.make(str(root), VOLUME)
    assert stat.S_IMODE((root / VOLUME).stat().st_mode) == 0o777
    assert stat.S_IMODE(root.stat().st_mode) & 0o022 == 0
    (root / VOLUME / "data").write_text("kept")
    folder.make(str(root), VOLUME)
    assert (root / VOLUME / "data").read_text() == "kept"


def test_removal_takes_the_contents_and_follows_no_link(tmp_path: pathlib.Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x")
    folder.make(str(root), VOLUME)
    (root / VOLUME / "deep").mkdir()
    (root / VOLUME / "deep" / "file").write_text("x")
    (root / VOLUME / "link").symlink_to(outside)
    folder.remove(str(root), VOLUME)
    folder.remove(str(root), VOLUME)
    assert list(root.iterdir()) == []
    (root / VOLUME).symlink_to(outside)
    folder.remove(str(root), VOLUME)
    assert list(root.iterdir()) == []
    assert (outside / "precious").exists()


def test_a_link_in_a_folders_place_is_no_folder(tmp_path: pathlib.Path) -> None:
    (tmp_path / VOLUME).symlink_to("/tmp")
    with pytest.raises(FileExistsError):
        folder.make(str(tmp_path), VOLUME)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "/etc"])
def test_names_that_lead_elsewhere_are_refused(tmp_path: pathlib.Path, name: str) -> None:
    for act in (folder.make, folder.remove):
        with pytest.raises(ValueError, match="is no entry of"):
            act(str(tmp_path), name)


def test_a_relative_root_is_refused() -> None:
    with pytest.raises(ValueError, match="is no entry of"):
        folder.remove("volumes", VOLUME)


def a_node(name: str, *, ready: bool = True, labels: Mapping[str, str] | None = None) -> dict[str, Any]:
    return {
        "kind": "Node",
        "apiVersion": "v1",
        "metadata": {"name": name, "labels": {plan.HOSTNAME: f"host-{name}", **(labels or {})}},
        "spec": {},
        "status": {"conditions": [{"type": "Ready", "status": "True" if ready else "Unknown"}]},
    }


def a_class(mode: str = "WaitForFirstConsumer", policy: str = "Delete") -> dict[str, Any]:
    return {
        "kind": "StorageClass",
        "apiVersion": "storage.k8s.io/v1",
        "metadata": {"name": "standard"},
        "provisioner": plan.PROVISIONER,
        "reclaimPolicy": policy,
        "volumeBindingMode": mode,
    }


def a_claim(name: str = "c", node: str = "", **spec: Any) -> dict[str, Any]:
    annotations = {claims.SELECTED_NODE: node} if node else {}
    return {
        "kind": "PersistentVolumeClaim",
        "apiVersion": "v1",
        "metadata": {"name": name, "namespace": "default", "annotations": annotations},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
            "storageClassName": "standard",
            **spec,
        },
    }


def decided(claim: Tree, *nodes: Tree, root: str = "/r") -> plan.Step:
    tree = {**claim, "metadata": {**claim["metadata"], "uid": "1"}}
    return plan.plan(tree, a_class(), nodes, root)


def test_a_volume_is_on_the_node_that_was_chosen() -> None:
    step = decided(a_claim(node="b"), a_node("a"), a_node("b"))
    assert isinstance(step, plan.Make)
    assert step.folder
    spec = step.volume["spec"]
    assert spec["hostPath"] == {"path": "/r/pvc-1", "type": "DirectoryOrCreate"}
    [term] = spec["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert term["matchExpressions"] == [{"key": plan.HOSTNAME, "operator": "In", "values": ["host-b"]}]


def test_no_folder_is_made_for_a_simulated_node_or_without_a_root() -> None:
    simulated = decided(a_claim(node="a"), a_node("a", labels={plan.SIMULATED: "true"}))
    rootless = decided(a_claim(node="a"), a_node("a"), root="")
    assert isinstance(simulated, plan.Make)
    assert isinstance(rootless, plan.Make)
    assert (simulated.folder, rootless.folder) == (False, False)


def test_what_a_folder_cannot_do_is_refused() -> None:
    beyond: Sequence[dict[str, Any]] = [
        {"volumeMode": "Block"},
        {"selector": {}},
        {"dataSource": {"kind": "VolumeSnapshot"}},
    ]
    for spec in beyond:
        assert isinstance(decided(a_claim(node="a", **spec), a_node("a")), plan.Refuse)
    assert decided(a_claim(node="gone"), a_node("a")) == plan.Reschedule()
    assert isinstance(decided(a_claim(), a_node("a", ready=False)), plan.Refuse)


@pytest.fixture
async def served(tmp_path: pathlib.Path) -> AsyncIterator[Served]:
    made = await Served().open()
    await made.start(
        Binder(made.context("persistent-volume-binder")),
        LocalPath(made.context("persistent-volume-binder"), str(tmp_path / "volumes")),
        Claims(made.context("pvc-protection-controller")),
        Volumes(made.context("pv-protection-controller")),
    )
    for tree in (a_node("a"), a_node("b")):
        await made.client.create("nodes", tree)
        await made.client.update_status("nodes", tree)
    yield made
    await made.close()


async def claim_bound(served: Served, claim: dict[str, Any]) -> tuple[Tree, Tree]:
    await served.client.create("persistentvolumeclaims", claim)
    await served.clock.advance(1)
    found = await served.client.get("persistentvolumeclaims", claim["metadata"]["name"], "default")
    assert found["status"]["phase"] == "Bound", await served.events()
    return found, await served.client.get("persistentvolumes", found["spec"]["volumeName"])


async def test_a_folder_lives_as_long_as_its_claim(served: Served, tmp_path: pathlib.Path) -> None:
    await served.client.create("storageclasses.storage.k8s.io", a_class())
    claim, volume = await claim_bound(served, a_claim(node="a"))
    path = tmp_path / "volumes" / f"pvc-{claim['metadata']['uid']}"
    assert volume["spec"]["hostPath"]["path"] == str(path)
    assert path.is_dir()
    assert claims.annotation(volume, claims.PROVISIONED_BY) == plan.PROVISIONER
    assert not claims.annotation(volume, claims.BOUND_BY_CONTROLLER)
    (path / "data").write_text("x")
    reasons = {reason for reason, _ in await served.events()}
    assert {"ExternalProvisioning", "ProvisioningSucceeded"} <= reasons
    await served.client.delete("persistentvolumeclaims", "c", "default")
    await served.clock.advance(2)
    assert await served.maybe("persistentvolumes", volume["metadata"]["name"]) is None
    assert not path.exists()


async def test_a_volume_deleted_before_its_claim_still_loses_its_folder(served: Served, tmp_path: pathlib.Path) -> None:
    await served.client.create("storageclasses.storage.k8s.io", a_class())
    _, volume = await claim_bound(served, a_claim(node="a"))
    name = volume["metadata"]["name"]
    await served.client.delete("persistentvolumes", name)
    await served.clock.advance(1)
    assert (tmp_path / "volumes" / name).is_dir()
    await served.client.delete("persistentvolumeclaims", "c", "default")
    await served.clock.advance(2)
    assert await served.maybe("persistentvolumes", name) is None
    assert not (tmp_path / "volumes" / name).exists()


async def test_a_kept_volume_keeps_its_folder(served: Served, tmp_path: pathlib.Path) -> None:
    await served.client.create("storageclasses.storage.k8s.io", a_class(policy="Retain"))
    _, volume = await claim_bound(served, a_claim(node="a"))
    name = volume["metadata"]["name"]
    await served.client.delete("persistentvolumeclaims", "c", "default")
    await served.clock.advance(2)
    assert (await served.client.get("persistentvolumes", name))["status"]["phase"] == "Released"
    await served.client.delete("persistentvolumes", name)
    await served.clock.advance(2)
    assert await served.maybe("persistentvolumes", name) is None
    assert (tmp_path / "volumes" / name).is_dir()


async def test_a_claim_that_waits_for_nobody_gets_the_first_node(served: Served) -> None:
    await served.client.create("storageclasses.storage.k8s.io", a_class("Immediate"))
    _, volume = await claim_bound(served, a_claim())
    [term] = volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert term["matchExpressions"][0]["values"] == ["host-a"]


async def test_a_node_that_is_gone_is_chosen_again(served: Served) -> None:
    await served.client.create("storageclasses.storage.k8s.io", a_class())
    await served.client.create("persistentvolumeclaims", a_claim(node="gone"))
    await served.clock.advance(1)
    found = await served.client.get("persistentvolumeclaims", "c", "default")
    assert not claims.annotation(found, claims.SELECTED_NODE)
    assert found["status"]["phase"] == "Pending"


async def test_a_folder_elsewhere_is_never_touched(served: Served, tmp_path: pathlib.Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    forged = {
        "kind": "PersistentVolume",
        "apiVersion": "v1",
        "metadata": {"name": "outside", "annotations": {claims.PROVISIONED_BY: plan.PROVISIONER}},
        "spec": {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Delete",
            "claimRef": {"namespace": "default", "name": "never", "uid": "was"},
            "hostPath": {"path": str(outside)},
        },
    }
    await served.client.create("persistentvolumes", forged)
    await served.clock.advance(2)
    assert await served.maybe("persistentvolumes", "outside") is None
    assert outside.is_dir()
