"""Objects as something else: Tables and bare metadata, for answers, lists and watches alike."""

from collections.abc import Sequence
from typing import Any

from steersman.api import field, resources, status
from steersman.api.tree import Tree
from steersman.apiserver import plugged
from steersman.apiserver.call import Call
from steersman.apiserver.http import respond


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
    return respond.partial_metadata(tree, call.accept)


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
    policy = include_object(call)
    made = plugged.table()(resource or call.resource, trees, now=call.services.clock.now())
    rows = []
    for tree, row in zip(trees, made["rows"], strict=True):
        shown: Any = None
        if policy == "Metadata":
            shown = respond.partial_metadata(tree, call.accept)
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
