"""Objects as something else: Tables and bare metadata, for answers, lists and watches alike.

A Table of a list is made of the stored bytes, one object at a time: each is read no further than its cells need,
and its metadata goes from the object to the row as it is.  The printers are imported with the first Table.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from steersman.api import field, resources, status
from steersman.api.tree import Tree
from steersman.apiserver.call import Call
from steersman.apiserver.custom import definition as definitions
from steersman.apiserver.http import respond
from steersman.apiserver.registry import layout as layouts


def transformed(call: Call, tree: Tree, *, columns: bool = True) -> Tree:
    """One object in the form that was negotiated."""
    if not call.accept.transform:
        return tree
    if call.accept.transform == "Table":
        revision = (tree.get("metadata") or {}).get("resourceVersion", "")
        return table(call, [tree], {"resourceVersion": revision}, columns=columns)
    if call.accept.transform == "PartialObjectMetadataList":
        raise status.not_acceptable(
            f"you requested PartialObjectMetadataList, but the requested object is not a list (*{call.resource.kind})"
        )
    return partial_metadata(call, tree)


def partial_metadata(call: Call, tree: Tree) -> dict[str, Any]:
    return respond.partial_metadata({"metadata": _bare(call, tree.get("metadata") or {})}, call.accept)


def _bare(call: Call, metadata: Any) -> Any:
    """Metadata as they are shown without the object.  They may be JSON still."""
    made = call.registry.strategy.made_annotations
    if not made:
        return metadata
    if isinstance(metadata, msgspec.Raw):
        metadata = layouts.decode(bytes(metadata))
    kept = {key: value for key, value in (metadata.get("annotations") or {}).items() if key not in made}
    shown = {key: value for key, value in metadata.items() if key != "annotations"}
    return {**shown, "annotations": kept} if kept else shown


def include_object(call: Call) -> str:
    policy = call.request.param("includeObject") or "Metadata"
    if policy not in ("Metadata", "Object", "None"):
        wrong = field.invalid(field.Path("includeObject"), policy, "must be 'Metadata', 'Object', 'None', or empty")
        raise status.bad_request(f"Unable to convert to Table as requested: {wrong}")
    return policy


def table(
    call: Call,
    trees: Sequence[Tree],
    metadata: Tree,
    *,
    columns: bool = True,
    resource: resources.Resource | None = None,
) -> dict[str, Any]:
    """The objects as a Table; `columns` False leaves the column definitions out, as later events of a watch do."""
    from steersman.api import printers

    policy = include_object(call)
    using = None if resource else _own_printer(call)
    made = printers.table(resource or call.resource, trees, now=call.services.clock.now(), using=using)
    rows = []
    for tree, row in zip(trees, made["rows"], strict=True):
        shown: Any = None
        if policy == "Metadata":
            shown = partial_metadata(call, tree)
        elif policy == "Object":
            shown = tree
        rows.append({**row, "object": shown})
    return {
        "kind": "Table",
        "apiVersion": call.accept.transform_api_version,
        "metadata": metadata,
        "columnDefinitions": made["columnDefinitions"] if columns else None,
        "rows": rows,
    }


def _own_printer(call: Call) -> Any:
    """Of a custom resource; None of a built-in one."""
    version = definitions.version_of(call.resource)
    return None if version is None else version.printer


def table_of(call: Call, values: Iterable[bytes], metadata: Tree) -> Sequence[bytes]:
    """The Table of a list of stored objects, as JSON."""
    from steersman.api import printers

    policy = include_object(call)
    show = _own_printer(call) or printers.printer(call.resource)
    now = call.services.clock.now()
    if show.order is not None:
        values = (layouts.encode(tree) for tree in printers.ordered(call.resource, [*map(layouts.decode, values)]))
    read = printers.reader(show)
    version = call.accept.transform_api_version
    top = {
        "kind": "Table", "apiVersion": version, "metadata": metadata, "columnDefinitions": show.definitions(),
    }  # fmt: skip
    partial: dict[str, Any] = {"kind": "PartialObjectMetadata", "apiVersion": version, "metadata": None}
    rows = []
    for value in values:
        tree, of = read(value)
        row = show.row(tree, now)
        if policy == "Metadata":
            partial["metadata"] = _bare(call, of)
            row["object"] = partial
        else:
            row["object"] = msgspec.Raw(value) if policy == "Object" else None
        rows.append(layouts.encode(row))
    return (layouts.encode(top)[:-1] + b',"rows":[', b",".join(rows), b"]}\n")
