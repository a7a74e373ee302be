"""DefaultIngressClass: an ingress that names no class gets the cluster's."""

from steersman.api.semantics import default_class
from steersman.apiserver.admission.attributes import Attributes
from steersman.apiserver.admission.plugin import CREATES, Plugin

CLASSES = "ingressclasses.networking.k8s.io"
DEFAULT = "ingressclass.kubernetes.io/is-default-class"
OLD_CLASS = "kubernetes.io/ingress.class"


class DefaultIngressClass(Plugin):
    name = "DefaultIngressClass"
    resources = frozenset({"ingresses.networking.k8s.io"})
    operations = CREATES

    async def mutate(self, a: Attributes) -> None:
        if a.at("spec", "ingressClassName") is not None or OLD_CLASS in a.at("metadata", "annotations", default={}):
            return
        chosen = default_class.chosen(self.reader.list(CLASSES), DEFAULT)
        if chosen is not None:
            a.put(chosen, "spec", "ingressClassName")
