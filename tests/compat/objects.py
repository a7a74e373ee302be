"""Objects that the compatibility tests apply."""

from typing import Any


def namespace(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def metadata(name: str, labels: dict[str, str] | None) -> dict[str, Any]:
    """Without an empty map: to apply `labels: {}` is to own the labels."""
    return {"name": name, "labels": labels} if labels else {"name": name}


def configmap(name: str, labels: dict[str, str] | None = None, **data: str) -> dict[str, Any]:
    tree = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(name, labels)}
    return {**tree, "data": data} if data else tree


def pod(name: str, labels: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata(name, labels),
        "spec": {"terminationGracePeriodSeconds": 0, "containers": [{"name": "main", "image": "app:1"}], **spec},
    }


def deployment(name: str, replicas: int = 1, image: str = "app:1", **spec: Any) -> dict[str, Any]:
    labels = {"app": name}
    template = {
        "metadata": {"labels": labels},
        "spec": {"terminationGracePeriodSeconds": 0, "containers": [{"name": "main", "image": image}]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template, **spec},
    }
