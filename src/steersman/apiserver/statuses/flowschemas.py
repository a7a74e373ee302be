"""A FlowSchema dangles when the priority level that it names is not there."""

from steersman.api.tree import Tree, at
from steersman.apiserver.registry import reader
from steersman.apiserver.statuses.plan import Condition, Kind, differing

LEVELS = "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io"


def plan(tree: Tree, source: reader.Reader, now: str) -> Condition | None:
    level = at(tree, "spec", "priorityLevelConfiguration", "name", default="")
    names = f'This FlowSchema references the PriorityLevelConfiguration object named "{level}"'
    if source.get(LEVELS, "", level) is None:
        status, reason, message = "True", "NotFound", f"{names} but there is no such object"
    else:
        status, reason, message = "False", "Found", f"{names} and it exists"
    return differing(tree, {"type": "Dangling", "status": status, "reason": reason, "message": message}, now)


MANAGER = "api-priority-and-fairness-config-consumer-v1"
KIND = Kind("flowschemas.flowcontrol.apiserver.k8s.io", (LEVELS,), MANAGER, True, plan)
