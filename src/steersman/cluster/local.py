"""A whole cluster in one process: every long-lived object is built here, top to bottom, and named.

    store -> API server -> door (loopback, hub)
          -> clients (in process, one identity each) -> informers
          -> controllers, scheduler
          -> nodes: network namespace, containerd, kubelet, proxy       (real)
                    kubelet over a runtime in memory                     (simulated)
          -> DNS and host ports, where there are real nodes

`start` returns when `/readyz` is ok and every node is Ready.  `stop` ends what runs in this process; the
containers of real nodes run on and are found by the next start.  `teardown` removes those.
"""

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Callable, Sequence

from steersman.api import times
from steersman.api.tree import Tree, at
from steersman.apiserver import config as apiconfig
from steersman.apiserver import server as apiservers
from steersman.apiserver.access import tokens
from steersman.client import client as clients
from steersman.client import events, informers, inprocess
from steersman.client.reconcile import manager as reconciling
from steersman.cluster import addons, datadir, dialing, door, faults, hostports, identity, node, nodes, pki, standalone
from steersman.cluster import config as configs
from steersman.cluster.network import egress
from steersman.cluster.network import plan as networks
from steersman.cluster.network import setup as networking
from steersman.cluster.surroundings import Surroundings
from steersman.controllers import manager as controllers
from steersman.dns import server as dnsserver
from steersman.dns import upstream
from steersman.dns import view as dnsview
from steersman.kit import clock as clocks
from steersman.kit import entropy as entropies
from steersman.kit import http, netns, serve, tasks
from steersman.scheduler import scheduler as schedulers
from steersman.store import protocol

log = logging.getLogger(__name__)
Tell = Callable[[str, str], None]
API_PORT = 6443
"""Of the API server in the hub, where pods find it."""
READY_PATIENCE = 60.0


class StartError(Exception):
    """A part did not come up; one line."""


