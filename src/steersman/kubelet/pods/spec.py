"""A pod's spec, read: the questions that several parts of the kubelet ask of it.

All functions take the pod's tree and change nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from steersman.api import tree
from steersman.api.tree import Tree

CONFIG_SOURCE = "kubernetes.io/config.source"
CONFIG_HASH = "kubernetes.io/config.hash"
CONFIG_SEEN = "kubernetes.io/config.seen"
CONFIG_MIRROR = "kubernetes.io/config.mirror"


def name(pod: Tree) -> str:
    return str(pod["metadata"]["name"])


def namespace(pod: Tree) -> str:
    return str(pod["metadata"].get("namespace") or "default")


def uid(pod: Tree) -> str:
    return str(pod["metadata"].get("uid") or "")


def annotations(pod: Tree) -> Mapping[str, str]:
    return pod["metadata"].get("annotations") or {}


def full_name(pod: Tree) -> str:
    """`name_namespace(uid)`, as messages name a pod."""
    return f"{name(pod)}_{namespace(pod)}({uid(pod)})"


def is_mirror(pod: Tree) -> bool:
    """An object in the API that shows a static pod."""
    return CONFIG_MIRROR in annotations(pod)


def is_static(pod: Tree) -> bool:
    return annotations(pod).get(CONFIG_SOURCE, "api") != "api"


def is_deleting(pod: Tree) -> bool:
    return bool(pod["metadata"].get("deletionTimestamp"))


def is_host_network(pod: Tree) -> bool:
    return bool(pod["spec"].get("hostNetwork"))


def generation(pod: Tree) -> int:
    return int(pod["metadata"].get("generation") or 0)


def api_phase(pod: Tree) -> str:
    return str(tree.at(pod, "status", "phase", default="Pending"))


def is_terminal(phase: str) -> bool:
    return phase in ("Succeeded", "Failed")


def init_containers(pod: Tree) -> Sequence[Tree]:
    return pod["spec"].get("initContainers") or ()


def main_containers(pod: Tree) -> Sequence[Tree]:
    return pod["spec"].get("containers") or ()


def ephemeral_containers(pod: Tree) -> Sequence[Tree]:
    return pod["spec"].get("ephemeralContainers") or ()


def all_containers(pod: Tree) -> Iterator[tuple[str, Tree]]:
    """Every container with the word that its field path begins with."""
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for container in pod["spec"].get(field) or ():
            yield field, container


def container_named(pod: Tree, wanted: str) -> tuple[str, Tree] | None:
    for field, container in all_containers(pod):
        if container["name"] == wanted:
            return field, container
    return None


def field_path(pod: Tree, container: str) -> str:
    found = container_named(pod, container)
    return f"spec.{found[0]}{{{container}}}" if found else ""


def is_sidecar(container: Tree) -> bool:
    """Of an init container: one that runs beside the main ones."""
    return container.get("restartPolicy") == "Always"


def restart_policy(pod: Tree) -> str:
    return str(pod["spec"].get("restartPolicy") or "Always")


def restarts_after(pod: Tree, container: Tree, exit_code: int) -> bool:
    """Whether a container that ended with this code is started again."""
    for rule in container.get("restartPolicyRules") or ():
        codes: Mapping[str, Any] = rule.get("exitCodes") or {}
        inside = exit_code in (codes.get("values") or ())
        if rule.get("action") == "Restart" and inside == (codes.get("operator") != "NotIn"):
            return True
    policy = container.get("restartPolicy") or restart_policy(pod)
    if policy == "OnFailure":
        return exit_code != 0
    return bool(policy == "Always")


def could_restart(pod: Tree) -> bool:
    """Whether any container of the pod is ever started a second time after a failure."""
    if restart_policy(pod) != "Never":
        return True
    return any(
        container.get("restartPolicyRules") or container.get("restartPolicy") in ("Always", "OnFailure")
        for container in main_containers(pod)
    )


def grace_seconds(pod: Tree) -> int:
    """How long the pod's containers may take to end."""
    given = pod["metadata"].get("deletionGracePeriodSeconds")
    if is_deleting(pod) and given is not None:
        return int(given)
    given = pod["spec"].get("terminationGracePeriodSeconds")
    return 30 if given is None else int(given)
