"""Cluster roles of the controllers, each bound to a service account of its name in kube-system."""

from collections.abc import Mapping, Sequence

from steersman.api.tree import MutableTree, Tree
from steersman.apiserver.access.bootstrap.notation import (
    READ,
    account,
    allow,
    cluster_binding,
    cluster_role,
    events,
)

PREFIX = "system:controller:"
_SIGNERS = (
    "kubernetes.io/legacy-unknown kubernetes.io/kubelet-serving kubernetes.io/kube-apiserver-client "
    "kubernetes.io/kube-apiserver-client-kubelet"
)
_MAKE_PODS = ("list watch create delete patch", "core", "pods")
_REVISIONS = ("get list watch create delete update patch", "apps", "controllerrevisions")


def _workloads() -> Mapping[str, Sequence[Tree]]:
    return {
        "cronjob-controller": [
            allow(f"{READ} update", "batch", "cronjobs"),
            allow(f"{READ} create update delete patch", "batch", "jobs"),
            allow("update", "batch", "cronjobs/status"),
            allow("update", "batch", "cronjobs/finalizers"),
            allow("list watch delete", "core", "pods"),
            events(),
        ],
        "daemon-set-controller": [
            allow(READ, "extensions apps", "daemonsets"),
            allow("update", "extensions apps", "daemonsets/status"),
            allow("update", "extensions apps", "daemonsets/finalizers"),
            allow("list watch", "core", "nodes"),
            allow(*_MAKE_PODS),
            allow("create", "core", "pods/binding"),
            allow(*_REVISIONS),
            events(),
        ],
        "deployment-controller": [
            allow(f"{READ} update", "extensions apps", "deployments"),
            allow("update", "extensions apps", "deployments/status"),
            allow("update", "extensions apps", "deployments/finalizers"),
            allow(f"{READ} create update patch delete", "apps extensions", "replicasets"),
            allow(f"{READ} update", "core", "pods"),
            events(),
        ],
        "disruption-controller": [
            allow(READ, "extensions apps", "deployments"),
            allow(READ, "apps extensions", "replicasets"),
            allow(READ, "core", "replicationcontrollers"),
            allow(READ, "policy", "poddisruptionbudgets"),
            allow(READ, "apps", "statefulsets"),
            allow("update", "policy", "poddisruptionbudgets/status"),
            allow("patch update", "core", "pods/status"),
            allow("get", "*", "*/scale"),
            events(),
        ],
        "horizontal-pod-autoscaler": [
            allow(READ, "autoscaling", "horizontalpodautoscalers"),
            allow("update", "autoscaling", "horizontalpodautoscalers/status"),
            allow("get update", "*", "*/scale"),
            allow("list watch", "core", "pods"),
            allow("list watch", "metrics.k8s.io", "pods"),
            allow(READ, "custom.metrics.k8s.io", "*"),
            allow(READ, "external.metrics.k8s.io", "*"),
            events(),
        ],
        "job-controller": [
            allow(f"{READ} update patch", "batch", "jobs"),
            allow("update", "batch", "jobs/status"),
            allow("update", "batch", "jobs/finalizers"),
            allow(*_MAKE_PODS),
            events(),
        ],
        "replicaset-controller": [
            allow(f"{READ} update", "apps extensions", "replicasets"),
            allow("update", "apps extensions", "replicasets/status"),
            allow("update", "apps extensions", "replicasets/finalizers"),
            allow(*_MAKE_PODS),
            events(),
        ],
        "replication-controller": [
            allow(f"{READ} update", "core", "replicationcontrollers"),
            allow("update", "core", "replicationcontrollers/status"),
            allow("update", "core", "replicationcontrollers/finalizers"),
            allow(*_MAKE_PODS),
            events(),
        ],
        "statefulset-controller": [
            allow("list watch", "core", "pods"),
            allow(READ, "apps", "statefulsets"),
            allow("update", "apps", "statefulsets/status"),
            allow("update", "apps", "statefulsets/finalizers"),
            allow("get create delete update patch", "core", "pods"),
            allow(*_REVISIONS),
            allow(f"create {READ}", "core", "persistentvolumeclaims"),
            allow("update delete", "core", "persistentvolumeclaims"),
            allow("update", "core", "pods/finalizers"),
            events(),
        ],
        "ttl-after-finished-controller": [allow(f"{READ} delete", "batch", "jobs"), events()],
    }


