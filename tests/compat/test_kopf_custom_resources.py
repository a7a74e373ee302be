"""A kopf operator with a definition of its own: finalizers, results, timers, daemons, rules, and everything's end."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import kube
from compat import objects, packages

packages.needed("kopf")
kubernetes = packages.needed("kubernetes")

OPERATOR = Path(__file__).with_name("operator_of_engines.py")
NAMESPACE, GROUP = "kopf-engines", "engines.steersman.dev"
SPEC = {
    "type": "object",
    "required": ["power"],
    "properties": {"power": {"type": "integer"}, "running": {"type": "boolean", "default": False}},
    "x-kubernetes-validations": [
        {"rule": "self.power > 0", "message": "an engine has power"},
        {"rule": "!oldSelf.running || self.power <= oldSelf.power", "message": "not while it runs"},
    ],
}
STATUS = {
    "type": "object",
    "x-kubernetes-preserve-unknown-fields": True,
    "properties": {"ticks": {"type": "integer"}},
}
DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": f"engines.{GROUP}"},
    "spec": {
        "group": GROUP,
        "scope": "Namespaced",
        "names": {"plural": "engines", "kind": "Engine"},
        "versions": [{
            "name": "v1", "served": True, "storage": True, "subresources": {"status": {}},
            "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": SPEC, "status": STATUS}}},
        }],
    },
}  # fmt: skip


class Engines:
    def __init__(self, client: Any) -> None:
        self.core = kubernetes.client.CoreV1Api(client)
        self._custom = kubernetes.client.CustomObjectsApi(client)
        self._place = (GROUP, "v1", NAMESPACE, "engines")

    def make(self, name: str, **spec: Any) -> None:
        body = {"apiVersion": f"{GROUP}/v1", "kind": "Engine", "metadata": {"name": name}, "spec": spec}
        self._custom.create_namespaced_custom_object(*self._place, body)

    def get(self, name: str) -> Any:
        return self._custom.get_namespaced_custom_object(*self._place, name)

    def patch(self, name: str, **spec: Any) -> None:
        self._custom.patch_namespaced_custom_object(*self._place, name, {"spec": spec})

    def delete(self, name: str) -> None:
        self._custom.delete_namespaced_custom_object(*self._place, name)

    def names(self) -> list[str]:
        found = self._custom.list_namespaced_custom_object(*self._place)
        return [item["metadata"]["name"] for item in found["items"]]

    def noted(self, key: str) -> str | None:
        found: str | None = (self.core.read_namespaced_config_map("yard", NAMESPACE).data or {}).get(key)
        return found

    def status(self, name: str, field: str) -> Any:
        return (self.get(name).get("status") or {}).get(field)


@pytest.fixture(scope="module")
def engines(kubeconfig: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    """With `kopf run` in its own process beside it."""
    with kubernetes.config.new_client_from_config(str(kubeconfig)) as client:
        definitions = kubernetes.client.ApiextensionsV1Api(client)
        definitions.create_custom_resource_definition(DEFINITION)
        made = Engines(client)
        made.core.create_namespace(objects.namespace(NAMESPACE))
        made.core.create_namespaced_config_map(NAMESPACE, objects.configmap("yard"))
        log = tmp_path_factory.mktemp("kopf") / "log"
        command = [sys.executable, "-m", "kopf", "run", "--standalone", "--namespace", NAMESPACE, str(OPERATOR)]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, stdout=output, stderr=output, env={**os.environ, "KUBECONFIG": str(kubeconfig)}
            )
            try:
                yield made
            finally:
                for name in made.names():
                    made.delete(name)
                kube.eventually(lambda: not made.names(), "no engine is left", 9)
                process.terminate()
                process.wait(timeout=10)
                definitions.delete_custom_resource_definition(f"engines.{GROUP}")
        assert "Traceback" not in log.read_text(), log.read_text()


def test_a_new_engine_is_handled_and_says_so(engines: Engines) -> None:
    engines.make("new", power=3)
    kube.eventually(lambda: engines.status("new", "created") == {"power": 3}, "the result is there", 9)
    assert engines.get("new")["metadata"]["finalizers"] == ["engines-finalizer"]
    child = engines.core.read_namespaced_config_map("new", NAMESPACE)
    assert child.data == {"power": "3"}
    assert child.metadata.owner_references[0].kind == "Engine"
    assert engines.get("new")["spec"]["running"] is False, "the default is filled in"


def test_a_change_reaches_the_child_and_a_timer_ticks(engines: Engines) -> None:
    engines.make("tuned", power=3)
    kube.eventually(lambda: engines.status("tuned", "created"), "it is created", 9)
    engines.patch("tuned", power=5, running=True)

    def power() -> str:
        found: str = engines.core.read_namespaced_config_map("tuned", NAMESPACE).data["power"]
        return found

    kube.eventually(lambda: power() == "5", "the child follows", 9)
    kube.eventually(lambda: (engines.status("tuned", "ticks") or 0) >= 3, "it ticks", 9)


def test_the_definitions_rules_hold_for_everybody(engines: Engines) -> None:
    with pytest.raises(kubernetes.client.ApiException) as refused:
        engines.make("weak", power=0)
    assert refused.value.status == 422
    assert "an engine has power" in refused.value.body
    engines.make("fast", power=3, running=True)
    with pytest.raises(kubernetes.client.ApiException) as refused:
        engines.patch("fast", power=4)
    assert "not while it runs" in refused.value.body


def test_deletion_waits_for_the_operator_and_takes_the_child(engines: Engines) -> None:
    engines.make("old", power=1)
    kube.eventually(lambda: engines.status("old", "created"), "it is created", 9)
    kube.eventually(lambda: engines.noted("old-daemon") == "runs", "the daemon runs", 9)
    engines.delete("old")
    kube.eventually(lambda: "old" not in engines.names(), "it is gone", 9)
    assert engines.noted("old") == "scrapped"
    assert engines.noted("old-daemon") == "ended"

    def childless() -> bool:
        found = engines.core.list_namespaced_config_map(NAMESPACE).items
        return "old" not in [item.metadata.name for item in found]

    kube.eventually(childless, "the child is gone", 9)
