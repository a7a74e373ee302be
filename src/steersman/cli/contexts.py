"""The context `steersman` in a person's own kubeconfig: put there by `up`, taken out with the cluster's data."""

from pathlib import Path
from typing import Any

import yaml

from steersman.client import kubeconfig

NAME = "steersman"


def merge(target: Path, source: Path) -> bool:
    """Put the cluster of a kubeconfig there as `steersman`; whether it is the current context then."""
    return kubeconfig.merge(target, source, context=NAME)


def forget(target: Path, ours: str) -> bool:
    """Take it out if it is the cluster whose kubeconfig is given as text, not another's that came later."""
    tree = kubeconfig.renamed(yaml.safe_load(ours), NAME)
    found = kubeconfig.read(target)
    if _authority(found) != _authority(tree):
        return False
    kubeconfig.remove_from(target, tree)
    return True


def _authority(tree: Any) -> object:
    """The certificate authority tells clusters apart: each data directory makes its own."""
    for each in tree.get("clusters") or ():
        if each.get("name") == NAME:
            return (each.get("cluster") or {}).get("certificate-authority-data")
    return None
