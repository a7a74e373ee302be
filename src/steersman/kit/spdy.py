"""SPDY/3.1 frames and a session of streams, without I/O.

Old in itself, SPDY is still how kubectl forwards ports (inside WebSocket messages, sub-protocol
`SPDY/3.1+portforward.k8s.io`) and how containerd's streaming server is spoken to.  Bytes go in by `receive`,
which returns what they mean; what is to be sent is taken with `outgoing`.  Both roles are here, so a session
is tested against its other side.

Left out, because no peer of ours uses it: flow control by windows (Kubernetes' library has none; the
transport's own must do), SETTINGS (read and ignored), CREDENTIAL, server push.

    frame     control: 1|version(15)=3 type(16) flags(8) length(24)      data: 0|stream(31) flags(8) length(24)
    headers   zlib, one compressor for the whole session in each direction, a preset dictionary,
              count(32) then name and value each as length(32) and bytes; several values are joined by NUL
"""

import dataclasses
import enum
import struct
import zlib
from collections.abc import Mapping
from typing import TypeAlias

SYN_STREAM, SYN_REPLY, RST_STREAM, SETTINGS, PING, GOAWAY, HEADERS, WINDOW_UPDATE = 1, 2, 3, 4, 6, 7, 8, 9
FLAG_FIN = 1

PROTOCOL_ERROR, INVALID_STREAM, REFUSED_STREAM, CANCEL, INTERNAL_ERROR = 1, 2, 3, 5, 6

MAX_FRAME = (1 << 24) - 1
MAX_HEADERS = 1 << 20

# The dictionary of the SPDY/3 draft, section 2.6.10.1: these words each after its length, then the tail.
_WORDS = (
    "options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age "
    "allow authorization cache-control connection content-base content-encoding content-language content-length "
    "content-location content-md5 content-range content-type date etag expect expires from host if-match "
    "if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma "
    "proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade "
    "user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie "
    "keep-alive origin"
)
_TAIL = (
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
    "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized"
    "403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable"
    "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT"
    "chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,"
    "text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0."
)
DICTIONARY = (
    b"".join(struct.pack(">I", len(word)) + word.replace("_", " ").encode() for word in _WORDS.split(" "))
    + _TAIL.encode()
)


class ProtocolError(Exception):
    """The other side broke the protocol; the connection is of no more use."""


class Role(enum.Enum):
    CLIENT = 1  # opens odd streams
    SERVER = 2  # opens even streams


@dataclasses.dataclass(frozen=True, slots=True)
class Opened:
    """The other side opened a stream; answer with `reply` or `reset`."""

    stream: int
    headers: Mapping[str, str]
    fin: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Replied:
    stream: int
    headers: Mapping[str, str]
    fin: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Data:
    """Bytes of a stream; with `fin` its last ones, also when empty."""

    stream: int
    payload: bytes
    fin: bool


@dataclasses.dataclass(frozen=True, slots=True)
class WasReset:
    stream: int
    status: int


@dataclasses.dataclass(frozen=True, slots=True)
class GoneAway:
    """The other side will take no more streams."""

    last: int


Event: TypeAlias = Opened | Replied | Data | WasReset | GoneAway


@dataclasses.dataclass(slots=True)
class _Stream:
    ours_open: bool = True
    theirs_open: bool = True


