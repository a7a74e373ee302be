"""Proxies: a request passed on to a node's kubelet, to a pod or to a service, and the answer passed back.

What comes back is handed on as it comes, an upgrade to a WebSocket included.  A redirect is passed on and never
followed; one to the same server is made to lead through the proxy again.  What proves who the client is stays here.
"""

import dataclasses
import posixpath
import urllib.parse
from collections.abc import Awaitable

from steersman.api import status
from steersman.apiserver import endpoints
from steersman.apiserver.call import Call
from steersman.apiserver.verbs.subresources import connect
from steersman.client import transport
from steersman.kit import http


async def of_node(call: Call) -> http.Answer:
    await _admit(call)
    call.registry.existing("", call.info.name)
    return await _passed(call, await connect.node(call, call.info.name))


async def of_pod(call: Call) -> http.Answer:
    await _admit(call)
    scheme, name, port = split(call.info.name, "pod")
    call.registry.existing(call.info.namespace, name)
    way = call.services.dialer.pod(call.info.namespace, name, port, scheme=scheme)
    return await _passed(call, await _reached(way))


async def of_service(call: Call) -> http.Answer:
    await _admit(call)
    scheme, name, port = split(call.info.name, "service")
    call.registry.existing(call.info.namespace, name)
    way = call.services.dialer.service(call.info.namespace, name, port, scheme=scheme)
    return await _passed(call, await _reached(way))


async def _admit(call: Call) -> None:
    path = _path(call)
    await connect.admit(call, {"path": path} if path else {})


async def _reached(way: Awaitable[transport.Transport]) -> transport.Transport:
    try:
        return await way
    except endpoints.NotAllowed as error:
        raise status.bad_request(str(error)) from error
    except ConnectionError as error:
        raise status.unavailable(str(error)) from error


def split(name: str, what: str) -> tuple[str, str, str]:
    """`https:web:443` as scheme, name and port; scheme and port may be left out.  Raises 400."""
    parts = name.split(":")
    scheme, rest = (parts[0], parts[1:]) if len(parts) == 3 else ("", parts)
    if len(rest) <= 2 and rest[0] and scheme in ("", "http", "https"):
        return scheme or "http", rest[0], rest[1] if len(rest) == 2 else ""
    raise status.bad_request(f"invalid {what} request {status.quoted(name)}")


def _path(call: Call) -> str:
    """What is asked of the other server: empty, or with a slash in front."""
    return call.info.rest or ("/" if call.request.path.endswith("/") else "")


async def _passed(call: Call, to: transport.Transport) -> http.Answer:
    request = call.request
    path = _path(call)
    upgrades = bool(request.headers.get("upgrade"))
    if not path and not upgrades and request.method in ("GET", "HEAD"):
        query = request.target.partition("?")[2]
        where = f"{request.path}/" + (f"?{query}" if query else "")
        return http.Response(301, "text/plain; charset=utf-8", (), (("Location", where),))
    sent = connect.forwarded(request, path or "/", request.query)
    sent = dataclasses.replace(sent, headers={**sent.headers, "x-forwarded-uri": request.path, **_for(request)})
    try:
        answer = await to.send(sent)
    except ConnectionError as error:
        raise status.unavailable(f"error trying to reach service: {error}") from error
    if not isinstance(answer, http.Upgrade):
        prefix = request.path.removesuffix(path) if path else request.path
        hosts = {"", request.headers.get("host", "")} | _hosts(to)
        answer.headers = [(name, _led_back(name, value, prefix, hosts)) for name, value in answer.headers]
    return answer


def _for(request: http.Request) -> dict[str, str]:
    """On whose behalf the API server asks."""
    before = request.headers.get("x-forwarded-for", "")
    return {"x-forwarded-for": ", ".join(filter(None, (before, request.remote)))} if request.remote else {}


def _hosts(to: transport.Transport) -> set[str]:
    target = getattr(to, "target", None)
    return {str(target.address)} if target is not None else set()


def _led_back(name: str, value: str, prefix: str, hosts: set[str]) -> str:
    """A header; a `Location` on the proxied server as one that leads through the proxy."""
    if name != "location":
        return value
    try:
        parts = urllib.parse.urlsplit(value)
    except ValueError:
        return value
    if parts.netloc not in hosts or not parts.path.startswith("/"):
        return value
    path = parts.path
    if not path.startswith(prefix):
        slash = "/" if path.endswith("/") and path != "/" else ""
        path = posixpath.normpath(prefix + path) + (slash or ("/" if path == "/" else ""))
    return urllib.parse.urlunsplit(("", "", path, parts.query, parts.fragment))
