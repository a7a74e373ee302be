"""The seam between a component and the API server.

A transport carries a `kit.http.Request` to a handler and brings its answer.  `client.http` does it over TLS,
`client.inprocess` calls the handler.  Components hold a `client.Client`, never a transport.
"""

import functools
from typing import Protocol, cast

import msgspec

from steersman.api.tree import Tree
from steersman.kit import http


class Transport(Protocol):
    async def send(self, request: http.Request) -> http.Answer:
        """Carry one request.  Raises ConnectionError when nobody answers.

        A `Stream` in the answer must be iterated or closed by the caller.
        """
        ...

    async def close(self) -> None: ...


class _Meta(msgspec.Struct):
    resourceVersion: str = ""  # noqa: N815  the API's spelling


class _Versioned(msgspec.Struct):
    metadata: _Meta = msgspec.field(default_factory=_Meta)


_versioned = msgspec.json.Decoder(_Versioned)


class WatchEvent:
    """One event of a watch: its type, the object's bytes, and, made on demand and once for all, its tree.

    One instance is shared by every watcher in the process that sees the same bytes.  Its tree is never
    changed by anybody.
    """

    def __init__(self, type: str, raw: bytes) -> None:
        self.type = type
        """ADDED, MODIFIED, DELETED, BOOKMARK or ERROR."""
        self.raw = raw

    @functools.cached_property
    def tree(self) -> Tree:
        return cast(Tree, msgspec.json.decode(self.raw))

    @functools.cached_property
    def version(self) -> str:
        """The object's `resourceVersion`, read without decoding the rest."""
        return _versioned.decode(self.raw).metadata.resourceVersion

    @functools.cached_property
    def frame(self) -> bytes:
        """The event as a watch sends it: one JSON document and a newline."""
        return b'{"type":"%s","object":%s}\n' % (self.type.encode(), self.raw)

    def __repr__(self) -> str:
        return f"WatchEvent({self.type}, {self.raw[:80]!r})"
