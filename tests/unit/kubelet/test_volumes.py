"""Volumes on disk: what pods find in them, and that it follows the API."""

import base64
import pathlib
from typing import Any

import pytest

from steersman.kubelet.containers import mounts
from steersman.kubelet.containers.env import ConfigFault
from steersman.kubelet.volumes import atomic, hostpath
from steersman.kubelet.volumes.base import MountFault
from unit.kubelet.world import KubeletWorld, container


def mounted(*volumes: Any) -> dict[str, Any]:
    """The parts of a pod's spec that mount these volumes at /<name>."""
    places = [{"name": v["name"], "mountPath": f"/{v['name']}"} for v in volumes]
    return {"volumes": list(volumes), "containers": [container(volumeMounts=places)]}


def folder(world: KubeletWorld, kind: str, name: str, pod: str = "p") -> pathlib.Path:
    uid = str(world.server.get("pods", "a", pod)["metadata"]["uid"])
    return world.config.root / "pods" / uid / "volumes" / f"kubernetes.io~{kind}" / name


async def settled(world: KubeletWorld, seconds: float = 1.0) -> None:
    await world.clock.settle()
    await world.clock.advance(seconds)


async def test_a_config_map_is_files_that_follow_it(disk: KubeletWorld) -> None:
    await disk.create(
        "configmaps", "m", data={"a": "1", "b": "2"}, binaryData={"c": base64.b64encode(b"\xff").decode()}
    )
    await disk.pod(**mounted({"name": "v", "configMap": {"name": "m"}}))
    await settled(disk)
    at = folder(disk, "configmap", "v")
    assert disk.status()["phase"] == "Running"
    assert [(at / name).read_bytes() for name in "abc"] == [b"1", b"2", b"\xff"]
    assert (at / "a").readlink() == pathlib.Path("..data/a")
    found = disk.server.get("configmaps", "a", "m")
    await disk.client.update("configmaps", {**found, "data": {"a": "new"}, "binaryData": {}})
    await settled(disk)
    assert (at / "a").read_text() == "new"
    assert sorted(e.name for e in at.iterdir() if not e.name.startswith("..")) == ["a"]


async def test_a_secret_reaches_its_file_and_items_choose_names_and_modes(disk: KubeletWorld) -> None:
    await disk.create("secrets", "s", data={"key": base64.b64encode(b"one").decode()})
    item = {"key": "key", "path": "deep/file", "mode": 0o400}
    await disk.pod(**mounted({"name": "v", "secret": {"secretName": "s", "items": [item]}}))
    await settled(disk)
    file = folder(disk, "secret", "v") / "deep" / "file"
    assert file.read_bytes() == b"one"
    assert file.stat().st_mode & 0o777 == 0o400
    found = disk.server.get("secrets", "a", "s")
    await disk.client.update("secrets", {**found, "data": {"key": base64.b64encode(b"two").decode()}})
    await settled(disk)
    assert file.read_bytes() == b"two"


async def test_a_missing_object_is_told_and_waited_for(disk: KubeletWorld) -> None:
    await disk.pod(**mounted({"name": "s", "configMap": {"name": "late"}}))
    await settled(disk, 3)
    assert disk.container()["state"] == {"waiting": {"reason": "ContainerCreating"}}
    assert disk.condition("PodReadyToStartContainers")["status"] == "False"
    message = 'MountVolume.SetUp failed for volume "s" : configmap "late" not found'
    assert ("Warning", "FailedMount", message) in disk.events()
    await disk.create("configmaps", "late", data={"a": "b"})
    await settled(disk)
    assert disk.status()["phase"] == "Running"


async def test_the_token_volume_of_every_pod(disk: KubeletWorld) -> None:
    await disk.create("configmaps", "kube-root-ca.crt", data={"ca.crt": "CA"})
    sources = [
        {"serviceAccountToken": {"path": "token", "expirationSeconds": 3607}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]}},
    ]
    await disk.pod(**mounted({"name": "kube-api-access", "projected": {"sources": sources}}))
    await settled(disk)
    at = folder(disk, "projected", "kube-api-access")
    assert {name: (at / name).read_text() for name in ("token", "ca.crt", "namespace")} == {
        "token": "token-1", "ca.crt": "CA", "namespace": "a",
    }  # fmt: skip
    await disk.clock.advance("40m")
    assert (at / "token").read_text() == "token-1"
    await disk.clock.advance("11m")  # past 80 % of its hour
    assert (at / "token").read_text() == "token-2"


async def test_labels_reach_the_downward_volume(disk: KubeletWorld) -> None:
    items = [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]
    pod = await disk.pod(
        meta={"labels": {"b": "2", "a": "1"}}, **mounted({"name": "v", "downwardAPI": {"items": items}})
    )
    await settled(disk)
    file = folder(disk, "downward-api", "v") / "labels"
    assert file.read_text() == 'a="1"\nb="2"'
    found = disk.server.get("pods", "a", "p")
    await disk.client.update(
        "pods", {**found, "metadata": {**pod["metadata"], **found["metadata"], "labels": {"a": "9"}}}
    )
    await settled(disk)
    assert file.read_text() == 'a="9"'


