"""The kubelet: everything of one node, built and started in one place.

The same class runs real containers and simulated ones (`config.simulated`: nothing on disk).  `run` lives until
it is cancelled; containers run on and are found again.  `pods` answers the kubelet's server.
"""

import asyncio
import functools
import os
from collections.abc import Callable, Iterable, Sequence

from steersman.api.tree import Tree
from steersman.client.client import Client
from steersman.client.events import Recorder
from steersman.client.informers import Informer
from steersman.cri import runtime as cri
from steersman.kit.clock import Clock
from steersman.kit.entropy import Entropy
from steersman.kit.tasks import TaskGroup
from steersman.kubelet import logrotate, node_status
from steersman.kubelet import machine as machines
from steersman.kubelet.config import KubeletConfig
from steersman.kubelet.containers import dns, termination
from steersman.kubelet.images import Images
from steersman.kubelet.lifecycle import Lifecycle
from steersman.kubelet.manifests import Manifests
from steersman.kubelet.node import NodeKeeper
from steersman.kubelet.objects import Objects
from steersman.kubelet.pods.lookup import Lookup
from steersman.kubelet.pods.manager import PodManager
from steersman.kubelet.pods.room import Room
from steersman.kubelet.pods.status import Node
from steersman.kubelet.pods.statuses import StatusWriter
from steersman.kubelet.pods.view import RuntimeView
from steersman.kubelet.probes.ask import Asker
from steersman.kubelet.probes.connector import Connector, LoopConnector
from steersman.kubelet.probes.manager import Probes
from steersman.kubelet.tell import Teller
from steersman.kubelet.volumes.base import Surroundings
from steersman.kubelet.volumes.manager import Volumes

HOUSEKEEPING = 10.0


