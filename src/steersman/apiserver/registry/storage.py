"""PersistentVolumes and claims begin Pending."""

from steersman.api.tree import MutableTree, Tree
from steersman.apiserver.registry.strategy import Context, Strategy


class Claims(Strategy):
    def prepare_create(self, new: MutableTree, context: Context) -> None:
        super().prepare_create(new, context)
        new["status"] = {"phase": "Pending"}


class Volumes(Strategy):
    def prepare_create(self, new: MutableTree, context: Context) -> None:
        super().prepare_create(new, context)
        new["status"] = {"phase": "Pending", "lastPhaseTransitionTime": context.now}

    def prepare_status(self, new: MutableTree, old: Tree, context: Context) -> None:
        super().prepare_status(new, old, context)
        before, after = (old.get("status") or {}).get("phase"), (new.get("status") or {}).get("phase")
        if before != after:
            new["status"] = {**new["status"], "lastPhaseTransitionTime": context.now}
