"""An informer's cache, and over it what this controller wrote itself and the informer does not show yet.

Without it, of ten claims made together nine would choose the volume that the first was given a moment ago,
be refused, and come back later.  An own write counts until the informer has seen it or something newer.
"""

from collections.abc import Sequence

from steersman.api.tree import Tree
from steersman.client.informers import Informer, key_of


class Newest:
    def __init__(self, informer: Informer) -> None:
        self.informer = informer
        self._written: dict[str, Tree] = {}
        informer.on_change(self._changed)

    def wrote(self, tree: Tree) -> Tree:
        """Remember what the server answered to a write; returns it."""
        key = key_of(tree)
        seen = self.informer.get(key)
        if seen is not None and _version(seen) < _version(tree):
            self._written[key] = tree
        return tree

    def get(self, key: str) -> Tree | None:
        return self._written.get(key) or self.informer.get(key)

    def list(self) -> Sequence[Tree]:
        if not self._written:
            return self.informer.list()
        return [self._written.get(key, tree) for key, tree in self.informer.cache.objects.items()]

    def _changed(self, old: Tree | None, new: Tree | None) -> None:
        tree = new or old
        if tree is None or not self._written:
            return
        key = key_of(tree)
        own = self._written.get(key)
        if own is not None and (new is None or _version(new) >= _version(own)):
            del self._written[key]


def _version(tree: Tree) -> int:
    """Revisions are numbers that grow (the API promises so since v1.35); one that is none counts as old."""
    text = str(tree["metadata"].get("resourceVersion") or "")
    return int(text) if text.isdigit() else 0
