"""The few steps of which defaults are made.

A tree that has gone through the codec has no nulls and no empty texts where Go would not write them, so
"absent" is one test.
"""

from collections.abc import Iterable
from typing import Any

from steersman.api import quantity
from steersman.api.tree import MutableTree

_MILLI = 1_000_000


def child(tree: MutableTree, name: str) -> MutableTree:
    """The object under a name, made where it is absent."""
    found = tree.get(name)
    if found is None:
        found = tree[name] = {}
    made: MutableTree = found
    return made


def items(tree: MutableTree, name: str) -> Iterable[MutableTree]:
    """The objects of a list, none where it is absent."""
    return tree.get(name) or ()


def unless(tree: MutableTree, **values: Any) -> None:
    """Set each value whose field is absent."""
    for name, value in values.items():
        if tree.get(name) is None:
            tree[name] = value


def resource_list(amounts: MutableTree | None) -> None:
    """Round up to thousandths, as stored amounts are."""
    if amounts:
        for name, amount in amounts.items():
            last = amount[-1]
            if (last == "n" or last == "u") and quantity.parse(amount).nanos % _MILLI:
                made = quantity.parse(amount)
                amounts[name] = quantity.text(made._replace(nanos=-(-made.nanos // _MILLI) * _MILLI))


def requirements(resources: MutableTree | None) -> None:
    if resources:
        resource_list(resources.get("limits"))
        resource_list(resources.get("requests"))
