"""The API server over TLS.

One `HttpTransport` is one server and one identity; it keeps connections alive.  A watch or a followed log
is a `Stream` of whatever arrives; a request that asks for an upgrade is a WebSocket whose messages are
pumped both ways; everything else is read to its end.

aiohttp is imported on first use, so that a process that has its API server inside does not pay for it.
"""

import pathlib
import ssl
import tempfile
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import msgspec

from steersman.client.kubeconfig import Access
from steersman.kit import http

if TYPE_CHECKING:
    import aiohttp

CONNECT_SECONDS = 10.0


def tls(access: Access) -> ssl.SSLContext:
    """The TLS settings of an access.  Keys touch the disk only in a private temporary folder."""
    context = ssl.create_default_context(cadata=access.ca.decode() if access.ca else None)
    if access.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if access.certificate and access.key:
        with tempfile.TemporaryDirectory(prefix="steersman-") as folder:
            file = pathlib.Path(folder) / "pair.pem"
            file.touch(mode=0o600)
            file.write_bytes(access.certificate + b"\n" + access.key)
            context.load_cert_chain(file)
    return context


class HttpTransport:
    def __init__(self, access: Access) -> None:
        self._access = access
        self._session: aiohttp.ClientSession | None = None

    def _open(self) -> "aiohttp.ClientSession":
        import aiohttp

        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    ssl=tls(self._access) if self._access.server.startswith("https") else False, limit=0
                ),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
                auto_decompress=True,
                read_bufsize=2**20,
                trace_configs=[_no_redirects()],
            )
        return self._session

    async def send(self, request: http.Request) -> http.Answer:
        import aiohttp
        import yarl

        headers = dict(request.headers)
        if self._access.token:
            headers["authorization"] = f"Bearer {self._access.token}"
        url = yarl.URL(self._access.server.rstrip("/") + request.target, encoded=True)
        body = request.body
        if not body and request.tree is not None:
            body = msgspec.json.encode(request.tree)
        server_name = self._access.server_name or None
        try:
            if headers.get("upgrade", "").lower() == "websocket":
                return await self._upgrade(url, headers, server_name)
            answer = await self._open().request(
                request.method, url, headers=headers, data=body or None, server_hostname=server_name,
                allow_redirects=False,
            )  # fmt: skip
            if _is_stream(request) and answer.status < 400:
                return http.Stream(_frames(answer), answer.status, _type(answer), _headers(answer))
            async with answer:
                content = await answer.read()
            return http.Response(answer.status, _type(answer), (content,), _headers(answer))
        except (aiohttp.ClientError, ssl.SSLError, TimeoutError) as error:
            raise ConnectionError(f"cannot reach {self._access.server}: {error}") from error

    async def _upgrade(self, url: Any, headers: dict[str, str], server_name: str | None) -> http.Answer:
        import aiohttp

        from steersman.kit import websocket

        offered = [each.strip() for each in headers.pop("sec-websocket-protocol", "").split(",") if each.strip()]
        for name in ("upgrade", "connection"):
            headers.pop(name, None)
        try:
            socket = await self._open().ws_connect(
                url, headers=headers, protocols=offered, server_hostname=server_name, max_msg_size=0
            )
        except aiohttp.WSServerHandshakeError as error:
            return http.Response(error.status, "text/plain", (str(error.message).encode(),))

        async def serve(channel: http.Channel) -> None:
            await websocket.pump(socket, channel)

        return http.Upgrade(socket.protocol or "", serve)

    async def close(self) -> None:
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()


def _no_redirects() -> "aiohttp.TraceConfig":
    """Whom we have credentials for is decided here, not by whoever answers: no redirect is followed.

    `request` is told so; a WebSocket's handshake has no such option, so the redirect itself is refused.
    """
    import aiohttp

    async def refuse(_session: object, _context: object, redirected: aiohttp.TraceRequestRedirectParams) -> None:
        raise ConnectionError(f"{redirected.url.host} redirects the connection, which is not followed")

    made = aiohttp.TraceConfig()
    made.on_request_redirect.append(refuse)
    return made


def _is_stream(request: http.Request) -> bool:
    return any(key in ("watch", "follow") and value in ("true", "1") for key, value in request.query)


def _type(answer: "aiohttp.ClientResponse") -> str:
    return answer.headers.get("Content-Type", "")


def _headers(answer: "aiohttp.ClientResponse") -> http.Headers:
    return [(name.lower(), value) for name, value in answer.headers.items()]


async def _frames(answer: "aiohttp.ClientResponse") -> AsyncIterator[bytes]:
    """What arrives, as it arrives.  A connection that breaks ends the stream: whoever follows resumes."""
    import aiohttp

    try:
        async for chunk in answer.content.iter_any():
            yield chunk
    except aiohttp.ClientError as error:
        raise ConnectionError(f"the stream broke: {error}") from error
    finally:
        answer.close()