async def test_an_empty_dir_survives_its_containers_and_goes_with_its_pod(disk: KubeletWorld) -> None:
    await disk.pod(**mounted({"name": "v", "emptyDir": {}}))
    await settled(disk)
    at = folder(disk, "empty-dir", "v")
    (at / "kept").write_text("x")
    assert at.stat().st_mode & 0o777 == 0o777
    disk.runtime.kill((await disk.containers())[0].id)
    await settled(disk)
    assert disk.container()["restartCount"] == 1
    assert (at / "kept").read_text() == "x"
    uid = disk.server.get("pods", "a", "p")["metadata"]["uid"]
    await disk.delete()
    await settled(disk)
    assert not disk.has()
    assert not (disk.config.root / "pods" / uid).exists()
    assert not list((disk.config.root / "log" / "pods").iterdir())


async def test_a_claim_leads_to_the_folder_of_its_volume(disk: KubeletWorld, tmp_path: pathlib.Path) -> None:
    claim = await disk.create("persistentvolumeclaims", "c", spec={"volumeName": "pv"}, status={"phase": "Bound"})
    reference = {"name": "c", "namespace": "a", "uid": claim["metadata"]["uid"]}
    where = tmp_path / "data"
    body = {"hostPath": {"path": str(where)}, "claimRef": reference}
    await disk.client.create("persistentvolumes", {"metadata": {"name": "pv"}, "spec": body})
    await disk.pod(**mounted({"name": "v", "persistentVolumeClaim": {"claimName": "c"}}))
    await settled(disk)
    assert disk.status()["phase"] == "Running"
    assert where.is_dir()


async def test_a_kind_of_volume_that_we_do_not_have_is_told(disk: KubeletWorld) -> None:
    await disk.pod(**mounted({"name": "v", "nfs": {"server": "s", "path": "/"}}))
    await settled(disk)
    message = 'MountVolume.SetUp failed for volume "v" : volumes of type "nfs" are not supported by this kubelet'
    assert ("Warning", "FailedMount", message) in disk.events()


async def test_the_folder_of_a_pod_that_went_while_nobody_looked_is_removed(tmp_path: pathlib.Path) -> None:
    left = tmp_path / "pods" / "11111111-2222" / "volumes"
    left.mkdir(parents=True)
    world = await KubeletWorld(tmp_path).start()
    await settled(world)
    assert not left.exists()
    await world.close()


async def test_containers_get_their_hosts_file_and_a_place_for_last_words(disk: KubeletWorld) -> None:
    await disk.pod(hostAliases=[{"ip": "1.2.3.4", "hostnames": ["x", "y"]}], subdomain="sub")
    await settled(disk)
    uid = disk.server.get("pods", "a", "p")["metadata"]["uid"]
    text = (disk.config.root / "pods" / uid / "etc-hosts").read_text()
    assert f"{disk.status()['podIP']}\tp.sub.a.svc.cluster.local\tp\n" in text
    assert "1.2.3.4\tx\ty\n" in text
    words = disk.config.root / "pods" / uid / "containers" / "c" / "0.termination"
    words.write_text("I saw something")
    disk.runtime.kill((await disk.containers())[0].id, 1)
    await settled(disk)
    assert disk.container()["lastState"]["terminated"]["message"] == "I saw something"


def test_an_atomic_write_changes_nothing_when_nothing_changed(tmp_path: pathlib.Path) -> None:
    assert atomic.write(tmp_path, {"a/b": (b"1", 0o644)}, 0)
    before = (tmp_path / "..data").readlink()
    assert not atomic.write(tmp_path, {"a/b": (b"1", 0o644)}, 1)
    assert (tmp_path / "..data").readlink() == before
    assert atomic.write(tmp_path, {"c": (b"1", 0o600)}, 2)
    names = sorted(entry.name for entry in tmp_path.iterdir() if entry.name == "..data" or entry.name[:2] != "..")
    assert names == ["..data", "c"]
    for bad in ("../x", "/x", "..y", ""):
        with pytest.raises(atomic.BadPath):
            atomic.write(tmp_path, {bad: (b"", 0o644)}, 3)


def test_host_paths_are_what_their_type_says(tmp_path: pathlib.Path) -> None:
    missing = tmp_path / "d"
    with pytest.raises(MountFault, match=r"hostPath type check failed: .*/d is not a directory"):
        hostpath.check(str(missing), "Directory")
    assert hostpath.check(str(missing), "DirectoryOrCreate") == str(missing)
    assert missing.is_dir()
    with pytest.raises(MountFault, match="is not a file"):
        hostpath.check(str(missing), "File")
    assert hostpath.check(str(missing), "") == str(missing)


def test_a_sub_path_never_leads_out_of_its_volume(tmp_path: pathlib.Path) -> None:
    volume, secret = tmp_path / "v", tmp_path / "secret"
    volume.mkdir()
    secret.mkdir()
    assert mounts.sub_path(str(volume), "a/b", "v") == str(volume / "a" / "b")
    (volume / "link").symlink_to(secret)
    (volume / "inside").symlink_to("a")
    assert mounts.sub_path(str(volume), "inside/b", "v") == str(volume / "a" / "b")
    for bad in ("link", "link/x", "../secret", "/etc"):
        with pytest.raises(ConfigFault):
            mounts.sub_path(str(volume), bad, "v")


async def test_a_large_log_is_set_aside_and_old_ones_go(tmp_path: pathlib.Path) -> None:
    world = await KubeletWorld(tmp_path, write_logs=True).start(log_size=100, log_files=3)
    await world.pod()
    await settled(world)
    id = (await world.containers())[0].id
    for _ in range(4):
        world.runtime.write(id, "x" * 200)
        await world.clock.advance(11)
    found = world.kubelet.pods.find("a", "p")
    assert found is not None
    path = pathlib.Path(found.containers["c"].log_path)
    assert path.exists()
    assert len(list(path.parent.glob("0.log.*"))) == 2
    await world.close()
