"""A kopf operator with admission handlers: it makes its own webhook configurations, and is asked."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import kube
from compat import objects, packages
from steersman.kit import pki
from steersman.kit.clock import RealClock
from steersman.kit.entropy import SystemEntropy

packages.needed("kopf")
kubernetes = packages.needed("kubernetes")

OPERATOR = Path(__file__).with_name("operator_of_rules.py")
NAMESPACE = "kopf-rules"
LABELS = {"ruled": "yes"}


KINDS = ("mutating", "validating")


def hooks(admission: Any, kind: str) -> list[Any]:
    found = getattr(admission, f"list_{kind}_webhook_configuration")().items
    return [hook for each in found if each.metadata.name == "rules.compat.test" for hook in each.webhooks or ()]


@pytest.fixture(scope="module")
def client(kubeconfig: Path) -> Iterator[Any]:
    with kubernetes.config.new_client_from_config(str(kubeconfig)) as client:
        yield client


@pytest.fixture(scope="module")
def core(client: Any) -> Any:
    return kubernetes.client.CoreV1Api(client)


@pytest.fixture(scope="module", autouse=True)
def operator(client: Any, core: Any, kubeconfig: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """`kopf run` in its own process, once the cluster knows of its hooks."""
    folder = tmp_path_factory.mktemp("rules")
    now, entropy = RealClock().now(), SystemEntropy()
    root = pki.authority("rules", now=now, entropy=entropy)
    pki.write(folder, "root", root)
    pki.write(folder, "hook", pki.server(root, "hook", ["127.0.0.1"], now=now, entropy=entropy))
    core.create_namespace(objects.namespace(NAMESPACE))
    admission = kubernetes.client.AdmissionregistrationV1Api(client)
    command = [sys.executable, "-m", "kopf", "run", "--standalone", "--namespace", NAMESPACE, str(OPERATOR)]
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output,
            env={**os.environ, "KUBECONFIG": str(kubeconfig), "HOOK_FOLDER": str(folder)},
        )  # fmt: skip
        try:
            kube.eventually(lambda: all(hooks(admission, kind) for kind in KINDS), "the cluster knows of the hooks", 15)
            yield
        finally:
            process.terminate()
            process.wait(timeout=10)
            for kind in KINDS:
                getattr(admission, f"delete_collection_{kind}_webhook_configuration")()
    assert "Traceback" not in log.read_text(), log.read_text()


def test_what_a_handler_patches_is_stored(core: Any) -> None:
    made = core.create_namespaced_config_map(NAMESPACE, objects.configmap("a", LABELS, colour="red"))
    assert made.data == {"colour": "red", "seen": "yes"}


def test_what_a_handler_refuses_is_not_stored(core: Any) -> None:
    with pytest.raises(kubernetes.client.ApiException, match="no colour is called blue") as refused:
        core.create_namespaced_config_map(NAMESPACE, objects.configmap("b", LABELS, colour="blue"))
    assert refused.value.status == 422
    with pytest.raises(kubernetes.client.ApiException, match="not found"):
        core.read_namespaced_config_map("b", NAMESPACE)


def test_a_change_is_asked_about(core: Any) -> None:
    core.create_namespaced_config_map(NAMESPACE, objects.configmap("c", LABELS, colour="red"))
    core.patch_namespaced_config_map("c", NAMESPACE, {"data": {"colour": "green"}})
    with pytest.raises(kubernetes.client.ApiException, match="no colour is called"):
        core.patch_namespaced_config_map("c", NAMESPACE, {"data": {"colour": "mauve"}})
    assert core.read_namespaced_config_map("c", NAMESPACE).data["colour"] == "green"


def test_a_deletion_is_asked_about(core: Any) -> None:
    core.create_namespaced_config_map(NAMESPACE, objects.configmap("d", LABELS, colour="red", locked="yes"))
    with pytest.raises(kubernetes.client.ApiException, match="it is locked") as refused:
        core.delete_namespaced_config_map("d", NAMESPACE)
    assert refused.value.status == 409
    core.patch_namespaced_config_map("d", NAMESPACE, {"data": {"locked": None}})
    core.delete_namespaced_config_map("d", NAMESPACE)


def test_what_no_handler_asked_for_is_left_alone(core: Any) -> None:
    made = core.create_namespaced_config_map(NAMESPACE, objects.configmap("e", None, colour="blue"))
    assert made.data == {"colour": "blue"}
