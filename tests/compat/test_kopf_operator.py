"""A kopf operator over a built-in kind: list, watch, finalizers, patches, events, children and their deletion."""

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

OPERATOR = Path(__file__).with_name("operator_of_colours.py")
NAMESPACE = "kopf"


@pytest.fixture(scope="module")
def core(kubeconfig: Path) -> Iterator[Any]:
    with kubernetes.config.new_client_from_config(str(kubeconfig)) as client:
        yield kubernetes.client.CoreV1Api(client)


@pytest.fixture(scope="module", autouse=True)
def operator(core: Any, kubeconfig: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """`kopf run` in its own process; gives its log."""
    core.create_namespace(objects.namespace(NAMESPACE))
    core.create_namespaced_config_map(NAMESPACE, objects.configmap("diary"))
    log = tmp_path_factory.mktemp("kopf") / "log"
    command = [sys.executable, "-m", "kopf", "run", "--standalone", "--namespace", NAMESPACE, str(OPERATOR)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env={**os.environ, "KUBECONFIG": str(kubeconfig)}
        )
        try:
            yield log
        finally:
            process.terminate()
            process.wait(timeout=10)
    assert "Traceback" not in log.read_text(), log.read_text()


def annotation(core: Any, name: str, key: str) -> str | None:
    found: str | None = (core.read_namespaced_config_map(name, NAMESPACE).metadata.annotations or {}).get(key)
    return found


def painted(core: Any, name: str) -> None:
    kube.eventually(lambda: annotation(core, name, "painted"), f"{name} is painted", 9)


def test_what_was_there_before_and_what_comes_is_handled(core: Any, operator: Path) -> None:
    """The first is perhaps listed, the second perhaps watched; both must be handled."""
    for name in ("early", "late"):
        core.create_namespaced_config_map(NAMESPACE, objects.configmap(name, {"paint": "red"}))
        painted(core, name)
        child = core.read_namespaced_config_map(f"{name}-child", NAMESPACE)
        assert child.metadata.owner_references[0].name == name


def test_an_event_tells_of_it(core: Any, operator: Path) -> None:
    core.create_namespaced_config_map(NAMESPACE, objects.configmap("told", {"paint": "blue"}))
    selector = "involvedObject.name=told,reason=Painted"
    found = kube.eventually(
        lambda: core.list_namespaced_event(NAMESPACE, field_selector=selector).items, "the event", 9
    )
    assert found[0].message == "in blue"


def test_a_change_of_one_field(core: Any, operator: Path) -> None:
    core.create_namespaced_config_map(NAMESPACE, objects.configmap("c", {"paint": "red"}, shade="light"))
    painted(core, "c")
    core.patch_namespaced_config_map("c", NAMESPACE, {"data": {"shade": "dark"}})
    kube.eventually(lambda: annotation(core, "c", "shaded") == "light-dark", "it is shaded", 9)


def test_deletion_waits_for_the_handler_and_takes_the_child(core: Any, operator: Path) -> None:
    core.create_namespaced_config_map(NAMESPACE, objects.configmap("brief", {"paint": "red"}))
    painted(core, "brief")
    assert core.read_namespaced_config_map("brief", NAMESPACE).metadata.finalizers == ["compat.test/colours"]
    core.delete_namespaced_config_map("brief", NAMESPACE)

    def gone() -> bool:
        left = {item.metadata.name for item in core.list_namespaced_config_map(NAMESPACE).items}
        return not {"brief", "brief-child"} & left

    kube.eventually(gone, "both are gone", 9)
    assert core.read_namespaced_config_map("diary", NAMESPACE).data["brief"] == "gone"
