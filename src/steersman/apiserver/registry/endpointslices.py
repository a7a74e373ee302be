"""EndpointSlices: labels belong to the desired state, for consumers select by them."""

from steersman.api.tree import Tree
from steersman.apiserver.registry.strategy import Strategy, without_state


class EndpointSlices(Strategy):
    def desired_changed(self, new: Tree, old: Tree) -> bool:
        before, after = old["metadata"].get("labels") or {}, new["metadata"].get("labels") or {}
        return without_state(new) != without_state(old) or before != after
