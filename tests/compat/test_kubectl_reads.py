"""kubectl get: every form of output, every way to choose, and watching."""

import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import kube
from compat import objects

NAMESPACE = "reads"


@pytest.fixture(scope="module")
def shop(admin: kube.Kubectl) -> Iterator[kube.Kubectl]:
    """A namespace with two running pods and three config maps, only read."""
    kubectl = kube.Kubectl(admin.program, admin.kubeconfig, ["--namespace", NAMESPACE])
    admin.apply(
        objects.namespace(NAMESPACE),
        {
            **objects.pod("web", {"app": "web", "tier": "front"}),
            "metadata": {"name": "web", "namespace": NAMESPACE, "labels": {"app": "web", "tier": "front"}},
        },
    )
    kubectl.apply(
        objects.pod("db", {"app": "db"}),
        objects.configmap("b", {"n": "2"}, colour="blue"),
        objects.configmap("a", {"n": "1"}, colour="red"),
        objects.configmap("c", {"n": "3"}, colour="green"),
    )
    kubectl("wait", "--for=condition=Ready", "pod/web", "pod/db", "--timeout=10s")
    yield kubectl
    admin("delete", "namespace", NAMESPACE, "--wait=false")


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


class TestOutputForms:
    def test_the_table_has_the_columns_of_the_kind(self, shop: kube.Kubectl) -> None:
        table = rows(shop("get", "pods"))
        assert table[0] == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
        assert [row[:4] for row in table[1:]] == [["db", "1/1", "Running", "0"], ["web", "1/1", "Running", "0"]]

    def test_wide_adds_columns(self, shop: kube.Kubectl) -> None:
        header = shop("get", "pods", "-o", "wide").splitlines()[0].split()
        assert header[:7] == ["NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE"]

    def test_show_labels_and_label_columns(self, shop: kube.Kubectl) -> None:
        assert "app=web,tier=front" in shop("get", "pod", "web", "--show-labels")
        table = rows(shop("get", "pod", "web", "-L", "tier"))
        assert table[0][-1] == "TIER"
        assert table[1][-1] == "front"

    def test_show_kind_and_several_kinds_at_once(self, shop: kube.Kubectl) -> None:
        assert "pod/web" in shop("get", "pods", "--show-kind")
        both = shop("get", "pods,configmaps")
        assert "pod/web" in both
        assert "configmap/a" in both

    def test_no_headers(self, shop: kube.Kubectl) -> None:
        assert [row[0] for row in rows(shop("get", "pods", "--no-headers"))] == ["db", "web"]

    def test_json_of_one_and_of_a_list(self, shop: kube.Kubectl) -> None:
        one = shop.get("pod", "web")
        assert (one["apiVersion"], one["kind"], one["metadata"]["name"]) == ("v1", "Pod", "web")
        assert "managedFields" not in one["metadata"]
        many = shop.get("pods")
        assert many["kind"] == "List"
        assert [item["kind"] for item in many["items"]] == ["Pod", "Pod"]

    def test_show_managed_fields(self, shop: kube.Kubectl) -> None:
        entries = json.loads(shop("get", "cm", "a", "-o", "json", "--show-managed-fields"))["metadata"]["managedFields"]
        assert [entry["manager"] for entry in entries] == ["kubectl-client-side-apply"]

    def test_yaml_is_the_same_object(self, shop: kube.Kubectl) -> None:
        assert yaml.safe_load(shop("get", "cm", "a", "-o", "yaml")) == shop.get("cm", "a")

    def test_names(self, shop: kube.Kubectl) -> None:
        assert shop("get", "pods,cm", "-l", "app=web", "-o", "name") == "pod/web\n"
        assert shop("get", "cm/a", "pod/db", "-o", "name").split() == ["configmap/a", "pod/db"]

    def test_custom_columns(self, shop: kube.Kubectl, tmp_path: Path) -> None:
        columns = "N:.metadata.name,C:.data.colour,NONE:.nothing"
        table = rows(shop("get", "cm", "a", "-o", f"custom-columns={columns}"))
        assert table == [["N", "C", "NONE"], ["a", "red", "<none>"]]
        file = tmp_path / "columns.txt"
        file.write_text("NAME COLOUR\n.metadata.name .data.colour\n")
        assert rows(shop("get", "cm", "b", "-o", f"custom-columns-file={file}"))[1] == ["b", "blue"]

    def test_jsonpath(self, shop: kube.Kubectl) -> None:
        path = "{range .items[*]}{.metadata.name}={.data.colour};{end}"
        assert shop("get", "cm", "-l", "n", "-o", f"jsonpath={path}") == "a=red;b=blue;c=green;"
        quoted = '{.items[?(@.data.colour=="blue")].metadata.name}'
        assert shop("get", "cm", "-o", f"jsonpath={quoted}") == "b"

    def test_go_template(self, shop: kube.Kubectl) -> None:
        template = "{{range .items}}{{.metadata.name}} {{end}}"
        assert shop("get", "cm", "-l", "n", "-o", f"go-template={template}") == "a b c "


