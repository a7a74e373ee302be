"""Requests and answers as values.

A handler is `async (Request) -> Answer`.  The API server, the kubelet's server and the metrics server are
handlers; `kit.serve` puts one behind a TLS socket, `client` calls one in the same process, and neither end
can tell which.  So authentication, admission and errors are the same on both ways.

Three kinds of answer:

* `Response`: bytes that are there, as one value or in chunks.
* `Stream`: bytes that come (a watch, a followed log).  Whoever takes it must iterate or `aclose` it.
* `Upgrade`: the connection becomes a channel of messages (exec, attach, port-forward over WebSocket).
"""

import contextlib
import dataclasses
import urllib.parse
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Protocol, TypeAlias


@dataclasses.dataclass(frozen=True, slots=True)
class User:
    """Who asks, as proven by whoever accepted the connection."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)


class HeaderMap(dict[str, str]):
    """Headers by their name in lower case.  Values of a name that came more than once are joined by commas, as HTTP
    allows, and kept apart in `several`: a value may hold a comma of its own."""

    __slots__ = ("several",)

    def __init__(self) -> None:
        super().__init__()
        self.several: dict[str, list[str]] = {}

    def add(self, name: str, value: str) -> None:
        present = self.get(name)
        if present is None:
            self[name] = value
            return
        self.several.setdefault(name, [present]).append(value)
        self[name] = f"{present},{value}"


def values(headers: Mapping[str, str], name: str) -> Sequence[str]:
    """Each value of a header, as it was sent."""
    if isinstance(headers, HeaderMap) and name in headers.several:
        return headers.several[name]
    return [headers[name]] if name in headers else []


@dataclasses.dataclass(slots=True)
class Request:
    """One request.

    `path` is still percent-encoded and carries no query; `query` keeps order and repeated names, decoded;
    header names are lower case.  `user` is set only by a transport that has proven it (in-process);
    `certificate` is the client's leaf certificate in DER where TLS verified one.  `tree` is the decoded body
    where an in-process caller already has it: then `body` may be empty, and the receiver must not change it.
    """

    method: str
    path: str
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    body: bytes = b""
    user: User | None = None
    certificate: bytes | None = None
    remote: str = ""
    tree: object = None

    def param(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        for key, value in self.query:
            if key == name:
                return value
        return default

    @property
    def target(self) -> str:
        """Path and query as they go on the wire."""
        return self.path + ("?" + urllib.parse.urlencode(list(self.query)) if self.query else "")


Headers: TypeAlias = Sequence[tuple[str, str]]


@dataclasses.dataclass(slots=True)
class Response:
    """An answer whose bytes are there.  `chunks` are the body in pieces that are sent one after the other.

    `tree` is the decoded body where the handler has it at hand; it must never be changed by anybody.
    """

    status: int = 200
    content_type: str = "application/json"
    chunks: Sequence[bytes] = ()
    headers: Headers = ()
    tree: object = None

    @property
    def body(self) -> bytes:
        return self.chunks[0] if len(self.chunks) == 1 else b"".join(self.chunks)


@dataclasses.dataclass(slots=True)
class Stream:
    """An answer whose bytes come.  `frames` yields what may leave together.

    `events` is the same stream before it was made bytes, where the handler has it (a watch yields batches of
    `client.WatchEvent`): an in-process caller takes it and leaves `frames` alone; exactly one of the two
    may be iterated.
    """

    frames: AsyncIterator[bytes]
    status: int = 200
    content_type: str = "application/json"
    headers: Headers = ()
    events: AsyncIterator[Sequence[object]] | None = None

    async def aclose(self) -> None:
        """End the stream, iterated or not."""
        for source in (self.frames, self.events):
            close = getattr(source, "aclose", None)
            if close is not None:
                with contextlib.suppress(RuntimeError):  # never started, or just being closed by its owner
                    await close()


class Text(bytes):
    """A message that a WebSocket's other side sent, or shall get, as text and not as bytes."""

    __slots__ = ()


class Channel(Protocol):
    """A connection of binary messages: a WebSocket, or a pair of queues in the same process."""

    async def receive(self) -> bytes | None:
        """The next message; None once the other side has closed."""
        ...

    async def send(self, message: bytes) -> None:
        """Send one message.  Waits while the other side does not read.  Raises ConnectionError when closed."""
        ...

    async def close(self, code: int = 1000, reason: str = "") -> None: ...


@dataclasses.dataclass(slots=True)
class Upgrade:
    """An agreement to speak `protocol` (one of those that the client offered) over a channel.

    The server runs `serve` once the connection is switched, and closes it when `serve` returns.
    """

    protocol: str
    serve: Callable[[Channel], Awaitable[None]]
    headers: Headers = ()


Answer: TypeAlias = Response | Stream | Upgrade
Handler: TypeAlias = Callable[[Request], Awaitable[Answer]]
