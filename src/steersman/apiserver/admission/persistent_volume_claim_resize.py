"""PersistentVolumeClaimResize: only bound claims grow, and only where their class says that they can."""

from steersman.api import quantity
from steersman.api.tree import at
from steersman.apiserver.admission import default_storage_class
from steersman.apiserver.admission.attributes import Attributes, Operation
from steersman.apiserver.admission.plugin import Plugin


class PersistentVolumeClaimResize(Plugin):
    name = "PersistentVolumeClaimResize"
    resources = frozenset({"persistentvolumeclaims"})
    operations = frozenset({Operation.UPDATE})

    async def validate(self, a: Attributes) -> None:
        old = a.old or {}
        before = at(old, "spec", "resources", "requests", "storage", default="0")
        after = a.at("spec", "resources", "requests", "storage", default="0")
        if quantity.compare(str(after), str(before)) <= 0:
            return
        if at(old, "status", "phase") != "Bound":
            raise a.forbidden("only bound persistent volume claims can be expanded")
        annotations = at(old, "metadata", "annotations", default={})
        name = annotations.get(default_storage_class.BETA_CLASS) or at(old, "spec", "storageClassName", default="")
        found = self.reader.get(default_storage_class.CLASSES, "", name) if name else None
        if found is None or not found.get("allowVolumeExpansion"):
            raise a.forbidden(
                "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must "
                "support resize"
            )
