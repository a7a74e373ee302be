"""What a walk over a body carries along, and how it says that something does not fit.

Go keeps the first wrong type and goes on; `save` does the same.  The path of an error is derived only then, from
the steps on the stack and the types that they go through.
"""

from typing import Any

from steersman.api import schema
from steersman.api.schema.node import Node

DROP = object()
"""What a walk returns for a value that must not be kept."""

JSON_SCHEMA = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"
SCHEMA_OR = frozenset(JSON_SCHEMA + other for other in ("OrArray", "OrBool", "OrStringArray"))
"""Types that hold a schema or something simpler."""


class State:
    __slots__ = ("empty", "keys", "problems", "root", "saved", "stack", "strict")

    def __init__(self, root: Node, strict: bool) -> None:
        self.root = root
        self.strict = strict
        self.stack: list[str | int] = []
        """The way from the root: field names, map keys, list indexes."""
        self.problems: list[str] = []
        self.saved: str = ""
        self.keys = 0
        self.empty: list[tuple[tuple[str | int, ...], Any]] = []
        """Empty lists and maps that were left out, and the way to them."""


def mismatch(node: Node, value: Any, state: State) -> Any:
    save(wrong(value, node.go_name), node.go_name, state)
    return DROP


def wrong(value: Any, target: str) -> str:
    """What Go calls the value that did not fit."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        whole = target in ("int32", "int64", "uint8")
        return f"number {literal(value)}" if whole else "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def literal(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    text = repr(value)
    return text[:-2] if text.endswith(".0") and abs(value) >= 1e15 else text


def save(wrong: str, target: str, state: State) -> None:
    """Keep the first wrong type."""
    if not state.saved:
        state.saved = described(wrong, target, state)


def described(wrong: str, target: str, state: State) -> str:
    """Go's message about the value at the end of the stack."""
    owner, where = _go_path(state)
    if owner:
        return f"json: cannot unmarshal {wrong} into Go struct field {owner}.{where} of type {target}"
    return f"json: cannot unmarshal {wrong} into Go value of type {target}"


def _go_path(state: State) -> tuple[str, str]:
    """The struct that holds the field, and the fields from the root, embedded structs among them."""
    node: Node | None = state.root
    owner, path = "", []
    for step in state.stack:
        if node is None:
            break
        if node.kind == "object" and isinstance(step, str):
            owner = node.go_type
            if step in node.embedded:
                path.append(node.embedded[step])
            path.append(step)
            node = node.fields.get(step)
            if node is not None and node.name in SCHEMA_OR:
                node = schema.definition(JSON_SCHEMA)
        else:
            node = node.item
    return owner, ".".join(path)


def path(stack: list[str | int]) -> str:
    text = ""
    for step in stack:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text
