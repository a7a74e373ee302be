"""Connections through the API server to a node: logs, exec, attach and port-forward.

What the kubelet answers is passed through as it comes, stream and upgrade included.  Nothing is read here but which
node, which container and what was asked for; the options of a connection pass admission, which may change them.
"""

import dataclasses
from collections.abc import Sequence

from steersman.api import status
from steersman.api.tree import MutableTree, Tree, at
from steersman.apiserver import plugged
from steersman.apiserver.access import authentication
from steersman.apiserver.call import Call
from steersman.apiserver.http import info as infos
from steersman.apiserver.verbs import permission
from steersman.client import transport
from steersman.kit import http

_KEPT_BACK = ("authorization", "content-length", "connection", "upgrade")


async def log(call: Call) -> http.Answer:
    pod = _pod(call)
    container = _container(pod, call.info.name, call.request.param("container"))
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
    ports = [value for key, value in call.request.query if key == "ports"]
    await admit(call, {"ports": [int(port) for port in ports if port.isdigit()]} if ports else {})
    permission.check_create(call)
    pod = _pod(call)
    _on_node(call, pod)
    return await _to_node(call, pod, f"/portForward/{_place(call)}", call.request.query)


async def _streams(call: Call, what: str) -> http.Answer:
    options = await admit(call, _options(call))
    permission.check_create(call)
    pod = _pod(call)
    container = _container(pod, call.info.name, str(options.get("container") or ""))
    _on_node(call, pod)
    query = [(theirs, "1") for name, theirs, _ in _STREAMS if options.get(name)]
    query += [("command", str(word)) for word in options.get("command") or ()]
    return await _to_node(call, pod, f"/{what}/{_place(call)}/{container}", query)


_STREAMS = (
    ("stdin", "input", "false"), ("stdout", "output", "true"), ("stderr", "error", "true"), ("tty", "tty", "false"),
)  # fmt: skip
"""As the API calls them, as the kubelet does, and what they are unless said."""


def _options(call: Call) -> MutableTree:
    """The query as PodExecOptions or PodAttachOptions."""
    request = call.request
    found: MutableTree = {name: True for name, _, default in _STREAMS if infos.is_true(request.param(name) or default)}
    container = request.param("container")
    if container:
        found["container"] = container
    words = [value for key, value in request.query if key == "command"]
    if words and call.info.subresource == "exec":
        found["command"] = words
    return found


def _pod(call: Call) -> Tree:
    return call.registry.tree(call.registry.existing(call.info.namespace, call.info.name).value)


def _place(call: Call) -> str:
    return f"{call.info.namespace}/{call.info.name}"


def _container(pod: Tree, pod_name: str, wanted: str) -> str:
    """The container asked for, or the only one.  Raises 400."""
    spec = pod.get("spec") or {}
    names = [[c["name"] for c in spec.get(group) or ()] for group in _GROUPS]
    main, init, ephemeral = names
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


async def admit(call: Call, options: Tree) -> Tree:
    """Ask admission about a connection; its options as admission leaves them.  Raises StatusError."""
    known = call.resource.subresource(call.info.subresource)
    assert known is not None
    asked = plugged.attributes(
        call, "CONNECT", {"kind": known.kind, "apiVersion": known.api_version, **options}, None
    )  # fmt: skip
    chain = call.services.chain
    if chain is not None:
        await chain.mutate(asked)
        await chain.validate(asked)
    return asked.new


async def node(call: Call, name: str) -> transport.Transport:
    if call.services.reader.get("nodes", "", name) is None:
        raise status.not_found(call.resource.plural, "", name)
    try:
        return await call.services.dialer.node(name)
    except ConnectionError as error:
        raise status.unavailable(str(error)) from error


async def _to_node(call: Call, pod: Tree, path: str, query: Sequence[tuple[str, str]]) -> http.Answer:
    to = await node(call, str(at(pod, "spec", "nodeName")))
    return await _sent(to, forwarded(call.request, path, query))


def forwarded(request: http.Request, path: str, query: Sequence[tuple[str, str]]) -> http.Request:
    """The request for somebody else: without what proves who its client is."""
    headers = {
        name: value
        for name, value in request.headers.items()
        if name not in _KEPT_BACK and not name.startswith("impersonate-")
    }
    protocols = headers.pop("sec-websocket-protocol", "")
    if protocols:  # one of them may be the client's token
        kept = [name.strip() for name in protocols.split(",") if not name.strip().startswith(authentication.WEBSOCKET)]
        headers |= {"sec-websocket-protocol": ", ".join(kept)} if kept else {}
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
