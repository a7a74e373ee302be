"""The node authoriser: a node reaches what its pods need, and nothing of its neighbours.

A node is a user `system:node:NAME` in the group `system:nodes`.  Pods bound to a node lead to their secrets,
config maps, claims and service accounts, claims to their volumes, volumes to their secrets, and resource
claims by the pod's status.  What is nobody's in particular follows the rules of the role `system:node`.

The graph is made anew when a pod, claim or volume changed and a node asks: one pass over the pods, some
milliseconds for thousands.  Whatever it has no opinion on stays open for RBAC.
"""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from steersman.api import fields, status
from steersman.api.tree import Tree, at
from steersman.apiserver.access import attributes as asked
from steersman.apiserver.access import authorization, reading, rules
from steersman.apiserver.access.bootstrap import roles
from steersman.kit import http

PREFIX = "system:node:"
LEASES = "kube-node-lease"
CLAIMS = "persistentvolumeclaims"
VOLUMES = "persistentvolumes"
ATTACHMENTS = "volumeattachments.storage.k8s.io"
SLICES = "resourceslices.resource.k8s.io"

MIRROR = "kubernetes.io/config.mirror"

Vertex: TypeAlias = tuple[str, str, str]
"""Resource, namespace, name."""


def name_of(user: http.User) -> str | None:
    """The node that a user is; empty for a node that does not say which, None for everybody else."""
    if authorization.NODES not in user.groups:
        return None
    return user.name[len(PREFIX) :] if user.name.startswith(PREFIX) else ""


def _no(reason: str) -> authorization.Decision:
    return authorization.Decision(authorization.Verdict.NONE, reason)


