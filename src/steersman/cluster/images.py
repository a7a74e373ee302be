"""Images for every node, from an archive: works beside a running cluster, through each node's containerd."""

import tarfile
from collections.abc import Callable
from pathlib import Path

from steersman.cluster import config as configs
from steersman.cluster import datadir, node, process
from steersman.cluster.network import plan
from steersman.cri import archive as archives
from steersman.cri import runtime
from steersman.kit import clock


class ImageError(Exception):
    """The archive could not be loaded; one line, with the fix."""


def targets(data: datadir.DataDir, archive: Path) -> tuple[plan.NetworkPlan, list[str]]:
    """The nodes that take images, and the names that the archive holds.  Raises ImageError."""
    if process.read(data.process) is None:
        raise ImageError(f"no cluster runs in {data.root}; `steersman up` starts it")
    try:
        names = archives.names(archive)
    except OSError as error:
        raise ImageError(f"cannot read {archive}: {error.strerror or error}") from error
    except (ValueError, EOFError) as error:
        if isinstance(error.__cause__, tarfile.TarError) or not str(error):
            text = f"{archive} is not an image archive; `docker save -o F.tar IMAGE` writes one"
        else:
            text = " ".join(str(error).split())
        raise ImageError(text) from error
    config = configs.load(data.config) or configs.ClusterConfig()
    if not config.nodes or config.runtime == "simulated":
        raise ImageError("this cluster has no node with containers; simulated nodes need no images")
    network = plan.plan(data.id, node.names(config), config.pod_cidr, config.service_cidr, egress=config.egress)
    return network, names


async def load(
    data: datadir.DataDir, archive: Path, told: Callable[[str], None] = lambda text: None
) -> dict[str, list[str]]:
    """Import on every node with containers; the names that each node says it has now.  Raises ImageError.

    `told` hears the node before its turn comes.
    """
    network, _ = targets(data, archive)
    found: dict[str, list[str]] = {}
    for one in network.nodes:
        told(one.name)
        try:
            async with node.runtime_at(data, one, clock.RealClock(), egress=network.egress) as containers:
                found[one.name] = list(await containers.load_image(str(archive)))
        except runtime.RuntimeFault as error:
            raise ImageError(f"{one.name}: {' '.join(str(error).split())}") from error
    return found
