"""What the machine that runs the cluster sees of it."""

import json
import os
import urllib.request
from pathlib import Path

import yaml

import kube
from e2e.conftest import Cluster, steersman
from e2e.objects import WEB, deployment


def test_node_ports_and_load_balancers_answer_on_loopback(namespace: kube.Kubectl) -> None:
    namespace.apply(deployment("web", 1, {"command": ["sh", "-c", WEB]}))
    namespace("expose", "deployment", "web", "--name=np", "--type=NodePort", "--port=80", "--target-port=8080")
    namespace("expose", "deployment", "web", "--name=lb", "--type=LoadBalancer", "--port=18080", "--target-port=8080")
    namespace("rollout", "status", "deployment/web", "--timeout=30s")
    port = namespace.get("service", "np")["spec"]["ports"][0]["nodePort"]
    name = namespace.get("pods")["items"][0]["metadata"]["name"]

    def answer(port: int) -> bool:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/index.html", timeout=5) as found:
            return bool(found.read().decode().strip() == name)

    kube.eventually(lambda: answer(port), "the node port answers")
    kube.eventually(lambda: answer(18080), "the load balancer answers")
    assert namespace.get("service", "lb")["status"]["loadBalancer"]["ingress"][0]["ip"] == "127.0.0.1"


def test_a_context_is_merged_and_current_only_where_none_was(cluster: Cluster, tmp_path: Path) -> None:
    mine = tmp_path / "config"
    env = {**os.environ, "KUBECONFIG": str(mine)}
    steersman("kubeconfig", "--merge", "--data-dir", str(cluster.data), env=env)
    assert yaml.safe_load(mine.read_text())["current-context"] == "steersman"
    mine.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "work",
                "contexts": [{"name": "work", "context": {}}],
            }
        )
    )
    steersman("kubeconfig", "--merge", "--data-dir", str(cluster.data), env=env)
    merged = yaml.safe_load(mine.read_text())
    assert merged["current-context"] == "work"
    assert {c["name"] for c in merged["contexts"]} == {"work", "steersman"}


def test_status_says_where_it_answers(cluster: Cluster) -> None:
    assert "running" in steersman("status", "--data-dir", str(cluster.data))