class Node:
    def __init__(self, reader: reading.Reader) -> None:
        self._reader = reader
        self._rules = [rules.parse(rule) for rule in roles.node_rules()]
        self._versions: tuple[int, ...] = ()
        self._reached: dict[str, set[Vertex]] = {}

    def authorize(self, attributes: asked.Attributes) -> authorization.Decision:
        node = name_of(attributes.user)
        if node is None:
            return authorization.NONE
        if not node:
            return _no(f"unknown node for user {status.quoted(attributes.user.name)}")
        if attributes.is_resource:
            handler = _HANDLERS.get((attributes.group, attributes.resource))
            if handler is not None:
                return handler(self, node, attributes)
        if any(rules.allows(rule, attributes) for rule in self._rules):
            return authorization.ALLOW
        return authorization.NONE

    def _read_namespaced(self, node: str, attributes: asked.Attributes) -> authorization.Decision:
        if attributes.verb not in ("get", "list", "watch"):
            return _no("can only read resources of this type")
        if attributes.subresource:
            return _no("cannot read subresource")
        if not attributes.namespace:
            return _no("can only read namespaced object of this type")
        return self._related(node, attributes)

    def _get(self, node: str, attributes: asked.Attributes) -> authorization.Decision:
        if attributes.verb != "get":
            return _no("can only get individual resources of this type")
        if attributes.subresource:
            return _no("cannot get subresource")
        return self._related(node, attributes)

    def _claim(self, node: str, attributes: asked.Attributes) -> authorization.Decision:
        if attributes.subresource != "status":
            return self._get(node, attributes)
        if attributes.verb not in ("get", "update", "patch"):
            return _no("can only get individual resources of this type")
        return self._related(node, attributes)

    def _service_account(self, node: str, attributes: asked.Attributes) -> authorization.Decision:
        if attributes.subresource != "token":
            return self._get(node, attributes)
        if attributes.verb != "create" or not attributes.name:
            return _no("can only create tokens for individual service accounts")
        return self._related(node, attributes)

    def _lease(self, node: str, attributes: asked.Attributes) -> authorization.Decision:
        if attributes.verb not in ("get", "create", "update", "patch", "delete"):
            return _no("can only get, create, update, patch, or delete a node lease")
        if attributes.namespace != LEASES:
            return _no(f'can only access leases in the "{LEASES}" system namespace')
        if attributes.verb != "create" and attributes.name != node:
            return _no("can only access node lease with the same name as the requesting node")
        return authorization.ALLOW

    def _csi_node(self, node: str, attributes: asked.Attributes) -> authorization.Decision:
        if attributes.verb not in ("get", "create", "update", "patch", "delete"):
            return _no("can only get, create, update, patch, or delete a CSINode")
        if attributes.subresource:
            return _no("cannot authorize CSINode subresources")
        if attributes.verb != "create" and attributes.name != node:
            return _no("can only access CSINode with the same name as the requesting node")
        return authorization.ALLOW

    def _node(self, node: str, attributes: asked.Attributes) -> authorization.Decision:
        if attributes.subresource not in ("", "status"):
            return authorization.NONE
        if attributes.verb in ("create", "update", "patch") and attributes.subresource in ("", "status"):
            # Whose node it is, admission looks at: a creation's name stands in its body.
            return authorization.ALLOW if attributes.name in ("", node) else self._other_node(node, attributes)
        if attributes.verb == "get":
            return authorization.ALLOW if attributes.name == node else self._other_node(node, attributes)
        if attributes.verb in ("list", "watch"):
            if attributes.name == node or _selects(attributes.field_selector, f"metadata.name={node}"):
                return authorization.ALLOW
            return self._other_node(node, attributes)
        return authorization.NONE

    def _other_node(self, node: str, attributes: asked.Attributes) -> authorization.Decision:
        which = f"'{attributes.name}'" if attributes.name else "all nodes"
        return _no(f"node '{node}' cannot read {which}, only its own Node object")

    def _pod(self, node: str, attributes: asked.Attributes) -> authorization.Decision:
        if attributes.subresource == "status":
            return authorization.ALLOW if attributes.verb in ("update", "patch") else authorization.NONE
        if attributes.subresource == "eviction":
            return authorization.ALLOW if attributes.verb == "create" else authorization.NONE
        if attributes.subresource:
            return authorization.NONE
        if attributes.verb in ("create", "delete"):
            return authorization.ALLOW  # admission: mirror pods only, and only its own
        if attributes.verb == "get":
            return self._related(node, attributes)
        if attributes.verb in ("list", "watch"):
            if _selects(attributes.field_selector, f"spec.nodeName={node}"):
                return authorization.ALLOW
            if attributes.name:
                return self._related(node, attributes)
            return _no("can only list/watch pods with spec.nodeName field selector")
        return authorization.NONE

    def _slice(self, node: str, attributes: asked.Attributes) -> authorization.Decision:
        if attributes.subresource:
            return _no("cannot authorize ResourceSlice subresources")
        if attributes.verb == "create":
            return authorization.ALLOW
        if attributes.verb in ("get", "update", "patch", "delete"):
            return self._related(node, attributes)
        if attributes.verb in ("list", "watch", "deletecollection"):
            if _selects(attributes.field_selector, f"spec.nodeName={node}"):
                return authorization.ALLOW
            return _no("can only list/watch/deletecollection resourceslices with nodeName field selector")
        return _no("only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, "
                   "patch, delete, deletecollection")  # fmt: skip

    def _related(self, node: str, attributes: asked.Attributes) -> authorization.Decision:
        if not attributes.name:
            return _no("No Object name found")
        resource = f"{attributes.resource}.{attributes.group}" if attributes.group else attributes.resource
        if (resource, attributes.namespace, attributes.name) in self._graph().get(node, ()):
            return authorization.ALLOW
        return _no(f"no relationship found between node '{node}' and this object")

    def _graph(self) -> dict[str, set[Vertex]]:
        versions = tuple(map(self._reader.version, (reading.PODS, CLAIMS, VOLUMES, ATTACHMENTS, SLICES)))
        if versions != self._versions:
            self._reached = self._made()
            self._versions = versions
        return self._reached

    def _made(self) -> dict[str, set[Vertex]]:
        reached: dict[str, set[Vertex]] = {}
        for pod in self._reader.list(reading.PODS):
            node = at(pod, "spec", "nodeName")
            if node:
                reached.setdefault(node, set()).update(self._of_pod(pod))
        for attachment in self._reader.list(ATTACHMENTS):
            node = at(attachment, "spec", "nodeName", default="")
            reached.setdefault(node, set()).add((ATTACHMENTS, "", attachment["metadata"]["name"]))
        for each in self._reader.list(SLICES):
            node = at(each, "spec", "nodeName", default="")
            reached.setdefault(node, set()).add((SLICES, "", each["metadata"]["name"]))
        return reached

    def _of_pod(self, pod: Tree) -> Iterator[Vertex]:
        namespace, name = pod["metadata"].get("namespace", ""), pod["metadata"]["name"]
        yield (reading.PODS, namespace, name)
        if MIRROR in at(pod, "metadata", "annotations", default={}):
            return  # what a node wrote itself opens nothing to it
        spec = pod.get("spec") or {}
        if spec.get("serviceAccountName"):
            yield (reading.SERVICE_ACCOUNTS, namespace, spec["serviceAccountName"])
        for kind, referred in references(pod):
            yield (kind, namespace, referred)
            if kind == CLAIMS:
                yield from self._of_claim(namespace, referred)
        for claim in at(pod, "status", "resourceClaimStatuses", default=()):
            if claim.get("resourceClaimName"):
                yield ("resourceclaims.resource.k8s.io", namespace, claim["resourceClaimName"])
        for claim in spec.get("resourceClaims") or ():
            if claim.get("resourceClaimName"):
                yield ("resourceclaims.resource.k8s.io", namespace, claim["resourceClaimName"])

    def _of_claim(self, namespace: str, name: str) -> Iterator[Vertex]:
        claim = self._reader.get(CLAIMS, namespace, name)
        volume_name = at(claim, "spec", "volumeName") if claim else None
        volume = self._reader.get(VOLUMES, "", volume_name) if volume_name else None
        if volume is None or at(volume, "spec", "claimRef", "name") != name:
            return
        if at(volume, "spec", "claimRef", "namespace") != namespace:
            return
        yield (VOLUMES, "", str(volume_name))
        for where, secret in _volume_secrets(volume):
            yield (reading.SECRETS, where or namespace, secret)


