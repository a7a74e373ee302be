"""kubectl label, annotate, patch, replace, edit, set and delete."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

import kube
from compat import objects


class TestLabelAndAnnotate:
    def test_labels_come_and_go(self, kubectl: kube.Kubectl) -> None:
        kubectl.apply(objects.configmap("c", {"a": "1"}))
        assert kubectl("label", "cm", "c", "b=2") == "configmap/c labeled\n"
        assert "'a' already has a value (1), and --overwrite is false" in kubectl.refused("label", "cm", "c", "a=9")
        kubectl("label", "cm", "c", "a=9", "b-", "--overwrite")
        assert kubectl.get("cm", "c")["metadata"]["labels"] == {"a": "9"}

    def test_many_objects_at_once(self, kubectl: kube.Kubectl) -> None:
        kubectl.apply(objects.configmap("a", {"x": "y"}), objects.configmap("b", {"x": "y"}), objects.configmap("c"))
        kubectl("annotate", "cm", "-l", "x=y", "note=seen")
        noted = [cm["metadata"]["name"] for cm in kubectl.get("cm")["items"] if "note" in json.dumps(cm["metadata"])]
        assert noted == ["a", "b"]

    def test_only_the_named_revision(self, kubectl: kube.Kubectl) -> None:
        kubectl.apply(objects.configmap("c"))
        revision = kubectl.get("cm", "c")["metadata"]["resourceVersion"]
        kubectl("annotate", "cm", "c", "a=1", f"--resource-version={revision}")
        refused = kubectl.refused("annotate", "cm", "c", "a=2", "--overwrite", f"--resource-version={revision}")
        assert "the object has been modified" in refused

    def test_a_label_that_is_not_valid(self, kubectl: kube.Kubectl) -> None:
        kubectl.apply(objects.configmap("c"))
        refused = kubectl.refused("label", "cm", "c", "a=b c")
        assert "a valid label must be an empty string or consist of alphanumeric characters" in refused


class TestPatch:
    @pytest.fixture
    def deployment(self, kubectl: kube.Kubectl) -> kube.Kubectl:
        kubectl.apply(objects.deployment("d", 0, paused=True))
        return kubectl

    def containers(self, kubectl: kube.Kubectl) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = kubectl.get("deployment", "d")["spec"]["template"]["spec"]["containers"]
        return found

    def test_strategic_merges_lists_by_their_key(self, deployment: kube.Kubectl) -> None:
        patch = {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "side:1"}]}}}}
        assert deployment("patch", "deployment", "d", "-p", json.dumps(patch)) == "deployment.apps/d patched\n"
        assert [c["name"] for c in self.containers(deployment)] == ["side", "main"]
        assert (
            deployment("patch", "deployment", "d", "-p", json.dumps(patch)) == "deployment.apps/d patched (no change)\n"
        )

    def test_merge_replaces_lists(self, deployment: kube.Kubectl) -> None:
        patch = {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "side:1"}]}}}}
        deployment("patch", "deployment", "d", "--type=merge", "-p", json.dumps(patch))
        assert [c["name"] for c in self.containers(deployment)] == ["side"]

    def test_json_takes_steps(self, deployment: kube.Kubectl) -> None:
        steps = [
            {"op": "test", "path": "/spec/replicas", "value": 0},
            {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "app:2"},
            {"op": "add", "path": "/metadata/labels", "value": {"a": "b"}},
        ]
        deployment("patch", "deployment", "d", "--type=json", "-p", json.dumps(steps))
        assert self.containers(deployment)[0]["image"] == "app:2"
        refused = deployment.refused("patch", "deployment", "d", "--type=json", "-p", '[{"op":"remove","path":"/x/y"}]')
        assert "the server rejected our request due to an error in our request" in refused

    def test_a_sub_resource(self, deployment: kube.Kubectl) -> None:
        patched = deployment(
            "patch", "deployment", "d", "--subresource=scale", "--type=merge", "-p", '{"spec":{"replicas":2}}'
        )
        assert patched == "scale.autoscaling/d patched\n"
        assert deployment.get("deployment", "d")["spec"]["replicas"] == 2

    def test_from_a_file_and_on_trial(self, deployment: kube.Kubectl, tmp_path: Path) -> None:
        file = tmp_path / "patch.yaml"
        file.write_text("spec: {replicas: 5}\n")
        answer = deployment(
            "patch", "deployment", "d", f"--patch-file={file}", "--dry-run=server", "-o", "jsonpath={.spec.replicas}"
        )
        assert answer == "5"
        assert deployment.get("deployment", "d")["spec"]["replicas"] == 0

    def test_what_may_not_change(self, deployment: kube.Kubectl) -> None:
        patch = {"spec": {"selector": {"matchLabels": {"other": "x"}}}}
        refused = deployment.refused("patch", "deployment", "d", "-p", json.dumps(patch))
        assert "field is immutable" in refused


class TestReplaceAndEdit:
    def test_replace(self, kubectl: kube.Kubectl) -> None:
        kubectl.apply(objects.configmap("c", None, a="1", b="2"))
        tree = objects.configmap("c", None, a="3")
        assert kubectl("replace", "-f", "-", stdin=json.dumps(tree)) == "configmap/c replaced\n"
        assert kubectl.get("cm", "c")["data"] == {"a": "3"}
        refused = kubectl.refused("replace", "-f", "-", stdin=json.dumps(objects.configmap("nope")))
        assert 'configmaps "nope" not found' in refused

    def test_replace_by_force_makes_a_new_object(self, kubectl: kube.Kubectl) -> None:
        kubectl.apply(objects.pod("p"))
        before = kubectl.get("pod", "p")["metadata"]["uid"]
        kubectl("replace", "--force", "-f", "-", stdin=json.dumps(objects.pod("p", {"new": "yes"})))
        assert kubectl.get("pod", "p")["metadata"]["uid"] != before

    def test_replace_of_an_old_revision(self, kubectl: kube.Kubectl) -> None:
        kubectl.apply(objects.configmap("c"))
        old = kubectl.get("cm", "c")
        kubectl("label", "cm", "c", "a=b")
        assert "the object has been modified" in kubectl.refused("replace", "-f", "-", stdin=json.dumps(old))

    def test_edit_saves_what_the_editor_left(self, kubectl: kube.Kubectl, monkeypatch: pytest.MonkeyPatch) -> None:
        kubectl.apply(objects.configmap("c", None, colour="red"))
        monkeypatch.setenv("KUBE_EDITOR", "sed -i s/red/blue/")
        assert kubectl("edit", "configmap", "c") == "configmap/c edited\n"
        assert kubectl.get("cm", "c")["data"] == {"colour": "blue"}
        monkeypatch.setenv("KUBE_EDITOR", "true")
        assert "Edit cancelled, no changes made" in kubectl.run("edit", "configmap", "c").stderr


class TestSet:
    @pytest.fixture
    def deployment(self, kubectl: kube.Kubectl) -> kube.Kubectl:
        kubectl.apply(objects.deployment("d", 0))
        return kubectl

    def container(self, kubectl: kube.Kubectl) -> dict[str, Any]:
        found: dict[str, Any] = kubectl.get("deployment", "d")["spec"]["template"]["spec"]["containers"][0]
        return found

    def test_image(self, deployment: kube.Kubectl) -> None:
        assert deployment("set", "image", "deployment/d", "main=app:2") == "deployment.apps/d image updated\n"
        assert self.container(deployment)["image"] == "app:2"

    def test_environment(self, deployment: kube.Kubectl) -> None:
        deployment.apply(objects.configmap("c", None, COLOUR="red"))
        deployment("set", "env", "deployment/d", "A=1", "B=2")
        deployment("set", "env", "deployment/d", "--from=configmap/c", "B-")
        env = self.container(deployment)["env"]
        assert {entry["name"] for entry in env} == {"A", "COLOUR"}
        assert "A=1" in deployment("set", "env", "deployment/d", "--list")

    def test_resources(self, deployment: kube.Kubectl) -> None:
        deployment("set", "resources", "deployment/d", "--limits=cpu=200m,memory=64Mi", "--requests=cpu=100m")
        expected = {"limits": {"cpu": "200m", "memory": "64Mi"}, "requests": {"cpu": "100m"}}
        assert self.container(deployment)["resources"] == expected

    def test_service_account_selector_and_subject(self, deployment: kube.Kubectl) -> None:
        deployment("create", "service", "clusterip", "s", "--tcp=80")
        deployment("create", "rolebinding", "r", "--clusterrole=view", "--user=ann")
        deployment("set", "serviceaccount", "deployment/d", "robot")
        deployment("set", "selector", "service", "s", "app=d")
        deployment("set", "subject", "rolebinding", "r", "--user=bob")
        assert deployment.get("deployment", "d")["spec"]["template"]["spec"]["serviceAccountName"] == "robot"
        assert deployment.get("service", "s")["spec"]["selector"] == {"app": "d"}
        assert [s["name"] for s in deployment.get("rolebinding", "r")["subjects"]] == ["ann", "bob"]


class TestDelete:
    def test_by_name_by_label_by_file_and_all(self, kubectl: kube.Kubectl) -> None:
        trees = [objects.configmap(name, {"x": name}) for name in "abcdef"]
        kubectl.apply(*trees)
        assert kubectl("delete", "cm", "a", "b").splitlines() == [
            'configmap "a" deleted from ' + kubectl.flags[1] + " namespace",
            'configmap "b" deleted from ' + kubectl.flags[1] + " namespace",
        ]
        kubectl("delete", "cm", "-l", "x in (c)")
        kubectl("delete", "-f", "-", stdin=json.dumps(trees[3]))
        kubectl("delete", "cm", "--field-selector", "metadata.name=e")
        left = [cm["metadata"]["name"] for cm in kubectl.get("cm")["items"]]
        assert "f" in left
        assert not set("abcde") & set(left)
        kubectl("delete", "cm", "--all")
        assert "f" not in kubectl("get", "cm", "-o", "name").split("/")
        assert kubectl("delete", "cm", "a", "--ignore-not-found") == ""

    def test_a_dry_run(self, kubectl: kube.Kubectl) -> None:
        kubectl.apply(objects.configmap("c"))
        assert "(server dry run)" in kubectl("delete", "cm", "c", "--dry-run=server")
        kubectl("get", "cm", "c")

    @pytest.mark.parametrize("cascade", ["background", "foreground"])
    def test_dependents_go_too(self, kubectl: kube.Kubectl, cascade: str) -> None:
        kubectl.apply(objects.deployment("d", 1))
        kube.eventually(lambda: kubectl("get", "pods", "-o", "name"), "a pod", 8)
        kubectl("delete", "deployment", "d", f"--cascade={cascade}", "--timeout=8s")
        if cascade == "foreground":
            assert kubectl("get", "replicasets", "-o", "name") == ""
        kube.eventually(lambda: kubectl("get", "replicasets,pods", "-o", "name") == "", "all gone", 8)

    def test_orphans_stay(self, kubectl: kube.Kubectl) -> None:
        kubectl.apply(objects.deployment("d", 1))
        kube.eventually(lambda: kubectl("get", "pods", "-o", "name"), "a pod", 8)
        kubectl("delete", "deployment", "d", "--cascade=orphan", "--timeout=8s")
        found = kubectl.get("replicasets")["items"]
        assert len(found) == 1
        kube.eventually(
            lambda: "ownerReferences" not in kubectl.get("replicasets")["items"][0]["metadata"], "let go", 5
        )

    def test_a_finalizer_holds_it(self, kubectl: kube.Kubectl) -> None:
        tree = objects.configmap("c")
        tree["metadata"]["finalizers"] = ["example.test/hold"]
        kubectl.apply(tree)
        kubectl("delete", "cm", "c", "--wait=false")
        assert kubectl.get("cm", "c")["metadata"]["deletionTimestamp"]
        kubectl("patch", "cm", "c", "--type=json", "-p", '[{"op":"remove","path":"/metadata/finalizers"}]')
        kubectl("wait", "--for=delete", "cm/c", "--timeout=5s")

    def test_by_force_does_not_wait_for_the_node(self, kubectl: kube.Kubectl) -> None:
        kubectl.apply(objects.pod("p", terminationGracePeriodSeconds=600))
        begun = time.monotonic()
        done = kubectl.run("delete", "pod", "p", "--force", "--grace-period=0")
        assert 'pod "p" force deleted' in done.stdout
        assert "Immediate deletion does not wait" in done.stderr
        assert time.monotonic() - begun < 5

    def test_a_namespace_goes_with_all_that_is_in_it(
        self, kubectl: kube.Kubectl, admin: kube.Kubectl, name: str
    ) -> None:
        kubectl.apply(objects.deployment("d", 2), objects.configmap("c"))
        admin("delete", "namespace", name, "--timeout=9s")
        assert 'namespaces "' in admin.refused("get", "namespace", name)
        assert kubectl("get", "all,cm", "-o", "name") == ""
