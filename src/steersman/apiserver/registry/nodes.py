"""Nodes: their status may be given on creation, because kubelets register with it."""

from steersman.api.tree import MutableTree
from steersman.apiserver.registry.strategy import Context, Strategy


class Nodes(Strategy):
    def arrived(self, new: MutableTree) -> None:
        """The one range and the list of ranges say the same; the one counts where they do not."""
        spec = new.get("spec") or {}
        one, many = spec.get("podCIDR"), spec.get("podCIDRs") or []
        if one and (not many or many[0] != one):
            new["spec"] = {**spec, "podCIDRs": [one]}
        elif many and not one:
            new["spec"] = {**spec, "podCIDR": many[0]}

    def prepare_create(self, new: MutableTree, context: Context) -> None:
        status = new.get("status")
        super().prepare_create(new, context)
        if status is not None:
            new["status"] = status
