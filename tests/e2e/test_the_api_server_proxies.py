"""What runs in the cluster answers through the API server's proxies, by its service and by its pod."""

from typing import Any

import kube
from e2e.objects import WEB, pod


def service(name: str) -> dict[str, Any]:
    ports = [{"port": 80, "targetPort": 8080}]
    return {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
        "spec": {"selector": {"app": name}, "ports": ports},
    }  # fmt: skip


def test_services_and_pods_answer_through_the_api_server(namespace: kube.Kubectl) -> None:
    namespace.apply(pod("web", WEB), service("web"))
    namespace("wait", "--for=condition=Ready", "pod/web", "--timeout=30s")
    home = f"/api/v1/namespaces/{namespace('get', 'pod', 'web', '-o', 'jsonpath={.metadata.namespace}')}"
    kube.eventually(lambda: namespace("get", "--raw", f"{home}/services/web/proxy/index.html"), "an endpoint", 10)
    for target in ("services/web", "services/web:80", "pods/web:8080"):
        assert namespace("get", "--raw", f"{home}/{target}/proxy/index.html") == "web\n"
    said = namespace.refused("get", "--raw", f"{home}/pods/web:81/proxy/")
    assert "connection refused" in said
    said = namespace.refused("get", "--raw", f"{home}/services/web:81/proxy/")
    assert 'no service port 81 found for service "web"' in said
