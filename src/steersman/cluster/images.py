"""Images for every node, from an archive: works beside a running cluster, through each node's containerd."""

from pathlib import Path

from steersman.cluster import config as configs
from steersman.cluster import datadir, node, process
from steersman.cluster.network import plan
from steersman.cri import archive as archives
from steersman.cri import runtime
from steersman.kit import clock


class ImageError(Exception):
    """The archive could not be loaded; one line, with the fix."""


async def load(data: datadir.DataDir, archive: Path) -> list[str]:
    """Import on every node with containers; the names that the archive holds."""
    if process.read(data.process) is None:
        raise ImageError(f"no cluster runs in {data.root}; `steersman up` starts it")
    if not archive.exists():
        raise ImageError(f"{archive} does not exist")
    try:
        archives.names(archive)
    except ValueError as error:
        raise ImageError(str(error)) from error
    config = configs.load(data.config) or configs.ClusterConfig()
    network = plan.plan(data.id, node.names(config), config.pod_cidr, config.service_cidr, egress=config.egress)
    if not network.nodes or config.runtime == "simulated":
        raise ImageError("this cluster has no node with containers; simulated nodes need no images")
    found: dict[str, None] = {}
    for one in network.nodes:
        try:
            async with node.runtime_at(data, one, clock.RealClock(), egress=config.egress) as containers:
                found |= dict.fromkeys(await containers.load_image(str(archive)))
        except runtime.RuntimeFault as error:
            raise ImageError(f"{one.name}: {error}") from error
    return list(found)
