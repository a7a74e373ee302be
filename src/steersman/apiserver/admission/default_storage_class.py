"""DefaultStorageClass: a claim that names no class gets the cluster's."""

from steersman.api.semantics import default_class
from steersman.apiserver.admission.attributes import Attributes
from steersman.apiserver.admission.plugin import CREATES, Plugin

CLASSES = "storageclasses.storage.k8s.io"
DEFAULT = "storageclass.kubernetes.io/is-default-class"
BETA_DEFAULT = "storageclass.beta.kubernetes.io/is-default-class"
BETA_CLASS = "volume.beta.kubernetes.io/storage-class"


class DefaultStorageClass(Plugin):
    name = "DefaultStorageClass"
    resources = frozenset({"persistentvolumeclaims"})
    operations = CREATES

    async def mutate(self, a: Attributes) -> None:
        # An empty name is a choice too: no class.
        if a.at("spec", "storageClassName") is not None or BETA_CLASS in a.at("metadata", "annotations", default={}):
            return
        chosen = default_class.chosen(self.reader.list(CLASSES), DEFAULT, BETA_DEFAULT)
        if chosen is not None:
            a.put(chosen, "spec", "storageClassName")
