"""kubectl and admission webhooks: what a hook adds is there, and what one refuses is told in its words.

The hooks are a server of the standard library in a thread of the test, with a certificate of its own authority.
"""

import base64
import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import kube
from compat import objects
from steersman.kit import pki
from steersman.kit.clock import RealClock
from steersman.kit.entropy import SystemEntropy

LABEL = [{"op": "add", "path": "/metadata/labels", "value": {"seen": "yes"}}]


class Hooks(http.server.BaseHTTPRequestHandler):
    """`/label` labels, `/refuse` refuses what is labelled `refuse`."""

    def do_POST(self) -> None:
        review = json.loads(self.rfile.read(int(self.headers["content-length"])))
        request = review.pop("request")
        labels = request["object"]["metadata"].get("labels") or {}
        response: dict[str, Any] = {"uid": request["uid"], "allowed": True}
        if self.path.startswith("/label") and "refuse" not in labels:
            response |= {"patchType": "JSONPatch", "patch": base64.b64encode(json.dumps(LABEL).encode()).decode()}
            response["warnings"] = [f"{request['name']} was labelled"]
        if self.path.startswith("/refuse") and "refuse" in labels:
            response |= {"allowed": False, "status": {"message": "labels are not for that", "code": 403}}
        body = json.dumps({**review, "response": response}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing."""


@pytest.fixture
def client(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The `clientConfig` of the hooks, without the path."""
    now, entropy = RealClock().now(), SystemEntropy()
    root = pki.authority("hooks", now=now, entropy=entropy)
    pki.write(tmp_path, "hook", pki.server(root, "hook", ["127.0.0.1"], now=now, entropy=entropy))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hooks)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "hook.crt", tmp_path / "hook.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield {
        "url": f"https://127.0.0.1:{server.server_address[1]}",
        "caBundle": base64.b64encode(root.certificate).decode(),
    }
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def hooked(kubectl: kube.Kubectl, name: str, client: dict[str, str]) -> Iterator[kube.Kubectl]:
    """With both hooks for the config maps of the test's namespace."""

    def configuration(kind: str, path: str) -> dict[str, Any]:
        webhook = {
            "name": f"{path}.example.com", "clientConfig": {**client, "url": f"{client['url']}/{path}"},
            "rules": [{"operations": ["*"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]}],
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}},
            "objectSelector": {"matchExpressions": [{"key": "leave-me", "operator": "DoesNotExist"}]},
            "sideEffects": "None", "admissionReviewVersions": ["v1"],
        }  # fmt: skip
        return {
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": name},
            "webhooks": [webhook],
        }  # fmt: skip

    kubectl.apply(
        configuration("MutatingWebhookConfiguration", "label"),
        configuration("ValidatingWebhookConfiguration", "refuse"),
    )
    yield kubectl
    kubectl("delete", "mutatingwebhookconfiguration,validatingwebhookconfiguration", name)


def test_what_a_hook_adds_is_there(hooked: kube.Kubectl) -> None:
    done = hooked.run("create", "configmap", "a")
    assert "configmap/a created" in done.stdout
    assert "Warning: a was labelled" in done.stderr
    assert "seen=yes" in hooked("get", "configmap", "a", "--show-labels")


def test_what_a_hook_refuses_is_told_in_its_words(hooked: kube.Kubectl) -> None:
    said = hooked.refused("apply", "-f", "-", stdin=json.dumps(objects.configmap("a", {"refuse": "me"})))
    assert 'admission webhook "refuse.example.com" denied the request: labels are not for that' in said
    assert "NotFound" in hooked.refused("get", "configmap", "a")


def test_a_dry_run_asks_hooks_too(hooked: kube.Kubectl) -> None:
    tree = objects.configmap("a")
    said = hooked("apply", "-f", "-", "--dry-run=server", "-o", "json", stdin=json.dumps(tree))
    assert json.loads(said)["metadata"]["labels"] == {"seen": "yes"}
    assert "NotFound" in hooked.refused("get", "configmap", "a")


def test_an_object_selector_leaves_objects_out(hooked: kube.Kubectl) -> None:
    hooked.apply(objects.configmap("a", {"leave-me": "alone"}))
    assert "seen" not in hooked("get", "configmap", "a", "--show-labels")


def test_a_hook_that_is_gone_is_named(hooked: kube.Kubectl, client: dict[str, str], name: str) -> None:
    port = client["url"].rpartition(":")[2]
    url = json.dumps([{"op": "replace", "path": "/webhooks/0/clientConfig/url", "value": "https://127.0.0.1:1/x"}])
    hooked("patch", "mutatingwebhookconfiguration", name, "--type=json", "-p", url)
    said = hooked.refused("create", "configmap", "a")
    assert port != "1"
    assert (
        'error: failed to create configmap: Internal error occurred: failed calling webhook "label.example.com": '
        'failed to call webhook: Post "https://127.0.0.1:1/x?timeout=10s": dial tcp 127.0.0.1:1: connect: '
        "connection refused"
    ) in said
