"""What the containers of a pod ask for together, as quantities.

Without the pod's own requests and overhead: those are what is defaulted and checked with the help of this.
"""

from steersman.api.semantics import pod_resources
from steersman.api.tree import Tree


def of(spec: Tree, field: str, *, complete: bool = False) -> dict[str, str]:
    """The most that the containers have at any one time, in `requests` or `limits`.

    `complete`: only of what every container names.
    """
    total = pod_resources.of_containers(spec, field)
    if complete:
        containers = (*(spec.get("containers") or ()), *(spec.get("initContainers") or ()))
        every = [(container.get("resources") or {}).get(field) or {} for container in containers]
        return {name: amount for name, amount in total.items() if all(name in own for own in every)}
    return total
