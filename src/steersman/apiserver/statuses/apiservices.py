"""An APIService without a service is this server's own, and available; one with a service needs that to be there.

Whether a service that is there answers is for whoever forwards requests to it to find out: its word stands.
"""

from steersman.api.tree import Tree, at
from steersman.apiserver.registry import reader
from steersman.apiserver.statuses.plan import Condition, Kind, differing


def plan(tree: Tree, source: reader.Reader, now: str) -> Condition | None:
    service = at(tree, "spec", "service")
    if service is None:
        status, reason, message = "True", "Local", "Local APIServices are always available"
    elif source.get("services", service.get("namespace", ""), service.get("name", "")) is None:
        status, reason = "False", "ServiceNotFound"
        message = f'service/{service.get("name", "")} in "{service.get("namespace", "")}" is not present'
    else:
        return None
    return differing(tree, {"type": "Available", "status": status, "reason": reason, "message": message}, now)


KIND = Kind("apiservices.apiregistration.k8s.io", ("services",), "kube-apiserver", False, plan)
