"""ControllerRevisions, whose data is kept and compared as it was spelt.

The reference holds `data` as the text that was sent and forbids every change of that text.  A patch and an apply
write the whole object anew, without blanks; so an object that came with blanks in its data can be replaced by
the same text and by nothing else, however little else a patch would change.  That is seldom what anybody wants,
but clients see it, and a workload's history depends on the data staying as it is.
"""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from steersman.api import field
from steersman.api.field import Path
from steersman.api.tree import MutableTree, Tree
from steersman.apiserver.registry.strategy import Context, Strategy

_FIELD = "data"
_BLANKS = re.compile(rb'("(?:[^"\\]|\\.)*")|[ \t\r\n]+')
_Parts = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Spelt(dict[str, Any]):
    """A JSON object and its text, where that is not the shortest."""

    __slots__ = ("text",)

    def __init__(self, value: Tree, text: bytes) -> None:
        super().__init__(value)
        self.text = text


class ControllerRevisions(Strategy):
    spelling = True

    def spelt(self, tree: MutableTree, source: bytes) -> None:
        value = tree.get(_FIELD)
        if not isinstance(value, dict):
            return
        try:
            text = bytes(_Parts.decode(source)[_FIELD])
        except msgspec.DecodeError:
            return  # YAML, which is turned into JSON without blanks
        if _BLANKS.sub(rb"\1", text) != text:
            tree[_FIELD] = Spelt(value, text)

    def spelt_anew(self, tree: MutableTree) -> None:
        if isinstance(tree.get(_FIELD), Spelt):
            tree[_FIELD] = dict(tree[_FIELD])

    def written(self, tree: Tree) -> Tree:
        value = tree.get(_FIELD)
        return {**tree, _FIELD: msgspec.Raw(value.text)} if isinstance(value, Spelt) else tree

    def validate_update(self, new: Tree, old: Tree, context: Context) -> Sequence[field.FieldError]:
        after, before = new.get(_FIELD), old.get(_FIELD)
        if after != before or _text(after) == _text(before):
            return ()  # the rest is told by `api.validation`
        return [field.invalid(Path(_FIELD), after, "field is immutable")]


def _text(value: Any) -> bytes:
    return value.text if isinstance(value, Spelt) else b""
