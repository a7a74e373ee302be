"""What breaks comes back, and nothing acknowledged is lost."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import kube
from e2e.conftest import Cluster
from e2e.objects import FOREVER, WEB, deployment, pod
from steersman.cluster import process


def status_of(kubectl: kube.Kubectl, name: str) -> dict[str, object]:
    found: dict[str, object] = kubectl.get("pod", name)["status"]["containerStatuses"][0]
    return found


def test_a_container_that_ends_comes_back_with_back_off_and_a_count(namespace: kube.Kubectl) -> None:
    namespace.apply(pod("faller", "exit 3"))
    kube.eventually(lambda: int(str(status_of(namespace, "faller")["restartCount"])) >= 1, "a first restart")
    # How the status shows a long wait (CrashLoopBackOff) is proven on virtual time.
    told = "Back-off restarting failed container main in pod faller"
    kube.eventually(lambda: told in namespace("get", "events"), "back-off is told")
    last = namespace.get("pod", "faller")["status"]["containerStatuses"][0]["lastState"]["terminated"]
    assert (last["exitCode"], last["reason"]) == (3, "Error")


def test_a_failing_liveness_probe_restarts(namespace: kube.Kubectl) -> None:
    probe = {"exec": {"command": ["test", "!", "-e", "/tmp/ill"]}, "periodSeconds": 1, "failureThreshold": 2}
    namespace.apply(pod("patient", FOREVER, container={"livenessProbe": probe}))
    namespace("wait", "--for=condition=Ready", "pod/patient", "--timeout=30s")
    namespace("exec", "patient", "--", "touch", "/tmp/ill")
    kube.eventually(lambda: status_of(namespace, "patient")["restartCount"] == 1, "the container is restarted")
    events = namespace("get", "events")
    assert "Liveness probe failed" in events
    assert "failed liveness probe, will be restarted" in events


def test_an_unready_pod_leaves_the_endpoints_and_comes_back(namespace: kube.Kubectl) -> None:
    probe = {"httpGet": {"path": "/index.html", "port": 8080}, "periodSeconds": 1, "failureThreshold": 1}
    namespace.apply(deployment("web", 1, {"command": ["sh", "-c", WEB], "readinessProbe": probe}))
    namespace("expose", "deployment", "web", "--port=80", "--target-port=8080")
    namespace("rollout", "status", "deployment/web", "--timeout=30s")
    name = namespace.get("pods")["items"][0]["metadata"]["name"]

    def ready() -> list[bool]:
        slices = namespace.get("endpointslices", "-l", "kubernetes.io/service-name=web")["items"]
        return [e["conditions"]["ready"] for s in slices for e in s.get("endpoints") or ()]

    kube.eventually(lambda: ready() == [True], "the endpoint is ready")
    namespace("exec", name, "--", "mv", "/www/index.html", "/www/away")
    kube.eventually(lambda: ready() == [False], "the endpoint is not ready")
    namespace("exec", name, "--", "mv", "/www/away", "/www/index.html")
    kube.eventually(lambda: ready() == [True], "the endpoint is ready again")


def test_a_deleted_pod_is_replaced(namespace: kube.Kubectl) -> None:
    namespace.apply(deployment("web", 2, {"command": ["sh", "-c", WEB]}))
    namespace("rollout", "status", "deployment/web", "--timeout=30s")
    before = {p["metadata"]["uid"] for p in namespace.get("pods")["items"]}
    namespace("delete", "pod", namespace.get("pods")["items"][0]["metadata"]["name"])
    namespace("rollout", "status", "deployment/web", "--timeout=30s")

    def replaced() -> bool:
        now = {p["metadata"]["uid"] for p in namespace.get("pods")["items"]}
        return len(now) == 2 and len(now & before) == 1

    kube.eventually(replaced, "one pod was replaced")


def test_pods_move_away_from_a_node_that_stops_reporting(make_cluster: Callable[..., Cluster], busybox: Path) -> None:
    """Two nodes, short tolerations; the second node's kubelet is silenced."""
    cluster = make_cluster("--nodes", "2", "--node-monitor-grace", "4", "--pod-eviction-seconds", "1")
    kubectl = cluster.kubectl
    cluster.load(busybox)
    kubectl.apply(deployment("web", 2, {"command": ["sh", "-c", WEB]}))
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    assert {p["spec"]["nodeName"] for p in kubectl.get("pods")["items"]} == {"node1", "node2"}
    kubectl("annotate", "node", "node2", "steersman.dev/fault=silent")

    def is_unknown() -> bool:
        conditions = kubectl.get("node", "node2")["status"]["conditions"]
        return bool({c["type"]: c["status"] for c in conditions}["Ready"] == "Unknown")

    kube.eventually(is_unknown, "the silent node is NotReady", 40)

    def moved() -> bool:
        running = [p for p in kubectl.get("pods")["items"] if "deletionTimestamp" not in p["metadata"]]
        return [p["spec"]["nodeName"] for p in running] == ["node1", "node1"]

    kube.eventually(moved, "both pods are on the node that reports", 40)


def test_a_killed_server_comes_back_with_everything_and_restarts_nothing(
    make_cluster: Callable[..., Cluster], busybox: Path
) -> None:
    cluster = make_cluster()
    kubectl = cluster.kubectl
    cluster.load(busybox)
    kubectl.apply(deployment("web", 2, {"command": ["sh", "-c", WEB]}))
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    before = {
        p["metadata"]["name"]: p["status"]["containerStatuses"][0]["containerID"] for p in kubectl.get("pods")["items"]
    }
    for number in range(20):
        kubectl("create", "configmap", f"kept-{number}")
    running = process.read(cluster.data / "server.json")
    assert running is not None
    os.kill(running.pid, signal.SIGKILL)
    kube.eventually(lambda: not process.alive(running), "the process is gone")
    cluster.up()
    kept = [
        c["metadata"]["name"] for c in kubectl.get("configmaps")["items"] if c["metadata"]["name"].startswith("kept")
    ]
    assert len(kept) == 20
    kubectl("wait", "--for=condition=Ready", "pods", "-l", "app=web", "--timeout=30s")
    after = kubectl.get("pods")["items"]
    assert {p["metadata"]["name"]: p["status"]["containerStatuses"][0]["containerID"] for p in after} == before
    assert [p["status"]["containerStatuses"][0]["restartCount"] for p in after] == [0, 0]
    name = next(iter(before))
    assert kubectl("exec", name, "--", "hostname").strip() == name
