"""What every pod's worker shares: the node's tools, in one place instead of fifteen arguments."""

import collections
import dataclasses
from collections.abc import Awaitable, Callable, Mapping, Sequence

from steersman.api.tree import Tree
from steersman.client.client import Client
from steersman.cri import runtime as cri
from steersman.kit.clock import Clock
from steersman.kit.entropy import Entropy
from steersman.kit.tasks import TaskGroup
from steersman.kubelet.config import KubeletConfig
from steersman.kubelet.containers import dns, fields
from steersman.kubelet.images import Images
from steersman.kubelet.lifecycle import Lifecycle
from steersman.kubelet.objects import Objects
from steersman.kubelet.pods import spec
from steersman.kubelet.pods.status import Node
from steersman.kubelet.pods.statuses import StatusWriter
from steersman.kubelet.pods.view import RuntimeView
from steersman.kubelet.probes.manager import Probes
from steersman.kubelet.tell import Teller
from steersman.kubelet.volumes.manager import Volumes


@dataclasses.dataclass(slots=True)
class Room:
    config: KubeletConfig
    client: Client
    runtime: cri.ContainerRuntime
    clock: Clock
    entropy: Entropy
    tasks: TaskGroup
    tell: Teller
    view: RuntimeView
    images: Images
    lifecycle: Lifecycle
    objects: Objects
    probes: Probes
    volumes: Volumes | None
    """None on a simulated node."""
    statuses: StatusWriter
    services: Callable[[str], Sequence[Tree]]
    """The services that a pod of this namespace is told of."""
    host_dns: dns.Dns
    node: Node
    labels: Callable[[], Awaitable[Mapping[str, str]]]
    """Of the Node object as it is now; empty where it cannot be had."""
    memory: int = 0
    """The node's, in bytes."""
    allocatable: dict[str, str] = dataclasses.field(default_factory=dict)

    others: Callable[[str], Sequence[Tree]] = lambda uid: ()
    """The pods, but for this one, that take room on the node."""
    faults: collections.deque[Exception] = dataclasses.field(default_factory=lambda: collections.deque(maxlen=100))
    """Errors of ours that workers survived; tests look that there are none."""

    def facts(self, pod: Tree, ips: Sequence[str]) -> fields.Facts:
        """What references in a pod's spec may ask for."""
        if spec.is_host_network(pod):
            ips = list(self.node.host_ips)
        return fields.Facts(self.config.node_name, list(self.node.host_ips), list(ips), self.allocatable)