class Kubelet:
    def __init__(
        self,
        config: KubeletConfig,
        client: Client,
        runtime: cri.ContainerRuntime,
        clock: Clock,
        entropy: Entropy,
        tasks: TaskGroup,
        *,
        connector: Connector | None = None,
        services: Informer | None = None,
        machine: machines.Machine | None = None,
        pod_defaults: Callable[[Tree], Tree] = lambda pod: pod,
        root: bool | None = None,
    ) -> None:
        """`tasks` is owned by the caller.  `services` may be shared by several kubelets of a process; without one
        this kubelet follows them itself.  `pod_defaults` fills in static pods.
        `root`: whether volumes may be mounted and given to other owners; by default what this process is."""
        self.config = config
        self._clock = clock
        self._tasks = tasks
        self._runtime = runtime
        self._own_services = services is None
        self._services = services or Informer(client, "services", clock=clock)
        self._informer = Informer(client, "pods", clock=clock, fields=f"spec.nodeName={config.node_name}")
        self._pod_defaults = pod_defaults
        machine = machine or machines.read(config.root)
        connector = connector or LoopConnector()
        tell = Teller(Recorder(client, clock, tasks, "kubelet", host=config.node_name))
        last_words: Callable[[cri.Container], cri.Container] = (
            (lambda container: container)
            if config.simulated
            else functools.partial(termination.with_last_words, config)
        )
        self.view = RuntimeView(runtime, clock, self._runtime_changed, last_words)
        self.node = NodeKeeper(config, client, runtime, clock, machine, self.view, tell)
        objects = Objects(client, clock, tasks, self._objects_changed)
        allowed = os.geteuid() == 0 if root is None else root
        around = Surroundings(config, client, clock, objects, allowed)
        self.statuses = StatusWriter(client, clock, tasks, self._latest, config.status_delay)
        allocatable = node_status.allocatable(config, machine)
        self.room = Room(
            config=config,
            client=client,
            runtime=runtime,
            clock=clock,
            entropy=entropy,
            tasks=tasks,
            tell=tell,
            view=self.view,
            images=Images(runtime, clock, tell, config.parallel_pulls),
            lifecycle=Lifecycle(runtime, clock, tell, connector),
            objects=objects,
            probes=Probes(Asker(runtime, clock, connector), clock, tasks, tell, self._probe_changed),
            volumes=None if config.simulated else Volumes(around, tell),
            statuses=self.statuses,
            services=self._services_for,
            host_dns=dns.parse_resolv(config.resolv_conf),
            node=Node(tuple(config.node_ips)),
            memory=machine.memory,
            allocatable=allocatable,
            labels=self.node.current_labels,
            others=lambda uid: self.manager.taking_room(uid),
        )
        self.manager = PodManager(
            self.room, self._informer, lambda: self.node.uid, wait_static=config.static_pods is not None
        )
        self.pods = Lookup(self.manager, self.statuses)

    async def run(self) -> None:
        """Register, then work until cancelled."""
        name = self.config.node_name
        spawn = self._tasks.spawn
        tasks = [spawn(self.view.follow_events(), f"runtime events of {name}")]
        try:
            await self._first_list()
            # Static pods need no API server: they run before the node is registered.
            tasks.append(spawn(self.view.relist_forever(self.config.relist_seconds), f"relist of {name}"))
            tasks += self._local_tasks()
            await self.node.register()
            tasks.append(spawn(self.node.renew_forever(), f"lease of {name}"))
            tasks.append(spawn(self.node.report_forever(), f"status of {name}"))
            if self._own_services:
                tasks.append(spawn(self._services.run(), f"services for {name}"))
            await self._services_synced()
            self.manager.begin()
            tasks.append(spawn(self._informer.run(), f"pods of {name}"))
            await self._informer.wait_synced()
            while True:
                await self.manager.housekeep()
                await self._clock.sleep(HOUSEKEEPING)
        finally:
            self.manager.close()
            for task in tasks:
                task.cancel()

    def _local_tasks(self) -> list[asyncio.Task[None]]:
        """What a real node does beside its pods."""
        config, tasks = self.config, []
        if not config.simulated:
            rotation = logrotate.rotate_forever(
                self.view, self._runtime, self._clock, config.log_size, config.log_files
            )
            tasks.append(self._tasks.spawn(rotation, f"log rotation of {config.node_name}"))
        if config.static_pods is not None:
            source = Manifests(
                config.static_pods, config.node_name, self._clock, self.manager.set_static, self._pod_defaults
            )
            reading = source.run(config.manifest_seconds)
            tasks.append(self._tasks.spawn(reading, f"manifests of {config.node_name}"))
        return tasks

    async def _first_list(self) -> None:
        """Know what runs before any pod is looked at, so that nothing is started twice.

        A runtime that does not answer is waited for a while; the node then registers as not Ready.
        """
        for attempt in range(5):
            try:
                await self.view.relist()
                version = await self._runtime.version()
                self.room.node = Node(tuple(self.config.node_ips), version.name)
            except cri.RuntimeFault:
                await self._clock.sleep(0.2 * 2**attempt)
            else:
                return

    async def _services_synced(self) -> None:
        """Service variables should be complete for the first pods; but nothing waits for ever."""
        try:
            async with self._clock.timeout(10):
                await self._services.wait_synced()
        except TimeoutError:
            return

    # -- what the parts tell each other ----------------------------------------------------------------------

    def _runtime_changed(self, uid: str) -> None:
        self.manager.runtime_changed(uid)

    def _probe_changed(self, uid: str) -> None:
        self.manager.probe_changed(uid)

    def _objects_changed(self, uids: Iterable[str]) -> None:
        self.manager.objects_changed(uids)

    def _latest(self, pod: Tree) -> Tree | None:
        return self.manager.latest(pod)

    def _services_for(self, namespace: str) -> Sequence[Tree]:
        own = list(self._services.list(namespace))
        if namespace != "default":
            api = self._services.get("default/kubernetes")
            if api is not None:
                own.append(api)
        return own
