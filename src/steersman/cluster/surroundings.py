"""What a node of a cluster is built with: handed down by `local`, so that nodes need not know it."""

import dataclasses
from collections.abc import Callable

from steersman.client import client as clients
from steersman.client import informers
from steersman.cluster import config as configs
from steersman.cluster import datadir
from steersman.kit import clock as clocks
from steersman.kit import entropy as entropies
from steersman.kit import http, tasks


@dataclasses.dataclass(frozen=True, slots=True)
class Surroundings:
    config: configs.ClusterConfig
    data: datadir.DataDir
    clock: clocks.Clock
    entropy: entropies.Entropy
    tasks: tasks.TaskGroup
    shared: informers.InformerSet
    client: Callable[[http.User], clients.Client]
    """A client in this process that acts as somebody."""
    dns_ip: str
    on_fault: Callable[[str, BaseException], None] | None
    """Told of a task of the node that ended with an error."""