def _storage() -> Mapping[str, Sequence[Tree]]:
    return {
        "attachdetach-controller": [
            allow("list watch", "core", "persistentvolumes persistentvolumeclaims"),
            allow(READ, "core", "nodes"),
            allow("patch update", "core", "nodes/status"),
            allow("list watch", "core", "pods"),
            events(),
            allow(f"{READ} create delete", "storage.k8s.io", "volumeattachments"),
            allow(READ, "storage.k8s.io", "csidrivers"),
            allow(READ, "storage.k8s.io", "csinodes"),
        ],
        "ephemeral-volume-controller": [
            allow(READ, "core", "pods"),
            allow("update", "core", "pods/finalizers"),
            allow(f"{READ} create", "core", "persistentvolumeclaims"),
            events(),
        ],
        "expand-controller": [
            allow(f"{READ} update patch", "core", "persistentvolumes"),
            allow("update patch", "core", "persistentvolumeclaims/status"),
            allow(READ, "core", "persistentvolumeclaims"),
            events(),
        ],
        "persistent-volume-binder": [
            allow(f"{READ} update create delete", "core", "persistentvolumes"),
            allow("update", "core", "persistentvolumes/status"),
            allow(f"{READ} update", "core", "persistentvolumeclaims"),
            allow("update", "core", "persistentvolumeclaims/status"),
            allow(f"{READ} create delete", "core", "pods"),
            allow(READ, "storage.k8s.io", "storageclasses"),
            allow("list watch", "core", "nodes"),
            events(),
            allow("watch", "core", "events"),
        ],
        "pv-protection-controller": [allow(f"{READ} update", "core", "persistentvolumes"), events()],
        "pvc-protection-controller": [
            allow(f"{READ} update", "core", "persistentvolumeclaims"),
            allow("update", "core", "persistentvolumeclaims/status"),
            allow(READ, "core", "pods"),
            events(),
        ],
        "selinux-warning-controller": [
            events(),
            allow(READ, "core", "persistentvolumes"),
            allow(READ, "core", "persistentvolumeclaims"),
            allow(READ, "core", "pods"),
            allow(READ, "storage.k8s.io", "csidrivers"),
        ],
        "volumeattributesclass-protection-controller": [
            allow(READ, "core", "persistentvolumeclaims"),
            allow(READ, "core", "persistentvolumes"),
            allow(f"{READ} update", "storage.k8s.io", "volumeattributesclasses"),
            events(),
        ],
    }


def _network() -> Mapping[str, Sequence[Tree]]:
    slices = [
        allow(f"{READ} create update delete", "discovery.k8s.io", "endpointslices"),
        allow("create", "discovery.k8s.io", "endpointslices/restricted"),
        events(),
    ]
    return {
        "endpoint-controller": [
            allow(READ, "core", "services pods"),
            allow(f"{READ} create update delete", "core", "endpoints"),
            allow("create", "core", "endpoints/restricted"),
            events(),
        ],
        "endpointslice-controller": [
            allow(READ, "core", "services pods nodes"),
            allow("update", "core", "services/finalizers"),
            *slices,
        ],
        "endpointslicemirroring-controller": [
            allow(READ, "core", "services endpoints"),
            allow("update", "core", "services/finalizers"),
            allow("update", "core", "endpoints/finalizers"),
            *slices,
        ],
        "route-controller": [allow("list watch", "core", "nodes"), allow("patch", "core", "nodes/status"), events()],
        "service-cidrs-controller": [
            allow(f"{READ} patch update", "networking.k8s.io", "servicecidrs"),
            allow("patch update", "networking.k8s.io", "servicecidrs/finalizers"),
            allow("patch update", "networking.k8s.io", "servicecidrs/status"),
            allow(READ, "networking.k8s.io", "ipaddresses"),
            events(),
        ],
        "service-controller": [
            allow(READ, "core", "services"),
            allow("patch update", "core", "services/status"),
            allow("list watch", "core", "nodes"),
            events(),
        ],
    }


