"""One walk over a decoded body along its type: what Go's decoding and encoding would make of it.

Checks types and ranges, drops unknown fields and nulls, writes quantities and times in their canonical form,
leaves out zero values where the type's JSON has `omitempty`, and fills in those that are always written
(`resources: {}`, `rules: null`).  What is right is shared with the body, not copied.

The first wrong type is reported, as Go does it, after the walk: a text with an encoding of its own (a
quantity, a time) that cannot be read ends the walk at once and takes precedence.

An empty list that is always written stays as it is: its sender owns it.  Storage does not tell it from none,
and `settle` says so once ownership is known.  For the same reason an empty `managedFields` of the object itself
stays: it asks to forget who owns what.

Names are those of Kubernetes' JSON library: case matters, the last of two equal keys wins.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from steersman.api import schema
from steersman.api.codec import duplicates, scalars
from steersman.api.codec.errors import DecodeError
from steersman.api.codec.walk_state import DROP, JSON_SCHEMA, State, mismatch, path
from steersman.api.schema.node import Node

MAX_PROBLEMS = 100
"""As many unknown and duplicate fields are told."""


MAX_CONTAINERS = 1000
"""Of one list.  Every plug-in and every controller walks them, most of them on the loop."""
_CONTAINERS = ("Container", "EphemeralContainer")

Way: TypeAlias = tuple[tuple[str | int, ...], Any]
"""The steps from the root to a value, and the value."""


@dataclasses.dataclass(frozen=True, slots=True)
class Accepted:
    tree: Any
    problems: list[str]
    """`unknown field "spec.foo"`, `duplicate field "spec.foo"`."""
    empty: Sequence[Way] = ()
    """Where an empty list or map was left out; a refusal shows it, see `restored`."""


def accept(node: Node, tree: Any, *, strict: bool = True, body: bytes | None = None) -> Accepted:
    """The tree as the type has it, and what was unknown or, where `body` is JSON and given, stood twice.

    Not `strict` is cheaper and tells no problems.  Raises DecodeError.  The result may share with `tree`.
    """
    state = State(node, strict)
    made = _element(_entry(node, False), tree, state)
    if state.saved:
        raise DecodeError(state.saved)
    if type(tree) is dict and type(tree.get("metadata")) is dict and tree["metadata"].get("managedFields") == []:
        made = {**made, "metadata": {**made["metadata"], "managedFields": []}}
    problems = state.problems
    if strict and body is not None and duplicates.maybe_any(body, state.keys):
        problems = [f'duplicate field "{where}"' for where in duplicates.find(body)] + problems
    return Accepted(made, problems[:MAX_PROBLEMS], state.empty)


def restored(tree: Any, empty: Sequence[Way]) -> Any:
    """The tree with the empty lists and maps that `accept` left out, where their place is still free.

    Go's decoder keeps an empty list apart from none until the object is stored, so that a refusal in between
    shows `[]` and not `null`.
    """
    for steps, value in empty:
        tree = _put(tree, steps, value)
    return tree


def _put(tree: Any, steps: Sequence[str | int], value: Any) -> Any:
    step, rest = steps[0], steps[1:]
    if isinstance(step, int):
        if not isinstance(tree, list) or step >= len(tree):
            return tree
        made = _put(tree[step], rest, value) if rest else value
        return tree if made is tree[step] else [*tree[:step], made, *tree[step + 1 :]]
    if not isinstance(tree, Mapping):
        return tree
    present = tree.get(step)
    if rest:
        made = _put(present, rest, value)
        return tree if made is present else {**tree, step: made}
    return {**tree, step: value} if present is None else tree


_Walk = Callable[[Node, Any, State], Any]
_Entry = tuple[type | None, _Walk, Node, bool]
"""The Python type of a scalar that needs no walk, the walk, the type, and whether a zero is left out."""


class _Fields(dict[str, "_Entry | None"]):
    """What to do with each field of an object; made when a field is first met.  None is an unknown field."""

    __slots__ = ("node", "zeros")

    def __init__(self, node: Node) -> None:
        super().__init__()
        self.node = node
        self.zeros = tuple(node.zeros)

    def __missing__(self, name: str) -> "_Entry | None":
        child = self.node.fields.get(name)
        if child is None:
            return None
        made = self[name] = _entry(child, name in self.node.omitted)
        return made


def _entry(node: Node, omit: bool) -> _Entry:
    walk = _CUSTOM.get(node.name) if node.kind == "any" else None
    return (_PLAIN.get(node.kind), walk or _WALKS[node.kind], node, omit)


_PLAIN: dict[str, type] = {"string": str, "boolean": bool, "integer": int}


def _object(node: Node, value: Any, state: State) -> Any:
    if type(value) is not dict:
        return mismatch(node, value, state)
    state.keys += len(value)
    fields = node.walk
    if fields is None:
        fields = node.walk = _Fields(node)
    out: dict[str, Any] | None = None
    stack = state.stack
    for key, child in value.items():
        entry = fields[key]
        if entry is None:
            _unknown(key, child, state)
            made = DROP
        else:
            plain, walk, of, omit = entry
            if type(child) is plain:
                if omit and not child:
                    made = DROP
                elif plain is not int or -0x80000000 <= child < 0x80000000:
                    continue
                else:
                    stack.append(key)
                    made = walk(of, child, state)
                    stack.pop()
                    if made is child:
                        continue
            elif child is None:
                made = DROP
            else:
                stack.append(key)
                made = walk(of, child, state)
                stack.pop()
                if made is child:
                    if made or not omit:
                        continue
                    made = _left_out(key, child, state)
                elif omit and not made:
                    made = _left_out(key, made, state)
        if out is None:
            out = dict(value)
        if made is DROP:
            del out[key]
        else:
            out[key] = made
    have = value if out is None else out
    for name in fields.zeros:
        if name not in have:
            out = _filled(node, have)
            break
    return value if out is None else out


def _left_out(key: str, value: Any, state: State) -> Any:
    if (type(value) is dict or type(value) is list) and len(state.empty) < MAX_PROBLEMS:
        state.empty.append(((*state.stack, key), value))
    return DROP


def _filled(node: Node, have: dict[str, Any]) -> dict[str, Any]:
    """An object with what is always written."""
    made = dict(have)
    for name, zero in schema.zero(node).items():
        if name not in made:
            made[name] = _fresh(zero)
    return made


def _fresh(value: Any) -> Any:
    """A copy that its holder may change."""
    return {key: _fresh(each) for key, each in value.items()} if isinstance(value, Mapping) else value


def _unknown(key: str, value: Any, state: State) -> None:
    if not state.strict:
        return
    if isinstance(value, dict | list):
        state.keys += duplicates.count(value)
    if len(state.problems) < MAX_PROBLEMS:
        state.problems.append(f'unknown field "{path([*state.stack, key])}"')


def _map(node: Node, value: Any, state: State) -> Any:
    if type(value) is not dict:
        return mismatch(node, value, state)
    state.keys += len(value)
    entry = _item_entry(node)
    text = entry[0] is str
    out: dict[str, Any] | None = None
    for key, child in value.items():
        if text and type(child) is str:
            continue
        state.stack.append(key)
        made = _element(entry, child, state)
        state.stack.pop()
        if made is not child:
            if out is None:
                out = dict(value)
            out[key] = made
    return value if out is None else out


def _list(node: Node, value: Any, state: State) -> Any:
    if type(value) is not list:
        return mismatch(node, value, state)
    entry = _item_entry(node)
    if len(value) > MAX_CONTAINERS and entry[2].go_type in _CONTAINERS:
        raise DecodeError(f"{path(state.stack)}: a pod may have {MAX_CONTAINERS} containers, not {len(value)}")
    text = entry[0] is str
    out: list[Any] | None = None
    for index, child in enumerate(value):
        if text and type(child) is str:
            continue
        state.stack.append(index)
        made = _element(entry, child, state)
        state.stack.pop()
        if made is not child:
            if out is None:
                out = list(value)
            out[index] = made
    return value if out is None else out


def _item_entry(node: Node) -> _Entry:
    entry: _Entry | None = node.walk
    if entry is None:
        assert node.item is not None
        entry = node.walk = _entry(node.item, False)
    return entry


def _element(entry: _Entry, child: Any, state: State) -> Any:
    """An item of a list, the value of a map, or the whole body."""
    _, walk, of, _ = entry
    if child is None:
        return _zero(of)
    made = walk(of, child, state)
    return _zero(of) if made is DROP else made


def _zero(node: Node) -> Any:
    if node.kind == "object":
        return _fresh(schema.zero(node)) if node.name else {}
    return {"string": "", "integer": 0, "number": 0, "boolean": False, "bytes": "", "quantity": "0"}.get(node.kind)


def _schema(value: Any, state: State) -> Any:
    """A nested schema behind its own decoder, which is not strict."""
    node = schema.definition(JSON_SCHEMA)
    strict, state.strict = state.strict, False
    try:
        if strict:
            before = state.keys
            state.keys = 0
            made = _object(node, value, state)
            state.keys = before + duplicates.count(value)
        else:
            made = _object(node, value, state)
    finally:
        state.strict = strict
    return made


def _schema_or_array(node: Node, value: Any, state: State) -> Any:
    if type(value) is list:
        return [_schema(each, state) for each in value]
    return _schema(value, state)


def _schema_or_bool(node: Node, value: Any, state: State) -> Any:
    if type(value) is bool:
        return value
    if type(value) is dict:
        return _schema(value, state)
    raise DecodeError("boolean or JSON schema expected")


def _schema_or_strings(node: Node, value: Any, state: State) -> Any:
    if type(value) is dict:
        return _schema(value, state)
    return value if type(value) is list else DROP


_CUSTOM: dict[str, _Walk] = {
    JSON_SCHEMA + "OrArray": _schema_or_array,
    JSON_SCHEMA + "OrBool": _schema_or_bool,
    JSON_SCHEMA + "OrStringArray": _schema_or_strings,
}

_WALKS: dict[str, _Walk] = {
    "object": _object,
    "string": scalars.walk_string,
    "map": _map,
    "list": _list,
    "integer": scalars.walk_integer,
    "number": scalars.walk_number,
    "boolean": scalars.walk_boolean,
    "quantity": scalars.walk_quantity,
    "int-or-string": scalars.walk_int_or_string,
    "time": scalars.walk_time,
    "micro-time": scalars.walk_micro_time,
    "duration": scalars.walk_any,
    "bytes": scalars.walk_bytes,
    "any": scalars.walk_any,
}
