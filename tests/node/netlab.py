"""Two nodes as network namespaces with pods in them, made by the product's own hand.

The network is what `cluster.network` plans and makes; pods are joined by the distribution's bridge plug-in
with the configuration that `cni` writes.  In a pod only sockets of this process listen: each says who it is
and whom it sees, so that an answer tells where a packet came out and whether its sender was replaced.
"""

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, cast

from steersman.cluster.network import cni, plan, setup
from steersman.kit import command, netns
from steersman.kit.clock import RealClock
from steersman.nft.objects import Table
from steersman.nft.runner import Nft
from steersman.nft.transaction import between
from steersman.proxy import rules

PLUGINS = "/usr/lib/cni"
POD_CIDR, SERVICE_CIDR = "10.244.0.0/16", "10.96.0.0/16"
PORT = 8080
PATIENCE = 0.25
"""Seconds after which a packet counts as dropped; everything here is one machine."""


class Pod:
    def __init__(self, namespace: Path, address: str) -> None:
        self.namespace = namespace
        self.address = address


class _Echo(asyncio.DatagramProtocol):
    def __init__(self, name: str) -> None:
        self._name = name
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._transport is not None:
            self._transport.sendto(f"{self._name} {addr[0]}".encode(), addr)


class Lab:
    def __init__(self, folder: Path, nodes: int = 2) -> None:
        self.folder = folder
        self.clock = RealClock()
        names = [f"node{index + 1}" for index in range(nodes)]
        self.plan = plan.plan(f"test-{os.getpid()}", names, POD_CIDR, SERVICE_CIDR, egress=False)
        self.pods: list[tuple[Pod, plan.NodeNetwork]] = []
        self._stack = contextlib.AsyncExitStack()
        self._applied: dict[Path, Table] = {}

    async def start(self) -> None:
        await setup.make(self.plan)

    async def close(self) -> None:
        await self._stack.aclose()
        for pod, node in self.pods:
            await self._plugin("DEL", pod.namespace, node)
            await command.run(["umount", str(pod.namespace)])
        await setup.remove(self.plan.cluster)

    async def ip(self, namespace: Path, *arguments: str) -> str:
        return await command.run(["nsenter", f"--net={namespace}", "ip", *arguments])

    async def add_pod(self, node: int = 0, *, listens: bool = True) -> Pod:
        """A namespace on the node's bridge; with an echo on PORT by TCP and UDP."""
        home = self.plan.nodes[node]
        namespace = self.folder / f"pod{len(self.pods)}"
        namespace.touch()
        await command.run(["unshare", f"--net={namespace}", "ip", "link", "set", "lo", "up"])
        result = await self._plugin("ADD", namespace, home)
        pod = Pod(namespace, result["ips"][0]["address"].split("/")[0])
        self.pods.append((pod, home))
        if listens:
            await self.listen(pod)
        return pod

    async def _plugin(self, verb: str, namespace: Path, node: plan.NodeNetwork) -> Any:
        whole = json.loads(cni.config(node, self.folder / f"{node.name}-addresses"))
        config = {"cniVersion": whole["cniVersion"], "name": whole["name"], **whole["plugins"][0]}
        words = {
            "CNI_COMMAND": verb,
            "CNI_CONTAINERID": namespace.name,
            "CNI_NETNS": str(namespace),
            "CNI_IFNAME": "eth0",
            "CNI_PATH": PLUGINS,
        }
        environment = [f"{name}={value}" for name, value in words.items()]
        program = ["nsenter", f"--net={node.namespace}", "env", *environment, f"{PLUGINS}/bridge"]
        return json.loads(await command.run(program, json.dumps(config)) or "null")

    async def listen(self, pod: Pod, port: int = PORT) -> None:
        name = f"{pod.address}:{port}"

        async def tell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(f"{name} {writer.get_extra_info('peername')[0]}".encode())
            writer.close()

        path = str(pod.namespace)
        server = await asyncio.start_server(tell, sock=await netns.listen(path, "0.0.0.0", port, self.clock))
        self._stack.callback(server.close)
        bound = await netns.datagrams(path, "0.0.0.0", port, self.clock)
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: _Echo(name), sock=bound)
        self._stack.callback(transport.close)

    async def apply(self, table: Table, node: int = 0) -> None:
        """Put a table in place, from whatever stood there."""
        namespace = self.plan.nodes[node].namespace
        await Nft(namespace).apply(between(self._applied.get(namespace), table))
        self._applied[namespace] = table

    def facts(self, node: int = 0) -> rules.NodeFacts:
        home = self.plan.nodes[node]
        return rules.NodeFacts(home.name, [home.address], POD_CIDR, SERVICE_CIDR)

    async def call(self, namespace: Path, address: str, port: int) -> tuple[str, str]:
        """Who answers by TCP, and whom they see; or (`reject`, "") or (`drop`, "")."""
        try:
            async with self.clock.timeout(PATIENCE):
                sock = await netns.connect(str(namespace), address, port, self.clock)
        except ConnectionRefusedError:
            return "reject", ""
        except TimeoutError:
            return "drop", ""
        reader, writer = await asyncio.open_connection(sock=sock)
        try:
            async with self.clock.timeout(5):
                name, _, seen = (await reader.read()).decode().partition(" ")
        finally:
            writer.close()
            await writer.wait_closed()
        return name, seen

    @contextlib.asynccontextmanager
    async def udp(self, namespace: Path, address: str, port: int) -> AsyncIterator[socket.socket]:
        """A UDP socket that speaks to one address, and stays itself."""
        sock = await netns.datagrams(str(namespace), "0.0.0.0", 0, self.clock)
        with sock:
            sock.connect((address, port))
            yield sock

    async def say(self, sock: socket.socket) -> str:
        """Who answers a datagram; `reject` or `drop`."""
        loop = asyncio.get_running_loop()
        try:
            async with self.clock.timeout(PATIENCE):
                with contextlib.suppress(PermissionError):  # refused in the sender's own namespace: the answer tells
                    await loop.sock_sendall(sock, b"hello")
                return (await loop.sock_recv(sock, 100)).decode().split(" ")[0]
        except ConnectionRefusedError:
            return "reject"
        except TimeoutError:
            return "drop"


@contextlib.asynccontextmanager
async def lab(folder: Path, nodes: int = 2) -> AsyncIterator[Lab]:
    made = Lab(folder, nodes)
    try:
        await made.start()
        yield made
    finally:
        await made.close()
    assert traces(made.plan) == []


def traces(made: plan.NetworkPlan) -> Sequence[str]:
    """What there is of a network on the machine."""
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    found = [line for line in mounts if made.cluster in line]
    found += [str(path) for path in plan.RUN.glob(f"{made.cluster}*")]
    return found
