"""A handler behind a socket: HTTP/1.1 and WebSocket, over TLS, by aiohttp's low-level server.

aiohttp's router, middlewares and request conveniences are left out: a request becomes a `kit.http.Request`,
the handler answers, and the answer is written.  A client certificate that TLS has verified is handed on in
DER; nobody here decides what it is worth.

Sockets are given, not opened: they may have been made in other network namespaces.  `close` stops accepting,
lets requests finish for a while, and ends streams.

Promised: a stream's iterator is closed when its client has gone or the server ends.  Not promised: that a
client which stops reading is noticed before TCP notices it; writes wait for it.
"""

import asyncio
import contextlib
import json
import logging
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Sequence
from typing import Any, cast

import aiohttp
import multidict
from aiohttp import hdrs, http_exceptions, web, web_protocol

from steersman.kit import http, websocket

log = logging.getLogger(__name__)
GZIP_FROM = 128 * 1024
GZIP_ON_LOOP = 512 * 1024
GZIP_LEVEL = 1
BODY_LIMIT = 3 * 1024 * 1024
LINE_LIMIT = 1024 * 1024
"""Of a request's first line: a selector with many values is long.  As much as Go's server takes."""
PARAMETERS = 10_000
KEEPALIVE = 75.0
MESSAGE_LIMIT = 64 * 1024 * 1024
CLOSE_ANSWER = 10.0
"""Seconds that the other side of a WebSocket has to say that it closes too."""
logging.getLogger("aiohttp.websocket").setLevel(logging.ERROR)
"""It warns of sub-protocols that nobody took, and shows them: one may be the client's token."""


