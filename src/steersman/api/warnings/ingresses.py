"""Ingresses that name their class in the old way."""

from steersman.api.tree import Tree

CLASS = "kubernetes.io/ingress.class"


def ingress(new: Tree, old: Tree | None) -> list[str]:
    annotations = new["metadata"].get("annotations") or {}
    if old is not None or CLASS not in annotations or (new.get("spec") or {}).get("ingressClassName") is not None:
        return []
    return [f"annotation \"{CLASS}\" is deprecated, please use 'spec.ingressClassName' instead"]