class Session:
    def __init__(self, role: Role) -> None:
        self._role = role
        self._next = role.value
        self._buffer = bytearray()
        self._outgoing = bytearray()
        self._deflate = zlib.compressobj(zdict=DICTIONARY)
        self._inflate = zlib.decompressobj(zdict=DICTIONARY)
        self._last_theirs = 0
        self.streams: dict[int, _Stream] = {}
        """Open streams.  Invariant: a stream is here while either side may still send on it."""

    def outgoing(self) -> bytes:
        """What is to be sent now; asking again gives only what came since."""
        data = bytes(self._outgoing)
        self._outgoing.clear()
        return data

    # --- what we do

    def open(self, headers: Mapping[str, str], *, fin: bool = False) -> int:
        """Open a stream; its number."""
        stream = self._next
        self._next += 2
        self.streams[stream] = _Stream(ours_open=not fin)
        body = struct.pack(">IIH", stream, 0, 0) + self._pack(headers)
        self._control(SYN_STREAM, FLAG_FIN if fin else 0, body)
        return stream

    def reply(self, stream: int, headers: Mapping[str, str] | None = None) -> None:
        self._control(SYN_REPLY, 0, struct.pack(">I", stream) + self._pack(headers or {}))

    def send(self, stream: int, payload: bytes, *, fin: bool = False) -> None:
        """Bytes on a stream.  Ignored when the stream has gone; an error when we had ended our side."""
        state = self.streams.get(stream)
        if state is None:
            return
        if not state.ours_open:
            raise ValueError(f"stream {stream} was ended by us")
        view = memoryview(payload)
        while len(view) > MAX_FRAME:
            self._outgoing += struct.pack(">II", stream, MAX_FRAME) + view[:MAX_FRAME]
            view = view[MAX_FRAME:]
        self._outgoing += struct.pack(">II", stream, (FLAG_FIN << 24 if fin else 0) | len(view))
        self._outgoing += view
        if fin:
            state.ours_open = False
            self._settle(stream, state)

    def end(self, stream: int) -> None:
        """End our side; nothing when it has ended."""
        state = self.streams.get(stream)
        if state is not None and state.ours_open:
            self.send(stream, b"", fin=True)

    def reset(self, stream: int, status: int = CANCEL) -> None:
        self.streams.pop(stream, None)
        self._control(RST_STREAM, 0, struct.pack(">II", stream, status))

    def go_away(self) -> None:
        self._control(GOAWAY, 0, struct.pack(">II", self._last_theirs, 0))

    # --- what the other side does

    def receive(self, data: bytes) -> list[Event]:
        """Take bytes in whatever pieces they come.  Raises ProtocolError."""
        self._buffer += data
        events: list[Event] = []
        position = 0
        while len(self._buffer) - position >= 8:
            first, second = struct.unpack_from(">II", self._buffer, position)
            flags, length = second >> 24, second & 0xFFFFFF
            if len(self._buffer) - position - 8 < length:
                break
            payload = bytes(self._buffer[position + 8 : position + 8 + length])
            position += 8 + length
            if first >> 31:
                if first >> 16 & 0x7FFF != 3:
                    raise ProtocolError(f"SPDY version {first >> 16 & 0x7FFF} is not spoken here")
                try:
                    self._take_control(first & 0xFFFF, flags, payload, events)
                except struct.error as error:
                    raise ProtocolError(f"a frame of type {first & 0xFFFF} is too short") from error
            else:
                self._take_data(first, bool(flags & FLAG_FIN), payload, events)
        del self._buffer[:position]
        return events

    def _take_data(self, stream: int, fin: bool, payload: bytes, events: list[Event]) -> None:
        state = self.streams.get(stream)
        if state is None or not state.theirs_open:
            self._control(RST_STREAM, 0, struct.pack(">II", stream, INVALID_STREAM))
            return
        if fin:
            state.theirs_open = False
            self._settle(stream, state)
        if payload or fin:
            events.append(Data(stream, payload, fin))

    def _take_control(self, kind: int, flags: int, payload: bytes, events: list[Event]) -> None:
        fin = bool(flags & FLAG_FIN)
        match kind:
            case 1:  # SYN_STREAM
                stream = struct.unpack_from(">I", payload)[0] & 0x7FFFFFFF
                headers = self._unpack(payload[10:])
                if stream % 2 == self._role.value % 2 or stream <= self._last_theirs:
                    self._control(RST_STREAM, 0, struct.pack(">II", stream, PROTOCOL_ERROR))
                    return
                self._last_theirs = stream
                self.streams[stream] = _Stream(theirs_open=not fin)
                events.append(Opened(stream, headers, fin))
            case 2 | 8:  # SYN_REPLY, HEADERS
                stream = struct.unpack_from(">I", payload)[0] & 0x7FFFFFFF
                headers = self._unpack(payload[4:])
                state = self.streams.get(stream)
                if state is None:
                    return
                if fin:
                    state.theirs_open = False
                    self._settle(stream, state)
                events.append(Replied(stream, headers, fin))
            case 3:  # RST_STREAM
                stream, status = struct.unpack(">II", payload[:8])
                self.streams.pop(stream, None)
                events.append(WasReset(stream, status))
            case 6:  # PING
                number = struct.unpack_from(">I", payload)[0]
                if number % 2 != self._role.value % 2:  # theirs; an answer to ours is not sent back
                    self._control(PING, 0, struct.pack(">I", number))
            case 7:  # GOAWAY
                events.append(GoneAway(struct.unpack_from(">I", payload)[0] & 0x7FFFFFFF))
            case _:  # SETTINGS, WINDOW_UPDATE and what we do not know
                pass

    # --- within

    def _settle(self, stream: int, state: _Stream) -> None:
        if not state.ours_open and not state.theirs_open:
            del self.streams[stream]

    def _control(self, kind: int, flags: int, payload: bytes) -> None:
        self._outgoing += struct.pack(">II", 0x80030000 | kind, flags << 24 | len(payload)) + payload

    def _pack(self, headers: Mapping[str, str]) -> bytes:
        block = bytearray(struct.pack(">I", len(headers)))
        for name, value in headers.items():
            for text in (name.lower().encode(), value.encode()):
                block += struct.pack(">I", len(text)) + text
        return self._deflate.compress(bytes(block)) + self._deflate.flush(zlib.Z_SYNC_FLUSH)

    def _unpack(self, packed: bytes) -> dict[str, str]:
        try:
            block = self._inflate.decompress(packed, MAX_HEADERS)
        except zlib.error as error:
            raise ProtocolError(f"headers cannot be read: {error}") from error
        if self._inflate.unconsumed_tail:
            raise ProtocolError("headers are too large")
        count = struct.unpack_from(">I", block)[0]
        position = 4
        headers: dict[str, str] = {}
        for _ in range(count):
            texts = []
            for _ in range(2):
                size = struct.unpack_from(">I", block, position)[0]
                texts.append(block[position + 4 : position + 4 + size].decode("utf-8", "replace"))
                position += 4 + size
            headers[texts[0].lower()] = texts[1]
        return headers