class Server:
    """`await Server(handler).start(sockets, context)`, then `close`."""

    def __init__(self, handler: http.Handler, *, body_limit: int = BODY_LIMIT, name: str = "server") -> None:
        self._handler = handler
        self._body_limit = body_limit
        self._name = name
        self._servers: list[asyncio.Server] = []
        self._web: Any = None
        self._streams: set[asyncio.Task[None]] = set()
        self._closing = False

    async def start(self, sockets: Sequence[socket.socket], context: ssl.SSLContext | None = None) -> None:
        """Listen on sockets that are bound already; several calls add more."""
        loop = asyncio.get_running_loop()
        if self._web is None:
            self._web = _Web(
                cast(Any, self._serve), access_log=None, keepalive_timeout=KEEPALIVE, tcp_keepalive=True,
                auto_decompress=True, max_line_size=LINE_LIMIT, max_field_size=64 * 1024,
            )  # fmt: skip
        for each in sockets:
            each.setblocking(False)
            self._servers.append(await loop.create_server(self._web, sock=each, ssl=context, backlog=1024))

    async def close(self, grace: float = 5.0) -> None:
        """Stop accepting, end streams, give other requests `grace` seconds."""
        self._closing = True
        for server in self._servers:
            server.close()
        for task in list(self._streams):
            task.cancel()
        if self._streams:
            await asyncio.wait(self._streams, timeout=grace)
        if self._web is not None:
            self._web.pre_shutdown()  # idle connections end at once; nobody waits for them
            await self._web.shutdown(grace)
        self._servers.clear()

    @property
    def connections(self) -> int:
        return len(self._web.connections) if self._web is not None else 0

    async def _serve(self, incoming: web.BaseRequest) -> web.StreamResponse:
        body = b""
        if incoming.body_exists:
            try:
                body = await self._body(incoming)
            except _TooLarge:
                return _too_large(self._body_limit)
            except web_protocol.RequestPayloadError as error:
                return _unreadable(error)
        url = incoming.rel_url
        if url.raw_query_string.count("&") > PARAMETERS:
            return _refused(400, "BadRequest", f"a request may have {PARAMETERS} query parameters")
        query = url.query
        request = http.Request(
            incoming.method,
            url.raw_path,
            tuple(query.items()) if query else (),
            _received(incoming.headers),
            body,
            certificate=cast(_Connection, incoming.protocol).certificate(),
            remote=incoming.remote or "",
        )
        answer = await self._handler(request)
        if isinstance(answer, http.Response):
            response = await _response(answer, incoming)
            if hdrs.UPGRADE in incoming.headers:
                response.force_close()  # what the client sends next is not HTTP, and is for nobody
            return response
        if isinstance(answer, http.Stream):
            return await self._stream(answer, incoming)
        return await self._upgrade(answer, incoming)

    async def _body(self, incoming: web.BaseRequest) -> bytes:
        length = incoming.content_length
        if length is not None and length > self._body_limit:
            raise _TooLarge
        pieces, size = [], 0
        async for piece in incoming.content.iter_any():
            size += len(piece)
            if size > self._body_limit:
                raise _TooLarge
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def _stream(self, answer: http.Stream, incoming: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(status=answer.status, headers=_headers(answer.headers, answer.content_type))
        task = asyncio.current_task()
        assert task is not None
        self._streams.add(task)
        writing = asyncio.ensure_future(self._copy(answer.frames, response, incoming))
        gone = asyncio.ensure_future(cast(_Connection, incoming.protocol).gone())
        try:
            await asyncio.wait((writing, gone), return_when=asyncio.FIRST_COMPLETED)
            if writing.done():
                writing.result()
        except (ConnectionError, aiohttp.ClientConnectionError):
            pass  # the client has gone
        except Exception:
            log.exception("a stream of %s broke", incoming.path)
            if incoming.transport is not None:
                incoming.transport.abort()  # half an answer must not look like a whole one
        except asyncio.CancelledError:
            if not self._closing:
                raise
            with contextlib.suppress(ConnectionError, aiohttp.ClientConnectionError):
                if response.prepared:
                    await response.write_eof()
        finally:
            self._streams.discard(task)
            for part in (writing, gone):
                part.cancel()
            await asyncio.gather(writing, gone, return_exceptions=True)
            await answer.aclose()
        return response

    async def _upgrade(self, answer: http.Upgrade, incoming: web.BaseRequest) -> web.StreamResponse:
        protocols = (answer.protocol,) if answer.protocol else ()
        socket_ = web.WebSocketResponse(
            protocols=protocols, max_msg_size=MESSAGE_LIMIT, compress=False, autoping=True, timeout=CLOSE_ANSWER
        )
        await socket_.prepare(incoming)
        channel = _WebSocket(socket_)
        task = asyncio.current_task()
        assert task is not None
        self._streams.add(task)
        try:
            await answer.serve(channel)
        except ConnectionError:
            pass  # the client has gone
        except asyncio.CancelledError:
            if not self._closing:
                raise
            await channel.close(aiohttp.WSCloseCode.GOING_AWAY)
        finally:
            await channel.close()
            self._streams.discard(task)
        return socket_

    async def _copy(
        self, frames: AsyncIterator[bytes], response: web.StreamResponse, incoming: web.BaseRequest
    ) -> None:
        await response.prepare(incoming)
        # Headers go out at once: a client waits for them before it waits for events.
        await response.write(b"")
        async for frame in frames:
            await response.write(frame)
        await response.write_eof()


class _TooLarge(Exception):
    pass


def _received(headers: "multidict.CIMultiDictProxy[str]") -> http.HeaderMap:
    made = http.HeaderMap()
    for name, value in headers.items():
        made.add(name.lower(), value if value.isascii() else _readable(value))
    return made


def _readable(text: str) -> str:
    """A header without the halves of characters that aiohttp makes of bytes that are not UTF-8.

    No encoder takes them: they would break the first answer, log line or stored object that shows them.
    """
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _headers(given: http.Headers, content_type: str) -> "multidict.CIMultiDict[str]":
    headers: multidict.CIMultiDict[str] = multidict.CIMultiDict()
    headers[hdrs.CONTENT_TYPE] = content_type
    for name, value in given:
        headers.add(name, value)
    return headers


async def _response(answer: http.Response, incoming: web.BaseRequest) -> web.StreamResponse:
    headers = _headers(answer.headers, answer.content_type)
    chunks = answer.chunks
    size = sum(map(len, chunks))
    if size > GZIP_FROM and _takes_gzip(incoming):
        headers[hdrs.CONTENT_ENCODING] = "gzip"
        headers.add(hdrs.VARY, hdrs.ACCEPT_ENCODING)
        # A megabyte takes some 10 ms, without the interpreter's lock.
        body = _packed(chunks) if size <= GZIP_ON_LOOP else await asyncio.to_thread(_packed, chunks)
        return web.Response(body=body, status=answer.status, headers=headers)
    if len(chunks) <= 1:
        return web.Response(body=chunks[0] if chunks else b"", status=answer.status, headers=headers)
    headers[hdrs.CONTENT_LENGTH] = str(size)
    return _Chunks(chunks, answer.status, headers)


def _packed(chunks: Sequence[bytes]) -> bytes:
    packer = zlib.compressobj(GZIP_LEVEL, wbits=31)
    return b"".join([*map(packer.compress, chunks), packer.flush()])


class _Chunks(web.StreamResponse):
    """A body in pieces of which the whole length is known."""

    def __init__(self, chunks: Sequence[bytes], status: int, headers: "multidict.CIMultiDict[str]") -> None:
        super().__init__(status=status, headers=headers)
        self._chunks = chunks

    async def prepare(self, request: web.BaseRequest) -> Any:
        writer = await super().prepare(request)
        if request.method != "HEAD":
            for chunk in self._chunks:
                await self.write(chunk)
        return writer


def _takes_gzip(incoming: web.BaseRequest) -> bool:
    return "gzip" in incoming.headers.get(hdrs.ACCEPT_ENCODING, "")


def _too_large(limit: int) -> web.Response:
    return _refused(413, "RequestEntityTooLarge", f"Request entity too large: limit is {limit}")


def _unreadable(error: web_protocol.RequestPayloadError) -> web.Response:
    """A body whose transfer or content encoding is broken."""
    return _refused(400, "BadRequest", f"the body cannot be read: {' '.join(str(error).split())}")


def _refused(code: int, reason: str, message: str) -> web.Response:
    """A refusal from below the handler, in the form that the handler's have.  The connection ends with it."""
    told = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    text = json.dumps({**told, "message": message, "reason": reason, "code": code})
    response = web.Response(text=text + "\n", status=code, content_type="application/json")
    response.force_close()
    return response


class _Connection(web_protocol.RequestHandler):
    """aiohttp's protocol, which also tells when the client has gone, and who it said it was."""

    __slots__ = ("_certificate", "_lost")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._certificate: bytes | None = b""
        self._lost: asyncio.Future[None] | None = None

    def certificate(self) -> bytes | None:
        if self._certificate == b"":
            transport = self.transport
            tls = transport.get_extra_info("ssl_object") if transport is not None else None
            self._certificate = tls.getpeercert(binary_form=True) if tls is not None else None
        return self._certificate

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """aiohttp's answer to what is no HTTP shows the line that it could not read, and logs it.  A token may stand
        in that line: neither the client nor the log gets it back."""
        if isinstance(exc, http_exceptions.HttpProcessingError):
            log.debug("not HTTP from %s: %s", request.remote, type(exc).__name__)
            if request.writer.output_size > 0:
                raise ConnectionError("half an answer is sent already")
            too_long = isinstance(exc, http_exceptions.LineTooLong)
            why = "a line of the request is too long" if too_long else "the request is not HTTP"
            return _refused(400, "BadRequest", why)
        super().handle_error(request, status, exc, message)
        return _refused(500, "InternalError", "Internal error occurred: an unexpected error; see the server's log")

    def log_exception(self, *args: Any, **kw: Any) -> None:
        if isinstance(kw.get("exc_info"), web_protocol.RequestPayloadError):
            log.debug("a body that cannot be read")  # answered with 400 already
            return
        super().log_exception(*args, **kw)

    async def gone(self) -> None:
        """Returns when the connection is lost."""
        if self.transport is None:
            return
        if self._lost is None:
            self._lost = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._lost)

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(None)
        super().connection_lost(exc)


