"""What is wrong is said, where it is wrong, and stops nothing else."""

import base64
import contextlib
import gzip
import http.client
import itertools
import json
import os
import re
import socket
import ssl
import subprocess
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import kube
from e2e.conftest import STEERSMAN, Cluster
from e2e.objects import FOREVER, WEB, deployment, pod


def waiting(kubectl: kube.Kubectl, name: str) -> dict[str, str]:
    found: dict[str, str] = kubectl.get("pod", name)["status"]["containerStatuses"][0]["state"]["waiting"]
    return found


def test_an_image_that_does_not_exist(namespace: kube.Kubectl) -> None:
    namespace.apply(pod("a", FOREVER, container={"image": "steersman.test/none:1", "imagePullPolicy": "IfNotPresent"}))
    kube.eventually(lambda: waiting(namespace, "a")["reason"] in ("ErrImagePull", "ImagePullBackOff"), "the pull fails")
    assert "Failed to pull image" in namespace("get", "events")


def test_an_image_that_may_not_be_pulled(namespace: kube.Kubectl) -> None:
    namespace.apply(pod("a", FOREVER, container={"image": "steersman.test/none:1"}))
    kube.eventually(lambda: waiting(namespace, "a")["reason"] == "ErrImageNeverPull", "it is said")


def test_a_command_that_does_not_exist(namespace: kube.Kubectl) -> None:
    namespace.apply(pod("a", "", container={"command": ["/no/such/program"]}, restartPolicy="Never"))
    kube.eventually(lambda: namespace.get("pod", "a")["status"]["phase"] == "Failed", "the pod fails")
    state = namespace.get("pod", "a")["status"]["containerStatuses"][0]["state"]["terminated"]
    assert state["reason"] in ("StartError", "ContainerCannotRun")
    assert "no such file or directory" in state["message"]


def test_a_volume_that_refers_to_nothing(namespace: kube.Kubectl) -> None:
    volume = {"name": "v", "configMap": {"name": "nothing"}}
    broken = pod("a", FOREVER, volumes=[volume])
    broken["spec"]["containers"][0]["volumeMounts"] = [{"name": "v", "mountPath": "/v"}]
    namespace.apply(broken)
    kube.eventually(lambda: 'configmap "nothing" not found' in namespace("get", "events"), "an event says so")
    namespace("create", "configmap", "nothing")
    namespace("wait", "--for=condition=Ready", "pod/a", "--timeout=90s")


@pytest.mark.parametrize(
    ("manifest", "told"),
    [
        ('{"kind": "Pod", ', "error"),
        ("kind: [", "error"),
        ('{"apiVersion":"v1","kind":"Nonsense","metadata":{"name":"a"}}', 'no matches for kind "Nonsense"'),
        ('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"UPPER"}}', "RFC 1123 subdomain"),
        ('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","labels":{"x y":"z"}}}', "metadata.labels"),
        ('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":1}}', "cannot unmarshal number"),
    ],
)
def test_a_manifest_that_is_wrong(namespace: kube.Kubectl, manifest: str, told: str) -> None:
    assert told in namespace.refused("create", "-f", "-", "--validate=false", stdin=manifest)


def test_a_body_that_is_too_large(namespace: kube.Kubectl, tmp_path: Path) -> None:
    big = tmp_path / "big"
    big.write_bytes(os.urandom(4_000_000))
    assert "large" in namespace.refused("create", "configmap", "big", f"--from-file={big}").lower()


MIB = 1 << 20


@contextlib.contextmanager
def connected(cluster: Cluster, folder: Path) -> Iterator[http.client.HTTPSConnection]:
    """A connection of one's own to the API server, as the administrator."""
    config = yaml.safe_load(cluster.kubectl.kubeconfig.read_text())
    user, server = config["users"][0]["user"], config["clusters"][0]["cluster"]
    for name in ("client-certificate-data", "client-key-data"):
        (folder / name).write_bytes(base64.b64decode(user[name]))
    authority = base64.b64decode(server["certificate-authority-data"]).decode()
    context = ssl.create_default_context(cadata=authority)
    context.load_cert_chain(folder / "client-certificate-data", folder / "client-key-data")
    url = urllib.parse.urlsplit(server["server"])
    connection = http.client.HTTPSConnection(str(url.hostname), url.port, context=context, timeout=20)
    with contextlib.closing(connection):
        yield connection


