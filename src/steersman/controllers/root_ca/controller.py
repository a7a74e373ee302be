"""The root CA publisher."""

from steersman.api.tree import Tree
from steersman.client.reconcile.manager import Context
from steersman.controllers.ensured import Ensured

DESCRIPTION = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as "
    "the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of "
    "Kubernetes clusters."
)
"""Kubernetes' words: clients compare them."""


class Controller(Ensured):
    name = "root-ca-cert-publisher"
    resource = "configmaps"
    object_name = "kube-root-ca.crt"

    def __init__(self, context: Context, ca: str) -> None:
        self._data = {"ca.crt": ca}
        super().__init__(context)

    def wanted(self, present: Tree | None) -> Tree | None:
        if present is not None and present.get("data") == self._data:
            return None
        meta = dict(present["metadata"]) if present is not None else {}
        meta["annotations"] = {**(meta.get("annotations") or {}), "kubernetes.io/description": DESCRIPTION}
        return {"kind": "ConfigMap", "apiVersion": "v1", "metadata": meta, "data": self._data}
