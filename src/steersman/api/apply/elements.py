"""One step of a field path, in the spelling of `FieldsV1`.

`f:name` is a field or map key, `k:{"name":"a"}` the list item with these keys, `v:"x"` a member of a set,
`i:3` an index; `.` is no step but the mark of a node that is a member itself.  Steps have an order (fields,
then keys, values and indexes, each by value), and `FieldsV1` is written in it.
"""

import functools
import json
from collections.abc import Sequence
from typing import Any

import msgspec

from steersman.api.patch import gotext
from steersman.kit import limits

SELF = "."
_PLAIN = frozenset({str, int, bool})
_RANK = {".": 0, "f": 1, "k": 2, "v": 3, "i": 4}


def field(name: str) -> str:
    return "f:" + name


def value(item: Any) -> str:
    return "v:" + encoded(item)


def encoded(item: Any) -> str:
    return msgspec.json.encode(item).decode()


def key(names: Sequence[str], values: Sequence[Any]) -> str:
    """The step to the list item with these values of its keys; `names` need not be sorted."""
    if len(names) == 1 and isinstance(values[0], str) and len(values[0]) <= limits.LONGEST:
        return named(names[0], values[0])
    if len(names) == 2 and all(type(item) in _PLAIN and len(str(item)) <= limits.LONGEST for item in values):
        return _pair(names[0], values[0], names[1], values[1])
    pairs = sorted(zip(names, values, strict=True), key=lambda pair: pair[0])
    return "k:" + encoded(dict(pairs))


@functools.lru_cache(maxsize=4096)
def named(name: str, text: str) -> str:
    """The step to the item of which one key has this text; for texts that are not long."""
    return "k:" + encoded({name: text})


@functools.lru_cache(maxsize=4096, typed=True)  # typed: 1 and true are different keys
def _pair(first: str, one: Any, second: str, two: Any) -> str:
    pairs = {first: one, second: two} if first < second else {second: two, first: one}
    return "k:" + encoded(pairs)


@limits.remembered(8192)
def order(step: str) -> tuple[int, Any]:
    """What steps are sorted by."""
    rank = _RANK.get(step[0], 5)
    if rank <= 1:
        return rank, step
    decoded = json.loads(step[2:])
    if rank == 2:
        return rank, tuple((name, _comparable(decoded[name])) for name in sorted(decoded))
    return rank, _comparable(decoded)


def _comparable(item: Any) -> tuple[int, Any]:
    """An order of JSON scalars: numbers, texts, booleans, null."""
    if isinstance(item, bool):
        return 2, item
    if isinstance(item, int | float):
        return 0, item
    return (1, item) if isinstance(item, str) else (3, encoded(item))


@limits.remembered(8192)
def canonical(step: str) -> str:
    """A step as a client wrote it, spelt as the reference does.  Raises ValueError for what is none."""
    if step == SELF or step.startswith("f:"):
        return step
    if step[1:2] != ":" or step[0] not in "kvi":
        raise ValueError(f"unknown field path element {step}")
    decoded = json.loads(step[2:])
    if step[0] == "k":
        if not isinstance(decoded, dict):
            raise ValueError(f"not a key: {step}")
        return "k:" + encoded(dict(sorted(decoded.items())))
    return f"{step[:2]}{encoded(decoded)}"


@limits.remembered(4096)
def shown(step: str) -> str:
    """A step as conflicts and type errors show it: `.spec`, `[name="a"]`, `[="x"]`, `[3]`."""
    if step.startswith("f:"):
        return "." + step[2:]
    if step.startswith("i:"):
        return f"[{step[2:]}]"
    decoded = json.loads(step[2:])
    if step.startswith("v:"):
        return f"[={_literal(decoded)}]"
    return "[" + ",".join(f"{name}={_literal(decoded[name])}" for name in sorted(decoded)) + "]"


def _literal(item: Any) -> str:
    if item is None:
        return "null"
    return json.dumps(item, ensure_ascii=False) if isinstance(item, str) else gotext.plain(item)
