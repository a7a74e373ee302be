"""What is wrong is said, where it is wrong, and stops nothing else."""

import os
import subprocess
from pathlib import Path

import pytest

import kube
from e2e.conftest import STEERSMAN
from e2e.objects import FOREVER, pod


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
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        told = refused(
            "up", "--detach", "--nodes", "0", "--simulated-nodes", "1", "--data-dir", str(tmp_path), "--port", port
        )
    assert f"port {port}" in told
    assert "--port" in told
