"""Connections that the API server makes: to webhooks, and to services and pods for a client that it serves.

An `Outgoing` is one server to one purpose, over connections that are kept for a while.  It follows no redirect,
decompresses nothing, and hands a body on as it comes, so that whoever asked decides how much of it to take.  What
keeps it from connecting is told in the words of Go's dialer, because people search for those.

A target says in which network namespace the socket is made (none: this process's own), and whom to trust: a PEM
bundle, the machine's authorities (an empty one), or anybody (None), as Kubernetes does where it only passes on.
"""

import asyncio
import dataclasses
import functools
import os
import socket
import ssl
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import aiohttp
import yarl

from steersman.kit import clock as clocks
from steersman.kit import http, websocket

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler

CONNECT_SECONDS = 30.0
IDLE_SECONDS = 4.0
"""How long a connection without a request is kept: less than most servers keep it."""
SMALL = 64 * 1024
"""A body known to be shorter is read at once."""
_HOP_BY_HOP = frozenset({
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding",
    "upgrade", "content-length",
})  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    scheme: str
    host: str
    """An address, or a name that this machine resolves."""
    port: int
    server_name: str = ""
    """Whose certificate it must be; the host's unless said."""
    ca: bytes | None = None
    namespace: str = ""

    @property
    def address(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Outgoing:
    """A `client.transport.Transport` to one target."""

    def __init__(self, target: Target, clock: clocks.Clock) -> None:
        self.target = target
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: http.Request) -> http.Answer:
        """Raises ConnectionError where no answer comes."""
        headers = {name: value for name, value in request.headers.items() if name not in _HOP_BY_HOP}
        host = self.target.server_name or self.target.host
        url = yarl.URL(f"{self.target.scheme}://{_bracketed(host)}:{self.target.port}{request.target}", encoded=True)
        try:
            if request.headers.get("upgrade", "").lower() == "websocket":
                return await self._upgrade(url, headers)
            answer = await self._open().request(
                request.method, url, headers=headers, data=request.body or None, allow_redirects=False,
                skip_auto_headers=("User-Agent", "Accept-Encoding", "Accept"),
            )  # fmt: skip
        except DialError as error:
            raise ConnectionError(str(error)) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise ConnectionError(_words(error)) from error
        content_type = answer.headers.get("Content-Type", "")
        if answer.status == 101:
            answer.close()
            raise ConnectionError("the server speaks another protocol, unasked")
        length = answer.content_length
        if answer.status in (204, 304) or (length is not None and length <= SMALL):
            pieces = [piece async for piece in _Body(answer)]
            return http.Response(answer.status, content_type, (b"".join(pieces),), _headers(answer))
        return http.Stream(_Body(answer), answer.status, content_type, _headers(answer))

    async def close(self) -> None:
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=_Connector(self.target, self._clock),
                timeout=aiohttp.ClientTimeout(total=None),
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                read_bufsize=2**18,
            )
        return self._session

    async def _upgrade(self, url: yarl.URL, headers: dict[str, str]) -> http.Answer:
        offered = [each.strip() for each in headers.pop("sec-websocket-protocol", "").split(",") if each.strip()]
        for name in ("sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions"):
            headers.pop(name, None)
        try:
            channel = await self._open().ws_connect(url, headers=headers, protocols=offered, max_msg_size=0)
        except aiohttp.WSServerHandshakeError as error:
            # The connection is closed: nothing that the client sends reaches a server that did not agree.
            return http.Response(error.status, "text/plain; charset=utf-8", (str(error.message).encode(),))

        async def serve(other: http.Channel) -> None:
            await websocket.pump(channel, other)

        return http.Upgrade(channel.protocol or "", serve)


class DialError(aiohttp.ClientError):
    """No connection; the text says why in Go's words."""


