"""kubectl rollout, scale, autoscale and wait on deployments whose pods really start (on simulated nodes)."""

import json

import pytest

import kube
from compat import objects

WITHIN = "--timeout=9s"


@pytest.fixture
def web(kubectl: kube.Kubectl) -> kube.Kubectl:
    """A deployment `web` of two pods that has rolled out."""
    kubectl.apply(objects.deployment("web", 2))
    kubectl("rollout", "status", "deployment/web", WITHIN)
    return kubectl


def image(kubectl: kube.Kubectl) -> str:
    found: str = kubectl.get("deployment", "web")["spec"]["template"]["spec"]["containers"][0]["image"]
    return found


class TestRollout:
    def test_status_follows_it_to_the_end(self, web: kube.Kubectl) -> None:
        web("set", "image", "deployment/web", "main=app:2")
        last = web("rollout", "status", "deployment/web", WITHIN).splitlines()[-1]
        assert last == 'deployment "web" successfully rolled out'
        pods = web.get("pods", "--field-selector", "status.phase=Running")["items"]
        running = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
        assert [pod["spec"]["containers"][0]["image"] for pod in running] == ["app:2", "app:2"]

    def test_history_and_undo(self, web: kube.Kubectl) -> None:
        web("annotate", "deployment/web", "kubernetes.io/change-cause=first")
        web("set", "image", "deployment/web", "main=app:2")
        web("annotate", "deployment/web", "kubernetes.io/change-cause=second", "--overwrite")
        web("rollout", "status", "deployment/web", WITHIN)

        def history() -> bool:
            lines = [line.split() for line in web("rollout", "history", "deployment/web").splitlines()]
            return lines[1:4] == [["REVISION", "CHANGE-CAUSE"], ["1", "first"], ["2", "second"]]

        kube.eventually(history, "two revisions with their causes", 5)
        assert "Image:\tapp:1" in web("rollout", "history", "deployment/web", "--revision=1").replace("      ", "")
        assert web("rollout", "undo", "deployment/web") == "deployment.apps/web rolled back\n"
        web("rollout", "status", "deployment/web", WITHIN)
        assert image(web) == "app:1"
        web("rollout", "undo", "deployment/web", "--to-revision=2")
        web("rollout", "status", "deployment/web", WITHIN)
        assert image(web) == "app:2"
        assert "unable to find specified revision 99" in web.refused(
            "rollout", "undo", "deployment/web", "--to-revision=99"
        )

    def test_restart_makes_new_pods(self, web: kube.Kubectl) -> None:
        before = set(web("get", "pods", "-o", "name").split())
        assert web("rollout", "restart", "deployment/web") == "deployment.apps/web restarted\n"
        web("rollout", "status", "deployment/web", WITHIN)
        ready = "custom-columns=:.metadata.name,:.metadata.deletionTimestamp"
        after = [
            row.split()[0] for row in web("get", "pods", "--no-headers", "-o", ready).splitlines() if "<none>" in row
        ]
        assert len(after) == 2
        assert not before & {f"pod/{name}" for name in after}

    def test_pause_and_resume(self, web: kube.Kubectl) -> None:
        assert web("rollout", "pause", "deployment/web") == "deployment.apps/web paused\n"
        assert 'deployments.apps "web" is already paused' in web.refused("rollout", "pause", "deployment/web")
        web("set", "image", "deployment/web", "main=app:2")
        kube.eventually(
            lambda: web.get("deployment", "web")["status"]["observedGeneration"] == 3,
            "the controller saw the change",
            5,
        )
        assert len(web.get("replicasets")["items"]) == 1
        assert web("rollout", "resume", "deployment/web") == "deployment.apps/web resumed\n"
        web("rollout", "status", "deployment/web", WITHIN)
        assert len(web.get("replicasets")["items"]) == 2

    def test_one_that_cannot_proceed_ends_with_an_error(self, kubectl: kube.Kubectl) -> None:
        tree = objects.deployment("stuck", 1, progressDeadlineSeconds=1)
        tree["spec"]["template"]["spec"]["nodeSelector"] = {"no-such": "node"}
        kubectl.apply(tree)
        refused = kubectl.refused("rollout", "status", "deployment/stuck", WITHIN)
        assert 'deployment "stuck" exceeded its progress deadline' in refused

    def test_many_writers_do_not_disturb_a_patch(self, web: kube.Kubectl) -> None:
        """The controllers write the deployment's status while kubectl patches it; a patch names no revision."""
        for number in range(6):
            web("set", "image", "deployment/web", f"main=app:{number + 10}")
            web("label", "deployment/web", f"step={number}", "--overwrite")
        assert image(web) == "app:15"


