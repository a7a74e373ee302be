"""How values of the reference's internal types look in a message.

The reference prints an invalid object as the JSON of its internal type, which has Go's field names and writes
every field, absent ones as null, empty text or zero.  A shape says which fields a type has, in their order:

    shape(("Type", "type", ""), ("RollingUpdate", "rollingUpdate", ROLLING))

The third is what stands for an absent field, or the shape of the field's own type (absent: null), or a
one-element list of a shape for a list, or a function for a type that is printed as clients write it.
"""

import difflib
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Shape: TypeAlias = Sequence[tuple[str, str, Any]]


class Embedded:
    """A field whose type is not a pointer: absent, it is written as an empty one."""

    __slots__ = ("shape",)

    def __init__(self, shape: Shape) -> None:
        self.shape = shape


def render(value: Mapping[str, Any] | None, shape: Shape) -> Any:
    if value is None:
        return None
    return {name: _field(value.get(key), kind) for name, key, kind in shape}


def _field(value: Any, kind: Any) -> Any:
    if isinstance(kind, Embedded):
        return render(value or {}, kind.shape)
    if isinstance(kind, tuple):
        return render(value, kind)
    if callable(kind):
        return kind(value)
    if isinstance(kind, list):
        return [_field(each, kind[0]) for each in value] if value is not None else None
    if isinstance(value, Mapping):
        return dict(sorted(value.items()))
    return kind if value is None else value


def text(value: Any) -> str:
    """JSON as Go writes it, with the signs that HTML minds escaped."""
    made = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return made.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def shown(value: Mapping[str, Any] | None, shape: Shape) -> str:
    return text(render(value, shape))


def difference(before: Any, after: Any) -> str:
    """Two rendered values compared line by line, as the reference shows what may not change."""
    made = list(difflib.unified_diff(_lines(before), _lines(after)))
    return "".join(made[2:])  # without the names of files


def _lines(value: Any) -> list[str]:
    return [line + "\n" for line in json.dumps(value, ensure_ascii=False, indent=1).split("\n")]
