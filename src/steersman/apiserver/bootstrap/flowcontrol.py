"""Flow schemas and priority levels: how kube-apiserver shares itself out.

This server serves the objects, so that clients which read or extend them find what they expect; it does not
queue by them.  The facts are those of `k8s.io/apiserver/pkg/apis/flowcontrol/bootstrap`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from steersman.api.tree import MutableTree

VERSION = "flowcontrol.apiserver.k8s.io/v1"
SCHEMAS, LEVELS = "flowschemas.flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io"
MANAGER = "api-priority-and-fairness-config-producer-v1"
AUTO = {"apf.kubernetes.io/autoupdate-spec": "true"}

_ANYTHING = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "clusterScope": True, "namespaces": ["*"]}
_ANY_PATH = {"verbs": ["*"], "nonResourceURLs": ["*"]}
_LEASES = ["leases"], ["coordination.k8s.io"]


def _group(*names: str) -> list[dict[str, Any]]:
    return [{"kind": "Group", "group": {"name": name}} for name in names]


def _user(*names: str) -> list[dict[str, Any]]:
    return [{"kind": "User", "user": {"name": name}} for name in names]


_EVERYBODY = _group("system:unauthenticated", "system:authenticated")
_KUBE_SYSTEM = [{"kind": "ServiceAccount", "serviceAccount": {"namespace": "kube-system", "name": "*"}}]


def _all(subjects: Sequence[Any]) -> dict[str, Any]:
    return {"subjects": list(subjects), "resourceRules": [_ANYTHING], "nonResourceRules": [_ANY_PATH]}


def _leases(verbs: Sequence[str]) -> dict[str, Any]:
    return {"verbs": list(verbs), "apiGroups": _LEASES[1], "resources": _LEASES[0], "namespaces": ["*"]}


_NODES = {
    "verbs": ["*"], "apiGroups": [""], "resources": ["nodes", "nodes/status"], "clusterScope": True,
    "namespaces": ["*"],
}  # fmt: skip
_PROBES = {"verbs": ["get"], "nonResourceURLs": ["/healthz", "/readyz", "/livez"]}
_MANAGERS = ("system:kube-controller-manager", "system:kube-scheduler")

_SCHEMAS: tuple[tuple[str, str, int, str, dict[str, Any]], ...] = (
    ("exempt", "exempt", 1, "", _all(_group("system:masters"))),
    ("probes", "exempt", 2, "", {"subjects": _EVERYBODY, "nonResourceRules": [_PROBES]}),
    (
        "system-leader-election", "leader-election", 100, "ByUser",
        {
            "subjects": [*_user(*_MANAGERS), *_KUBE_SYSTEM],
            "resourceRules": [_leases(("get", "create", "update"))],
        },
    ),
    (
        "system-node-high", "node-high", 400, "ByUser",
        {"subjects": _group("system:nodes"), "resourceRules": [_NODES, _leases(("*",))]},
    ),
    ("system-nodes", "system", 500, "ByUser", _all(_group("system:nodes"))),
    ("kube-controller-manager", "workload-high", 800, "ByNamespace", _all(_user(_MANAGERS[0]))),
    ("kube-scheduler", "workload-high", 800, "ByNamespace", _all(_user(_MANAGERS[1]))),
    ("kube-system-service-accounts", "workload-high", 900, "ByNamespace", _all(_KUBE_SYSTEM)),
    ("service-accounts", "workload-low", 9000, "ByUser", _all(_group("system:serviceaccounts"))),
    ("global-default", "global-default", 9900, "ByUser", _all(_EVERYBODY)),
    ("catch-all", "catch-all", 10000, "ByUser", _all(_EVERYBODY)),
)  # fmt: skip
"""Name, level, precedence, how flows are told apart, and who asks for what."""

_LEVELS: tuple[tuple[str, int, int, tuple[int, int] | None], ...] = (
    ("leader-election", 10, 0, (16, 4)),
    ("node-high", 40, 25, (64, 6)),
    ("system", 30, 33, (64, 6)),
    ("workload-high", 40, 50, (128, 6)),
    ("workload-low", 100, 90, (128, 6)),
    ("global-default", 20, 50, (128, 6)),
    ("catch-all", 5, 0, None),
)
"""Name, shares, the per cent of them that others may borrow, queues and hand size (None: no queue)."""


def objects(now: str) -> Iterator[tuple[str, str, MutableTree]]:
    """Storage prefix, field manager and object of each."""
    exempt = {"type": "Exempt", "exempt": {"nominalConcurrencyShares": 0, "lendablePercent": 0}}
    yield LEVELS, MANAGER, _made("PriorityLevelConfiguration", "exempt", exempt, {})
    for name, shares, lendable, queues in _LEVELS:
        response: dict[str, Any] = {"type": "Reject"}
        if queues is not None:
            queuing = {"queues": queues[0], "handSize": queues[1], "queueLengthLimit": 50}
            response = {"type": "Queue", "queuing": queuing}
        limited = {"nominalConcurrencyShares": shares, "limitResponse": response, "lendablePercent": lendable}
        yield LEVELS, MANAGER, _made("PriorityLevelConfiguration", name, {"type": "Limited", "limited": limited}, {})
    for name, level, precedence, method, rule in _SCHEMAS:
        spec: dict[str, Any] = {"priorityLevelConfiguration": {"name": level}, "matchingPrecedence": precedence}
        if method:
            spec["distinguisherMethod"] = {"type": method}
        spec["rules"] = [rule]
        text = f'This FlowSchema references the PriorityLevelConfiguration object named "{level}" and it exists'
        condition = {
            "type": "Dangling", "status": "False", "lastTransitionTime": now, "reason": "Found", "message": text,
        }  # fmt: skip
        yield SCHEMAS, MANAGER, _made("FlowSchema", name, spec, {"conditions": [condition]})


def _made(kind: str, name: str, spec: dict[str, Any], status: dict[str, Any]) -> MutableTree:
    metadata = {"name": name, "annotations": AUTO}
    return {"kind": kind, "apiVersion": VERSION, "metadata": metadata, "spec": spec, "status": status}
