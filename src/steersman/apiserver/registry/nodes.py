"""Nodes: their status may be given on creation, because kubelets register with it."""

from steersman.api.tree import MutableTree
from steersman.apiserver.registry.strategy import Context, Strategy


class Nodes(Strategy):
    def prepare_create(self, new: MutableTree, context: Context) -> None:
        status = new.get("status")
        super().prepare_create(new, context)
        if status is not None:
            new["status"] = status