class Cluster:
    def __init__(
        self,
        config: configs.ClusterConfig,
        data: datadir.DataDir,
        clock: clocks.Clock,
        entropy: entropies.Entropy,
        *,
        on_fault: Callable[[str, BaseException], None] | None = None,
    ) -> None:
        self.config = config
        self.data = data
        self.clock = clock
        self.entropy = entropy
        self.on_fault = on_fault
        self.tasks = tasks.TaskGroup("cluster", on_fault)
        self.nodes: dict[str, nodes.Node] = {}
        self.api: apiservers.ApiServer | None = None
        self._store: protocol.Store | None = None
        self._door: serve.Server | None = None
        self._dns: dnsserver.DnsServer | None = None
        self._begun = times.seconds(clock.now())
        self._warnings: list[str] = []
        self._networked = asyncio.Event()
        """Set when the namespaces are there, or could not be made."""

    async def start(self, tell: Tell) -> str:
        """The API server's URL, once all nodes are Ready.  Raises StartError, and what the parts raise."""
        config = self.config
        real = node.names(config) if config.runtime == "containerd" else []
        network: networks.NetworkPlan | None = None
        if real:
            network = networks.plan(self.data.id, real, config.pod_cidr, config.service_cidr, egress=config.egress)
        listening = door.loopback(config.port)
        url = f"https://127.0.0.1:{listening.getsockname()[1]}"
        # The network and the runtimes take as long as the store and the API server: side by side.
        beginning: asyncio.Task[list[nodes.Runtime]] | None = None
        if network is not None:
            beginning = self.tasks.spawn(self._begin_nodes(network), "network and runtimes")
        certificates = await self._start_api(listening, network)
        tell("step", f"API server at {url}")
        await self._serve_hub(network, certificates, beginning)
        door.write_kubeconfig(self.data, certificates, url)
        shared = informers.InformerSet(self.client(identity.STEERSMAN), self.clock, self.tasks)
        await self._start_loops(shared, certificates)
        await addons.ensure(
            self.client(identity.STEERSMAN), list(addons.objects(self.dns_ip, self._dns_endpoint(network)))
        )
        if network is not None:
            assert beginning is not None
            await self._start_dns(network, shared)
            await self._start_real(network, await beginning, shared)
            for warning in self._warnings:
                tell("warning", warning)
            tell("step", "containerd, service routing, DNS")
        self._start_simulated(shared)
        await self._wait_ready(shared)
        self.tasks.spawn(faults.follow(shared.informer("nodes"), self.nodes), "faults on demand")
        tell("step", f"{len(self.nodes)} nodes Ready" if len(self.nodes) != 1 else "node Ready")
        return url

    async def stop(self) -> list[str]:
        """End everything of this process, what depends before what it depends on; what was stuck."""
        if self._dns is not None:
            await self._dns.close()
        if self._door is not None:
            await self._door.close(1.0)
        stuck: list[str] = []
        for one in self.nodes.values():
            stuck += await one.close()
        stuck += await self.tasks.close()
        if self.api is not None:
            await self.api.close()
        if self._store is not None:
            await self._store.close()
        return stuck

    def client(self, user: http.User) -> clients.Client:
        """A client in this process that acts as somebody."""
        assert self.api is not None
        return clients.Client(inprocess.InProcessTransport(self.api.handle, user), user_agent=identity.agent(user))

    @property
    def issuer(self) -> tokens.Issuer:
        """Who signs service account tokens."""
        assert self.api is not None
        found: tokens.Issuer = self.api.services.issuer
        return found

    @property
    def dns_ip(self) -> str:
        return str(ipaddress.IPv4Network(self.config.service_cidr)[addons.DNS_ADDRESS])

    def _dns_endpoint(self, network: networks.NetworkPlan | None) -> str | None:
        return networks.HUB if network is not None else None

    async def _start_api(self, listening: socket.socket, network: networks.NetworkPlan | None) -> pki.Certificates:
        config, data = self.config, self.data
        inside = [networks.HUB] if network is not None else []
        names = pki.server_names(config.service_cidr, config.domain, [networks.HUB])
        certificates = pki.ensure(data.pki, names, clock=self.clock, entropy=self.entropy)
        self._store = await standalone.open_store(data, self.clock, in_memory=False)
        port = listening.getsockname()[1]
        self.api = apiservers.ApiServer.build(
            store=self._store,
            clock=self.clock,
            entropy=self.entropy,
            config=apiconfig.Config(
                service_range=config.service_cidr,
                node_ports=config.node_ports,
                cluster_domain=config.domain,
                advertise_address=inside[0] if inside else "127.0.0.1",
                advertise_port=API_PORT if inside else port,
                default_toleration_seconds=config.pod_eviction_seconds,
                issuer=f"https://kubernetes.default.svc.{config.domain}",
            ),
            dialer=dialing.LocalDialer(
                self.nodes, self._store, self.clock, self.entropy, str(network.hub) if network is not None else ""
            ),
            signing_key=certificates.service_account_key,
        )
        self._door = await door.open_door(self.api, certificates, [listening])
        await self.api.start()
        return certificates

    async def _serve_hub(
        self,
        network: networks.NetworkPlan | None,
        certificates: pki.Certificates,
        beginning: "asyncio.Task[list[nodes.Runtime]] | None",
    ) -> None:
        """The same API server on the address that pods know."""
        if network is None or beginning is None:
            return
        await self._networked.wait()
        if beginning.done():
            beginning.result()  # a failure of the network is told here, not as a closed port later
        inner = await netns.listen(str(network.hub), networks.HUB, API_PORT, self.clock)
        assert self._door is not None
        await self._door.start([inner], door.tls(certificates))

    async def _begin_nodes(self, network: networks.NetworkPlan) -> "list[nodes.Runtime]":
        try:
            await networking.make(network)
        finally:
            self._networked.set()
        if network.egress:
            try:
                await egress.start(network.hub, networks.RUN / self.data.id)
            except egress.EgressError as error:
                # A cluster without a way out works; what needs one (a pull) says so when it is tried.
                self._warnings.append(f"no way out of the cluster: {error}")
        starts = [nodes.start_runtime(self.data, one, self.clock, self.entropy, self.config) for one in network.nodes]
        return list(await asyncio.gather(*starts))

    async def _start_loops(self, shared: informers.InformerSet, certificates: pki.Certificates) -> None:
        settings = controllers.Config(
            ca=certificates.ca.certificate.decode(),
            ca_key=certificates.ca.key.decode(),
            volumes=str(self.data.volumes),
            node_grace=self.config.node_monitor_grace,
            node_period=min(self.config.node_monitor_period, self.config.node_monitor_grace / 2),
            legacy_token=lambda account, name: tokens.legacy(self.issuer, account, name),
        )
        await controllers.run(self.client, shared, self.clock, self.entropy, settings, self.tasks)
        client = self.client(identity.SCHEDULER)
        recorder = events.Recorder(client, self.clock, self.tasks, "default-scheduler", series=True)
        context = reconciling.Context(client, shared, recorder, self.clock, self.entropy, self.tasks)
        self.tasks.spawn(schedulers.Scheduler(context).run(), "scheduler")

    async def _start_dns(self, network: networks.NetworkPlan, shared: informers.InformerSet) -> None:
        view = dnsview.InformerView(shared)
        await view.wait_synced()  # containers that survived a restart ask at once
        outside: dnsserver.Upstream = dnsserver.NoUpstream()
        if self.config.egress:
            outside = upstream.HostUpstream(upstream.servers(nodes.host_resolv_conf()), self.clock)
        self._dns = dnsserver.DnsServer(dnsserver.Resolver(view, self.config.domain, outside), self.clock)
        hub = str(network.hub)
        udp = await netns.datagrams(hub, networks.HUB, 53, self.clock)
        tcp = await netns.listen(hub, networks.HUB, 53, self.clock)
        await self._dns.serve([udp], [tcp])

    async def _start_real(
        self, network: networks.NetworkPlan, runtimes: "Sequence[nodes.Runtime]", shared: informers.InformerSet
    ) -> None:
        around = self._around(shared)
        for one, runtime in zip(network.nodes, runtimes, strict=True):
            self.nodes[one.name] = await nodes.start_real(around, one, runtime)
        client = self.client(identity.STEERSMAN)
        recorder = events.Recorder(client, self.clock, self.tasks, "steersman")
        ports = hostports.HostPorts(network.nodes[0], client, shared, recorder, self.clock)
        self.tasks.spawn(ports.run(), "host ports")

    def _around(self, shared: informers.InformerSet) -> Surroundings:
        return Surroundings(
            self.config,
            self.data,
            self.clock,
            self.entropy,
            self.tasks,
            shared,
            self.client,
            self.dns_ip,
            self.on_fault,
        )

    def _start_simulated(self, shared: informers.InformerSet) -> None:
        around = self._around(shared)
        count = self.config.simulated_nodes + (self.config.nodes if self.config.runtime == "simulated" else 0)
        blocks = list(ipaddress.IPv4Network(self.config.pod_cidr).subnets(new_prefix=24))
        first = len(self.nodes)
        for index in range(count):
            name = f"sim{index + 1}"
            self.nodes[name] = nodes.start_simulated(around, name, str(blocks[(first + index) % len(blocks)]))

    async def _wait_ready(self, shared: informers.InformerSet) -> None:
        """Until every node says that it is Ready, in this life of the cluster and not in an earlier one."""
        missing = set(self.nodes)
        done = asyncio.Event()

        def changed(old: Tree | None, new: Tree | None) -> None:
            if new is None:
                return
            conditions = at(new, "status", "conditions", default=())
            if any(
                c.get("type") == "Ready" and c.get("status") == "True" and c.get("lastHeartbeatTime", "") >= self._begun
                for c in conditions
            ):
                missing.discard(new["metadata"]["name"])
            if not missing:
                done.set()

        if not missing:
            return
        watched = shared.informer("nodes")
        stop = watched.on_change(changed)
        try:
            async with self.clock.timeout(READY_PATIENCE):
                await done.wait()
        except TimeoutError as error:
            names = ", ".join(sorted(missing))
            raise StartError(f"not Ready after {READY_PATIENCE:.0f} s: {names}; see {self.data.log}") from error
        finally:
            stop()
