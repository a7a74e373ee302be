"""NodePorts and LoadBalancers of a local cluster on 127.0.0.1.

The nodes' namespaces cannot be reached from the host, so for every such port a socket listens on the host's
loopback, and each connection is carried on inside a node's namespace to the same port there.  A load
balancer's address is 127.0.0.1 itself; this module also writes that into the Service's status, as a cloud's
controller would.

A port that somebody else has is an Event on the Service and a line in the log; the others work on.
"""

import asyncio
import contextlib
import dataclasses
import logging
import socket
from collections.abc import Sequence
from typing import cast

from steersman.api.tree import Tree, at, edited
from steersman.client import client as clients
from steersman.client import errors, events, informers
from steersman.cluster.network.plan import NodeNetwork
from steersman.kit import netns
from steersman.kit.clock import Clock
from steersman.kit.tasks import TaskGroup

log = logging.getLogger(__name__)
LOOPBACK = "127.0.0.1"
CHUNK = 65536
CONNECTIONS = 1000


@dataclasses.dataclass(frozen=True, slots=True)
class Opening:
    """A port to open on the host, and where its connections go inside the node's namespace."""

    port: int
    protocol: str
    target: str
    target_port: int
    service: str


def plan(services: Sequence[Tree], node_address: str) -> dict[tuple[int, str], Opening]:
    """What should be open, by port and protocol; of two Services that want one port the first by name has it."""
    wanted: dict[tuple[int, str], Opening] = {}
    for service in sorted(services, key=informers.key_of):
        spec = service.get("spec") or {}
        kind, key = spec.get("type"), informers.key_of(service)
        for port in spec.get("ports") or ():
            protocol = port.get("protocol") or "TCP"
            node_port = port.get("nodePort")
            if kind in ("NodePort", "LoadBalancer") and node_port:
                wanted.setdefault((node_port, protocol), Opening(node_port, protocol, node_address, node_port, key))
            if kind == "LoadBalancer" and spec.get("loadBalancerClass") is None:
                target = (node_address, node_port) if node_port else (spec.get("clusterIP"), port["port"])
                if target[0]:
                    opening = Opening(port["port"], protocol, target[0], target[1], key)
                    wanted.setdefault((port["port"], protocol), opening)
    return wanted


def balanced(service: Tree) -> Tree | None:
    """The Service with 127.0.0.1 in its status; None where it is right as it is."""
    spec = service.get("spec") or {}
    have = at(service, "status", "loadBalancer", "ingress", default=None)
    if spec.get("type") == "LoadBalancer" and spec.get("loadBalancerClass") is None:
        want = [{"ip": LOOPBACK, "ipMode": "Proxy"}]
        return None if have == want else edited(service, {"ingress": want}, "status", "loadBalancer")
    if have == [{"ip": LOOPBACK, "ipMode": "Proxy"}]:
        return edited(service, {}, "status", "loadBalancer")
    return None


