"""Connections through the API server to a node: logs, exec, attach, port-forward and proxies.

What the kubelet (or the proxied server) answers is passed through as it comes, stream and upgrade included.
Nothing is read here but which node, which container and what was asked for.
"""

import dataclasses
from collections.abc import Sequence

from steersman.api import status
from steersman.api.tree import Tree, at
from steersman.apiserver import plugged
from steersman.apiserver.call import Call
from steersman.apiserver.http import info as infos
from steersman.apiserver.verbs import permission
from steersman.client import transport
from steersman.kit import http

_KEPT_BACK = ("authorization", "host", "content-length", "connection", "upgrade")


async def log(call: Call) -> http.Answer:
    pod = _pod(call)
    container = _container(call, pod)
    query = [(key, value) for key, value in call.request.query if key not in ("container", "pretty")]
    if at(pod, "spec", "nodeName") is None:
        return http.Response(200, "text/plain", ())
    answer = await _to_node(call, pod, f"/containerLogs/{_place(call)}/{container}", query)
    if isinstance(answer, http.Response) and answer.status >= 400:
        raise _nodes_refusal(answer)
    return answer


def _nodes_refusal(answer: http.Response) -> status.StatusError:
    """A kubelet refuses in plain text; a client of the API gets a Status."""
    text = answer.body.decode(errors="replace").strip()
    if answer.status == 400:
        return status.bad_request(text)
    if answer.status == 404:
        return status.failure(404, "NotFound", f"the server could not find the requested resource: {text}")
    return status.internal(text)


async def exec(call: Call) -> http.Answer:
    return await _streams(call, "exec")


async def attach(call: Call) -> http.Answer:
    return await _streams(call, "attach")


async def portforward(call: Call) -> http.Answer:
    await _admit(call)
    permission.check_create(call)
    pod = _pod(call)
    _on_node(call, pod)
    return await _to_node(call, pod, f"/portForward/{_place(call)}", call.request.query)


async def _streams(call: Call, what: str) -> http.Answer:
    await _admit(call)
    permission.check_create(call)
    pod = _pod(call)
    container = _container(call, pod)
    _on_node(call, pod)
    query: list[tuple[str, str]] = []
    for name, theirs, default in (
        ("stdin", "input", "false"), ("stdout", "output", "true"), ("stderr", "error", "true"), ("tty", "tty", "false"),
    ):  # fmt: skip
        if infos.is_true(call.request.param(name) or default):
            query.append((theirs, "1"))
    query += [("command", value) for key, value in call.request.query if key == "command"]
    return await _to_node(call, pod, f"/{what}/{_place(call)}/{container}", query)


async def node_proxy(call: Call) -> http.Answer:
    await _admit(call)
    call.registry.existing("", call.info.name)
    return await _passed(call, await _node(call, call.info.name), call.info.rest or "/")


async def pod_proxy(call: Call) -> http.Answer:
    await _admit(call)
    scheme, name, port = _split(call.info.name)
    call.registry.existing(call.info.namespace, name)
    try:
        to = await call.services.dialer.pod(call.info.namespace, name, port, scheme=scheme)
    except ConnectionError as error:
        raise status.unavailable(str(error)) from error
    return await _passed(call, to, call.info.rest or "/")


async def service_proxy(call: Call) -> http.Answer:
    await _admit(call)
    scheme, name, port = _split(call.info.name)
    call.registry.existing(call.info.namespace, name)
    try:
        to = await call.services.dialer.service(call.info.namespace, name, port, scheme=scheme)
    except ConnectionError as error:
        raise status.unavailable(str(error)) from error
    return await _passed(call, to, call.info.rest or "/")


def _split(name: str) -> tuple[str, str, str]:
    """`https:web:443` as scheme, name and port; scheme and port may be left out."""
    parts = name.split(":")
    if len(parts) == 1:
        return "http", parts[0], ""
    if len(parts) == 2:
        return "http", parts[0], parts[1]
    if len(parts) == 3 and parts[0] in ("", "http", "https"):
        return parts[0] or "http", parts[1], parts[2]
    raise status.bad_request(f"invalid service request {status.quoted(name)}")


def _pod(call: Call) -> Tree:
    return call.registry.tree(call.registry.existing(call.info.namespace, call.info.name).value)


def _place(call: Call) -> str:
    return f"{call.info.namespace}/{call.info.name}"


def _container(call: Call, pod: Tree) -> str:
    """The container asked for, or the only one.  Raises 400."""
    wanted = call.request.param("container")
    spec = pod.get("spec") or {}
    names = [[c["name"] for c in spec.get(group) or ()] for group in _GROUPS]
    main, init, ephemeral = names
    pod_name = call.info.name
    if wanted:
        if wanted not in [*main, *init, *ephemeral]:
            raise status.bad_request(f"container {wanted} is not valid for pod {pod_name}")
        return wanted
    if len(main) == 1:
        return str(main[0])
    text = f"a container name must be specified for pod {pod_name}, choose one of: [{' '.join(main)}]"
    if init:
        text += f" or one of the init containers: [{' '.join(init)}]"
    if ephemeral:
        text += f" or one of the ephemeral containers: [{' '.join(ephemeral)}]"
    raise status.bad_request(text)


_GROUPS = ("containers", "initContainers", "ephemeralContainers")


def _on_node(call: Call, pod: Tree) -> None:
    if not at(pod, "spec", "nodeName"):
        raise status.bad_request(f"pod {call.info.name} does not have a host assigned")


async def _admit(call: Call) -> None:
    attributes = plugged.attributes(call, "CONNECT", None, None)
    await plugged.validate(call, attributes)


async def _node(call: Call, name: str) -> transport.Transport:
    if call.services.reader.get("nodes", "", name) is None:
        raise status.not_found(call.resource.plural, "", name)
    try:
        return await call.services.dialer.node(name)
    except ConnectionError as error:
        raise status.unavailable(str(error)) from error


async def _to_node(call: Call, pod: Tree, path: str, query: Sequence[tuple[str, str]]) -> http.Answer:
    to = await _node(call, str(at(pod, "spec", "nodeName")))
    return await _sent(to, _forwarded(call.request, path, query))


async def _passed(call: Call, to: transport.Transport, path: str) -> http.Answer:
    return await _sent(to, _forwarded(call.request, path, call.request.query))


def _forwarded(request: http.Request, path: str, query: Sequence[tuple[str, str]]) -> http.Request:
    """The request for somebody else: without what proves who its client is."""
    headers = {
        name: value
        for name, value in request.headers.items()
        if name not in _KEPT_BACK and not name.startswith("impersonate-")
    }
    if request.headers.get("upgrade"):
        headers |= {"connection": "upgrade", "upgrade": request.headers["upgrade"]}
    return dataclasses.replace(
        request, path=path, query=tuple(query), headers=headers, user=None, certificate=None, tree=None
    )


async def _sent(to: transport.Transport, request: http.Request) -> http.Answer:
    try:
        return await to.send(request)
    except ConnectionError as error:
        raise status.failure(
            500, "InternalError", f"Internal error occurred: error dialing backend: {error}"
        ) from error
