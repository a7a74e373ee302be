"""Tables: objects as the rows and columns that kubectl shows.

    table(PODS, [pod], now=...) -> {"columnDefinitions": [...], "rows": [{"cells": ["web", "1/1", "Running", ...]}]}

One file a family of kinds; each holds its columns and a function from an object and a moment to its cells.
A kind without a printer gets its name and when it was created.

Promised: one row for each object, in the order given; no object is changed; an object with missing or empty
parts prints, too.  Not promised: the `object` of a row and the Table around it, which are the API server's;
and rows in the order that a list of the kind is printed in, which is `ordered`'s.

A long list is printed an object at a time, from its bytes (`reader`, `Printer.row`):

    show = printer(PODS)
    read = reader(show)
    for value in values:
        tree, metadata = read(value)
        rows.append({**show.row(tree, now), "object": {..., "metadata": metadata}})

Custom resources bring columns of their own: whoever knows their definition makes a `Printer` and passes it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

import msgspec

from steersman.api import resources
from steersman.api.printers import (
    access,
    admission,
    autoscaling,
    batch,
    cells,
    configuration,
    devices,
    events,
    machinery,
    networking,
    nodes,
    pods,
    services,
    storage,
    workloads,
)
from steersman.api.printers.columns import AGE, CREATED, NAME, Column, Printer
from steersman.api.tree import Tree

__all__ = ["Column", "Printer", "is_convertible", "ordered", "printer", "reader", "table"]


def _default(tree: Tree, now: float) -> list[Any]:
    return [cells.name(tree), (tree.get("metadata") or {}).get("creationTimestamp") or ""]


DEFAULT = Printer((NAME, CREATED), _default)
"""Of kinds without columns of their own."""
CUSTOM = Printer((NAME, Column("Age", of=AGE.of, type="date")), configuration.plain)
"""Of custom resources whose definition names no columns."""

_FAMILIES = (
    access, admission, autoscaling, batch, configuration, devices, events, machinery, networking, nodes, pods,
    services, storage, workloads,
)  # fmt: skip
PRINTERS: Mapping[tuple[str, str], Printer] = {key: p for family in _FAMILIES for key, p in family.PRINTERS.items()}
"""By group and kind; versions of a kind print alike."""

_PLAIN_SUBRESOURCES = frozenset(
    {
        ("customresourcedefinitions.apiextensions.k8s.io", "status"),
        ("apiservices.apiregistration.k8s.io", "status"),
        ("resourceclaims.resource.k8s.io", "status"),
    }
)


def printer(resource: resources.Resource) -> Printer:
    if resource.custom:
        return CUSTOM
    return PRINTERS.get((resource.group, resource.kind), DEFAULT)


def is_convertible(resource: resources.Resource, subresource: str = "") -> bool:
    """Whether the reference makes a Table of it; where not, the client's next choice of a form is served."""
    if subresource:
        return subresource in ("status", "scale") and (resource.name, subresource) not in _PLAIN_SUBRESOURCES
    return resource.custom or bool(resource.storage_prefix) or resource.kind in ("ComponentStatus", "Scale")


def ordered(resource: resources.Resource, trees: Sequence[Tree]) -> Sequence[Tree]:
    """The objects of a list in the order that their Table has: only flow schemas are sorted, by precedence."""
    order = printer(resource).order
    return trees if order is None else sorted(trees, key=order)


def table(
    resource: resources.Resource, trees: Sequence[Tree], *, now: float, using: Printer | None = None
) -> dict[str, Any]:
    """Column definitions and one row an object; `using` in place of the kind's own printer."""
    found = using or printer(resource)
    return {"columnDefinitions": found.definitions(), "rows": [found.row(tree, now) for tree in trees]}


Reader = Callable[[bytes], tuple[Tree, Any]]
"""From an object's JSON to a tree for `Printer.row`, and its metadata as something that msgspec encodes."""


def reader(found: Printer) -> Reader:
    """How to read stored objects for their rows, one at a time and no further than needed.

    For a list of thousands: the trees of a whole list would be a hundred times as many containers to the garbage
    collector as the rows are.  The metadata stays JSON where it can, to be spliced into a row's object.
    """
    if found.reads is None:
        return _read_whole
    decode = msgspec.json.Decoder(found.reads).decode

    def read(value: bytes) -> tuple[Tree, Any]:
        try:
            tree = decode(value)
            metadata = tree["metadata"]
            tree["metadata"] = _decode_metadata(metadata)
        except msgspec.ValidationError:  # valid JSON, but not of the shape that the view expects
            return _read_whole(value)
        return tree, metadata

    return read


class _Metadata(TypedDict, total=False):
    name: str
    creationTimestamp: str | None
    deletionTimestamp: str | None


_decode_metadata = msgspec.json.Decoder(_Metadata).decode
_decode_whole = msgspec.json.Decoder().decode


def _read_whole(value: bytes) -> tuple[Tree, Any]:
    tree: Tree = _decode_whole(value)
    return tree, tree.get("metadata") or {}