class TestChoosing:
    def test_sorted_by_a_field(self, shop: kube.Kubectl) -> None:
        table = rows(shop("get", "cm", "-l", "n", "--sort-by=.data.colour", "--no-headers"))
        assert [row[0] for row in table] == ["b", "c", "a"]

    @pytest.mark.parametrize(
        ("selector", "found"),
        [
            ("n=1", ["a"]),
            ("n!=1,n", ["b", "c"]),
            ("n in (1,3)", ["a", "c"]),
            ("n notin (1,3),n", ["b"]),
            ("!app,n", ["a", "b", "c"]),
        ],
    )
    def test_label_selectors(self, shop: kube.Kubectl, selector: str, found: list[str]) -> None:
        assert shop("get", "cm", "-l", selector, "-o", "name").split() == [f"configmap/{name}" for name in found]

    def test_field_selectors(self, shop: kube.Kubectl) -> None:
        assert shop("get", "pods", "--field-selector", "metadata.name=web", "-o", "name") == "pod/web\n"
        assert len(shop.get("pods", "--field-selector", "status.phase=Running")["items"]) == 2
        assert shop.get("pods", "--field-selector", "status.phase!=Running")["items"] == []
        refused = shop.refused("get", "pods", "--field-selector", "spec.colour=red")
        assert "field label not supported: spec.colour" in refused

    def test_all_namespaces(self, shop: kube.Kubectl) -> None:
        table = rows(shop("get", "pods", "-A"))
        assert table[0][0] == "NAMESPACE"
        assert [NAMESPACE, "web"] in [row[:2] for row in table]

    def test_all_the_usual_kinds(self, shop: kube.Kubectl) -> None:
        assert "pod/web" in shop("get", "all")

    def test_short_names_and_full_names(self, shop: kube.Kubectl) -> None:
        for kind in ("po", "pods.v1.", "Pod", "pod"):
            assert shop("get", kind, "web", "-o", "name") == "pod/web\n"
        assert shop("get", "deployments.v1.apps", "-o", "name") == ""

    def test_in_small_pages(self, shop: kube.Kubectl) -> None:
        assert len(rows(shop("get", "cm", "-l", "n", "--chunk-size=1", "--no-headers"))) == 3

    def test_what_a_file_names(self, shop: kube.Kubectl, tmp_path: Path) -> None:
        file = tmp_path / "cm.json"
        file.write_text(json.dumps(objects.configmap("a")))
        assert shop("get", "-f", str(file), "-o", "name") == "configmap/a\n"

    def test_raw_paths(self, shop: kube.Kubectl) -> None:
        found = json.loads(shop("get", "--raw", f"/api/v1/namespaces/{NAMESPACE}/configmaps/a"))
        assert found["data"] == {"colour": "red"}
        assert shop("get", "--raw", "/readyz") == "ok"
        assert "[+]" in shop("get", "--raw", "/readyz?verbose")

    def test_sub_resources(self, shop: kube.Kubectl) -> None:
        assert shop.get("pod", "web", "--subresource=status")["status"]["phase"] == "Running"


class TestRefusals:
    def test_what_is_not_there(self, shop: kube.Kubectl) -> None:
        assert 'Error from server (NotFound): pods "nope" not found' in shop.refused("get", "pod", "nope")
        assert shop("get", "pod", "nope", "--ignore-not-found") == ""

    def test_a_kind_that_nobody_serves(self, shop: kube.Kubectl) -> None:
        assert 'the server doesn\'t have a resource type "wombats"' in shop.refused("get", "wombats")

    def test_nothing_found(self, shop: kube.Kubectl) -> None:
        done = shop.run("get", "jobs")
        assert (done.returncode, done.stdout) == (0, "")
        assert done.stderr == f"No resources found in {NAMESPACE} namespace.\n"

    def test_who_may_not(self, shop: kube.Kubectl) -> None:
        refused = shop.refused("get", "pods", "--as=mallory")
        assert 'pods is forbidden: User "mallory" cannot list resource "pods" in API group ""' in refused


class Lines:
    """What a running kubectl prints, line by line, without blocking who looks."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.seen: list[str] = []
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.seen.extend(iter(self.process.stdout.readline, ""))

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._thread.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


class TestWatching:
    def test_every_change_is_a_row(self, kubectl: kube.Kubectl) -> None:
        kubectl.apply(objects.configmap("first", None, a="1"))
        lines = Lines(
            kubectl.start("get", "configmaps", "-w", "-o", "custom-columns=:.metadata.name,:.data.a", "--no-headers")
        )
        try:
            kube.eventually(lambda: any("first" in line for line in lines.seen), "the list", 5)
            kubectl.apply(objects.configmap("second", None, a="1"))
            kubectl.apply(objects.configmap("second", None, a="2"))
            kubectl("delete", "cm", "second")
            kube.eventually(lambda: sum("second" in line for line in lines.seen) == 3, "three events", 5)
            assert [line.split() for line in lines.seen if "second" in line] == [
                ["second", "1"],
                ["second", "2"],
                ["second", "2"],
            ]
        finally:
            lines.close()

    def test_a_table_is_watched_with_the_kinds_of_events(self, kubectl: kube.Kubectl) -> None:
        lines = Lines(kubectl.start("get", "pods", "--watch-only", "--output-watch-events"))
        try:

            def probe() -> bool:  # the watch may begin after any of these
                kubectl.apply(objects.pod("p"))
                kubectl("delete", "pod", "p")
                return any(line.split()[:2] == ["DELETED", "p"] for line in lines.seen)

            kube.eventually(probe, "the pod's end", 8)
            assert lines.seen[0].split() == ["EVENT", "NAME", "READY", "STATUS", "RESTARTS", "AGE"]
        finally:
            lines.close()
