"""One probe, asked once: by exec, HTTP, TCP or gRPC.  The text of a failure is what the event shows."""

import asyncio
import errno
from collections.abc import Sequence

from steersman.api.tree import Tree
from steersman.cri import runtime as cri
from steersman.kit.clock import Clock
from steersman.kubelet.pods import backoff
from steersman.kubelet.probes import grpc, http
from steersman.kubelet.probes.connector import Connector
from steersman.kubelet.probes.rules import Outcome

OUTPUT_LIMIT = 10 << 10


class Asker:
    def __init__(self, runtime: cri.ContainerRuntime, clock: Clock, connector: Connector) -> None:
        self._runtime = runtime
        self._clock = clock
        self._connector = connector

    async def ask(
        self, probe: Tree, container: Tree, id: str, ips: Sequence[str], timeout: float
    ) -> tuple[Outcome, str]:
        """The outcome and its words.  Never raises but for cancellation."""
        ip = ips[0] if ips else ""
        try:
            if probe.get("exec"):
                return await self._exec(probe["exec"].get("command") or (), id, timeout)
            if probe.get("httpGet"):
                return await self._http(http.request_of(probe["httpGet"], container, ip), timeout)
            if probe.get("tcpSocket"):
                host = probe["tcpSocket"].get("host") or ip
                return await self._tcp(host, http.port_of(container, probe["tcpSocket"].get("port")), timeout)
            if probe.get("grpc"):
                return await self._grpc(ip, probe["grpc"], timeout)
        except http.BadPort as error:
            return Outcome.UNKNOWN, str(error)
        return Outcome.UNKNOWN, f"missing probe handler for {container.get('name')}"

    async def _exec(self, command: Sequence[str], id: str, timeout: float) -> tuple[Outcome, str]:
        try:
            result = await self._runtime.exec_sync(id, command, timeout)
        except cri.ExecTimeout:
            took = backoff.go_duration(timeout)
            return Outcome.FAILURE, f'command timed out: "{" ".join(command)}" timed out after {took}'
        except cri.RuntimeFault as error:
            return Outcome.UNKNOWN, str(error)
        text = (result.stdout + result.stderr)[:OUTPUT_LIMIT].decode(errors="replace")
        return (Outcome.FAILURE if result.exit_code else Outcome.SUCCESS), text

    async def _http(self, request: http.HttpRequest, timeout: float) -> tuple[Outcome, str]:
        try:
            async with self._clock.timeout(timeout):
                with self._clock.busy():
                    answer = await http.fetch(self._connector, request)
        except TimeoutError:
            why = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
            return Outcome.FAILURE, f'Get "{request.url}": {why}'
        except http.HttpFault as error:
            return Outcome.FAILURE, str(error)
        except OSError as error:
            return Outcome.FAILURE, f'Get "{request.url}": {dial_text(error, request.host, request.port)}'
        if answer.elsewhere:
            return Outcome.WARNING, f"Probe terminated redirects, Response body: {answer.body.decode(errors='replace')}"
        if 200 <= answer.status < 400:
            return Outcome.SUCCESS, answer.body.decode(errors="replace")
        return Outcome.FAILURE, f"HTTP probe failed with statuscode: {answer.status}"

    async def _tcp(self, host: str, port: int, timeout: float) -> tuple[Outcome, str]:
        try:
            async with self._clock.timeout(timeout):
                with self._clock.busy():
                    _, writer = await self._connector.connect(host, port)
        except TimeoutError:
            return Outcome.FAILURE, f"dial tcp {address(host, port)}: i/o timeout"
        except OSError as error:
            return Outcome.FAILURE, dial_text(error, host, port)
        writer.close()
        return Outcome.SUCCESS, ""

    async def _grpc(self, host: str, action: Tree, timeout: float) -> tuple[Outcome, str]:
        port = int(action["port"])
        where = address(host, port)
        try:
            async with self._clock.timeout(timeout):
                with self._clock.busy():
                    status = await grpc.check(self._connector, host, port, str(action.get("service") or ""))
        except TimeoutError:
            took = backoff.go_duration(timeout)
            return (
                Outcome.FAILURE,
                f'timeout: failed to connect service "{where}" within {took}: context deadline exceeded',
            )
        except (OSError, grpc.GrpcFault, asyncio.IncompleteReadError) as error:
            return Outcome.FAILURE, f'error: health rpc probe failed at "{where}": {error}'
        if status == grpc.SERVING:
            return Outcome.SUCCESS, "service healthy"
        return Outcome.FAILURE, f'service unhealthy (responded with "{grpc.NAMES.get(status, "UNKNOWN")}")'


def address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def dial_text(error: OSError, host: str, port: int) -> str:
    """A failed connection in the words of Go's dialer."""
    why = {
        errno.ECONNREFUSED: "connect: connection refused",
        errno.EHOSTUNREACH: "connect: no route to host",
        errno.ENETUNREACH: "connect: network is unreachable",
        errno.ETIMEDOUT: "connect: connection timed out",
        errno.ECONNRESET: "read: connection reset by peer",
    }.get(error.errno or 0, str(error).lower())
    return f"dial tcp {address(host, port)}: {why}"