class TestScale:
    def test_up_and_down(self, web: kube.Kubectl) -> None:
        assert web("scale", "deployment/web", "--replicas=4") == "deployment.apps/web scaled\n"
        web("wait", "deployment/web", "--for=jsonpath={.status.readyReplicas}=4", WITHIN)
        web("scale", "deployment/web", "--replicas=0", "--current-replicas=4")
        kube.eventually(lambda: web("get", "pods", "-o", "name") == "", "no pods", 8)

    def test_only_from_the_expected_size(self, web: kube.Kubectl) -> None:
        assert "Expected replicas to be 7, was 2" in web.refused(
            "scale", "deployment/web", "--replicas=1", "--current-replicas=7"
        )

    def test_a_replica_set(self, kubectl: kube.Kubectl) -> None:
        tree = objects.deployment("rs", 1)
        tree["kind"] = "ReplicaSet"
        kubectl.apply(tree)
        kubectl("scale", "rs/rs", "--replicas=2")
        kubectl("wait", "rs/rs", "--for=jsonpath={.status.readyReplicas}=2", WITHIN)

    def test_autoscale_writes_an_autoscaler(self, web: kube.Kubectl) -> None:
        done = web("autoscale", "deployment/web", "--min=1", "--max=5", "--cpu=50%")
        assert done == "horizontalpodautoscaler.autoscaling/web autoscaled\n"
        spec = web.get("hpa", "web")["spec"]
        assert (spec["minReplicas"], spec["maxReplicas"], spec["metrics"][0]["resource"]["name"]) == (1, 5, "cpu")
        assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
        assert "Deployment/web" in web("get", "hpa")
        old = json.loads(
            web("get", "--raw", f"/apis/autoscaling/v1/namespaces/{web.flags[1]}/horizontalpodautoscalers/web")
        )
        assert old["spec"]["targetCPUUtilizationPercentage"] == 50


class TestWait:
    def test_for_a_condition(self, web: kube.Kubectl) -> None:
        assert (
            web("wait", "--for=condition=Available", "deployment/web", WITHIN) == "deployment.apps/web condition met\n"
        )
        web("wait", "--for=condition=Ready", "pods", "--all", WITHIN)

    def test_for_what_is_not_yet_there(self, kubectl: kube.Kubectl) -> None:
        waiting = kubectl.start("wait", "--for=create", "configmap/late", WITHIN)
        kubectl.apply(objects.configmap("late"))
        assert waiting.communicate(timeout=9)[0] == "configmap/late condition met\n"
        assert waiting.returncode == 0

    def test_for_the_end_of_it(self, web: kube.Kubectl) -> None:
        waiting = web.start("wait", "--for=delete", "deployment/web", WITHIN)
        web("delete", "deployment", "web", "--wait=false")
        waiting.communicate(timeout=9)
        assert waiting.returncode == 0

    def test_no_longer_than_told(self, web: kube.Kubectl) -> None:
        refused = web.refused("wait", "--for=condition=Odd", "deployment/web", "--timeout=200ms")
        assert "timed out waiting for the condition on deployments/web" in refused
