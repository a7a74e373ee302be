"""NodePorts and LoadBalancers of a local cluster on 127.0.0.1.

The nodes' namespaces cannot be reached from the host, so for every such port a socket listens on the host's
loopback, and each connection is carried on inside a node's namespace to the same port there.  A load
balancer's address is 127.0.0.1 itself; this module also writes that into the Service's status, as a cloud's
controller would.

A port that somebody else has, on the machine or in the cluster, is an Event on the Service and a line in the
log; the others work on, and it is tried again from time to time.  A balancer without any port of its own has no
address.
"""

import asyncio
import contextlib
import dataclasses
import logging
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import cast

from steersman.api.tree import Tree, at, edited
from steersman.client import client as clients
from steersman.client import errors, events, informers
from steersman.cluster.network.plan import NodeNetwork
from steersman.kit import netns
from steersman.kit.clock import Clock, Timer
from steersman.kit.tasks import TaskGroup

log = logging.getLogger(__name__)
LOOPBACK = "127.0.0.1"
CHUNK = 65536
CONNECTIONS = 1000
CONNECT_PATIENCE = 30.0
RETRY = 10.0
WAITING = 100
"""Datagrams of one client that wait for its relay; more are lost, as datagrams may be."""


@dataclasses.dataclass(frozen=True, slots=True)
class Opening:
    """A port to open on the host, and where its connections go inside the node's namespace."""

    port: int
    protocol: str
    target: str
    target_port: int
    service: str


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    openings: dict[tuple[int, str], Opening]
    """By port and protocol."""
    refused: Sequence[tuple[str, Opening]]
    """Services (by key) that want a port which another one has, and that one's opening."""
    balanced: Mapping[str, AbstractSet[tuple[int, str]]]
    """Services of type LoadBalancer that have at least one of their ports, with those ports."""


def plan(services: Sequence[Tree], node_address: str) -> Plan:
    """What should be open.  Node ports go first, as they cannot be chosen again; then the first by name has it."""
    openings: dict[tuple[int, str], Opening] = {}
    refused: list[tuple[str, Opening]] = []
    served: dict[str, set[tuple[int, str]]] = {}
    for is_balancer, wanted in ((False, _node_ports), (True, _balancer_ports)):
        for opening in wanted(services, node_address):
            key = (opening.port, opening.protocol)
            held = openings.setdefault(key, opening)
            if held.service != opening.service:
                refused.append((opening.service, held))
            elif is_balancer:
                served.setdefault(opening.service, set()).add(key)
    return Plan(openings, refused, served)


def _node_ports(services: Sequence[Tree], node_address: str) -> Iterator[Opening]:
    for service in sorted(services, key=informers.key_of):
        spec = service.get("spec") or {}
        for port in spec.get("ports") or ():
            number = port.get("nodePort")
            if spec.get("type") in ("NodePort", "LoadBalancer") and number:
                yield Opening(number, _protocol(port), node_address, number, informers.key_of(service))


def _balancer_ports(services: Sequence[Tree], node_address: str) -> Iterator[Opening]:
    for service in sorted(services, key=informers.key_of):
        if not is_balanced(service):
            continue
        spec = service["spec"]
        for port in spec.get("ports") or ():
            number = port.get("nodePort")
            target, target_port = (node_address, number) if number else (spec.get("clusterIP"), port["port"])
            if target and target != "None":
                yield Opening(port["port"], _protocol(port), target, target_port, informers.key_of(service))


def _protocol(port: Tree) -> str:
    return str(port.get("protocol") or "TCP")


def is_balanced(service: Tree) -> bool:
    """Whether we are its balancer: no other class of balancer is named."""
    spec = service.get("spec") or {}
    return spec.get("type") == "LoadBalancer" and spec.get("loadBalancerClass") is None


