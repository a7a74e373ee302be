"""The nodes of a one-process cluster: a kubelet and what it stands on, real or simulated."""

import asyncio
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from steersman.api import defaults, resources
from steersman.api.tree import Tree
from steersman.cluster import config as configs
from steersman.cluster import datadir, identity, node
from steersman.cluster.network import cni
from steersman.cluster.network.plan import NodeNetwork
from steersman.cluster.surroundings import Surroundings
from steersman.cri import runtime as cri
from steersman.kit import clock as clocks
from steersman.kit import entropy as entropies
from steersman.kit import netns, tasks
from steersman.kubelet import config as kubeletconfig
from steersman.kubelet import kubelet as kubelets
from steersman.kubelet.server import server as kubeletserver
from steersman.nft import runner as nft
from steersman.proxy import rules
from steersman.proxy import sync as proxies

if TYPE_CHECKING:
    from steersman.cri.containerd import daemon as daemons


@dataclasses.dataclass(slots=True)
class Runtime:
    """A node's containerd and the connection to it."""

    daemon: "daemons.Daemon"
    runtime: cri.ContainerRuntime
    tasks: tasks.TaskGroup


class Node:
    """A kubelet with what it stands on.  `make` builds the kubelet in a task group of its own, so that it can be
    silenced (a fault on demand) and begun anew while everything else runs on."""

    def __init__(
        self,
        name: str,
        runtime: cri.ContainerRuntime,
        clock: clocks.Clock,
        make: Callable[[tasks.TaskGroup], kubelets.Kubelet],
        on_fault: Callable[[str, BaseException], None] | None,
        found: Runtime | None = None,
    ) -> None:
        self.name = name
        self._clock = clock
        self._runtime = runtime
        self._make = make
        self._on_fault = on_fault
        self._found = found
        self._tasks: tasks.TaskGroup | None = None
        self.speak()

    @property
    def is_silent(self) -> bool:
        return self._tasks is None

    def speak(self) -> None:
        """Run the kubelet."""
        self._tasks = tasks.TaskGroup(f"kubelet of {self.name}", self._on_fault)
        kubelet = self._make(self._tasks)
        self.server: kubeletserver.Server | None = kubeletserver.Server(
            self.name, kubelet.pods, self._runtime, self._clock
        )
        self._tasks.spawn(kubelet.run(), "kubelet")

    async def silence(self) -> list[str]:
        """End the kubelet; containers run on.  Twice does nothing."""
        group, self._tasks, self.server = self._tasks, None, None
        return await group.close() if group is not None else []

    async def close(self) -> list[str]:
        """End the kubelet and let go of the runtime; containers run on."""
        stuck = await self.silence()
        if self._found is not None:
            await self._found.runtime.close()
            await self._found.tasks.close()
        return stuck


class NamespaceConnector:
    """Probes come from the node's own network."""

    def __init__(self, namespace: Path, clock: clocks.Clock) -> None:
        self._namespace = str(namespace)
        self._clock = clock

    async def connect(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        sock = await netns.connect(self._namespace, host, port, self._clock)
        return await asyncio.open_connection(sock=sock)


def host_resolv_conf() -> str:
    try:
        return Path("/etc/resolv.conf").read_text()
    except OSError:
        return ""


def _pod_defaults(pod: Tree) -> Tree:
    """A static pod as the API server would store it."""
    kind = resources.BUILTIN.get("pods")
    assert kind is not None
    tree = dict(pod)
    defaults.apply(kind, tree)
    return tree


async def start_runtime(
    data: datadir.DataDir,
    network: NodeNetwork,
    clock: clocks.Clock,
    entropy: entropies.Entropy,
    config: configs.ClusterConfig,
) -> Runtime:
    """The node's containerd, started or found.  Raises cri.runtime's faults."""
    from steersman.cri.containerd import daemon as daemons
    from steersman.cri.containerd import runtime as containerd

    folder = data.node(network.name)
    for path in (folder, folder / "kubelet", folder / "manifests"):
        path.mkdir(parents=True, exist_ok=True)
    cni.write(network, folder / "cni" / "net.d", folder / "cni" / "state")
    daemon = daemons.Daemon(node.place(data, network, egress=config.egress), clock)
    await daemon.start()
    group = tasks.TaskGroup(f"runtime of {network.name}")
    runtime = containerd.ContainerdRuntime(daemon, clock, entropy, group)
    await runtime.prepare()
    return Runtime(daemon, runtime, group)


async def start_real(around: Surroundings, network: NodeNetwork, found: Runtime) -> Node:
    """The node's kubelet and proxy, on a containerd that runs."""
    config, clock = around.config, around.clock
    folder = around.data.node(network.name)
    static = Path(config.static_pods) if config.static_pods and network.name == "node1" else folder / "manifests"
    settings = kubeletconfig.KubeletConfig(
        node_name=network.name,
        root=folder / "kubelet",
        node_ips=[network.address],
        static_pods=static,
        cluster_dns=[around.dns_ip],
        cluster_domain=config.domain,
        resolv_conf=host_resolv_conf() if config.egress else "",
        hosts_file="127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
        f"{network.address}\t{network.name}\n",
        pod_cidr=network.pod_cidr,
        lease_seconds=config.heartbeat,
        cgroup=f"{node.CGROUP}/{around.data.id}/{network.name}",
    )
    client = around.client(identity.node(network.name))

    def make(group: tasks.TaskGroup) -> kubelets.Kubelet:
        return kubelets.Kubelet(
            settings,
            client,
            found.runtime,
            clock,
            around.entropy,
            group,
            connector=NamespaceConnector(network.namespace, clock),
            services=around.shared.informer("services"),
            pod_defaults=_pod_defaults,
        )

    around.tasks.spawn(found.daemon.supervise(), f"containerd of {network.name}")
    facts = rules.NodeFacts(network.name, [network.address], config.pod_cidr, config.service_cidr)
    pods = around.shared.informer("pods", fields=f"spec.nodeName={network.name}")
    proxy = proxies.Proxy(
        facts, around.shared, nft.Nft(network.namespace), clock, pods=pods, namespace=network.namespace
    )
    around.tasks.spawn(proxy.run(), f"proxy of {network.name}")
    return Node(network.name, found.runtime, clock, make, around.on_fault, found)


def start_simulated(around: Surroundings, name: str, pod_cidr: str) -> Node:
    """A kubelet over a runtime in memory."""
    from steersman.cri import simulated

    runtime = simulated.SimulatedRuntime(around.clock, around.entropy, pod_cidr)
    settings = kubeletconfig.KubeletConfig(
        node_name=name,
        root=around.data.node(name),
        node_ips=["127.0.0.1"],
        simulated=True,
        relist_seconds=30.0,
        pod_cidr=pod_cidr,
        capacity={"cpu": "32", "memory": "256Gi", "ephemeral-storage": "1Ti"},
        labels={"steersman.dev/simulated": "true"},
        lease_seconds=around.config.heartbeat,
    )
    client = around.client(identity.node(name))

    def make(group: tasks.TaskGroup) -> kubelets.Kubelet:
        return kubelets.Kubelet(
            settings, client, runtime, around.clock, around.entropy, group, services=around.shared.informer("services")
        )

    return Node(name, runtime, around.clock, make, around.on_fault)
