"""PriorityClasses: nothing in one may change that would make its generation grow."""

from steersman.api.tree import Tree
from steersman.apiserver.registry.strategy import Strategy


class PriorityClasses(Strategy):
    def desired_changed(self, new: Tree, old: Tree) -> bool:
        return False
