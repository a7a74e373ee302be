"""A file in the manifest folder is a pod of the node."""

import json

import kube
from e2e.conftest import Cluster
from e2e.objects import FOREVER, pod


def test_a_manifest_runs_and_shows_as_a_mirror_pod_and_ends_with_its_file(cluster: Cluster) -> None:
    kubectl = cluster.kubectl
    folder = cluster.data / "nodes" / "node1" / "manifests"
    (folder / "broken.yaml").write_text("kind: [")
    manifest = folder / "watcher.json"
    manifest.write_text(json.dumps(pod("watcher", FOREVER)))
    try:
        kube.eventually(lambda: kubectl.get("pod", "watcher-node1")["status"]["phase"] == "Running", "it runs")
        meta = kubectl.get("pod", "watcher-node1")["metadata"]
        assert meta["annotations"]["kubernetes.io/config.source"] == "file"
        assert "kubernetes.io/config.mirror" in meta["annotations"]
        assert meta["ownerReferences"][0]["kind"] == "Node"
    finally:
        manifest.unlink()
        (folder / "broken.yaml").unlink()
    kube.eventually(lambda: "NotFound" in kubectl.run("get", "pod", "watcher-node1").stderr, "the mirror pod is gone")
