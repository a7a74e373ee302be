"""JSON patch (RFC 6902): `decode` checks the operations, `apply` does them.

As the reference does it: a list index may be negative, `replace` makes a missing field, `test` of an absent
value against null holds, the whole document cannot be replaced, and what `copy` adds is bounded.

A container is copied when it is first changed and then edited in place, so that ten thousand operations on
one list do not copy it ten thousand times.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from steersman.api.patch import gotext, refusal
from steersman.api.tree import MutableTree, Tree

MAX_OPERATIONS = 10_000
MAX_COPIED = 3 * 1024 * 1024
_TYPE = "[]handlers.jsonPatchOp"


class PatchError(ValueError):
    """An operation that does not fit.  The client never sees the text; logs and tests do."""


@dataclasses.dataclass(frozen=True, slots=True)
class Operation:
    op: str
    path: str
    source: str = ""
    value: Any = None


def decode(patch: Any) -> list[Operation]:
    """The operations of a decoded patch.  Raises StatusError where it has not the form of one."""
    if not isinstance(patch, Sequence) or isinstance(patch, str):
        raise refusal.undecodable(f"json: cannot unmarshal {gotext.kind(patch)} into Go value of type {_TYPE}")
    operations = []
    for item in patch:
        if not isinstance(item, Mapping):
            raise refusal.undecodable(
                f"json: cannot unmarshal {gotext.kind(item)} into Go value of type handlers.jsonPatchOp"
            )
        for name in ("op", "path", "from"):
            if not isinstance(item.get(name, ""), str):
                raise refusal.undecodable(
                    f"json: cannot unmarshal {gotext.kind(item[name])} into Go struct field "
                    f"jsonPatchOp.{name} of type string"
                )
        operations.append(Operation(item.get("op", ""), item.get("path", ""), item.get("from", ""), item.get("value")))
    if len(operations) > MAX_OPERATIONS:
        raise refusal.too_many_operations(MAX_OPERATIONS, len(operations))
    return operations


def unknown_fields(patch: Sequence[Tree]) -> list[str]:
    """What field validation says of members that no operation has."""
    known = {"op", "path", "from", "value"}
    paths = [f"[{i}].{name}" for i, item in enumerate(patch) for name in item if name not in known]
    return [f'json patch unknown field "{path}"' for path in paths]


def apply(tree: Tree, operations: Sequence[Operation]) -> MutableTree:
    """The patched tree.  Raises StatusError where an operation does not fit."""
    try:
        return applied(tree, operations)
    except PatchError as error:
        raise refusal.not_applicable() from error


def applied(tree: Tree, operations: Sequence[Operation]) -> MutableTree:
    """The same, raising PatchError that says which operation does not fit and why."""
    draft = _Draft(tree)
    for operation in operations:
        draft.do(operation)
    return draft.root


class _Draft:
    """A tree being edited.

    Invariant: `_owned` holds exactly those containers that this draft made and that are reachable by one way
    only; only they are changed in place.
    """

    def __init__(self, tree: Tree) -> None:
        self.root: MutableTree = dict(tree)
        self._owned: dict[int, Any] = {id(self.root): self.root}
        self._copied = 0

    def do(self, operation: Operation) -> None:
        match operation.op:
            case "add":
                self._add(operation.path, operation.value)
            case "remove":
                self._remove(operation.path)
            case "replace":
                self._replace(operation.path, operation.value)
            case "move":
                value = self._read(operation.source)
                self._remove(operation.source)
                self._add(operation.path, value)
            case "copy":
                value = self._read(operation.source, absent=True)
                text = msgspec.json.encode(value)
                self._copied += len(text)
                if self._copied > MAX_COPIED:
                    raise PatchError(f"copies add {self._copied} bytes, more than {MAX_COPIED}")
                self._add(operation.path, msgspec.json.decode(text))  # by no way but this one
            case "test":
                self._test(operation.path, operation.value)
            case _:
                raise PatchError(f"Unexpected kind: {operation.op}")

    def _own(self, container: Any) -> Any:
        if id(container) in self._owned:
            return container
        mine = dict(container) if isinstance(container, Mapping) else list(container)
        self._owned[id(mine)] = mine
        return mine

    def _parent(self, path: str) -> tuple[Any, str]:
        """The container that holds a path's last step, made ours on the way, and that step."""
        steps = _steps(path)
        node: Any = self.root
        for step in steps[:-1]:
            key = _existing(node, step, path)
            child = node[key]
            if not isinstance(child, Mapping | list):
                raise PatchError(f"doc is missing path: {path}")
            mine = self._own(child)
            node[key] = mine
            node = mine
        return node, steps[-1]

    def _read(self, path: str, *, absent: bool = False) -> Any:
        """The value at a path; `absent` takes a missing last key of an object for null."""
        node: Any = self.root
        steps = _steps(path)
        for step in steps[:-1]:
            node = node[_existing(node, step, path)]
        if absent and isinstance(node, Mapping):
            return node.get(steps[-1])
        return node[_existing(node, steps[-1], path)]

    def _add(self, path: str, value: Any) -> None:
        parent, step = self._parent(path)
        if not isinstance(parent, list):
            parent[step] = value
        elif step == "-":
            parent.append(value)
        else:
            parent.insert(_index(step, len(parent) + 1, path), value)

    def _remove(self, path: str) -> None:
        parent, step = self._parent(path)
        del parent[_existing(parent, step, path)]

    def _replace(self, path: str, value: Any) -> None:
        parent, step = self._parent(path)
        parent[_existing(parent, step, path) if isinstance(parent, list) else step] = value

    def _test(self, path: str, value: Any) -> None:
        if not path:
            found: Any = self.root
        else:
            found = self._read(path, absent=True)
        if not same(found, value):
            raise PatchError(f"testing value {path} failed")


def _steps(path: str) -> list[str]:
    if not path.startswith("/"):
        raise PatchError(f"doc is missing path: {path}")
    return [step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/")]


def _existing(node: Any, step: str, path: str) -> Any:
    """The key or index of a step that must be there."""
    if isinstance(node, list):
        return _index(step, len(node), path)
    if not isinstance(node, Mapping) or step not in node:
        raise PatchError(f"doc is missing key: {path}")
    return step


def _index(step: str, size: int, path: str) -> int:
    try:
        index = int(step)
    except ValueError:
        raise PatchError(f"{step} is no index: {path}") from None
    if not -size <= index < size:
        raise PatchError(f"index {index} is out of bounds: {path}")
    return index + size if index < 0 else index


def same(left: Any, right: Any) -> bool:
    """Equality of JSON values: true is not 1, 1 is 1.0."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same(value, right[key]) for key, value in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)
