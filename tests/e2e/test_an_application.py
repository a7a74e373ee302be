"""One file with everything an application has, and every command a person uses on it."""

import base64
import json
import os
import pty
import re
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import pytest

import kube
from e2e.objects import FOREVER, IMAGE, WEB, deployment, pod


def application() -> list[dict[str, Any]]:
    web = {
        "command": ["sh", "-c", f"mkdir -p /www; env > /www/env; cp /etc/app/* /etc/key/* /www/; {WEB}"],
        "ports": [{"name": "http", "containerPort": 8080}],
        "env": [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "key", "key": "password"}}}],
        "envFrom": [{"configMapRef": {"name": "app"}}],
        "volumeMounts": [
            {"name": "app", "mountPath": "/etc/app"},
            {"name": "key", "mountPath": "/etc/key", "readOnly": True},
        ],
        "readinessProbe": {"httpGet": {"path": "/index.html", "port": "http"}, "periodSeconds": 1},
        "lifecycle": {"preStop": {"sleep": {"seconds": 1}}},
        "livenessProbe": {"tcpSocket": {"port": "http"}, "periodSeconds": 5},
        "resources": {"requests": {"cpu": "10m", "memory": "8Mi"}, "limits": {"cpu": "500m", "memory": "64Mi"}},
    }
    volumes = [
        {"name": "app", "configMap": {"name": "app"}},
        {"name": "key", "secret": {"secretName": "key"}},
    ]
    client = pod("client", FOREVER, volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}])
    client["spec"]["containers"][0]["volumeMounts"] = [{"name": "data", "mountPath": "/data"}]
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "app"}, "data": {"COLOUR": "blue"}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, "stringData": {"password": "tell-nobody"}},
        deployment("web", 3, web, pod={"volumes": volumes, "terminationGracePeriodSeconds": 5}),
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web"},
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]},
        },
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": "data"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}},
        },
        client,
    ]


@pytest.fixture
def app(namespace: kube.Kubectl) -> kube.Kubectl:
    namespace.apply(*application())
    namespace("rollout", "status", "deployment/web", "--timeout=30s")
    namespace("wait", "--for=condition=Ready", "pod/client", "--timeout=30s")
    return namespace


def test_an_application_runs_and_answers_by_its_name(app: kube.Kubectl) -> None:
    """Requests by the Service's name spread over all three replicas; environment, mounts and claim are there."""
    ask = "for i in $(seq 60); do wget -qO- http://web; done"
    answers = set(app("exec", "client", "--", "sh", "-c", ask).split())
    pods = {p["metadata"]["name"] for p in app.get("pods", "-l", "app=web")["items"]}
    assert answers == pods
    assert len(pods) == 3
    read = app("exec", "client", "--", "sh", "-c", "wget -qO- http://web/env http://web/COLOUR http://web/password")
    assert "COLOUR=blue" in read
    assert "PASSWORD=tell-nobody" in read
    assert "WEB_SERVICE_PORT" in app("exec", "client", "--", "env") or "KUBERNETES_SERVICE_HOST" in read
    app("exec", "client", "--", "sh", "-c", "echo kept > /data/file && cat /data/file")
    claim = app.get("pvc", "data")
    assert claim["status"]["phase"] == "Bound"
    assert claim["spec"]["storageClassName"] == "standard"


def test_limits_reach_the_cgroup(app: kube.Kubectl) -> None:
    name = app.get("pods", "-l", "app=web")["items"][0]["metadata"]["name"]
    look = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null; true"
    assert str(64 * 1024 * 1024) in app("exec", name, "--", "sh", "-c", look)


