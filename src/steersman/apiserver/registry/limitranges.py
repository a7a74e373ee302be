"""LimitRanges need no name: one without gets a UUID."""

from steersman.api.tree import MutableTree
from steersman.apiserver.registry.strategy import Context, Strategy


class LimitRanges(Strategy):
    def name(self, new: MutableTree, context: Context) -> None:
        metadata = new["metadata"]
        if not metadata.get("name") and not metadata.get("generateName"):
            metadata["name"] = context.services.entropy.uuid()
