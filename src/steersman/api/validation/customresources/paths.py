"""Field paths of rules and selectable fields: `.spec.color`, `.labels['a.b']`.

`follow` reads one along a schema and gives the path as errors write it and the schema it leads to.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from steersman.api.validation.customresources.values import Schema

_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "'": "'", "\\": "\\"}
_NO_FIELD = "does not refer to a valid field"
_END = "unexpected end of JSON path"


class PathError(ValueError):
    """A path that leads nowhere; the text says why."""


def follow(path: str, schema: Schema, *, brackets: bool = True) -> tuple[str, Schema]:
    """The normal form of a path and the schema at its end.  Raises PathError."""
    normal, node = "", schema
    tokens = _tokens(path)
    for sign in tokens:
        if sign == "[" and brackets:
            name = _quoted(_next(tokens))
            normal, node = _step(normal, node, name)
            closing = _next(tokens)
            if closing != "]":
                raise PathError(f"expected ] but got {closing}")
        elif sign == "[":
            raise PathError("array notation is not allowed")
        elif sign == ".":
            normal, node = _step(normal, node, _next(tokens))
        else:
            raise PathError(f"expected [ or . but got: {sign}")
    return normal, node


def _next(tokens: Iterator[str]) -> str:
    found = next(tokens, None)
    if found is None:
        raise PathError(_END)
    return found


def _tokens(path: str) -> Iterator[str]:
    """Dots, brackets, quoted names and what stands between."""
    at = 0
    while at < len(path):
        if path[at] == "'":
            end = at + 1
            while end < len(path) and not (path[end] == "'" and path[end - 1] != "\\"):
                end += 1
            end = min(end + 1, len(path))
        elif path[at] in ".[]":
            end = at + 1
        else:
            end = at
            while end < len(path) and path[end] not in ".[]":
                end += 1
        yield path[at:end]
        at = end


def _quoted(token: str) -> str:
    if len(token) < 2 or token[0] != "'" or token[-1] != "'":
        raise PathError(f"expected single quoted string but got {token}")

    def sign(match: re.Match[str]) -> str:
        found = _ESCAPES.get(match[1])
        if found is None:
            raise PathError(f"invalid string literal: invalid escape char {match[0]}")
        return found

    return re.sub(r"\\(.)", sign, token[1:-1], flags=re.DOTALL)


def _step(normal: str, node: Schema, name: str) -> tuple[str, Schema]:
    properties: Any = node.get("properties")
    additional = node.get("additionalProperties")
    if properties:
        if name not in properties:
            raise PathError(_NO_FIELD)
        return (f"{normal}.{name}" if normal else name), properties[name]
    if not isinstance(additional, Mapping):
        raise PathError(_NO_FIELD)
    return f"{normal}[{name}]", additional
