"""NodeRestriction: a node writes its own Node, its own pods' statuses, and little else."""

from collections.abc import Callable, Mapping
from typing import Any

from steersman.api import status
from steersman.api.tree import Tree, at, without
from steersman.apiserver.access import attributes, node, reading
from steersman.apiserver.admission import service_account, token_audiences
from steersman.apiserver.admission.attributes import Attributes, Operation
from steersman.apiserver.admission.plugin import Plugin

_RESTRICTED = "node-restriction.kubernetes.io"
KUBELET_LABELS = frozenset(
    {
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
        "topology.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone",
        "failure-domain.beta.kubernetes.io/region",
        "node.kubernetes.io/instance-type",
        "beta.kubernetes.io/instance-type",
        "kubernetes.io/os",
        "kubernetes.io/arch",
        "beta.kubernetes.io/os",
        "beta.kubernetes.io/arch",
        "node.kubernetes.io/windows-build",
    }
)
KUBELET_NAMESPACES = ("kubelet.kubernetes.io", "node.kubernetes.io")
MOVED = (
    "the UID in the bound object reference ({}) does not match the UID in record. "
    "The object might have been deleted and then recreated"
)


class NodeRestriction(Plugin):
    name = "NodeRestriction"
    resources = frozenset(
        {
            "pods",
            "nodes",
            "persistentvolumeclaims",
            "serviceaccounts",
            "leases.coordination.k8s.io",
            "csinodes.storage.k8s.io",
            "resourceslices.resource.k8s.io",
        }
    )
    subresources = None
    operations = frozenset({Operation.CREATE, Operation.UPDATE, Operation.DELETE})

    async def mutate(self, a: Attributes) -> None:
        who = node.name_of(a.user)
        if who is None:
            return
        if not who:
            raise a.forbidden(f"could not determine node from user {status.quoted(a.user.name)}")
        handler = _HANDLERS.get(a.resource.name)
        if handler is not None:
            handler(self, who, a)

    def _pod(self, who: str, a: Attributes) -> None:
        handlers = {"": self._whole_pod, "status": self._pod_status, "eviction": self._eviction}
        if a.subresource not in handlers:
            quoted = status.quoted(a.subresource)
            raise a.forbidden(f"unexpected pod subresource {quoted}, only 'status' and 'eviction' are allowed")
        handlers[a.subresource](who, a)

    def _whole_pod(self, who: str, a: Attributes) -> None:
        me = status.quoted(who)
        if a.operation is Operation.CREATE:
            self._mirror_pod(who, a)
        elif a.operation is Operation.DELETE:
            found = self.reader.get(reading.PODS, a.namespace, a.name)
            if found is None:
                raise status.not_found("pods", "", a.name)
            if at(found, "spec", "nodeName") != who:
                raise a.forbidden(f"node {me} can only delete pods with spec.nodeName set to itself")
        else:
            operation = status.quoted(a.operation)
            raise a.forbidden(f"unexpected operation {operation}, node {me} can only create and delete mirror pods")

    def _mirror_pod(self, who: str, a: Attributes) -> None:
        me = f"node {status.quoted(who)}"
        if not service_account.is_mirror(a.new):
            annotation = status.quoted(service_account.MIRROR)
            raise a.forbidden(f"pod does not have {annotation} annotation, {me} can only create mirror pods")
        if a.at("spec", "nodeName") != who:
            raise a.forbidden(f"{me} can only create pods with spec.nodeName set to itself")
        self._mirror_owner(who, a)
        if a.at("spec", "serviceAccountName"):
            raise a.forbidden(f"{me} can not create pods that reference a service account")
        kinds = {resource for resource, _ in node.references(a.new)}
        for resource in ("secrets", "configmaps"):
            if resource in kinds:
                raise a.forbidden(f"{me} can not create pods that reference {resource}")
        for volume in a.at("spec", "volumes", default=[]):
            if any(source.get("clusterTrustBundle") for source in at(volume, "projected", "sources", default=[])):
                raise a.forbidden(f"{me} can not create pods that reference clustertrustbundles")
        if any(volume.get("persistentVolumeClaim") for volume in a.at("spec", "volumes", default=[])):
            raise a.forbidden(f"{me} can not create pods that reference persistentvolumeclaims")
        if a.at("spec", "resourceClaims"):
            raise a.forbidden(f"{me} can not create pods that reference resourceclaims")

    def _mirror_owner(self, who: str, a: Attributes) -> None:
        me = f"node {status.quoted(who)}"
        owners = a.at("metadata", "ownerReferences", default=[])
        if len(owners) > 1:
            raise a.forbidden(f"{me} can only create pods with a single owner reference set to itself")
        owner = owners[0] if owners else {}
        if (owner.get("apiVersion"), owner.get("kind"), owner.get("name")) != ("v1", "Node", who):
            raise a.forbidden(f"{me} can only create pods with an owner reference set to itself")
        if not owner.get("controller"):
            raise a.forbidden(f"{me} can only create pods with a controller owner reference set to itself")
        if owner.get("blockOwnerDeletion"):
            raise a.forbidden(f"{me} must not set blockOwnerDeletion on an owner reference")
        found = self.reader.get(reading.NODES, "", who)
        if found is None:
            raise status.not_found("nodes", "", who)
        if owner.get("uid") != found["metadata"].get("uid"):
            wrong, right = owner.get("uid", ""), found["metadata"].get("uid", "")
            raise a.forbidden(f"node {who} UID mismatch: expected {wrong} got {right}")

    def _pod_status(self, who: str, a: Attributes) -> None:
        me = f"node {status.quoted(who)}"
        if a.operation is not Operation.UPDATE:
            raise a.forbidden(f"unexpected operation {status.quoted(a.operation)}")
        old = a.old or {}
        if at(old, "spec", "nodeName") != who:
            raise a.forbidden(f"{me} can only update pod status for pods with spec.nodeName set to itself")  # noqa: S608
        if at(old, "metadata", "labels", default={}) != a.at("metadata", "labels", default={}):
            raise a.forbidden(f"{me} cannot update labels through pod status")
        if at(old, "status", "resourceClaimStatuses", default=[]) != a.at(
            "status", "resourceClaimStatuses", default=[]
        ):
            raise a.forbidden(f"{me} cannot update resource claim statues")

    def _eviction(self, who: str, a: Attributes) -> None:
        if a.operation is not Operation.CREATE:
            raise a.forbidden(f"unexpected operation {a.operation}")
        name = a.name or a.at("metadata", "name", default="")
        if not name:
            raise a.forbidden("could not determine pod from request data")
        found = self.reader.get(reading.PODS, a.namespace, name)
        if found is None:
            raise status.not_found("pods", "", name)
        if at(found, "spec", "nodeName") != who:
            raise a.forbidden(f"node {who} can only evict pods with spec.nodeName set to itself")

    def _node(self, who: str, a: Attributes) -> None:
        me = f"node {status.quoted(who)}"
        name = a.name or (a.at("metadata", "name", default="") if a.object is not None else "")
        if name != who:
            raise a.forbidden(f"{me} is not allowed to modify node {status.quoted(name)}")
        if a.operation is Operation.DELETE:
            return
        if a.operation is Operation.CREATE and a.at("spec", "configSource") is not None:
            raise a.forbidden(f"{me} is not allowed to create pods with a non-nil configSource")
        old = a.old or {}
        if a.operation is Operation.UPDATE:
            source = a.at("spec", "configSource")
            if source is not None and source != at(old, "spec", "configSource"):
                raise a.forbidden(f"{me} is not allowed to update configSource to a new non-nil configSource")
            if a.at("spec", "taints", default=[]) != at(old, "spec", "taints", default=[]):
                raise a.forbidden(f"{me} is not allowed to modify taints")
            if a.at("metadata", "ownerReferences", default=[]) != at(old, "metadata", "ownerReferences", default=[]):
                raise a.forbidden(f"{me} is not allowed to modify ownerReferences")
        wrong = _forbidden_labels(a.at("metadata", "labels", default={}), at(old, "metadata", "labels", default={}))
        if wrong and a.operation is Operation.CREATE:
            raise a.forbidden(f"{me} is not allowed to set the following labels: {wrong}")
        if wrong:
            raise a.forbidden(f"is not allowed to modify labels: {wrong}")

    def _claim(self, who: str, a: Attributes) -> None:
        if a.subresource != "status":
            raise a.forbidden("may only update PVC status")
        if a.operation is not Operation.UPDATE:
            raise a.forbidden(f"unexpected operation {status.quoted(a.operation)}")
        if _claim_rest(a.old or {}) != _claim_rest(a.new):
            raise a.forbidden(
                f"node {status.quoted(who)} is not allowed to update fields other than status.capacity "
                "and status.conditions"
            )

    def _token(self, who: str, a: Attributes) -> None:
        if a.operation is not Operation.CREATE or a.subresource != "token":
            return
        bound = a.at("spec", "boundObjectRef", default={})
        if bound.get("apiVersion") != "v1" or bound.get("kind") != "Pod" or not bound.get("name"):
            raise a.forbidden("node requested token not bound to a pod")
        if not bound.get("uid"):
            raise a.forbidden("node requested token with a pod binding without a uid")
        pod = self.reader.get(reading.PODS, a.namespace, bound["name"])
        if pod is None:
            raise status.not_found("pods", "", bound["name"])
        if bound["uid"] != pod["metadata"].get("uid"):
            raise a.forbidden(MOVED.format(bound["uid"]))
        if at(pod, "spec", "nodeName") != who:
            raise a.forbidden("node requested token bound to a pod scheduled on a different node")
        self._audience(a, pod)

    def _audience(self, a: Attributes, pod: Tree) -> None:
        audiences = a.at("spec", "audiences", default=[])
        if len(audiences) > 1:
            raise a.forbidden("node may only request 0 or 1 audiences")
        audience = audiences[0] if audiences else ""
        if audience in token_audiences.of(pod, self.reader):
            return
        asked = attributes.Attributes(
            a.user, "request-serviceaccounts-token-audience", "", "v1", audience, namespace=a.namespace, name=a.name
        )
        if not self.context.authorizer.authorize(asked).allowed:
            raise a.forbidden(
                f"audience {status.quoted(audience)} not found in pod spec volume, {a.user.name} is not authorized to "
                "request tokens for this audience"
            )

    def _lease(self, who: str, a: Attributes) -> None:
        if a.namespace != node.LEASES:
            raise a.forbidden(f'can only access leases in the "{node.LEASES}" system namespace')
        if self._written_name(a) != who:
            raise a.forbidden("can only access node lease with the same name as the requesting node")

    def _csi_node(self, who: str, a: Attributes) -> None:
        if self._written_name(a) != who:
            raise a.forbidden("can only access CSINode with the same name as the requesting node")

    def _slice(self, who: str, a: Attributes) -> None:
        mine = at(a.old or {}, "spec", "nodeName") if a.operation is Operation.DELETE else a.at("spec", "nodeName")
        if mine != who and not (a.operation is Operation.DELETE and a.old is None):
            verb = "delete" if a.operation is Operation.DELETE else "create or modify"
            raise a.forbidden(f"can only {verb} ResourceSlice with the same NodeName as the requesting node")

    def _written_name(self, a: Attributes) -> str:
        if a.operation is Operation.CREATE:
            return str(a.at("metadata", "name", default=""))
        return a.name


