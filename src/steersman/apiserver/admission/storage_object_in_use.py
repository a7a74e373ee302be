"""StorageObjectInUseProtection: claims, volumes and their attribute classes do not vanish while in use."""

from steersman.apiserver.admission.attributes import Attributes
from steersman.apiserver.admission.plugin import CREATES, Plugin

FINALIZERS = {
    "persistentvolumeclaims": "kubernetes.io/pvc-protection",
    "persistentvolumes": "kubernetes.io/pv-protection",
    "volumeattributesclasses.storage.k8s.io": "kubernetes.io/vac-protection",
}


class StorageObjectInUseProtection(Plugin):
    name = "StorageObjectInUseProtection"
    resources = frozenset(FINALIZERS)
    operations = CREATES

    async def mutate(self, a: Attributes) -> None:
        finalizer = FINALIZERS[a.resource.name]
        present = a.at("metadata", "finalizers", default=[])
        if finalizer not in present:
            a.put([*present, finalizer], "metadata", "finalizers")