def posted(connection: http.client.HTTPSConnection, namespace: str, body: bytes, kind: str) -> tuple[int, Any]:
    headers = {"content-type": kind, "accept": "application/json"}
    connection.request("POST", f"/api/v1/namespaces/{namespace}/configmaps", body, headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


@pytest.mark.parametrize("kind", ["application/json", "application/yaml"])
def test_a_body_over_3_mib_is_413_and_the_server_goes_on(
    cluster: Cluster, namespace: kube.Kubectl, tmp_path: Path, kind: str
) -> None:
    name = namespace.flags[-1]
    with connected(cluster, tmp_path) as connection:
        code, told = posted(connection, name, b"{" + b" " * 3 * MIB, kind)
        assert (code, told["reason"], told["code"]) == (413, "RequestEntityTooLarge", 413)
        assert told["message"].startswith("Request entity too large: limit is 3145728")
        code, told = posted(connection, name, b'{"metadata":{"name":"small"}}', kind)
        assert (code, told["metadata"]["name"]) == (201, "small")
        code, told = posted(
            connection, name, b'{"metadata":{"name":"wide"}}' + b" " * (3 * MIB - 28), "application/json"
        )
        assert code == 201, "what just fits is taken"


def test_a_body_of_unknown_length_is_cut_off(cluster: Cluster, namespace: kube.Kubectl, tmp_path: Path) -> None:
    with connected(cluster, tmp_path) as connection:
        path = f"/api/v1/namespaces/{namespace.flags[-1]}/configmaps"
        endless = (b" " * 65536 for _ in range(80))
        headers = {"content-type": "application/json", "transfer-encoding": "chunked"}
        with contextlib.suppress(ConnectionError):  # the server need not listen to the end
            connection.request("POST", path, endless, headers, encode_chunked=True)
        assert connection.getresponse().status == 413
    assert namespace.get("configmaps")["kind"] == "List"


def test_an_object_that_is_too_large_to_be_kept(cluster: Cluster, namespace: kube.Kubectl, tmp_path: Path) -> None:
    with connected(cluster, tmp_path) as connection:
        body = json.dumps({"metadata": {"name": "a"}, "data": {"k": "x" * (MIB + 1)}}).encode()
        code, told = posted(connection, namespace.flags[-1], body, "application/json")
    assert (code, told["reason"]) == (422, "Invalid")
    assert "Too long: may not be more than 1048576 bytes" in told["message"]


DEEP = b'{"metadata":{"name":"a","managedFields":[{"fieldsV1":' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}]}}"
LETTERS = "abcdefghij"
BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    f"{letter}: &{letter} [{','.join([f'*{before}'] * 9)}]\n".encode() for before, letter in itertools.pairwise(LETTERS)
)
HURTFUL = [
    (b'{"metadata":{"name":"a","annotations":' + b'{"a":' * 100_000 + b"}" * 100_000 + b"}}", "json", 400),
    (DEEP, "json", 400),
    (b"[" * 700_000, "yaml", 400),
    (b"- " * 700_000, "yaml", 400),
    (b"{a: " * 700_000, "yaml", 400),
    (b"a: " + b"[" * 20_000 + b"]" * 20_000, "yaml", 400),
    (BOMB, "yaml", 400),
    (b"&a [*a]", "yaml", 400),
    (b'!!python/object/apply:os.system ["true"]', "yaml", 400),
    (b"\xff\xfe\0\0", "yaml", 400),
    (b"k8s\0\x0a\xff\xff\xff\xff\x0f", "vnd.kubernetes.protobuf", 400),
    (b"{}", "octet-stream", 415),
]  # fmt: skip
"""Bodies that are small and might cost a lot, or end the process."""


@pytest.mark.parametrize(("body", "kind", "code"), HURTFUL, ids=range(len(HURTFUL)))
def test_a_body_that_might_hurt(
    cluster: Cluster, namespace: kube.Kubectl, tmp_path: Path, body: bytes, kind: str, code: int
) -> None:
    with connected(cluster, tmp_path) as connection:
        began = time.monotonic()
        found, told = posted(connection, namespace.flags[-1], body, f"application/{kind}")
        assert (found, told["code"], told["kind"]) == (code, code, "Status")
        assert time.monotonic() - began < 2
        assert len(told["message"]) < 2000
        assert posted(connection, namespace.flags[-1], b'{"metadata":{"name":"b"}}', "application/json")[0] == 201


def test_a_body_in_a_broken_or_a_bursting_encoding(cluster: Cluster, namespace: kube.Kubectl, tmp_path: Path) -> None:
    for body, code in ((b"not gzip", 400), (gzip.compress(b" " * 50_000_000), 413)):
        with connected(cluster, tmp_path) as connection:
            headers = {"content-type": "application/json", "content-encoding": "gzip"}
            connection.request("POST", f"/api/v1/namespaces/{namespace.flags[-1]}/configmaps", body, headers)
            answer = connection.getresponse()
            assert (answer.status, json.loads(answer.read())["code"]) == (code, code)


def test_a_selector_that_is_very_long(namespace: kube.Kubectl) -> None:
    values = ",".join(f"value-{number}" for number in range(5000))
    assert namespace.get("configmaps", "-l", f"a in ({values})")["items"] == []


# --- streams to containers that are not there


def test_an_exec_into_a_container_that_has_ended(namespace: kube.Kubectl) -> None:
    two = pod("a", FOREVER)
    two["spec"]["containers"].append({**two["spec"]["containers"][0], "name": "brief", "command": ["true"]})
    two["spec"]["restartPolicy"] = "Never"
    namespace.apply(two)

    def ended() -> bool:
        found = namespace.get("pod", "a")["status"]["containerStatuses"]
        return {each["name"] for each in found if "terminated" in each["state"]} == {"brief"}

    kube.eventually(ended, "one of two has ended")
    assert 'container not found ("brief")' in namespace.refused("exec", "a", "-c", "brief", "--", "true")
    assert "container none is not valid for pod a" in namespace.refused("exec", "a", "-c", "none", "--", "true")
    assert 'pods "none" not found' in namespace.refused("exec", "none", "--", "true")
    told = namespace.refused("exec", "a", "-c", "main", "--", "/no/such/program")
    assert "no such file or directory" in told
    assert namespace("exec", "a", "-c", "main", "--", "echo", "still here") == "still here\n"
    assert namespace.run("exec", "a", "-c", "main", "--", "sh", "-c", "exit 7").returncode == 7


