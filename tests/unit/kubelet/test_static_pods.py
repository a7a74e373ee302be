"""Static pods: files in a folder become pods, and mirrors of them in the API."""

import pathlib
from collections.abc import AsyncIterator

import pytest

from steersman.api import status
from steersman.kubelet import manifests
from unit.kubelet.world import KubeletWorld

WEB = """
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {app: web}
spec:
  containers:
  - {name: c, image: busybox, imagePullPolicy: IfNotPresent, command: [sleep, "3600"]}
"""


@pytest.fixture
async def node(tmp_path: pathlib.Path) -> AsyncIterator[KubeletWorld]:
    made = KubeletWorld()
    folder = tmp_path / "manifests"
    folder.mkdir()
    await made.start(static_pods=folder)
    yield made
    await made.close()
    assert not made.tasks.faults


def put(world: KubeletWorld, name: str, text: str) -> None:
    assert world.config.static_pods is not None
    (world.config.static_pods / name).write_text(text)


async def test_a_file_becomes_a_running_pod_with_a_mirror(node: KubeletWorld) -> None:
    put(node, "web.yaml", WEB)
    await node.clock.advance(3)
    mirror = node.server.get("pods", "default", "web-node1")
    assert mirror["status"]["phase"] == "Running"
    notes = mirror["metadata"]["annotations"]
    assert notes["kubernetes.io/config.source"] == "file"
    assert notes["kubernetes.io/config.mirror"] == notes["kubernetes.io/config.hash"]
    assert notes["kubernetes.io/config.seen"]
    assert mirror["metadata"]["labels"] == {"app": "web"}
    assert [o["kind"] for o in mirror["metadata"]["ownerReferences"]] == ["Node"]
    assert mirror["spec"]["nodeName"] == "node1"


async def test_it_runs_also_while_the_api_is_away_and_is_shown_later(node: KubeletWorld) -> None:
    away = {"kind": "Status", "code": 500, "reason": "InternalError", "message": "away"}
    node.server.refuse["POST", "pods"] = status.StatusError(away)
    put(node, "web.yaml", WEB)
    await node.clock.advance(3)
    assert [c.state.value for c in await node.containers()] == ["running"]
    assert not node.server.all("pods")
    del node.server.refuse["POST", "pods"]
    await node.clock.advance(15)
    assert node.server.get("pods", "default", "web-node1")["status"]["phase"] == "Running"


async def test_the_pod_goes_with_its_file(node: KubeletWorld) -> None:
    put(node, "web.yaml", WEB)
    await node.clock.advance(3)
    assert node.config.static_pods is not None
    (node.config.static_pods / "web.yaml").unlink()
    await node.clock.advance(40)
    assert not node.server.all("pods")
    assert not await node.containers()


async def test_a_deleted_mirror_comes_back_and_the_pod_runs_on(node: KubeletWorld) -> None:
    put(node, "web.yaml", WEB)
    await node.clock.advance(3)
    before = [c.id for c in await node.containers()]
    await node.client.delete("pods", "web-node1", "default", grace=0)
    await node.clock.advance(3)
    assert node.server.get("pods", "default", "web-node1")["status"]["phase"] == "Running"
    await node.client.delete("pods", "web-node1", "default", grace=30)
    await node.clock.advance(3)
    again = node.server.get("pods", "default", "web-node1")
    assert "deletionTimestamp" not in again["metadata"]
    assert [c.id for c in await node.containers()] == before


async def test_a_changed_file_is_another_pod(node: KubeletWorld) -> None:
    put(node, "web.yaml", WEB)
    await node.clock.advance(3)
    before = node.server.get("pods", "default", "web-node1")["metadata"]["annotations"]["kubernetes.io/config.hash"]
    put(node, "web.yaml", WEB.replace("3600", "7200"))
    await node.clock.advance(40)
    mirror = node.server.get("pods", "default", "web-node1")
    assert mirror["metadata"]["annotations"]["kubernetes.io/config.hash"] != before
    assert mirror["status"]["phase"] == "Running"
    assert len([c for c in await node.containers() if c.state.value == "running"]) == 1


async def test_a_broken_file_leaves_the_others_alone(node: KubeletWorld, caplog: pytest.LogCaptureFixture) -> None:
    put(node, "bad.yaml", "kind: [")
    put(node, "other.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: x}\n")
    put(node, "web.yaml", WEB)
    await node.clock.advance(5)
    assert node.server.get("pods", "default", "web-node1")["status"]["phase"] == "Running"
    told = [r.getMessage() for r in caplog.records if "bad.yaml" in r.getMessage()]
    assert len(told) == 1  # once, not every second
    assert "neither JSON nor YAML" in told[0]


async def test_a_restarted_kubelet_adopts_static_pods(node: KubeletWorld) -> None:
    put(node, "web.yaml", WEB)
    await node.clock.advance(3)
    before = [c.id for c in await node.containers()]
    await node.crash()
    await node.boot()
    await node.clock.advance(30)
    assert [c.id for c in await node.containers()] == before
    assert len(node.server.all("pods")) == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("apiVersion: v1\nkind: List", "not a v1 Pod"),
        ("{}", "not a v1 Pod"),
        ('{"apiVersion":"v1","kind":"Pod","metadata":{}}', "metadata.name: Required value"),
        ("a: b: c", "neither JSON nor YAML"),
    ],
)
def test_what_is_no_pod_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(manifests.BadManifest, match=why):
        manifests.parse(text.encode())


async def test_static_pods_need_no_api_server(tmp_path: pathlib.Path) -> None:
    made = KubeletWorld()
    away = {"kind": "Status", "code": 503, "reason": "ServiceUnavailable", "message": "away"}
    for method in ("GET", "POST"):
        for kind in ("nodes", "pods", "services"):
            made.server.refuse[method, kind] = status.StatusError(away)
    (tmp_path / "web.yaml").write_text(WEB)
    await made.start(static_pods=tmp_path)
    await made.clock.advance(3)
    assert [c.state.value for c in await made.containers()] == ["running"]
    made.server.refuse.clear()
    await made.clock.advance(60)
    assert made.server.get("pods", "default", "web-node1")["status"]["phase"] == "Running"
    await made.close()
