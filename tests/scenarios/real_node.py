"""A node of a virtual cluster with a kubelet, not a stand-in, over a runtime in memory."""

import pathlib

from scenarios.virtual_cluster import VirtualCluster
from steersman.cri import simulated
from steersman.kit import http
from steersman.kit.tasks import TaskGroup
from steersman.kubelet import config, kubelet, machine

MACHINE = machine.Machine(cpus=4, memory=8 << 30, disk=100 << 30, kernel="6.1", machine_id="m")


class RealNode:
    def __init__(self, cluster: VirtualCluster, name: str) -> None:
        self.tasks = TaskGroup(f"node {name}")
        self.missing: set[str] = set()
        """Images that cannot be pulled."""
        self.runtime = simulated.SimulatedRuntime(
            cluster.clock, cluster.entropy, pull=lambda image: "there is none" if image in self.missing else ""
        )
        self.kubelet = kubelet.Kubelet(
            config.KubeletConfig(
                node_name=name, root=pathlib.Path("/nonexistent"), node_ips=("192.168.0.1",), simulated=True
            ),
            cluster.client_for(http.User(f"system:node:{name}", ("system:nodes", "system:authenticated"))),
            self.runtime,
            cluster.clock,
            cluster.entropy,
            self.tasks,
            machine=MACHINE,
            root=False,
        )

    @classmethod
    async def start(cls, cluster: VirtualCluster, name: str) -> "RealNode":
        """Registered, and Ready after a moment."""
        made = cls(cluster, name)
        await made.runtime.pull_image("busybox")
        made.tasks.spawn(made.kubelet.run(), "kubelet")
        await cluster.clock.advance(2)
        return made

    async def die(self) -> None:
        """Lose power: nothing is said any more."""
        self.kubelet.manager.close()
        await self.tasks.close()

    async def close(self) -> None:
        await self.die()
        self.runtime.shut_down()
        assert not self.tasks.faults
