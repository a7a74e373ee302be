"""CustomResourceDefinitions: the status remembers every version that objects were ever stored in."""

from typing import Any

from steersman.api.tree import MutableTree, Tree, at
from steersman.apiserver.custom import naming
from steersman.apiserver.registry.strategy import Context, Strategy

FINALIZER = "customresourcecleanup.apiextensions.k8s.io"
TERMINATING = {
    "type": "Terminating",
    "status": "True",
    "reason": "InstanceDeletionPending",
    "message": "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
}


class Definitions(Strategy):
    storage_preconditions = True

    def prepare_create(self, new: MutableTree, context: Context) -> None:
        super().prepare_create(new, context)
        new["status"] = _storing(new, {})

    def holds(self, new: MutableTree, context: Context) -> bool:
        """Its objects go first: the definition waits for a finalizer of its own (`custom.lifecycle`)."""
        metadata = new["metadata"]
        if metadata.get("deletionTimestamp"):
            return False
        metadata["deletionTimestamp"] = context.now
        finalizers = list(metadata.get("finalizers") or ())
        if FINALIZER not in finalizers:
            metadata["finalizers"] = [*finalizers, FINALIZER]
        status = new.get("status") or {}
        conditions = naming.with_condition(list(status.get("conditions") or ()), TERMINATING, context.now)
        new["status"] = {**status, "conditions": conditions}
        return True

    def prepare_update(self, new: MutableTree, old: Tree, context: Context) -> None:
        super().prepare_update(new, old, context)
        new["status"] = _storing(new, new.get("status") or {})


def _storing(definition: Tree, status: Tree) -> dict[str, Any]:
    out: dict[str, Any] = {"conditions": None, "acceptedNames": {"plural": "", "kind": ""}, **status}
    stored = list(out.get("storedVersions") or ())
    for version in at(definition, "spec", "versions", default=()):
        if version.get("storage") and version.get("name") not in stored:
            stored.append(version.get("name"))
    out["storedVersions"] = stored
    return out