def test_a_pod_that_is_over(namespace: kube.Kubectl) -> None:
    namespace.apply(pod("a", "echo last words", restartPolicy="Never"))
    kube.eventually(lambda: namespace.get("pod", "a")["status"]["phase"] == "Succeeded", "it ends")
    told = namespace.refused("exec", "a", "--", "true")
    assert "cannot exec into a container in a completed pod; current phase is Succeeded" in told
    assert "pod is not running" in namespace.refused("port-forward", "a", ":80")
    assert namespace("logs", "a") == "last words\n"
    assert 'previous terminated container "main" in pod "a" not found' in namespace.refused("logs", "a", "--previous")


def test_logs_of_a_container_that_never_ran(namespace: kube.Kubectl) -> None:
    namespace.apply(pod("a", FOREVER, container={"image": "steersman.test/none:1", "imagePullPolicy": "IfNotPresent"}))
    kube.eventually(lambda: waiting(namespace, "a")["reason"] in ("ErrImagePull", "ImagePullBackOff"), "the pull fails")
    told = namespace.refused("logs", "a")
    assert re.search(r'\(BadRequest\): container "main" in pod "a" is waiting to start: (image|trying)', told), told
    assert 'container not found ("main")' in namespace.refused("exec", "a", "--", "true")
    assert "container none is not valid for pod a" in namespace.refused("logs", "a", "-c", "none")


def test_a_port_that_nobody_listens_on(namespace: kube.Kubectl) -> None:
    namespace.apply(pod("a", WEB))
    namespace("wait", "--for=condition=Ready", "pod/a", "--timeout=20s")
    process = namespace.start("port-forward", "--address=127.0.0.1", "pod/a", ":9")
    assert process.stdout is not None
    local = int(process.stdout.readline().split(":")[1].split()[0])
    with socket.create_connection(("127.0.0.1", local)) as connection:
        assert connection.recv(10) == b""
    said = process.communicate(timeout=10)[0]
    assert "error forwarding port 9 to pod" in said
    assert "failed to connect to localhost:9" in said
    assert "connection refused" in said
    assert "error: lost connection to pod" in said
    assert process.returncode == 1


# --- a port of the machine that somebody else has


def service(name: str, kind: str, **port: int) -> dict[str, Any]:
    spec = {"type": kind, "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080, **port}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


@pytest.mark.parametrize("kind", ["NodePort", "LoadBalancer"])
def test_a_port_of_the_machine_that_is_taken(namespace: kube.Kubectl, kind: str) -> None:
    namespace.apply(deployment("web", 1, {"command": ["sh", "-c", WEB]}))
    namespace("rollout", "status", "deployment/web", "--timeout=30s")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1] if kind == "LoadBalancer" else 32007
    with socket.create_server(("127.0.0.1", port)):
        wanted = {"nodePort": port} if kind == "NodePort" else {"port": port}
        namespace.apply(service("taken", kind, **wanted), service("free", "NodePort", nodePort=32008))
        kube.eventually(lambda: "HostPortTaken" in namespace("get", "events"), "an event says so", 10)
        [event] = [e for e in namespace.get("events")["items"] if e["reason"] == "HostPortTaken"]
        assert (event["type"], event["involvedObject"]["name"]) == ("Warning", "taken")
        assert event["message"] == f"port {port} of 127.0.0.1 cannot be opened: Address already in use"
        kube.eventually(lambda: fetched(32008).startswith("web-"), "the other service works", 10)
        if kind == "LoadBalancer":
            assert not namespace.get("service", "taken")["status"]["loadBalancer"]
    kube.eventually(lambda: fetched(port).startswith("web-"), "once the port is free it is taken", 15)


def fetched(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    with contextlib.closing(connection):
        connection.request("GET", "/")
        return connection.getresponse().read().decode()


# --- the command line


def refused(*arguments: str) -> str:
    done = subprocess.run([*STEERSMAN, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1, done.stdout
    lines = [line for line in done.stderr.splitlines() if line.startswith("steersman: ")]
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_a_data_directory_of_a_newer_version(tmp_path: Path) -> None:
    (tmp_path / "version").write_text("99\n")
    assert "newer Steersman" in refused("up", "--detach", "--data-dir", str(tmp_path))


def test_a_data_directory_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "--data-dir" in refused("up", "--detach", "--data-dir", str(tmp_path / "file" / "data"))


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        told = refused(
            "up", "--detach", "--nodes", "0", "--simulated-nodes", "1", "--data-dir", str(tmp_path), "--port", port
        )
    assert f"port {port}" in told
    assert "--port" in told
