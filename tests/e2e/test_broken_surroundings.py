"""What the cluster stands on breaks: it is said, what can go on goes on, and it mends itself."""

import datetime
import http.client
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import kube
from e2e.conftest import STEERSMAN, Cluster
from e2e.objects import FOREVER, WEB, deployment, pod
from e2e.test_bad_input import refused
from steersman.cluster import process
from steersman.cri.containerd import processes

SIMULATED = ("--nodes", "0", "--simulated-nodes", "1")


def ready_condition(kubectl: kube.Kubectl, node: str = "node1") -> dict[str, str]:
    conditions = kubectl.get("node", node)["status"]["conditions"]
    found: dict[str, str] = next(each for each in conditions if each["type"] == "Ready")
    return found


def containerd_of(cluster: Cluster, node: str = "node1") -> processes.Process:
    found = processes.recall(cluster.data / "nodes" / node / "containerd" / "pid")
    assert found is not None
    return found


def test_a_containerd_that_is_killed_is_started_again_and_no_container_is(
    cluster: Cluster, namespace: kube.Kubectl
) -> None:
    namespace.apply(deployment("web", 2, {"command": ["sh", "-c", WEB]}))
    namespace("rollout", "status", "deployment/web", "--timeout=30s")
    before = {
        each["metadata"]["name"]: each["status"]["containerStatuses"][0]["containerID"]
        for each in namespace.get("pods")["items"]
    }
    name = next(iter(before))
    daemon = containerd_of(cluster)
    said = len(cluster.log())
    watched = namespace.start("get", "node", "node1", "--watch", "-o", "json", "--output-watch-events")
    os.kill(daemon.pid, signal.SIGKILL)
    kube.eventually(lambda: containerd_of(cluster).pid != daemon.pid, "it is started again", 10)
    kube.eventually(lambda: namespace.run("exec", name, "--", "hostname").stdout.strip() == name, "exec works", 15)
    kube.eventually(lambda: ready_condition(namespace)["status"] == "True", "the node is Ready", 10)
    watched.terminate()
    assert "containerd of" in cluster.log()[said:]
    after = namespace.get("pods")["items"]
    assert {each["metadata"]["name"]: each["status"]["containerStatuses"][0]["containerID"] for each in after} == before
    assert [each["status"]["containerStatuses"][0]["restartCount"] for each in after] == [0, 0]
    namespace.apply(pod("later", FOREVER))
    namespace("wait", "--for=condition=Ready", "pod/later", "--timeout=20s")


def test_while_containerd_does_not_answer_the_node_is_not_ready_and_says_why(
    cluster: Cluster, namespace: kube.Kubectl
) -> None:
    """It is kept from coming back: its program cannot be found by the name that its configuration..."""
    namespace.apply(pod("stays", FOREVER))
    namespace("wait", "--for=condition=Ready", "pod/stays", "--timeout=20s")
    before = namespace.get("pod", "stays")["status"]["containerStatuses"][0]
