"""Ending a cluster: the server, every container with its containerd, the namespaces and control groups.

Works from the data directory alone, so it also clears what a killed server left.  Objects, certificates and
volumes stay for the next `up`, unless `delete_data`.
"""

import shutil

from steersman.cluster import config as configs
from steersman.cluster import datadir, node, process
from steersman.cluster.network import egress, plan, setup
from steersman.kit import clock


async def down(data: datadir.DataDir, *, delete_data: bool = False) -> list[str]:
    """What could not be removed, in words; empty when nothing is left."""
    time = clock.RealClock()
    running = process.read(data.process)
    if running is not None:
        await process.end(running, time)
    left: list[str] = []
    with data.held():
        data.process.unlink(missing_ok=True)
        config = configs.load(data.config) or configs.ClusterConfig()
        folders = sorted(path.name for path in (data.root / "nodes").glob("*") if (path / "containerd").exists())
        if folders:
            names = list(dict.fromkeys([*node.names(config), *folders]))
            network = plan.plan(data.id, names, config.pod_cidr, config.service_cidr, egress=config.egress)
            for one in network.nodes:
                if one.name in folders:
                    left += await node.stop(data, one, time)
            await egress.stop(plan.RUN / data.id)
            await setup.remove(data.id)
            left += node.remove_groups(data.id)
    if delete_data and not left:
        shutil.rmtree(data.root)
    return left
