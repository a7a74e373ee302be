"""Sockets in other network namespaces.

A socket belongs to the namespace of the thread that made it.  So a helper thread enters the namespace, makes
the socket and ends, and the loop uses the socket from then on: one process serves, probes and proxies in as
many namespaces as it likes, and no thread that does other work ever leaves its own.

Needs CAP_SYS_ADMIN over the namespace; raises PermissionError without, FileNotFoundError where the path is
gone.
"""

import asyncio
import contextlib
import ctypes
import os
import socket
import threading
from collections.abc import Callable
from typing import TypeVar

from steersman.kit.clock import Clock

T = TypeVar("T")

_CLONE_NEWNET = 0x40000000


def enter(path: str) -> None:
    """Put the calling thread into the network namespace at `path`.  For helper threads and children only."""
    library = ctypes.CDLL(None, use_errno=True)  # os.setns comes with Python 3.12
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if library.setns(file, _CLONE_NEWNET) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), path)
    finally:
        os.close(file)


async def run(path: str, call: Callable[[], T], clock: Clock) -> T:
    """What `call` returns when a thread inside the namespace runs it.  `call` must be short."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if done.done():  # the waiter was cancelled: nobody will take what was made
            if isinstance(result, socket.socket):
                result.close()
        elif error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]

    def work() -> None:
        result: T | None = None
        failure: BaseException | None = None
        try:
            enter(path)
            result = call()
        except BaseException as error:  # noqa: BLE001 - handed to the waiter
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(settle, result, failure)

    with clock.busy():
        threading.Thread(target=work, name="netns", daemon=True).start()
        return await done


async def connect(path: str, host: str, port: int, clock: Clock) -> socket.socket:
    """A connected, non-blocking TCP socket; `host` is an address.  Raises ConnectionError as connecting does."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET

    def make() -> socket.socket:
        made = socket.socket(family, socket.SOCK_STREAM)
        made.setblocking(False)
        return made

    made = await run(path, make, clock)
    try:
        with clock.busy():
            await asyncio.get_running_loop().sock_connect(made, (host, port))
    except BaseException:
        made.close()
        raise
    return made


async def listen(path: str, host: str, port: int, clock: Clock) -> socket.socket:
    """A listening, non-blocking TCP socket."""

    def make() -> socket.socket:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        made = socket.create_server((host, port), family=family, backlog=512)
        made.setblocking(False)
        return made

    return await run(path, make, clock)


async def datagrams(path: str, host: str, port: int, clock: Clock) -> socket.socket:
    """A bound, non-blocking UDP socket."""

    def make() -> socket.socket:
        made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.setblocking(False)
            made.bind((host, port))
        except BaseException:
            made.close()
            raise
        return made

    return await run(path, make, clock)