_HANDLERS: Mapping[str, Callable[[NodeRestriction, str, Attributes], None]] = {
    "pods": NodeRestriction._pod,
    "nodes": NodeRestriction._node,
    "persistentvolumeclaims": NodeRestriction._claim,
    "serviceaccounts": NodeRestriction._token,
    "leases.coordination.k8s.io": NodeRestriction._lease,
    "csinodes.storage.k8s.io": NodeRestriction._csi_node,
    "resourceslices.resource.k8s.io": NodeRestriction._slice,
}


def _forbidden_labels(new: Tree, old: Tree) -> str:
    """Labels that a node may not touch among those that differ, joined; empty for none."""
    changed = {key for key in {*new, *old} if new.get(key) != old.get(key)}
    return ", ".join(sorted(key for key in changed if not _may_set(key)))


def _may_set(key: str) -> bool:
    domain = key.partition("/")[0] if "/" in key else ""
    if _within(domain, _RESTRICTED):
        return False
    if not _within(domain, "kubernetes.io") and not _within(domain, "k8s.io"):
        return True
    return key in KUBELET_LABELS or any(_within(domain, each) for each in KUBELET_NAMESPACES)


def _within(domain: str, parent: str) -> bool:
    return domain == parent or domain.endswith(f".{parent}")


def _claim_rest(claim: Tree) -> Any:
    """All of a claim that a node has no business with."""
    rest: Tree = claim
    for field in ("resourceVersion", "managedFields"):
        rest = without(rest, "metadata", field)
    for field in ("capacity", "conditions", "allocatedResources", "allocatedResourceStatuses"):
        rest = without(rest, "status", field)
    return {key: value for key, value in rest.items() if value}