class HostPorts:
    def __init__(
        self,
        node: NodeNetwork,
        client: clients.Client,
        shared: informers.InformerSet,
        recorder: events.Recorder,
        clock: Clock,
    ) -> None:
        self._node = node
        self._client = client
        self._services = shared.informer("services")
        self._recorder = recorder
        self._clock = clock
        self._tasks = TaskGroup("host ports")
        self._open: dict[tuple[int, str], tuple[Opening, asyncio.AbstractServer | asyncio.DatagramTransport]] = {}
        self._failed: set[Opening] = set()
        self._dirty = asyncio.Event()

    def _changed(self, old: Tree | None, new: Tree | None) -> None:
        self._dirty.set()

    async def run(self) -> None:
        """Until cancelled; then every port is closed."""
        await self._services.wait_synced()
        stop = self._services.on_change(self._changed)
        self._dirty.set()
        try:
            while True:
                await self._dirty.wait()
                self._dirty.clear()
                await self._sync()
        finally:
            stop()
            for key in list(self._open):
                self._close(key)
            await self._tasks.close()

    async def _sync(self) -> None:
        services = self._services.list()
        wanted = plan(services, self._node.address)
        for key, (opening, _) in list(self._open.items()):
            if wanted.get(key) != opening:
                self._close(key)
        self._failed &= set(wanted.values())
        for key, opening in wanted.items():
            if key not in self._open and opening not in self._failed:
                await self._listen(key, opening)
        for service in services:
            better = balanced(service)
            if better is not None:
                try:
                    await self._client.update_status("services", better)
                except (errors.Conflict, errors.NotFound):
                    continue  # a newer one comes with the next change

    async def _listen(self, key: tuple[int, str], opening: Opening) -> None:
        try:
            if opening.protocol == "UDP":
                loop = asyncio.get_running_loop()
                transport, _ = await loop.create_datagram_endpoint(
                    lambda: _Datagrams(self, opening), local_addr=(LOOPBACK, opening.port)
                )
                self._open[key] = (opening, transport)
            elif opening.protocol == "TCP":
                server = await asyncio.start_server(
                    lambda reader, writer: self._carry(opening, reader, writer), LOOPBACK, opening.port
                )
                self._open[key] = (opening, server)
        except OSError as error:
            self._failed.add(opening)
            text = f"port {opening.port} of {LOOPBACK} cannot be opened: {error.strerror or error}"
            log.warning("%s: %s", opening.service, text)
            service = self._services.get(opening.service)
            if service is not None:
                self._recorder.event(service, "Warning", "HostPortTaken", text)

    def _close(self, key: tuple[int, str]) -> None:
        _, server = self._open.pop(key)
        server.close()

    async def _carry(self, opening: Opening, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, both ways, until both sides have ended."""
        try:
            if len(self._tasks) > 2 * CONNECTIONS:
                return
            path = str(self._node.namespace)
            try:
                sock = await netns.connect(path, opening.target, opening.target_port, self._clock)
            except OSError:
                return
            inner_reader, inner_writer = await asyncio.open_connection(sock=sock)
            there = self._tasks.spawn(_pump(reader, inner_writer), "to the node")
            back = self._tasks.spawn(_pump(inner_reader, writer), "from the node")
            await asyncio.wait([there, back])
            inner_writer.close()
        finally:
            writer.close()

    async def relay(self, opening: Opening) -> socket.socket:
        """A UDP socket in the node's namespace that speaks to the target."""
        sock = await netns.datagrams(str(self._node.namespace), "0.0.0.0", 0, self._clock)
        sock.connect((opening.target, opening.target_port))
        return sock

    def start_relay(self, relay: "_Relay") -> None:
        self._tasks.spawn(relay.run(self), "datagrams")


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(CHUNK):
            target.write(data)
            await target.drain()
        if target.can_write_eof():
            target.write_eof()
    except OSError:
        target.close()


class _Datagrams(asyncio.DatagramProtocol):
    """One UDP port: a relay for each client, forgotten after a minute of silence."""

    def __init__(self, ports: HostPorts, opening: Opening) -> None:
        self._ports = ports
        self.opening = opening
        self.relays: dict[tuple[str, int], _Relay] = {}
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)  # uvloop's is no subclass of it

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        relay = self.relays.get(addr)
        if relay is None:
            if len(self.relays) >= CONNECTIONS:
                return
            relay = self.relays[addr] = _Relay(self, addr)
            self._ports.start_relay(relay)
        relay.outgoing.put_nowait(data)


class _Relay:
    IDLE = 60.0

    def __init__(self, owner: _Datagrams, client: tuple[str, int]) -> None:
        self._owner = owner
        self._client = client
        self.outgoing: asyncio.Queue[bytes] = asyncio.Queue()

    async def run(self, ports: HostPorts) -> None:
        loop = asyncio.get_running_loop()
        try:
            with contextlib.closing(await ports.relay(self._owner.opening)) as sock:
                answers = ports._tasks.spawn(self._answers(sock), "answers")
                try:
                    while True:
                        async with ports._clock.timeout(self.IDLE):
                            data = await self.outgoing.get()
                        await loop.sock_sendall(sock, data)
                finally:
                    answers.cancel()
                    await asyncio.wait([answers])
        except (TimeoutError, OSError):
            return
        finally:
            self._owner.relays.pop(self._client, None)

    async def _answers(self, sock: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                data = await loop.sock_recv(sock, CHUNK)
            except ConnectionRefusedError:
                continue  # an ICMP answer to an earlier datagram
            transport = self._owner.transport
            if transport is None or transport.is_closing():
                return
            transport.sendto(data, self._client)