def balanced(service: Tree, *, served: bool = True) -> Tree | None:
    """The Service with 127.0.0.1 in its status, or without where it is not served; None where it is right."""
    have = at(service, "status", "loadBalancer", "ingress", default=None)
    ours = [{"ip": LOOPBACK, "ipMode": "Proxy"}]
    if is_balanced(service) and served:
        return None if have == ours else edited(service, {"ingress": ours}, "status", "loadBalancer")
    return edited(service, {}, "status", "loadBalancer") if have == ours else None


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
        self._open: dict[tuple[int, str], tuple[Opening, socket.socket | asyncio.DatagramTransport]] = {}
        self._retry: Timer | None = None
        self._told: set[tuple[str, str]] = set()
        """Services and what was said to them, so that it is said once."""
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
            if self._retry is not None:
                self._retry.cancel()
            for key in list(self._open):
                self._close(key)
            await self._tasks.close()

    async def _sync(self) -> None:
        services = self._services.list()
        wanted = plan(services, self._node.address)
        closed = [key for key, (opening, _) in self._open.items() if wanted.openings.get(key) != opening]
        for key in closed:
            self._close(key)
        if closed:
            await self._clock.sleep(0)  # the loop lets go of a datagram socket at its next turn
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        said: set[tuple[str, str]] = set()
        failed: set[tuple[int, str]] = set()
        for key, opening in wanted.openings.items():
            if key not in self._open:
                error = await self._listen(key, opening)
                if error:
                    failed.add(key)
                    self._retry = self._retry or self._clock.call_later(RETRY, self._dirty.set)
                    said.add((opening.service, f"port {opening.port} of {LOOPBACK} cannot be opened: {error}"))
        for refused, held in wanted.refused:
            said.add((refused, f"port {held.port} of {LOOPBACK} is taken by the Service {held.service}"))
        for service, text in sorted(said - self._told):
            self._tell(service, text)
        self._told = said
        await self._write_status(services, {name for name, keys in wanted.balanced.items() if keys - failed})

    def _tell(self, key: str, text: str) -> None:
        log.warning("%s: %s", key, text)
        service = self._services.get(key)
        if service is not None:
            self._recorder.event(service, "Warning", "HostPortTaken", text)

    async def _write_status(self, services: Sequence[Tree], served: AbstractSet[str]) -> None:
        for service in services:
            better = balanced(service, served=informers.key_of(service) in served)
            if better is not None:
                try:
                    await self._client.update_status("services", better)
                except (errors.Conflict, errors.NotFound):
                    continue  # a newer one comes with the next change
                except (errors.ApiError, ConnectionError) as error:
                    log.warning("the status of %s is not written: %s", informers.key_of(service), error)
                    self._retry = self._retry or self._clock.call_later(RETRY, self._dirty.set)

    async def _listen(self, key: tuple[int, str], opening: Opening) -> str:
        """What was in the way; empty when it is open (or SCTP, which the host does not serve)."""
        try:
            if opening.protocol == "UDP":
                loop = asyncio.get_running_loop()
                transport, _ = await loop.create_datagram_endpoint(
                    lambda: _Datagrams(self, opening), local_addr=(LOOPBACK, opening.port)
                )
                self._open[key] = (opening, transport)
            elif opening.protocol == "TCP":
                listening = socket.create_server((LOOPBACK, opening.port), backlog=512)
                listening.setblocking(False)
                asyncio.get_running_loop().add_reader(listening, self._accept, opening, listening)
                self._open[key] = (opening, listening)
        except OSError as error:
            return os.strerror(error.errno) if error.errno else str(error)  # without the address, which is told
        return ""

    def _close(self, key: tuple[int, str]) -> None:
        _, door = self._open.pop(key)
        if isinstance(door, socket.socket):
            asyncio.get_running_loop().remove_reader(door)
        door.close()

    def _accept(self, opening: Opening, listening: socket.socket) -> None:
        """One connection that waits.  Not asyncio's server: that one loses what it takes while it is closed."""
        try:
            sock, _ = listening.accept()
        except OSError as error:
            if not isinstance(error, (BlockingIOError, ConnectionAbortedError)):
                log.warning("port %d takes no connection, closed for a while: %s", opening.port, error)
                self._close((opening.port, opening.protocol))
                self._retry = self._retry or self._clock.call_later(RETRY, self._dirty.set)
            return
        if len(self._tasks) > 3 * CONNECTIONS:
            sock.close()
            return
        sock.setblocking(False)
        self._tasks.spawn(self._carry(opening, sock), f"connection to port {opening.port}")

    async def _carry(self, opening: Opening, outer: socket.socket) -> None:
        """One connection, both ways, until both sides have ended."""
        reader, writer = await asyncio.open_connection(sock=outer)
        with contextlib.closing(writer):
            try:
                async with self._clock.timeout(CONNECT_PATIENCE):
                    path = str(self._node.namespace)
                    inner = await netns.connect(path, opening.target, opening.target_port, self._clock)
            except (TimeoutError, OSError):
                return
            inner_reader, inner_writer = await asyncio.open_connection(sock=inner)
            with contextlib.closing(inner_writer):
                there = self._tasks.spawn(_pump(reader, inner_writer), "to the node")
                back = self._tasks.spawn(_pump(inner_reader, writer), "from the node")
                await asyncio.wait([there, back])

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
        if not relay.outgoing.full():
            relay.outgoing.put_nowait(data)


class _Relay:
    IDLE = 60.0

    def __init__(self, owner: _Datagrams, client: tuple[str, int]) -> None:
        self._owner = owner
        self._client = client
        self.outgoing: asyncio.Queue[bytes] = asyncio.Queue(WAITING)

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
