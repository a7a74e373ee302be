"""Keys that stand twice in one JSON object, which strict decoding tells.

Almost no body has any, so the question is answered by counting: the walk over the tree counts its keys, and
the text holds as many `":`.  Only when the numbers differ is the body read again, slowly, with all its pairs.
"""

import json
import re
from typing import Any

_SPACED_COLON = re.compile(rb'"[ \t\r\n]+:')


def maybe_any(body: bytes, keys: int) -> bool:
    """Whether a body may hold a key twice, given how many keys its tree has.  False is certain."""
    if body.count(b'":') - body.count(b'\\":') != keys:
        return True
    spaced = b" :" in body or any(space in body and space + b":" in body for space in (b"\n", b"\t", b"\r"))
    return spaced and _SPACED_COLON.search(body) is not None


def count(tree: Any) -> int:
    """The keys of a tree."""
    if isinstance(tree, dict):
        return len(tree) + sum(count(each) for each in tree.values() if isinstance(each, dict | list))
    if isinstance(tree, list):
        return sum(count(each) for each in tree if isinstance(each, dict | list))
    return 0


class _Pairs(list[tuple[str, Any]]):
    """An object with all its pairs."""


def find(body: bytes) -> list[str]:
    """The paths of keys that stand twice, in the order of the text: `spec.containers[0].name`."""
    found: list[str] = []

    def walk(value: Any, path: str) -> None:
        if isinstance(value, _Pairs):
            seen: set[str] = set()
            for key, each in value:
                where = f"{path}.{key}" if path else key
                if key in seen:
                    found.append(where)
                seen.add(key)
                walk(each, where)
        elif isinstance(value, list):
            for index, each in enumerate(value):
                walk(each, f"{path}[{index}]")

    try:
        walk(json.loads(body, object_pairs_hook=_Pairs), "")
    except ValueError:
        return []  # not JSON for Python; whoever decoded it has judged it
    return list(dict.fromkeys(found))
