"""What one kubelet is told once: its node, its folders, its habits.

Every path lies below `root`, except those that pods name themselves.  `simulated` is the light form: no
volumes, no hosts files, no control groups on disk; for nodes whose runtime is in memory.
"""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any


@dataclasses.dataclass(frozen=True, slots=True)
class KubeletConfig:
    node_name: str
    root: pathlib.Path
    """Pods' volumes and files, `pods/<uid>/...`, and `log/pods`."""
    node_ips: Sequence[str] = ()
    simulated: bool = False
    static_pods: pathlib.Path | None = None
    """A folder of manifests; None: no static pods."""
    cluster_dns: Sequence[str] = ()
    cluster_domain: str = "cluster.local"
    resolv_conf: str = ""
    """The text of the node's resolv.conf, for pods that ask for it."""
    hosts_file: str = ""
    """The text of the node's hosts file, for pods in its network."""
    cgroup: str = ""
    """The node's own control group, below which the runtime puts those of pods; where it is told, the groups of
    pods that are gone are removed."""
    allowed_sysctls: Sequence[str] = ()
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    taints: Sequence[Mapping[str, Any]] = ()
    """Given to the Node when it registers."""
    capacity: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Overrides what the machine has: `cpu`, `memory`, `ephemeral-storage`."""
    reserved: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Kept from pods: capacity minus allocatable."""
    max_pods: int = 110
    port: int = 10250
    """Of the kubelet's server, as the Node object says."""
    pod_cidr: str = ""
    provider_id: str = ""
    sync_seconds: float = 60.0
    """How often a pod is looked at without a cause (up to half as much again)."""
    relist_seconds: float = 3.0
    """How often the runtime is asked for everything it has; its events bring most news sooner."""
    retry_seconds: float = 10.0
    """After a failed step (up to half as much again)."""
    status_delay: float = 0.1
    """How long a status without urgency may wait for a newer one to take its place."""
    node_status_seconds: float = 300.0
    node_check_seconds: float = 10.0
    lease_seconds: float = 10.0
    lease_duration: int = 40
    volume_seconds: float = 60.0
    """How often mounted tokens are checked for renewal; changed objects are seen at once."""
    parallel_pulls: int = 3
    manifest_seconds: float = 1.0
    log_size: int = 10 << 20
    """Bytes after which a container's log is set aside."""
    log_files: int = 5

    @property
    def log_root(self) -> pathlib.Path:
        return self.root / "log" / "pods"

    def pod_dir(self, uid: str) -> pathlib.Path:
        return self.root / "pods" / uid