def test_a_person_looks_into_it(app: kube.Kubectl, tmp_path: Path) -> None:
    """logs -f, exec -it, cp, describe, get events, get -w, label, diff, edit, scale, delete."""
    talk = "for i in 1 2 3; do echo line $i; sleep 0.2; done; sleep 0.2"
    app("run", "talker", f"--image={IMAGE}", "--image-pull-policy=Never", "--", "sh", "-c", talk)
    app("wait", "--for=jsonpath={.status.containerStatuses[0].restartCount}=1", "pod/talker", "--timeout=30s")
    assert "line 3" in app("logs", "--previous", "talker")
    followed = app("logs", "-f", "talker", "--tail=1", "--pod-running-timeout=10s")
    assert "line" in followed

    assert app("exec", "client", "--", "echo", "hello").strip() == "hello"
    failing = app.run("exec", "client", "--", "sh", "-c", "exit 7")
    assert failing.returncode == 7
    piped = app("exec", "-i", "client", "--", "sh", "-c", "cat; echo end", stdin="through standard input\n")
    assert piped == "through standard input\nend\n"

    local = tmp_path / "note.txt"
    local.write_text("carried\n" * 1000)
    app("cp", str(local), "client:/tmp/note.txt")
    app("cp", "client:/tmp/note.txt", str(tmp_path / "back.txt"))
    assert (tmp_path / "back.txt").read_text() == local.read_text()

    described = app("describe", "pod", "client")
    assert "Scheduled" in described
    assert "Started" in described
    assert "Successfully assigned" in app("get", "events")

    watch = app.start("get", "pods", "-w", "-o", "name")
    app("label", "pod", "client", "colour=green")
    assert app("get", "pods", "-l", "colour=green", "-o", "name").strip() == "pod/client"
    assert watch.stdout is not None
    assert watch.stdout.readline().startswith("pod/")
    watch.terminate()
    watch.wait(10)
    watch.stdout.close()

    changed = application()[0] | {"data": {"COLOUR": "red"}}
    diff = app.run("diff", "-f", "-", stdin=json.dumps(changed))
    assert diff.returncode == 1
    assert "+  COLOUR: red" in diff.stdout

    edited = subprocess.run(
        [app.program, *app.flags, "edit", "configmap", "app"],
        env=app.env | {"KUBE_EDITOR": "sed -i s/blue/violet/"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "edited" in edited.stdout
    assert app.get("configmap", "app")["data"] == {"COLOUR": "violet"}

    app("scale", "deployment/web", "--replicas=1")
    app("wait", "--for=jsonpath={.status.replicas}=1", "deployment/web", "--timeout=30s")
    app("delete", "deployment/web", "service/web")
    kube.eventually(lambda: not app.get("pods", "-l", "app=web")["items"], "the deployment's pods are gone")


def test_a_terminal_is_a_terminal(app: kube.Kubectl) -> None:
    """`exec -it` under a pseudo-terminal of this side."""
    main, other = pty.openpty()
    running = app.start("exec", "-it", "client", "--", "sh", "-c", "tty && echo size $(stty size)", stdin=other)
    os.close(other)
    out, _ = running.communicate(timeout=20)
    os.close(main)
    assert "/dev/pts/" in out
    assert "size" in out


def test_a_port_is_forwarded(app: kube.Kubectl) -> None:
    forward = app.start("port-forward", "deployment/web", ":8080")
    try:
        assert forward.stdout is not None
        line = forward.stdout.readline()
        port = re.search(r"127\.0\.0\.1:(\d+)", line)
        assert port is not None, line
        for _ in range(3):
            with urllib.request.urlopen(f"http://127.0.0.1:{port[1]}/index.html", timeout=10) as answer:
                assert answer.read().startswith(b"web-")
    finally:
        forward.terminate()
        forward.communicate(timeout=10)


def test_a_secret_changed_in_place_reaches_the_file_but_not_the_environment(app: kube.Kubectl) -> None:
    name = app.get("pods", "-l", "app=web")["items"][0]["metadata"]["name"]
    told = base64.b64encode(b"changed").decode()
    app("patch", "secret", "key", "--type=merge", "-p", json.dumps({"data": {"password": told}}))
    kube.eventually(
        lambda: app("exec", name, "--", "cat", "/etc/key/password") == "changed", "the file has the new secret", 60
    )
    assert "PASSWORD=tell-nobody" in app("exec", name, "--", "sh", "-c", "cat /proc/1/environ | tr '\\0' '\\n'")


def test_a_rolling_update_and_its_rollback_lose_no_request(app: kube.Kubectl) -> None:
    """`set image`, `rollout status`, `history` and `undo` while a client asks through the Service all the time."""
    ask = (
        "n=0; while [ ! -e /tmp/stop ]; do timeout 3 wget -q -O /dev/null http://web/index.html || echo FAILED;"
        " n=$((n+1)); done; echo asked $n"
    )
    client = app.start("exec", "client", "--", "sh", "-c", ask)
    try:
        app("set", "image", "deployment/web", f"main={IMAGE.replace(':1', ':2')}")
        app("rollout", "status", "deployment/web", "--timeout=30s")
        living = [p for p in app.get("pods", "-l", "app=web")["items"] if "deletionTimestamp" not in p["metadata"]]
        assert {p["spec"]["containers"][0]["image"] for p in living} == {IMAGE.replace(":1", ":2")}
        history = app("rollout", "history", "deployment/web")
        assert history.count("<none>") == 2
        app("rollout", "undo", "deployment/web")
        app("rollout", "status", "deployment/web", "--timeout=30s")
        assert app.get("deployment", "web")["spec"]["template"]["spec"]["containers"][0]["image"] == IMAGE
    finally:
        app("exec", "client", "--", "touch", "/tmp/stop")
        out, _ = client.communicate(timeout=30)
    assert "FAILED" not in out
    assert int(out.split()[-1]) > 20