def _housekeeping() -> Mapping[str, Sequence[Tree]]:
    publisher = [allow("create update", "core", "configmaps"), events()]
    return {
        "certificate-controller": [
            allow(f"{READ} delete", "certificates.k8s.io", "certificatesigningrequests"),
            allow(
                "update",
                "certificates.k8s.io",
                "certificatesigningrequests/status certificatesigningrequests/approval",
            ),
            allow("approve", "certificates.k8s.io", "signers", "kubernetes.io/kube-apiserver-client-kubelet"),
            allow("sign", "certificates.k8s.io", "signers", _SIGNERS),
            allow("create", "authorization.k8s.io", "subjectaccessreviews"),
            events(),
        ],
        "clusterrole-aggregation-controller": [
            allow(f"escalate {READ} patch update", "rbac.authorization.k8s.io", "clusterroles"),
        ],
        "device-taint-eviction-controller": [
            allow(f"{READ} delete", "core", "pods"),
            allow("patch update", "core", "pods/status"),
            allow(READ, "resource.k8s.io", "resourceclaims"),
            allow(READ, "resource.k8s.io", "resourceslices"),
            allow(READ, "resource.k8s.io", "deviceclasses"),
            events(),
        ],
        "generic-garbage-collector": [allow(f"{READ} patch update delete", "*", "*"), events()],
        "legacy-service-account-token-cleaner": [
            allow("get", "core", "configmaps", "kube-apiserver-legacy-service-account-token-tracking"),
            allow("patch delete", "core", "secrets"),
        ],
        "namespace-controller": [
            allow(f"{READ} delete", "core", "namespaces"),
            allow("update", "core", "namespaces/finalize namespaces/status"),
            allow(f"{READ} delete deletecollection", "*", "*"),
        ],
        "node-controller": [
            allow(f"{READ} update delete patch", "core", "nodes"),
            allow("patch update", "core", "nodes/status"),
            allow("patch update", "core", "pods/status"),
            allow(f"{READ} delete", "core", "pods"),
            events(),
        ],
        "pod-garbage-collector": [
            allow("list watch delete", "core", "pods"),
            allow(READ, "core", "nodes"),
            allow("patch", "core", "pods/status"),
        ],
        "resource-claim-controller": [
            allow(READ, "core", "pods"),
            allow("update", "core", "pods/finalizers"),
            allow(f"{READ} create delete", "resource.k8s.io", "resourceclaims"),
            allow("update patch", "resource.k8s.io", "resourceclaims resourceclaims/status"),
            allow("update patch", "core", "pods/status"),
            events(),
            allow("update patch", "resource.k8s.io", "resourceclaims/binding"),
        ],
        "resourcequota-controller": [
            allow("list watch", "*", "*"),
            allow("update", "core", "resourcequotas/status"),
            events(),
        ],
        "root-ca-cert-publisher": publisher,
        "service-account-controller": [allow("create", "core", "serviceaccounts"), events()],
        "service-ca-cert-publisher": publisher,
        "ttl-controller": [allow("update patch list watch", "core", "nodes"), events()],
        "validatingadmissionpolicy-status-controller": [
            allow(READ, "admissionregistration.k8s.io", "validatingadmissionpolicies"),
            allow("get patch update", "admissionregistration.k8s.io", "validatingadmissionpolicies/status"),
            events(),
        ],
    }


def _all() -> dict[str, Sequence[Tree]]:
    return dict(sorted({**_workloads(), **_storage(), **_network(), **_housekeeping()}.items()))


def cluster_roles() -> list[MutableTree]:
    return [cluster_role(PREFIX + name, *granted) for name, granted in _all().items()]


def cluster_role_bindings() -> list[MutableTree]:
    return [cluster_binding(PREFIX + name, PREFIX + name, [account(name)]) for name in _all()]
