"""What a cluster is made of: one value, read from the command line once and kept in the data directory.

`ClusterConfig` is what a second `up` finds again; flags given then win over it.  Every default that a user
can change stands here and nowhere else.
"""

import dataclasses
import ipaddress
import itertools
import os
from pathlib import Path
from typing import Any

import msgspec


class ConfigError(Exception):
    """A setting that cannot work; one line, with the fix."""


RUNTIMES = ("containerd", "docker", "simulated")


@dataclasses.dataclass(frozen=True, slots=True)
class ClusterConfig:
    nodes: int = 1
    """Nodes with real containers, each in a network namespace of its own."""
    simulated_nodes: int = 0
    runtime: str = "containerd"
    egress: bool = True
    """Whether pods and image pulls can leave the machine."""
    port: int = 6443
    """Of the API server on 127.0.0.1; 0 takes any free one."""
    pod_cidr: str = "10.244.0.0/16"
    service_cidr: str = "10.96.0.0/16"
    node_ports: tuple[int, int] = (30000, 32767)
    domain: str = "cluster.local"
    node_monitor_grace: float = 50.0
    """Seconds without a lease after which a node counts as unreachable."""
    node_monitor_period: float = 5.0
    """How often the node controller looks; never longer than half the grace."""
    lease_seconds: float = 10.0
    """How often a kubelet renews its lease."""
    pod_eviction_seconds: int = 300
    """The tolerationSeconds that admission gives pods for not-ready and unreachable nodes."""
    static_pods: str = ""
    """A folder of manifests for node 1; empty: `nodes/node1/manifests` in the data directory."""

    @property
    def heartbeat(self) -> float:
        """Seconds between lease renewals: several fit into the grace, however short it is set."""
        return min(self.lease_seconds, self.node_monitor_grace / 4)

    def check(self) -> "ClusterConfig":
        """Itself, or ConfigError."""
        if self.runtime not in RUNTIMES:
            raise ConfigError(f"--runtime {self.runtime} is unknown; it is one of {', '.join(RUNTIMES)}")
        if self.nodes < 0 or self.simulated_nodes < 0:
            raise ConfigError("a cluster cannot have fewer than 0 nodes")
        if self.nodes > 100:
            raise ConfigError(f"{self.nodes} nodes with containers do not fit in one node network; use at most 100")
        if not 0 <= self.port <= 65535:
            raise ConfigError(f"--port {self.port} is not a port; use 0 (any free one) to 65535")
        ranges = {"node network": ipaddress.IPv4Network("172.30.0.0/24")}
        for name in ("pod_cidr", "service_cidr"):
            try:
                ranges[name] = ipaddress.IPv4Network(getattr(self, name))
            except ValueError as error:
                raise ConfigError(f"{name} {getattr(self, name)!r} is not an IPv4 network: {error}") from error
        for (one, first), (two, second) in itertools.combinations(ranges.items(), 2):
            if first.overlaps(second):
                raise ConfigError(f"{one} {first} and {two} {second} overlap; choose others")
        pods = ranges["pod_cidr"]
        if pods.prefixlen > 24 or pods.num_addresses // 256 < self.nodes:
            raise ConfigError(f"pod_cidr {pods} has no /24 for each of {self.nodes} nodes; choose a larger range")
        return self


def load(path: Path) -> ClusterConfig | None:
    """The configuration that an earlier `up` kept; None where there was none."""
    try:
        raw = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        return msgspec.json.decode(raw, type=ClusterConfig).check()
    except msgspec.MsgspecError as error:
        raise ConfigError(f"{path} cannot be read ({error}); remove it to start with the defaults") from error


def save(path: Path, config: ClusterConfig) -> None:
    """Keep it, whole or not at all.  Raises ConfigError."""
    scratch = path.with_suffix(".new")
    try:
        scratch.write_bytes(msgspec.json.format(msgspec.json.encode(config), indent=2))
        scratch.replace(path)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}; mend that, or use --data-dir DIR") from error


def changed(config: ClusterConfig, **given: Any) -> ClusterConfig:
    """The configuration with what was given on the command line; None is not given."""
    return dataclasses.replace(config, **{key: value for key, value in given.items() if value is not None}).check()


def default_data_dir() -> Path:
    """Where a cluster lives unless told otherwise: root's below /var/lib, a user's below their home."""
    told = os.environ.get("STEERSMAN_DATA_DIR")
    if told:
        return Path(told)
    if os.geteuid() == 0:
        return Path("/var/lib/steersman")
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "steersman"
