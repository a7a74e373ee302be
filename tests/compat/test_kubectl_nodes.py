"""kubectl taint, cordon and drain, and what a simulated node answers: logs, exec, attach, port-forward, debug, cp."""

import json
from collections.abc import Iterator

import pytest

import kube
from compat import objects

NODE = "sim3"


@pytest.fixture
def node(admin: kube.Kubectl) -> Iterator[str]:
    """The name of a node that is as it was afterwards."""
    yield NODE
    steps = [
        {"op": "add", "path": "/spec/unschedulable", "value": False},
        {"op": "add", "path": "/spec/taints", "value": []},
    ]
    admin("patch", "node", NODE, "--type=json", "-p", json.dumps(steps))


def schedulable(admin: kube.Kubectl) -> bool:
    return "SchedulingDisabled" not in admin("get", "node", NODE)


class TestNodes:
    def test_taints_come_and_go(self, admin: kube.Kubectl, node: str) -> None:
        assert admin("taint", "node", node, "k=v:NoSchedule") == f"node/{node} tainted\n"
        assert admin.get("node", node)["spec"]["taints"] == [{"key": "k", "value": "v", "effect": "NoSchedule"}]
        assert "already has k taint(s) with same effect(s)" in admin.refused("taint", "node", node, "k=w:NoSchedule")
        assert admin("taint", "node", node, "k-") == f"node/{node} untainted\n"

    def test_cordon_and_uncordon(self, admin: kube.Kubectl, node: str) -> None:
        assert admin("cordon", node) == f"node/{node} cordoned\n"
        assert not schedulable(admin)
        taint = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
        kube.eventually(
            lambda: taint.items() <= (admin.get("node", node)["spec"].get("taints") or [{}])[0].items(), "the taint", 5
        )
        assert admin("cordon", node) == f"node/{node} already cordoned\n"
        assert admin("uncordon", node) == f"node/{node} uncordoned\n"
        assert schedulable(admin)

    def test_drain_evicts_and_the_pods_start_elsewhere(
        self, kubectl: kube.Kubectl, admin: kube.Kubectl, node: str
    ) -> None:
        tree = objects.deployment("d", 1)
        affinity = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}
        preferred = [{"weight": 100, "preference": affinity}]
        tree["spec"]["template"]["spec"]["affinity"] = {
            "nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}
        }
        kubectl.apply(tree)
        kubectl("rollout", "status", "deployment/d", "--timeout=9s")
        assert kubectl("get", "pods", "-o", "jsonpath={.items[*].spec.nodeName}") == node
        done = admin("drain", node, "--pod-selector=app=d", "--timeout=9s")
        assert done.splitlines()[-1] == f"node/{node} drained"
        kubectl("wait", "--for=jsonpath={.status.readyReplicas}=1", "deployment/d", "--timeout=9s")
        places = kubectl(
            "get", "pods", "--field-selector", "status.phase=Running", "-o", "jsonpath={.items[*].spec.nodeName}"
        )
        assert node not in places.split()

    def test_drain_asks_before_it_takes_what_nobody_makes_again(
        self, kubectl: kube.Kubectl, admin: kube.Kubectl, node: str
    ) -> None:
        kubectl.apply(objects.pod("lone", {"lone": "yes"}, nodeName=node))
        kubectl("wait", "--for=condition=Ready", "pod/lone", "--timeout=9s")
        refused = admin.refused("drain", node, "--pod-selector=lone=yes", "--timeout=3s")
        assert "cannot delete Pods that declare no controller (use --force to override)" in refused
        assert f"node/{node} drained" in admin("drain", node, "--pod-selector=lone=yes", "--force", "--timeout=9s")

    def test_a_budget_refuses_an_eviction(self, kubectl: kube.Kubectl, name: str) -> None:
        """The words by which kubectl drain knows that it should try again."""
        kubectl.apply(objects.pod("kept", {"kept": "yes"}))
        kubectl("create", "pdb", "kept", "--selector=kept=yes", "--min-available=1")
        kubectl("wait", "--for=condition=Ready", "pod/kept", "--timeout=9s")
        counted = {
            "status": {"observedGeneration": 1, "disruptionsAllowed": 0, "desiredHealthy": 1, "currentHealthy": 1}
        }
        kubectl("patch", "pdb", "kept", "--subresource=status", "--type=merge", "-p", json.dumps(counted))
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "kept", "namespace": name}}
        path = f"/api/v1/namespaces/{name}/pods/kept/eviction"
        refused = kubectl.refused("create", "--raw", path, "-f", "-", stdin=json.dumps(eviction))
        assert "Cannot evict pod as it would violate the pod's disruption budget." in refused
        kubectl("get", "pod", "kept")


class TestContainers:
    @pytest.fixture
    def pod(self, kubectl: kube.Kubectl) -> kube.Kubectl:
        kubectl.apply(objects.pod("p", {"app": "p"}))
        kubectl("wait", "--for=condition=Ready", "pod/p", "--timeout=9s")
        return kubectl

    def test_logs(self, pod: kube.Kubectl) -> None:
        pod("logs", "p")
        pod("logs", "p", "-c", "main", "--tail=1", "--timestamps")
        pod("logs", "-l", "app=p", "--prefix", "--all-containers")
        assert "container nope is not valid for pod p" in pod.refused("logs", "p", "-c", "nope")

    def test_logs_of_a_container_that_never_ended(self, pod: kube.Kubectl) -> None:
        assert 'previous terminated container "main" in pod "p" not found' in pod.refused("logs", "p", "--previous")

    def test_logs_are_followed_to_the_end(self, kubectl: kube.Kubectl) -> None:
        command = ["sh", "-c", "echo hello; sleep 1"]
        main = {"name": "main", "image": "app:1", "command": command}
        kubectl.apply(objects.pod("p", None, containers=[main], restartPolicy="Never"))
        kubectl("wait", "--for=condition=Ready", "pod/p", "--timeout=9s")
        assert kubectl("logs", "-f", "p", seconds=8) == "hello\n"
        kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/p", "--timeout=5s")

    def test_exec_streams_and_ends_with_the_commands_code(self, pod: kube.Kubectl) -> None:
        assert pod("exec", "p", "--", "echo", "hello") == "hello\n"
        assert pod("exec", "-i", "p", "-c", "main", "--", "cat", stdin="to and fro") == "to and fro"
        done = pod.run("exec", "p", "--", "sh", "-c", "exit 3")
        assert (done.returncode, done.stderr) == (3, "command terminated with exit code 3\n")
        assert "container nope is not valid for pod p" in pod.refused("exec", "p", "-c", "nope", "--", "true")

    def test_logs_of_a_pod_without_a_node(self, kubectl: kube.Kubectl) -> None:
        kubectl.apply(objects.pod("p", None, nodeSelector={"no-such": "node"}))
        assert kubectl("logs", "p") == ""
        assert "pod p does not have a host assigned" in kubectl.refused("exec", "p", "--", "true")

    def test_debug_adds_an_ephemeral_container(self, pod: kube.Kubectl) -> None:
        pod("debug", "p", "--image=tools:1", "-c", "probe", "--attach=false", "--target=main", "--profile=general")
        spec = pod.get("pod", "p")["spec"]
        assert [(c["name"], c["targetContainerName"]) for c in spec["ephemeralContainers"]] == [("probe", "main")]

    def test_debug_with_a_copy(self, pod: kube.Kubectl) -> None:
        pod("debug", "p", "--copy-to=copy", "--set-image=*=app:2", "--attach=false", "--profile=general")
        assert pod.get("pod", "copy")["spec"]["containers"][0]["image"] == "app:2"
