"""kubectl apply (by the client and by the server), diff and prune."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import kube
from compat import objects


def two_owners(kubectl: kube.Kubectl) -> None:
    """`c` with colour red, applied by manager `one`."""
    tree = objects.configmap("c", None, colour="red")
    kubectl("apply", "--server-side", "--field-manager=one", "-f", "-", stdin=json.dumps(tree))


class TestClientSide:
    def test_created_configured_unchanged(self, kubectl: kube.Kubectl) -> None:
        tree = objects.deployment("d", 0)
        assert kubectl.apply(tree) == "deployment.apps/d created\n"
        assert kubectl.apply(tree) == "deployment.apps/d unchanged\n"
        assert kubectl.apply(objects.deployment("d", 0, "app:2")) == "deployment.apps/d configured\n"

    def test_what_was_dropped_from_the_file_goes_and_what_others_wrote_stays(self, kubectl: kube.Kubectl) -> None:
        kubectl.apply(objects.configmap("c", None, a="1", b="2"))
        kubectl("patch", "cm", "c", "-p", '{"data":{"other":"x"}}')
        kubectl.apply(objects.configmap("c", None, a="1"))
        assert kubectl.get("cm", "c")["data"] == {"a": "1", "other": "x"}

    def test_the_last_applied_file(self, kubectl: kube.Kubectl) -> None:
        tree = objects.configmap("c", None, a="1")
        kubectl.apply(tree)
        last = json.loads(kubectl("apply", "view-last-applied", "cm/c", "-o", "json"))
        assert last["data"] == {"a": "1"}
        tree["data"] = {"a": "2"}
        assert kubectl("apply", "set-last-applied", "-f", "-", stdin=json.dumps(tree)) == "configmap/c configured\n"

    def test_a_folder(self, kubectl: kube.Kubectl, tmp_path: Path) -> None:
        (tmp_path / "a.yaml").write_text(yaml.safe_dump_all([objects.configmap("a"), objects.configmap("b")]))
        (tmp_path / "c.json").write_text(json.dumps(objects.configmap("c")))
        assert kubectl("apply", "-f", str(tmp_path)).splitlines() == [f"configmap/{n} created" for n in "abc"]

    def test_a_kustomization(self, kubectl: kube.Kubectl, tmp_path: Path) -> None:
        kustomization = {
            "namePrefix": "k-",
            "resources": ["a.yaml"],
            "configMapGenerator": [
                {"name": "gen", "literals": ["x=y"], "options": {"disableNameSuffixHash": True}},
            ],
        }
        (tmp_path / "a.yaml").write_text(yaml.safe_dump(objects.configmap("a")))
        (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
        assert kubectl("apply", "-k", str(tmp_path)).split("\n")[:2] == [
            "configmap/k-a created",
            "configmap/k-gen created",
        ]

    def test_prune(self, kubectl: kube.Kubectl) -> None:
        trees = [objects.configmap(name, {"app": "x"}) for name in "ab"]
        kubectl.apply(*trees)
        done = kubectl(
            "apply",
            "--prune",
            "-l",
            "app=x",
            "--prune-allowlist=core/v1/ConfigMap",
            "-f",
            "-",
            stdin=json.dumps(trees[0]),
        )
        assert done.splitlines() == ["configmap/a unchanged", "configmap/b pruned"]

    def test_a_dry_run_on_the_server(self, kubectl: kube.Kubectl) -> None:
        tree = json.dumps(objects.configmap("c"))
        assert kubectl("apply", "--dry-run=server", "-f", "-", stdin=tree) == "configmap/c created (server dry run)\n"
        assert "c" not in kubectl("get", "cm", "-o", "name").split("/")


class TestServerSide:
    def test_owners_are_kept(self, kubectl: kube.Kubectl) -> None:
        two_owners(kubectl)
        entries = kubectl.get("cm", "c", "--show-managed-fields")["metadata"]["managedFields"]
        assert [(e["manager"], e["operation"]) for e in entries] == [("one", "Apply")]
        assert entries[0]["fieldsV1"]["f:data"] == {"f:colour": {}}

    def test_another_owner_conflicts_and_may_force(self, kubectl: kube.Kubectl) -> None:
        two_owners(kubectl)
        tree = json.dumps(objects.configmap("c", None, colour="blue"))
        command = ("apply", "--server-side", "--field-manager=two", "-f", "-")
        refused = kubectl.refused(*command, stdin=tree)
        assert 'Apply failed with 1 conflict: conflict with "one": .data.colour' in refused
        assert kubectl(*command, "--force-conflicts", stdin=tree) == "configmap/c serverside-applied\n"
        assert kubectl.get("cm", "c")["data"] == {"colour": "blue"}

    def test_the_same_value_is_shared(self, kubectl: kube.Kubectl) -> None:
        two_owners(kubectl)
        tree = json.dumps(objects.configmap("c", None, colour="red", size="xl"))
        kubectl("apply", "--server-side", "--field-manager=two", "-f", "-", stdin=tree)
        only = json.dumps(objects.configmap("c", None, size="xl"))
        kubectl("apply", "--server-side", "--field-manager=two", "-f", "-", stdin=only)
        assert kubectl.get("cm", "c")["data"] == {"colour": "red", "size": "xl"}

    def test_from_client_side_apply(self, kubectl: kube.Kubectl) -> None:
        """kubectl hands the fields that it applied from the client over to the server."""
        kubectl.apply(objects.configmap("c", None, a="1", b="2"))
        tree = json.dumps(objects.configmap("c", None, a="3"))
        assert kubectl("apply", "--server-side", "-f", "-", stdin=tree) == "configmap/c serverside-applied\n"
        assert kubectl.get("cm", "c")["data"] == {"a": "3"}

    def test_what_client_side_apply_owned_is_owned_by_the_server_side_and_back(self, kubectl: kube.Kubectl) -> None:
        kubectl.apply(objects.configmap("c", None, a="1", b="2"))
        kubectl("patch", "cm", "c", "--field-manager=other", "-p", '{"data":{"b":"x"}}')
        tree = json.dumps(objects.configmap("c", None, a="1", b="3"))
        refused = kubectl.refused("apply", "--server-side", "-f", "-", stdin=tree)
        assert 'conflict with "other"' in refused
        kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=tree)
        entries = kubectl.get("cm", "c", "--show-managed-fields")["metadata"]["managedFields"]
        assert {(e["manager"], e["operation"]) for e in entries} == {
            ("kubectl", "Apply"), ("kubectl-last-applied", "Apply"),
        }  # fmt: skip
        last = json.loads(kubectl("apply", "view-last-applied", "cm/c", "-o", "json"))
        assert last["data"] == {"a": "1", "b": "3"}
        kubectl.apply(objects.configmap("c", None, a="1"))
        assert kubectl.get("cm", "c")["data"] == {"a": "1"}

    def test_the_status_apart(self, kubectl: kube.Kubectl) -> None:
        kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(objects.deployment("d", 0)))
        tree = {**objects.deployment("d", 0), "status": {"observedGeneration": 1}}
        kubectl(
            "apply", "--server-side", "--subresource=status", "--field-manager=s", "-f", "-", stdin=json.dumps(tree)
        )
        entries = kubectl.get("deployment", "d", "--show-managed-fields")["metadata"]["managedFields"]
        assert ("s", "Apply", "status") in [(e["manager"], e["operation"], e.get("subresource")) for e in entries]

    def test_a_list_with_keys(self, kubectl: kube.Kubectl) -> None:
        def sidecar(*names: str) -> str:
            tree: dict[str, Any] = objects.deployment("d", 0)
            tree["spec"]["template"]["spec"]["containers"] = [{"name": n, "image": "app:1"} for n in names]
            return json.dumps(tree)

        kubectl("apply", "--server-side", "-f", "-", stdin=sidecar("main", "side"))
        kubectl("apply", "--server-side", "-f", "-", stdin=sidecar("main"))
        spec = kubectl.get("deployment", "d")["spec"]["template"]["spec"]
        assert [c["name"] for c in spec["containers"]] == ["main"]


class TestDiff:
    @pytest.mark.parametrize("flags", [(), ("--server-side",)])
    def test_shows_what_would_change(self, kubectl: kube.Kubectl, flags: tuple[str, ...]) -> None:
        kubectl("apply", *flags, "-f", "-", stdin=json.dumps(objects.configmap("c", None, colour="red")))
        same = kubectl.run("diff", *flags, "-f", "-", stdin=json.dumps(objects.configmap("c", None, colour="red")))
        assert (same.returncode, same.stdout) == (0, "")
        done = kubectl.run("diff", *flags, "-f", "-", stdin=json.dumps(objects.configmap("c", None, colour="blue")))
        assert done.returncode == 1, done.stderr
        assert "-  colour: red\n+  colour: blue\n" in done.stdout
        assert kubectl.get("cm", "c")["data"] == {"colour": "red"}
