"""Ending a cluster: the server, every container with its containerd, the namespaces and control groups.

Works from the data directory alone, so it also clears what a killed server left.  Objects, certificates and
volumes stay for the next `up`, unless `delete_data`.
"""

import fcntl
import shutil

from steersman.cluster import config as configs
from steersman.cluster import datadir, node, process
from steersman.cluster.network import plan, setup
from steersman.kit import clock


async def down(data: datadir.DataDir, *, delete_data: bool = False) -> list[str]:
    """What could not be removed, in words; empty when nothing is left.  Raises DataDirError, NetworkError."""
    time = clock.RealClock()
    running = process.read(data.process) or holder(data)
    if running is not None:
        await process.end(running, time)
    left: list[str] = []
    with data.held():
        data.process.unlink(missing_ok=True)
        left = await clear(data, time)
    if delete_data and not left:
        shutil.rmtree(data.root)
    return left


async def clear(data: datadir.DataDir, time: clock.Clock) -> list[str]:
    """End what runs in the nodes of a cluster whose server has ended, and remove their namespaces and groups."""
    config = _config(data)
    folders = sorted(path.name for path in (data.root / "nodes").glob("*") if (path / "containerd").exists())
    if not folders:
        return []
    left: list[str] = []
    names = list(dict.fromkeys([*node.names(config), *folders]))
    network = plan.plan(data.id, names, config.pod_cidr, config.service_cidr, egress=config.egress)
    for one in network.nodes:
        if one.name in folders:
            left += await node.stop(data, one, time)
    await setup.remove(data.id)
    return left + node.remove_groups(data.id)


def _config(data: datadir.DataDir) -> configs.ClusterConfig:
    """The cluster's settings; where they cannot be read, the defaults name the same things."""
    try:
        return configs.load(data.config) or configs.ClusterConfig()
    except configs.ConfigError:
        return configs.ClusterConfig()


def holder(data: datadir.DataDir) -> process.Running | None:
    """The process that holds the directory: a server that starts or ends has not written, or has removed, its file."""
    try:
        with (data.root / "lock").open("r") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                pid = int(lock.read(32).strip() or 0)
            else:
                return None
    except (OSError, ValueError):
        return None
    started = process.start_time(pid) if pid else None
    return process.Running(pid, started) if started is not None else None
