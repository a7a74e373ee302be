"""Resource claims: how many devices a request is for, and what its tolerations tolerate.

When a taint of a ResourceSlice was added is a matter of time, and the registry's.
"""

from steersman.api.defaults import fill
from steersman.api.tree import MutableTree


def resource_claim(tree: MutableTree) -> None:
    _spec(fill.child(tree, "spec"))


def resource_claim_template(tree: MutableTree) -> None:
    _spec(fill.child(fill.child(tree, "spec"), "spec"))


def _spec(spec: MutableTree) -> None:
    for request in fill.items(spec.get("devices") or {}, "requests"):
        if "deviceClassName" in request:  # the flat form of v1beta1
            _request(request)
        if request.get("exactly") is not None:
            _request(request["exactly"])
        for each in fill.items(request, "firstAvailable"):
            _request(each)


def _request(request: MutableTree) -> None:
    fill.unless(request, allocationMode="ExactCount")
    if request["allocationMode"] == "ExactCount" and not request.get("count"):
        request["count"] = 1
    for toleration in fill.items(request, "tolerations"):
        fill.unless(toleration, operator="Equal")
