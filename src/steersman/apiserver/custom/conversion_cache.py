"""Stored objects in the version served, where a webhook converts: asked for once, kept, read without waiting.

Whoever reads an object does not wait, and a webhook makes one wait.  So reading what is not converted yet raises
`Unconverted`; the server's door has it converted and begins the request anew, which has done nothing so far but read.
Requests for a collection have everything converted before they begin, in as few questions as may be.
"""

import collections
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any

from steersman.api import status
from steersman.api.tree import MutableTree, Tree
from steersman.apiserver.custom.conversion_review import ConversionFailed
from steersman.apiserver.registry import layout as layouts

Convert = Callable[[Sequence[Tree], str], Awaitable[Sequence[MutableTree]]]
"""(objects, apiVersion) -> the same objects in that version.  Raises ConversionFailed."""

KEPT = 20_000
"""Objects that are kept converted; more only while one request needs more."""
AT_ONCE = 500
"""Objects in one question, ..."""
BYTES_AT_ONCE = 1 << 20
"""... and about how much of them."""


class Unconverted(Exception):
    """An object is read that is not there in the version served yet."""

    def __init__(self, conversions: "Conversions", value: bytes) -> None:
        super().__init__("an object is not converted yet")
        self.conversions = conversions
        self.value = value


def _questions(values: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """The values in parts that fit into a question."""
    part: list[bytes] = []
    size = 0
    for value in values:
        if part and (len(part) >= AT_ONCE or size + len(value) > BYTES_AT_ONCE):
            yield part
            part, size = [], 0
        part.append(value)
        size += len(value)
    if part:
        yield part


class Conversions:
    """Of one resource in one version.  Invariant: `_kept` maps stored bytes to what the webhook made of them."""

    def __init__(self, convert: Convert, kind: str, served: str, stored: str) -> None:
        self._convert = convert
        self._served = served
        self._stored = stored
        layout = layouts.Layout(kind, served)
        self._front = layout.head[: layout.item_at]
        self._kept: collections.OrderedDict[bytes, bytes] = collections.OrderedDict()

    def of(self, value: bytes) -> bytes:
        """The object's bytes in the version served.  Raises Unconverted."""
        if value.startswith(self._front):
            return value
        found = self._kept.get(value)
        if found is None:
            raise Unconverted(self, value)
        return found

    async def ensure(self, values: Iterable[bytes]) -> None:
        """Have these converted.  Raises StatusError where the webhook does not do it."""
        missing = [value for value in values if not value.startswith(self._front) and value not in self._kept]
        for part in _questions(missing):
            made = await self._converted([layouts.decode(value) for value in part], self._served)
            self._kept.update(zip(part, map(layouts.encode, made), strict=True))
        keep = max(KEPT, len(missing))
        while len(self._kept) > keep:
            self._kept.popitem(last=False)

    async def storable(self, tree: Tree) -> Tree:
        """An object of the version served as it is stored.  Raises StatusError."""
        if self._served == self._stored:
            return tree
        return (await self._converted([{**tree, "apiVersion": self._served}], self._stored))[0]

    async def _converted(self, trees: list[Any], api_version: str) -> Sequence[MutableTree]:
        try:
            return await self._convert(trees, api_version)
        except ConversionFailed as error:
            raise status.failure(500, "", str(error)) from error
