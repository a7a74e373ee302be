"""CustomResourceDefinitions: the status remembers every version that objects were ever stored in."""

from typing import Any

from steersman.api.tree import MutableTree, Tree, at
from steersman.api.validation.customresources import values
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
    any_finalizer = True

    def prepare_create(self, new: MutableTree, context: Context) -> None:
        super().prepare_create(new, context)
        new["status"] = _storing(new, {})

    def is_laborious(self, new: Tree, subresource: str = "") -> bool:
        """Rules are compiled, and what they may cost is computed, some half a millisecond each."""
        schemas = (at(version, "schema", "openAPIV3Schema") for version in at(new, "spec", "versions", default=()))
        return not subresource and any(values.has_rules(schema) for schema in schemas)

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

    def prepare_status(self, new: MutableTree, old: Tree, context: Context) -> None:
        super().prepare_status(new, old, context)
        status = new.get("status") or {}
        if not status.get("storedVersions"):  # there is no definition without one
            new["status"] = _storing(new, status)


def _storing(definition: Tree, status: Tree) -> dict[str, Any]:
    out: dict[str, Any] = {"conditions": None, "acceptedNames": {"plural": "", "kind": ""}, **status}
    stored = list(out.get("storedVersions") or ())
    versions = at(definition, "spec", "versions", default=())
    storage = next((version.get("name") for version in versions if version.get("storage")), None)
    if storage is not None and storage not in stored:
        stored.append(storage)
    out["storedVersions"] = stored
    return out