class _Connector(aiohttp.BaseConnector):
    """Makes connections to the target, whatever the URL says."""

    def __init__(self, target: Target, clock: clocks.Clock) -> None:
        super().__init__(limit=0, keepalive_timeout=IDLE_SECONDS)
        self._target = target
        self._clock = clock

    async def _create_connection(self, req: Any, traces: Any, timeout: Any) -> "ResponseHandler":
        target = self._target
        try:
            async with self._clock.timeout(CONNECT_SECONDS):
                made = await self._socket()
        except TimeoutError as error:
            raise DialError(f"dial tcp {target.address}: i/o timeout") from error
        except socket.gaierror as error:
            raise DialError(f"dial tcp: lookup {target.host}: no such host") from error
        except OSError as error:
            why = os.strerror(error.errno).lower() if error.errno else str(error)
            raise DialError(f"dial tcp {target.address}: connect: {why}") from error
        try:
            context = trust(target.ca) if target.scheme == "https" else None
            name = (target.server_name or target.host) if context is not None else None
            async with self._clock.timeout(CONNECT_SECONDS):
                _, protocol = await self._loop.create_connection(
                    self._factory, sock=made, ssl=context, server_hostname=name
                )
        except TimeoutError as error:
            made.close()
            raise DialError("net/http: TLS handshake timeout") from error
        except ssl.SSLError as error:
            made.close()
            raise DialError(_distrust(error, target.server_name or target.host)) from error
        except OSError as error:
            made.close()
            raise DialError(_words(error)) from error
        except BaseException:
            made.close()
            raise
        return protocol

    async def _socket(self) -> socket.socket:
        """A connected socket.  Raises OSError."""
        target = self._target
        if target.namespace:
            from steersman.kit import netns  # with the first connection into a node's namespace

            return await netns.connect(target.namespace, target.host, target.port, self._clock)
        loop = asyncio.get_running_loop()
        with self._clock.busy():
            found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
            failure: OSError = socket.gaierror("no address")
            for family, kind, protocol, _, address in found:
                made = socket.socket(family, kind, protocol)
                made.setblocking(False)
                try:
                    await loop.sock_connect(made, address)
                except OSError as error:
                    made.close()
                    failure = error
                except BaseException:
                    made.close()
                    raise
                else:
                    return made
        raise failure


@functools.lru_cache(maxsize=128)
def trust(ca: bytes | None) -> ssl.SSLContext:
    """TLS settings that trust a bundle, the machine's authorities (empty) or anybody (None).  Raises DialError."""
    if ca is None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    try:
        context = ssl.create_default_context(cadata=ca.decode("ascii") if ca else None)
    except (ssl.SSLError, UnicodeDecodeError, ValueError) as error:
        raise DialError("unable to load root certificates: unable to parse bytes as PEM block") from error
    context.hostname_checks_common_name = False
    context.set_alpn_protocols(["http/1.1"])
    return context


_UNKNOWN_AUTHORITY = frozenset({2, 18, 19, 20, 21})
_OUT_OF_TIME = frozenset({9, 10})


def _distrust(error: ssl.SSLError, name: str) -> str:
    """Why a handshake failed, as Go says it."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        if error.reason == "WRONG_VERSION_NUMBER":
            return "http: server gave HTTP response to HTTPS client"
        return f"tls: {(error.reason or str(error)).replace('_', ' ').lower()}"
    code = error.verify_code
    if code in _UNKNOWN_AUTHORITY:
        why = "certificate signed by unknown authority"
    elif code in _OUT_OF_TIME:
        why = "certificate has expired or is not yet valid"
    elif code in (62, 64):
        why = f"certificate is not valid for {name}"
    else:
        why = error.verify_message
    return f"tls: failed to verify certificate: x509: {why}"


def _words(error: BaseException) -> str:
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "EOF"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "unexpected EOF"
    if isinstance(error, aiohttp.ClientResponseError):
        return "net/http: HTTP/1.x transport connection broken: malformed HTTP response"
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno).lower()
    return str(error) or type(error).__name__


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _headers(answer: aiohttp.ClientResponse) -> http.Headers:
    return [
        (name.lower(), value)
        for name, value in answer.headers.items()
        if name.lower() not in _HOP_BY_HOP and name.lower() != "content-type"
    ]


class _Body:
    """The body as it arrives.  A connection on which something is left unread is not used again."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            piece = await self._answer.content.readany()
        except (aiohttp.ClientError, OSError) as error:
            self._answer.close()
            raise ConnectionError(_words(error)) from error
        if not piece:
            await self.aclose()
            raise StopAsyncIteration
        return piece

    async def aclose(self) -> None:
        if self._answer.content.at_eof():
            self._answer.release()
        else:
            self._answer.close()
