"""Namespaces: they go in two steps, when what is in them is gone.

A new one has the label `kubernetes.io/metadata.name`, the finalizer `kubernetes` in its spec and is Active.
Deletion makes it Terminating; the namespace controller empties it and takes the finalizer away through the
`finalize` sub-resource, and with the last finalizer of both kinds the object goes.
"""

from steersman.api.tree import MutableTree, Tree
from steersman.apiserver.registry.strategy import Context, Strategy, keep

NAME_LABEL = "kubernetes.io/metadata.name"
FINALIZER = "kubernetes"


class Namespaces(Strategy):
    storage_preconditions = True

    def prepare_create(self, new: MutableTree, context: Context) -> None:
        super().prepare_create(new, context)
        metadata = new["metadata"]
        if metadata.get("name"):
            metadata["labels"] = {**(metadata.get("labels") or {}), NAME_LABEL: metadata["name"]}
        spec = dict(new.get("spec") or {})
        finalizers = list(spec.get("finalizers") or ())
        if FINALIZER not in finalizers:
            finalizers.append(FINALIZER)
        spec["finalizers"] = finalizers
        new["spec"] = spec
        new["status"] = {"phase": "Active"}

    def prepare_update(self, new: MutableTree, old: Tree, context: Context) -> None:
        super().prepare_update(new, old, context)
        keep(new, old, "spec")

    def prepare(self, subresource: str, new: MutableTree, old: Tree, context: Context) -> None:
        if subresource == "finalize":
            finalizers = (new.get("spec") or {}).get("finalizers") or ()
            self.prepare_status(new, old, context)
            keep(new, old, "status")
            new["spec"] = {**(old.get("spec") or {}), "finalizers": list(finalizers)}
            if not finalizers:
                del new["spec"]["finalizers"]
        else:
            super().prepare(subresource, new, old, context)

    def holds(self, new: MutableTree, context: Context) -> bool:
        if not new["metadata"].get("deletionTimestamp"):
            new["metadata"]["deletionTimestamp"] = context.now
            new["status"] = {**(new.get("status") or {}), "phase": "Terminating"}
            return True
        return bool((new.get("spec") or {}).get("finalizers"))

    def may_go(self, tree: Tree) -> bool:
        return super().may_go(tree) and not (tree.get("spec") or {}).get("finalizers")
