"""Where a pod's files are: below the kubelet's root in the reference's layout, so that people find them."""

import pathlib

from steersman.api.tree import Tree
from steersman.kubelet.config import KubeletConfig
from steersman.kubelet.pods import spec


def log_directory(config: KubeletConfig, pod: Tree) -> pathlib.Path:
    return config.log_root / f"{spec.namespace(pod)}_{spec.name(pod)}_{spec.uid(pod)}"


def log_path(container: str, attempt: int) -> str:
    """Below the log directory."""
    return f"{container}/{attempt}.log"


def hosts_path(config: KubeletConfig, uid: str) -> pathlib.Path:
    return config.pod_dir(uid) / "etc-hosts"


def termination_path(config: KubeletConfig, uid: str, container: str, attempt: int) -> pathlib.Path:
    """Where a container leaves its last words."""
    return config.pod_dir(uid) / "containers" / container / f"{attempt}.termination"


def volume_dir(config: KubeletConfig, uid: str, kind: str, name: str) -> pathlib.Path:
    return config.pod_dir(uid) / "volumes" / f"kubernetes.io~{kind}" / name
