"""What a mutation's value does to an object.  Pure.

An apply configuration is merged by type, as server-side apply merges, and owned by nobody.  It may not touch what is
atomic: whoever means to set one entry there would remove all the others.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from steersman.api import status
from steersman.api.apply import check, merging, typed
from steersman.api.patch import json_patch
from steersman.api.schema.node import Node
from steersman.api.tree import Tree
from steersman.apiserver.admission.webhooks import patching
from steersman.cel import times, values

_SAFE = 2**53 - 1


class DoesNotApply(Exception):
    """A mutation without effect; the text says why."""


def plain(value: Any) -> Any:
    """What a CEL value is in JSON.  Raises DoesNotApply."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) <= _SAFE else value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, values.Timestamp):
        return times.timestamp_text(value)
    if isinstance(value, values.Duration):
        return times.duration_text(value)
    if isinstance(value, Mapping):
        return {_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [plain(item) for item in value]
    raise DoesNotApply(f"a value of type {values.type_name(value)} cannot be JSON")


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    raise DoesNotApply(f'map key "{values.text(key)}" is of type {values.type_name(key)}, not string')


def check_names(value: values.Object) -> None:
    """Whether `Object.spec{}` stands at `spec` and nowhere else.  Raises DoesNotApply."""
    found = list(_misnamed(value, value.type_name))
    if found:
        raise DoesNotApply("type mismatch: " + "\n".join(found))


def _misnamed(value: Any, wanted: str) -> Iterator[str]:
    if isinstance(value, values.Object):
        if value.type_name != wanted:
            yield (
                f"unexpected type name {status.quoted(value.type_name)}, expected {status.quoted(wanted)}, "
                "which matches field name path from root Object type"
            )
        for name, item in value.items():
            yield from _misnamed(item, f"{wanted}.{name}")
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _misnamed(item, wanted)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _misnamed(item, wanted)


def configured(tree: Tree, configuration: Tree, node: Node) -> Tree:
    """An object with an apply configuration merged into it.  Raises DoesNotApply."""
    patch = {**configuration, "kind": tree.get("kind"), "apiVersion": tree.get("apiVersion")}
    found = check.problems(patch, node)
    if found:
        text = f"failed to convert patch object to typed object: {check.summary(found)}"
        raise DoesNotApply(f"error applying patch: {text}")
    atomics = list(_atomics(patch, node, ""))
    if atomics:
        raise DoesNotApply(
            "error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: "
            + ", ".join(atomics)
        )
    merged: Tree = merging.merged(tree, patch, node)
    return merged


def _atomics(value: Any, node: Node | None, path: str) -> Iterator[str]:
    """Places of atomic lists and maps in a configuration."""
    if node is None:
        return
    if isinstance(value, Mapping) and node.kind in ("object", "map"):
        if node.map_type == "atomic":
            yield path
        for name, item in value.items():
            yield from _atomics(item, node.fields.get(name), f"{path}.{name}")
    elif isinstance(value, list | tuple) and node.kind in ("list", "any"):
        if not typed.granular_list(value, node):
            yield path
        for index, item in enumerate(value):
            yield from _atomics(item, node.item, f"{path}[{index}]")


def patched(tree: Tree, operations: Sequence[json_patch.Operation]) -> Tree:
    """An object after a JSON patch; the object itself where one of its tests fails.  Raises DoesNotApply."""
    made = tree
    for operation in operations:
        try:
            made = json_patch.applied(made, [operation])
        except json_patch.PatchError as error:
            if operation.op == "test" and str(error).startswith("testing "):
                return tree
            why = patching.why(made, [operation])
            if operation.op == "remove" and _lacks_only_the_last(made, operation.path):
                key = operation.path.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
                at = f"error in remove for path: '{operation.path}'"
                why = f"{at}: Unable to remove nonexistent key: {key}: missing value"
            raise DoesNotApply(f"JSON Patch: {why}") from error
    return made


def _lacks_only_the_last(tree: Tree, path: str) -> bool:
    """Whether what a path's last step is to be found in is an object, and is there."""
    node: Any = tree
    for step in path.split("/")[1:-1]:
        node = node.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(node, Mapping) else None
    return isinstance(node, Mapping)
