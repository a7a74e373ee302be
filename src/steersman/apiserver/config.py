"""What an API server is told once, when it is built."""

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class Config:
    service_range: str = "10.96.0.0/16"
    node_ports: tuple[int, int] = (30000, 32767)
    """The first and the last."""
    advertise_address: str = "127.0.0.1"
    """Where nodes and pods reach this server: the address behind the service `default/kubernetes`."""
    advertise_port: int = 6443
    issuer: str = "https://kubernetes.default.svc.cluster.local"
    cluster_domain: str = "cluster.local"
    body_limit: int = 3 * 1024 * 1024
    request_timeout: float = 60.0
    """The longest that a request may take which is no watch and no connection."""
    watch_timeout: float = 1800.0
    """A watch that names no time ends after this and up to twice this."""
    bookmark_interval: float = 60.0
    compaction_interval: float = 300.0
    event_lifetime: float = 3600.0
    anonymous: bool = True
    authorization: bool = True
    """False lets everybody do everything: for tests of something else."""
    admission: bool = True
    """False runs no admission plug-in."""
    default_toleration_seconds: int = 300
    """How long a pod stays on a node that is not ready or not reachable, unless it says otherwise."""
    service_ca: str = ""
    """See `admission.plugin.Config.service_ca`."""
