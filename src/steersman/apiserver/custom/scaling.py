"""Where the replicas of a custom resource are: as its definition says.  `verbs.subresources.scale` does the rest."""

from typing import Any

from steersman.api import status
from steersman.api import tree as trees
from steersman.api.tree import MutableTree, Tree
from steersman.apiserver.custom import definition as definitions
from steersman.apiserver.custom import jsonpath
from steersman.apiserver.custom.strategy import at_steps


def _steps(version: definitions.Version, name: str) -> list[str]:
    assert version.scale is not None
    return jsonpath.steps(version.scale.get(name) or "")


def path(version: definitions.Version) -> list[str]:
    """The way to the replicas wanted."""
    return _steps(version, "specReplicasPath")


def parts(version: definitions.Version, tree: Tree) -> tuple[int, dict[str, Any]]:
    """The replicas wanted, and the status of the Scale."""
    replicas = at_steps(tree, path(version)) or 0
    state: dict[str, Any] = {"replicas": at_steps(tree, _steps(version, "statusReplicasPath")) or 0}
    where = _steps(version, "labelSelectorPath")
    selector = at_steps(tree, where) if where else None
    if selector:
        state["selector"] = selector
    return replicas, state


def check_readable(version: definitions.Version, tree: Tree) -> None:
    """Raises as the reference does where nobody said how many are wanted."""
    assert version.scale is not None
    if at_steps(tree, _steps(version, "specReplicasPath")) is None:
        raise status.internal(f'the spec replicas field "{version.scale.get("specReplicasPath")}" does not exist')


def scaled(version: definitions.Version, tree: Tree, replicas: int) -> MutableTree:
    """The object with other replicas."""
    return trees.edited(tree, replicas, *_steps(version, "specReplicasPath"))
