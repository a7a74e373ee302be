"""What becomes of a request for a certificate: approved, signed, failed, forgotten.  Pure.

How long a request is kept follows its state, from when that was reached:

    approved or denied    an hour
    waiting               a day
    failed                an hour
    its certificate over  at once
"""

from steersman.api import times
from steersman.api.semantics import pods as podlib
from steersman.api.semantics import signing
from steersman.api.tree import MutableTree, Tree, at

HOUR = 3600.0
DECIDED_KEPT = HOUR
WAITING_KEPT = 24 * HOUR

MESSAGES = {
    "selfnodeclient": "Auto approving self kubelet client certificate after SubjectAccessReview.",
    "nodeclient": "Auto approving kubelet client certificate after SubjectAccessReview.",
}


def is_decided(request: Tree) -> bool:
    return any(podlib.condition(request, type) is not None for type in ("Approved", "Denied"))


def wants_approval(request: Tree) -> str | None:
    """The sub-resource whose `create` its author must be allowed; None where it is not for us to approve."""
    if is_decided(request) or at(request, "status", "certificate"):
        return None
    return signing.recognised(request)


def review(request: Tree, subresource: str) -> MutableTree:
    """The question whether its author may."""
    spec = request["spec"]
    asked = {
        "user": spec.get("username", ""),
        "uid": spec.get("uid", ""),
        "groups": spec.get("groups") or [],
        "extra": spec.get("extra") or {},
        "resourceAttributes": {
            "group": "certificates.k8s.io",
            "resource": "certificatesigningrequests",
            "verb": "create",
            "subresource": subresource,
            "version": "*",
        },
    }
    return {
        "kind": "SubjectAccessReview",
        "apiVersion": "authorization.k8s.io/v1",
        "metadata": {},
        "spec": {key: value for key, value in asked.items() if value},
    }


def approved(request: Tree, subresource: str) -> MutableTree:
    return _with_condition(request, "Approved", "AutoApproved", MESSAGES[subresource])


def failed(request: Tree, why: str) -> MutableTree:
    return _with_condition(request, "Failed", "SignerValidationFailure", why)


def wants_signature(request: Tree) -> bool:
    """Approved, for one of our signers, neither signed nor failed."""
    return (
        at(request, "spec", "signerName") in signing.SIGNERS
        and podlib.condition_status(request, "Approved") == "True"
        and podlib.condition(request, "Denied") is None
        and podlib.condition(request, "Failed") is None
        and not at(request, "status", "certificate")
    )


def _with_condition(request: Tree, type: str, reason: str, message: str) -> MutableTree:
    status = request.get("status") or {}
    made = {"type": type, "status": "True", "reason": reason, "message": message}
    return {**request, "status": {**status, "conditions": [*(status.get("conditions") or ()), made]}}


def expires(request: Tree, not_after: float | None) -> float:
    """When the request is to be forgotten.  `not_after` is the end of its certificate, where it has one."""
    since = times.parse(request["metadata"]["creationTimestamp"])
    kept = WAITING_KEPT
    for type in ("Approved", "Denied", "Failed"):
        condition = podlib.condition(request, type)
        if condition is not None:
            kept = DECIDED_KEPT
            since = max(since, times.parse(condition.get("lastUpdateTime") or request["metadata"]["creationTimestamp"]))
    end = since + kept
    return end if not_after is None else min(end, not_after)
