"""A small HTTP/1.1 request over a connector: for probes and hooks, which look at little more than the code.

Redirects to the same host are followed, ten at most; one to another host is an answer like any other.  TLS is
not verified, as Kubernetes does for probes.
"""

import asyncio
import contextlib
import dataclasses
import ssl
import urllib.parse
from collections.abc import Sequence

from steersman.api.tree import Tree
from steersman.kubelet.probes.connector import Connector

BODY_LIMIT = 10 << 10
REDIRECTS = 10


class HttpFault(Exception):
    """What came back is not HTTP; the text is fit for an event."""


class BadPort(Exception):
    """A port's name that the container does not have."""


@dataclasses.dataclass(frozen=True, slots=True)
class HttpRequest:
    host: str
    port: int
    path: str = "/"
    tls: bool = False
    headers: Sequence[tuple[str, str]] = ()

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}{self.path}"


@dataclasses.dataclass(frozen=True, slots=True)
class HttpAnswer:
    status: int
    body: bytes = b""
    elsewhere: bool = False
    """A redirect to another host, not followed."""


def port_of(container: Tree, port: object) -> int:
    """A port by number or by the name that the container gives it.  Raises BadPort."""
    text = str(port)
    if text.isdigit():
        return int(text)
    for one in container.get("ports") or ():
        if one.get("name") == text:
            return int(one["containerPort"])
    raise BadPort(f'couldn\'t find port: "{text}" in container {container.get("name")}')


def request_of(action: Tree, container: Tree, ip: str) -> HttpRequest:
    """The request that an `httpGet` action means."""
    path = str(action.get("path") or "/")
    headers = [(str(h["name"]), str(h.get("value") or "")) for h in action.get("httpHeaders") or ()]
    return HttpRequest(
        host=str(action.get("host") or ip),
        port=port_of(container, action.get("port")),
        path=path if path.startswith("/") else f"/{path}",
        tls=action.get("scheme") == "HTTPS",
        headers=headers,
    )


async def fetch(connector: Connector, request: HttpRequest, method: str = "GET") -> HttpAnswer:
    """The last answer.  Raises OSError and HttpFault."""
    for _ in range(REDIRECTS + 1):
        status, location, body = await _once(connector, request, method)
        if not 300 <= status < 400 or not location:
            return HttpAnswer(status, body)
        target = urllib.parse.urlsplit(urllib.parse.urljoin(request.url, location))
        if (target.hostname or "") != request.host:
            return HttpAnswer(status, body, elsewhere=True)
        tls = target.scheme == "https"
        path = target.path or "/"
        if target.query:
            path += f"?{target.query}"
        request = dataclasses.replace(request, port=target.port or (443 if tls else 80), path=path, tls=tls)
    raise HttpFault(f'Get "{request.url}": stopped after {REDIRECTS} redirects')


async def _once(connector: Connector, request: HttpRequest, method: str) -> tuple[int, str, bytes]:
    reader, writer = await connector.connect(request.host, request.port)
    try:
        if request.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            await writer.start_tls(context)
        given = {name.lower() for name, _ in request.headers}
        host = f"[{request.host}]" if ":" in request.host else request.host
        lines = [f"{method} {request.path} HTTP/1.1"]
        if "host" not in given:
            lines.append(f"Host: {host}:{request.port}")
        if "user-agent" not in given:
            lines.append("User-Agent: kube-probe/1.36")
        if "accept" not in given:
            lines.append("Accept: */*")
        lines += [f"{name}: {value}" for name, value in request.headers if value or name.lower() != "accept"]
        lines += ["Connection: close", "", ""]
        writer.write("\r\n".join(lines).encode("latin-1", "replace"))
        await writer.drain()
        return await _read(reader, request)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _read(reader: asyncio.StreamReader, request: HttpRequest) -> tuple[int, str, bytes]:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            raise HttpFault(f'Get "{request.url}": EOF') from error
        head = error.partial
    except asyncio.LimitOverrunError as error:
        raise HttpFault(f'Get "{request.url}": the answer\'s head is too long') from error
    first, *rest = head.decode("latin-1").split("\r\n")
    words = first.split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/") or not words[1].isdigit():
        raise HttpFault(f'Get "{request.url}": net/http: malformed HTTP response "{first}"')
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    length = headers.get("content-length", "")
    body = b""
    wanted = min(int(length), BODY_LIMIT) if length.isdigit() else BODY_LIMIT
    while len(body) < wanted:
        piece = await reader.read(wanted - len(body))
        if not piece:
            break
        body += piece
    return int(words[1]), headers.get("location", ""), body