class _Request(web.BaseRequest):
    async def _prepare_hook(self, response: web.StreamResponse) -> None:
        """Nobody needs to know what serves, and by which version: kube-apiserver does not tell either."""
        response.headers.pop(hdrs.SERVER, None)


class _Web(web.Server):
    def _make_request(self, message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
        return _Request(message, payload, protocol, writer, task, self._loop)

    def __call__(self) -> web_protocol.RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)


class _WebSocket:
    """A WebSocket as a `kit.http.Channel`."""

    def __init__(self, inner: web.WebSocketResponse) -> None:
        self._inner = inner

    async def receive(self) -> bytes | None:
        return websocket.data(await self._inner.receive())

    async def send(self, message: bytes) -> None:
        try:
            await websocket.send(self._inner, message)
        except (aiohttp.ClientConnectionError, RuntimeError) as error:
            raise ConnectionError(str(error)) from error

    async def close(self, code: int = 1000, reason: str = "") -> None:
        with contextlib.suppress(ConnectionError, aiohttp.ClientConnectionError, RuntimeError):
            await self._inner.close(code=code, message=reason.encode())


def listen(host: str, port: int) -> socket.socket:
    """A TCP socket that listens, in the network namespace of the calling thread; port 0 is any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(1024)
    except BaseException:
        made.close()
        raise
    return made


def server_context(certificate: str, key: str, *, client_ca: str = "", required: bool = False) -> ssl.SSLContext:
    """TLS for a server from PEM files; with `client_ca` clients may (or must) show a certificate of it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["http/1.1"])
    if client_ca:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
    return context
