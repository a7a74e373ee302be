"""The kubelet's server as a handler: the API server asks it for logs and streams, metrics for figures.

    /containerLogs/{namespace}/{pod}/{container}
    /exec, /attach  /{namespace}/{pod}[/{uid}]/{container}      upgrades
    /portForward    /{namespace}/{pod}[/{uid}]                  an upgrade
    /pods  /runningpods/  /stats/summary  /metrics/resource  /configz  /healthz

Whoever puts it behind a socket has authenticated and authorised the caller; in the same process the API server
has.  Streams are WebSocket ones; the SPDY upgrade of clients before v1.31 is not spoken.
"""

import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

from steersman.api.tree import Tree
from steersman.cri import logs
from steersman.cri import runtime as cri
from steersman.kit import http
from steersman.kit.clock import Clock
from steersman.kubelet.server import answers, containerlogs, logfile, portforward, remotecommand, summary
from steersman.kubelet.server.pods import ContainerRef, PodRef, Pods


class Server:
    """`server.handle` is a `kit.http.Handler`."""

    def __init__(
        self,
        node: str,
        pods: Pods,
        runtime: cri.ContainerRuntime,
        clock: Clock,
        *,
        configuration: Callable[[], Tree] = dict,
        health: Callable[[], str] = lambda: "",
    ) -> None:
        """`health` gives what is wrong in words, empty when nothing is."""
        self._node = node
        self._pods = pods
        self._runtime = runtime
        self._clock = clock
        self._configuration = configuration
        self._health = health
        # A simulated runtime keeps logs in memory; all others write files.
        self._logs = logfile.either(getattr(runtime, "logs_in_memory", None))
        self._figures = summary.Figures(runtime, clock)

    async def handle(self, request: http.Request) -> http.Answer:
        steps = [urllib.parse.unquote(step) for step in request.path.strip("/").split("/")]
        match steps:
            case ["healthz"]:
                wrong = self._health()
                return answers.text(500, wrong) if wrong else answers.plain(b"ok")
            case ["pods"]:
                return answers.json(_list(self._pods.all()))
            case ["runningpods"]:
                return answers.json(_list([_running(pod) for pod in self._pods.refs()]))
            case ["stats", "summary"]:
                return answers.json(await summary.summary(self._node, self._pods, self._figures, _stamp))
            case ["metrics", "resource"]:
                return answers.plain(await summary.resource_metrics(self._pods, self._figures))
            case ["configz"]:
                return answers.json({"kubeletconfig": self._configuration()})
            case ["containerLogs", namespace, pod, container]:
                if request.method != "GET":
                    return answers.text(405, "405: Method Not Allowed")
                return await containerlogs.answer(
                    request, self._logs, self._pods, self._clock, namespace, pod, container
                )
            case ["exec" | "attach" as verb, namespace, pod, *uid, container] if len(uid) < 2:
                return self._stream(verb, request, namespace, pod, "".join(uid), container)
            case ["portForward", namespace, pod, *uid] if len(uid) < 2:
                return self._forward(request, namespace, pod, "".join(uid))
            case _:
                return answers.text(404, "404 page not found")

    def _pod(self, namespace: str, name: str, uid: str) -> PodRef | None:
        found = self._pods.find(namespace, name)
        return found if found is not None and uid in ("", found.uid) else None

    def _stream(
        self, verb: str, request: http.Request, namespace: str, name: str, uid: str, container: str
    ) -> http.Answer:
        pod = self._pod(namespace, name, uid)
        if pod is None:
            return answers.text(404, "pod does not exist")
        ref = pod.containers.get(container)
        if ref is None or not ref.running:
            return answers.text(500, f'container not found ("{container}")')
        stdin, tty = _asked(request, "stdin", "input"), _asked(request, "tty")
        outputs = _asked(request, "stdout", "output") or _asked(request, "stderr", "error")
        if not (stdin or outputs):
            return answers.text(400, "you must specify at least 1 of stdin, stdout, stderr")
        command = [value for key, value in request.query if key == "command"]
        if verb == "exec" and not command:
            return answers.text(400, "you must specify at least 1 command for the container")
        open_process = self._open(verb, ref, command, stdin=stdin, tty=tty)
        what = "error executing command in container" if verb == "exec" else "error attaching to container"
        agreed = remotecommand.upgrade(request, open_process, command if verb == "exec" else (), stdin=stdin, what=what)
        return agreed if agreed is not None else _no_protocol()

    def _open(
        self, verb: str, ref: ContainerRef, command: list[str], *, stdin: bool, tty: bool
    ) -> remotecommand.OpenProcess:
        async def open_process() -> cri.Process:
            if verb == "attach":
                return await self._runtime.attach(ref.id)
            return await self._runtime.exec(ref.id, command, stdin=stdin, tty=tty)

        return open_process

    def _forward(self, request: http.Request, namespace: str, name: str, uid: str) -> http.Answer:
        pod = self._pod(namespace, name, uid)
        if pod is None:
            return answers.text(404, "pod does not exist")
        if not pod.sandbox_id:
            return answers.text(500, f"failed to find the sandbox of pod {name}")
        ports = []
        for key, value in request.query:
            if key in ("port", "ports"):
                for text in value.split(","):
                    if not text.isdigit() or not 0 < int(text) < 65536:
                        return answers.text(400, f'query parameter "port" cannot be "{text}"')
                    ports.append(int(text))

        async def dial(port: int) -> cri.Tunnel:
            return await self._runtime.connect(pod.sandbox_id, port)

        agreed = portforward.upgrade(request, dial, pod.sandbox_id, ports)
        return agreed if agreed is not None else _no_protocol()


def _asked(request: http.Request, *names: str) -> bool:
    return any(key in names and value.lower() in ("1", "t", "true") for key, value in request.query)


def _no_protocol() -> http.Response:
    return answers.text(400, "unable to upgrade: the client offers no sub-protocol that is spoken here")


def _list(items: Any) -> Mapping[str, Any]:
    return {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": items}


def _running(pod: PodRef) -> Mapping[str, Any]:
    containers = [{"name": ref.name} for ref in pod.containers.values() if ref.running]
    return {
        "metadata": {"name": pod.name, "namespace": pod.namespace, "uid": pod.uid},
        "spec": {"containers": containers},
        "status": {},
    }


def _stamp(at: float) -> str:
    """Unix seconds as the API writes times."""
    return logs.stamp(at)[:19] + "Z"
