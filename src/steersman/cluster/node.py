"""A node with containers: where its things are, and its containerd, found or ended without a cluster running.

`place` is the one function that says where a node's runtime lives, so that `up`, `image load` and `down`
cannot disagree.
"""

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from steersman.cluster import config as configs
from steersman.cluster import datadir
from steersman.cluster.network.plan import NodeNetwork
from steersman.kit import clock as clocks
from steersman.kit import entropy, tasks

if TYPE_CHECKING:  # grpc is imported only where there is a node with containers
    from steersman.cri.containerd import daemon, runtime

CGROUP = "/steersman"


def names(config: configs.ClusterConfig) -> list[str]:
    return [f"node{index}" for index in range(1, config.nodes + 1)]


def place(data: datadir.DataDir, node: NodeNetwork, *, egress: bool) -> "daemon.Place":
    """Where a node's containerd lives."""
    from steersman.cri.containerd import daemon

    folder = data.node(node.name)
    return daemon.Place(
        directory=folder / "containerd",
        cni_conf=folder / "cni" / "net.d",
        cgroup=f"{CGROUP}/{data.id}/{node.name}",
        network=str(node.namespace),
        shared=[folder / "kubelet"],
        egress=egress,
    )


@contextlib.asynccontextmanager
async def runtime_at(
    data: datadir.DataDir, node: NodeNetwork, clock: clocks.Clock, *, egress: bool
) -> "AsyncIterator[runtime.ContainerdRuntime]":
    """The runtime of a node whose containerd runs; raises `cri.runtime.Unreachable` where it does not."""
    from steersman.cri import runtime as cri
    from steersman.cri.containerd import daemon, runtime

    found = daemon.Daemon(place(data, node, egress=egress), clock)
    if found.find() is None:
        raise cri.Unreachable("its containerd does not run; `steersman up` starts it")
    group = tasks.TaskGroup(f"runtime of {node.name}")
    opened = runtime.ContainerdRuntime(found, clock, entropy.SystemEntropy(), group)
    try:
        yield opened
    finally:
        await opened.close()
        await group.close()


async def stop(data: datadir.DataDir, node: NodeNetwork, clock: clocks.Clock) -> list[str]:
    """End a node's containers and their runtime; what could not be removed."""
    from steersman.cri.containerd import daemon

    return await daemon.Daemon(place(data, node, egress=False), clock).stop()


def remove_groups(cluster: str) -> list[str]:
    """The control groups above the nodes'; what could not be removed."""
    from steersman.cri.containerd import cgroups

    left = [] if cgroups.remove(f"{CGROUP}/{cluster}") else [f"control group {CGROUP}/{cluster}"]
    for folder in cgroups.directories(CGROUP):
        with contextlib.suppress(OSError):  # another cluster's groups are in it
            folder.rmdir()
    return left
