"""How much a body may hold: what costs time and memory is not its bytes but the values in it.

Three megabytes can be one text, or a million empty lists, which take a hundred times as long to read and more to
check, own and print.  No object that a real kube-apiserver can store comes near `MAX_VALUES` (its store takes 1.5 MiB,
and a field of a real object takes 20 to 40 bytes), so more is refused before it is read.

A body that holds too many because it nests without end is refused for its depth (400), as by Go's readers.

The values of JSON are counted by what separates them.  Counting bytes is quick and nearly always enough; only where
texts are full of commas are they passed over, one separator at a time.
"""

import itertools
import re
from typing import Any

from steersman.api import status
from steersman.api.codec.errors import DecodeError

MAX_VALUES = 65_536
MAX_DEPTH = 10_000
"""What Go's readers of JSON and YAML give up at; ours do so long before."""
_TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_TO_SEPARATOR = re.compile(rb'[^",\[{]*+(?:' + _TEXT + rb'[^",\[{]*+)*+[,\[{]', re.DOTALL).match
"""From one separator to the next, over any texts in between.  Never tried twice from the same place."""
_TEXT_OR_BRACKET = re.compile(_TEXT + rb"|[\[{\]}]", re.DOTALL)


def check(body: bytes) -> None:
    """Raises the 413 of a JSON body that holds too many values, or DecodeError where it is too deep.

    What is no JSON is counted as if it were.
    """
    if len(body) <= MAX_VALUES or body.count(b",") + body.count(b"[") + body.count(b"{") <= MAX_VALUES:
        return
    count = 0
    found = _TO_SEPARATOR(body)
    while found is not None:
        count += 1
        if count > MAX_VALUES:
            raise DecodeError("exceeded max depth") if _nests_too_deeply(body) else too_many()
        found = _TO_SEPARATOR(body, found.end())


def _nests_too_deeply(body: bytes) -> bool:
    """Whether it does so near its beginning."""
    depth = 0
    for found in itertools.islice(_TEXT_OR_BRACKET.finditer(body), MAX_VALUES):
        sign = found[0]
        if sign in (b"[", b"{"):
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif sign in (b"]", b"}"):
            depth -= 1
    return False


def check_tree(tree: Any) -> None:
    """The same of what is decoded already, for forms that cannot be counted before."""
    count, left = 0, [tree]
    while left:
        value = left.pop()
        children = value.values() if type(value) is dict else value
        count += len(children)
        if count > MAX_VALUES:
            raise too_many()
        left.extend(each for each in children if type(each) is dict or type(each) is list)


def too_many() -> status.StatusError:
    return status.too_large(f"a body may hold {MAX_VALUES} values")