Handler: TypeAlias = Callable[[Node, str, asked.Attributes], authorization.Decision]

_HANDLERS: dict[tuple[str, str], Handler] = {
    ("", "secrets"): Node._read_namespaced,
    ("", "configmaps"): Node._read_namespaced,
    ("", "persistentvolumeclaims"): Node._claim,
    ("", "persistentvolumes"): Node._get,
    ("", "serviceaccounts"): Node._service_account,
    ("", "nodes"): Node._node,
    ("", "pods"): Node._pod,
    ("coordination.k8s.io", "leases"): Node._lease,
    ("storage.k8s.io", "csinodes"): Node._csi_node,
    ("storage.k8s.io", "volumeattachments"): Node._get,
    ("resource.k8s.io", "resourceclaims"): Node._get,
    ("resource.k8s.io", "resourceslices"): Node._slice,
}


def _selects(selector: str | None, wanted: str) -> bool:
    """The selector narrows to what is wanted; one that nobody looked at is taken for good."""
    if selector is None:
        return True
    field, _, value = wanted.partition("=")
    return fields.exact(selector, field) == value


def references(pod: Tree) -> Iterator[tuple[str, str]]:
    """The secrets, config maps and claims that a pod names, as (resource, name); doubles included."""
    spec = pod.get("spec") or {}
    for pull in spec.get("imagePullSecrets") or ():
        yield ("secrets", pull.get("name", ""))
    for volume in spec.get("volumes") or ():
        yield from _of_volume(volume, pod["metadata"].get("name", ""))
    for kind in ("containers", "initContainers", "ephemeralContainers"):
        for container in spec.get(kind) or ():
            for source in container.get("envFrom") or ():
                if source.get("configMapRef"):
                    yield ("configmaps", source["configMapRef"].get("name", ""))
                if source.get("secretRef"):
                    yield ("secrets", source["secretRef"].get("name", ""))
            for variable in container.get("env") or ():
                origin = variable.get("valueFrom") or {}
                if origin.get("configMapKeyRef"):
                    yield ("configmaps", origin["configMapKeyRef"].get("name", ""))
                if origin.get("secretKeyRef"):
                    yield ("secrets", origin["secretKeyRef"].get("name", ""))


_SECRET_FIELDS = (
    ("azureFile", "secretName"),
    ("secret", "secretName"),
)
_SECRET_REFERENCES = (
    ("cephfs", "secretRef"),
    ("cinder", "secretRef"),
    ("csi", "nodePublishSecretRef"),
    ("flexVolume", "secretRef"),
    ("iscsi", "secretRef"),
    ("rbd", "secretRef"),
    ("scaleIO", "secretRef"),
    ("storageos", "secretRef"),
)


def _of_volume(volume: Tree, pod_name: str) -> Iterator[tuple[str, str]]:
    if volume.get("configMap"):
        yield ("configmaps", volume["configMap"].get("name", ""))
    if volume.get("persistentVolumeClaim"):
        yield (CLAIMS, volume["persistentVolumeClaim"].get("claimName", ""))
    if "ephemeral" in volume:
        yield (CLAIMS, f"{pod_name}-{volume.get('name', '')}")
    for kind, name in _SECRET_FIELDS:
        if at(volume, kind, name):
            yield ("secrets", volume[kind][name])
    for kind, reference in _SECRET_REFERENCES:
        if at(volume, kind, reference, "name"):
            yield ("secrets", volume[kind][reference]["name"])
    for source in at(volume, "projected", "sources", default=()):
        if source.get("configMap"):
            yield ("configmaps", source["configMap"].get("name", ""))
        if source.get("secret"):
            yield ("secrets", source["secret"].get("name", ""))


def _volume_secrets(volume: Tree) -> Iterator[tuple[str, str]]:
    """Namespace (empty: the claim's) and name of each secret that a persistent volume names."""
    spec = volume.get("spec") or {}
    if at(spec, "azureFile", "secretName"):
        yield (spec["azureFile"].get("secretNamespace", ""), spec["azureFile"]["secretName"])
    for kind, reference in _SECRET_REFERENCES:
        if kind != "csi" and at(spec, kind, reference, "name"):
            yield (spec[kind][reference].get("namespace", ""), spec[kind][reference]["name"])
    for reference in ("nodePublishSecretRef", "nodeStageSecretRef", "nodeExpandSecretRef"):
        if at(spec, "csi", reference, "name"):
            yield (spec["csi"][reference].get("namespace", ""), spec["csi"][reference]["name"])
