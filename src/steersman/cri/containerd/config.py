"""The configuration of a node's private containerd.  Pure: settings in, text out.

What is set, and why, differs from the distribution's default only where it must: every path lies below the
node's directory, plug-ins that this node cannot need are off (the daemon is ready in about 30 ms),
registries cannot be asked where there is no egress, and kernels and capabilities that lack something are
respected.
"""

import dataclasses
import json
import pathlib
from collections.abc import Mapping, Sequence

# Snapshotters that need other file systems, and services that CRI does not use.  `opt` would make
# /opt/containerd on the host.
UNUSED_PLUGINS = (
    "io.containerd.snapshotter.v1.aufs",
    "io.containerd.snapshotter.v1.btrfs",
    "io.containerd.snapshotter.v1.devmapper",
    "io.containerd.snapshotter.v1.zfs",
    "io.containerd.internal.v1.opt",
    "io.containerd.internal.v1.restart",
    "io.containerd.internal.v1.tracing",
    "io.containerd.tracing.processor.v1.otlp",
)

PAUSE_IMAGE = "steersman.local/pause:1"


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    directory: pathlib.Path
    """`D/nodes/N/containerd`: everything of this daemon lies below."""
    socket: pathlib.Path
    cni_bin: pathlib.Path
    cni_conf: pathlib.Path
    snapshotter: str = "overlayfs"
    may_lower_oom_score: bool = True
    """False without CAP_SYS_RESOURCE: runc could not set `oom_score_adj` and every sandbox would fail."""
    apparmor: bool = False
    egress: bool = True
    runc: str = ""
    """Another OCI runtime's binary; empty: runc from the path."""
    max_log_line: int = 16384


def render(settings: Settings) -> str:
    """The configuration file (TOML)."""
    top: list[tuple[str, object]] = [
        ("version", 2),
        ("root", settings.directory / "root"),
        ("state", settings.directory / "state"),
        ("disabled_plugins", list(UNUSED_PLUGINS)),
    ]
    cri = 'plugins."io.containerd.grpc.v1.cri"'
    sections: Mapping[str, Mapping[str, object]] = {
        "grpc": {"address": settings.socket, "max_recv_message_size": 64 << 20, "max_send_message_size": 64 << 20},
        "ttrpc": {"address": f"{settings.socket}.t"},
        cri: {
            "sandbox_image": PAUSE_IMAGE,
            "restrict_oom_score_adj": not settings.may_lower_oom_score,
            "netns_mounts_under_state_dir": True,
            "disable_tcp_service": True,
            "disable_apparmor": not settings.apparmor,
            "stream_server_address": "127.0.0.1",
            "stream_server_port": "0",
            "max_container_log_line_size": settings.max_log_line,
            "enable_unprivileged_ports": True,
            "enable_unprivileged_icmp": True,
        },
        f"{cri}.cni": {"bin_dir": settings.cni_bin, "conf_dir": settings.cni_conf},
        f"{cri}.containerd": {"snapshotter": settings.snapshotter, "default_runtime_name": "runc"},
        f"{cri}.containerd.runtimes.runc": {"runtime_type": "io.containerd.runc.v2"},
        f"{cri}.containerd.runtimes.runc.options": {
            "SystemdCgroup": False,
            **({"BinaryName": settings.runc} if settings.runc else {}),
        },
        f"{cri}.registry": {"config_path": settings.directory / "certs.d"},
    }
    lines = [f"{key} = {_toml(value)}" for key, value in top]
    for name, values in sections.items():
        lines.append(f"\n[{name}]")
        lines.extend(f"{key} = {_toml(value)}" for key, value in values.items())
    return "\n".join(lines) + "\n"


def no_registries() -> str:
    """`certs.d/_default/hosts.toml` of a node without egress: every registry is a closed port of loopback.

    Without it containerd would ask the resolver for the registry's name first, and wait for it.
    """
    return 'server = "http://127.0.0.1:1"\n\n[host."http://127.0.0.1:1"]\ncapabilities = ["pull", "resolve"]\n'


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return json.dumps(str(value))
