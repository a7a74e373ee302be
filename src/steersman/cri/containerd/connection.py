"""gRPC to a containerd: one channel, calls by name, its refusals as `cri.runtime`'s faults.

Every call holds the clock's `busy`, so virtual time waits for a real daemon.  The channel connects by itself
again after the daemon was away.  A question (what is there, in which state) that is not answered for half a
minute ends as Unreachable, so that a daemon which hangs is noticed as one that has died; what is asked to be done
may take as long as it takes.
"""

import pathlib
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc

from steersman.cri import runtime as cri
from steersman.cri.containerd import messages
from steersman.kit.clock import Clock

NAMESPACE = "k8s.io"  # containerd's own word: where CRI keeps its containers

_OPTIONS = (
    ("grpc.max_receive_message_length", 64 << 20),
    ("grpc.max_send_message_length", 64 << 20),
    ("grpc.enable_http_proxy", 0),
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 1000),
)

ANSWER_SECONDS = 30.0

_READY_SECONDS = 120  # for the call as a whole; the connection itself is there in one

_METADATA = (("containerd-namespace", NAMESPACE),)


class Connection:
    def __init__(self, socket_path: pathlib.Path, clock: Clock) -> None:
        self.clock = clock
        self._socket = socket_path
        self._channel: Any = grpc.aio.insecure_channel(f"unix:{socket_path}", options=_OPTIONS)
        self._methods: dict[str, Callable[..., Any]] = {}

    async def cri(self, method: str, request: Any, answer: Any, *, image: bool = False) -> Any:
        """One call of CRI's runtime service, or of its image service."""
        service = "runtime.v1.ImageService" if image else "runtime.v1.RuntimeService"
        is_question = method.startswith("List") or method.endswith(("Status", "Stats", "Version", "Info"))
        patience = ANSWER_SECONDS if is_question else None
        return await self._call(f"/{service}/{method}", request, answer.FromString, patience)

    async def service(self, service: str, method: str, request: str, answer: str, **fields: Any) -> Any:
        """One call of a service of containerd: `service("tasks", "Start", "StartRequest", ...)`."""
        package = f"containerd.services.{service}.v1"
        name = f"/{package}.{service.capitalize()}/{method}"
        parse = messages.parser(answer if answer.startswith("google.") else f"{package}.{answer}")
        return await self._call(name, messages.message(f"{package}.{request}")(**fields), parse)

    async def _call(self, name: str, request: Any, parse: Callable[[bytes], Any], patience: float | None = None) -> Any:
        method = self._methods.get(name)
        if method is None:
            method = self._channel.unary_unary(name, messages.serialise, parse)
            self._methods[name] = method
        with self.clock.busy():
            try:
                return await method(request, metadata=_METADATA, timeout=patience)
            except grpc.aio.AioRpcError as error:
                if patience is not None and error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
                    raise cri.Unreachable(f"containerd has not answered for {patience:.0f} s") from error
                if not self._is_stale(error):
                    raise fault(error) from error
            try:
                return await method(
                    request, metadata=_METADATA, wait_for_ready=True, timeout=patience or _READY_SECONDS
                )
            except grpc.aio.AioRpcError as error:
                raise fault(error) from error

    def _is_stale(self, error: grpc.aio.AioRpcError) -> bool:
        """The channel still waits after a failed connect, but the daemon is back.  Nothing was sent."""
        if error.code() is not grpc.StatusCode.UNAVAILABLE or "failed to connect" not in (error.details() or ""):
            return False
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as tried:
            tried.setblocking(False)
            try:
                tried.connect(str(self._socket))
            except OSError:
                return False
        return True

    async def subscribe(self, *filters: str) -> AsyncIterator[Any]:
        """Envelopes of containerd's events.  Raises Unreachable when the daemon goes."""
        package = "containerd.services.events.v1"
        method = self._channel.unary_stream(
            f"/{package}.Events/Subscribe", messages.serialise, messages.parser(f"{package}.Envelope")
        )
        call = method(messages.message(f"{package}.SubscribeRequest")(filters=filters), metadata=_METADATA)
        try:
            async for envelope in call:
                yield envelope
        except grpc.aio.AioRpcError as error:
            raise fault(error) from error
        finally:
            call.cancel()
        raise cri.Unreachable("containerd's event stream ended")

    async def close(self) -> None:
        await self._channel.close()


def fault(error: grpc.aio.AioRpcError) -> cri.RuntimeFault:
    """The fault that a gRPC status is; its text is containerd's, without gRPC's wrapping."""
    text = error.details() or str(error.code())
    match error.code():
        case grpc.StatusCode.NOT_FOUND:
            return cri.NotFound(text)
        case grpc.StatusCode.UNAVAILABLE:
            return cri.Unreachable(text)
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return cri.ExecTimeout(text)
        case _:
            return cri.RuntimeFault(text)
