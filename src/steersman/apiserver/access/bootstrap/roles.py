"""Cluster roles for people, components and nodes, and who has them."""

from collections.abc import Sequence

from steersman.api.tree import MutableTree, Tree
from steersman.apiserver.access.bootstrap.notation import (
    FULL,
    READ,
    WRITE,
    account,
    allow,
    allow_paths,
    cluster_binding,
    cluster_role,
    events,
    group,
    user,
)

AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-"
PUBLIC = "/healthz /livez /readyz /version /version/"
SIGNER = "kubernetes.io/"


def node_rules() -> list[Tree]:
    """What every node may do, before the node authoriser looks at which objects are its own."""
    return [
        allow("create", "authentication.k8s.io", "tokenreviews"),
        allow("create", "authorization.k8s.io", "subjectaccessreviews localsubjectaccessreviews"),
        allow(READ, "core", "services"),
        allow(f"create {READ}", "core", "nodes"),
        allow("update patch", "core", "nodes/status"),
        allow("update patch", "core", "nodes"),
        events(),
        allow(READ, "core", "pods"),
        allow("create delete", "core", "pods"),
        allow("update patch", "core", "pods/status"),
        allow("create", "core", "pods/eviction"),
        allow(READ, "core", "secrets configmaps"),
        allow("get", "core", "persistentvolumeclaims persistentvolumes"),
        allow("get", "core", "endpoints"),
        allow(f"create {READ}", "certificates.k8s.io", "certificatesigningrequests"),
        allow("get create update patch delete", "coordination.k8s.io", "leases"),
        allow("get", "storage.k8s.io", "volumeattachments"),
        allow("create", "core", "serviceaccounts/token"),
        allow("get update patch", "core", "persistentvolumeclaims/status"),
        allow(READ, "storage.k8s.io", "csidrivers"),
        allow("get create update patch delete", "storage.k8s.io", "csinodes"),
        allow(READ, "node.k8s.io", "runtimeclasses"),
        allow("get", "resource.k8s.io", "resourceclaims"),
        allow("deletecollection", "resource.k8s.io", "resourceslices"),
        allow("get", "core", "serviceaccounts"),
    ]


def _view() -> list[Tree]:
    return [
        allow(
            READ,
            "core",
            "pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status "
            "endpoints persistentvolumeclaims persistentvolumeclaims/status configmaps",
        ),
        allow(
            READ,
            "core",
            "limitranges resourcequotas resourcequotas/status bindings namespaces/status pods/status pods/log "
            "replicationcontrollers/status",
        ),
        allow(READ, "core", "namespaces"),
        allow(READ, "core events.k8s.io", "events"),
        allow(READ, "discovery.k8s.io", "endpointslices"),
        allow(
            READ,
            "apps",
            "controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status "
            "replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status",
        ),
        allow(READ, "autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status"),
        allow(READ, "batch", "jobs jobs/status cronjobs cronjobs/status"),
        allow(
            READ,
            "extensions",
            "daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses "
            "ingresses/status networkpolicies replicasets replicasets/scale replicasets/status "
            "replicationcontrollers/scale",
        ),
        allow(READ, "policy", "poddisruptionbudgets poddisruptionbudgets/status"),
        allow(READ, "networking.k8s.io", "networkpolicies ingresses ingresses/status"),
        allow(READ, "resource.k8s.io", "resourceclaims resourceclaims/status resourceclaimtemplates"),
    ]


def _edit() -> list[Tree]:
    return [
        allow(READ, "core", "pods/attach pods/proxy pods/exec pods/portforward secrets services/proxy"),
        allow("impersonate", "core", "serviceaccounts"),
        allow(WRITE, "core", "pods pods/attach pods/proxy pods/exec pods/portforward"),
        allow("create", "core", "pods/eviction"),
        allow(
            WRITE,
            "core",
            "replicationcontrollers replicationcontrollers/scale serviceaccounts services services/proxy "
            "persistentvolumeclaims configmaps secrets",
        ),
        allow("create", "core", "serviceaccounts/token"),
        allow(WRITE, "core events.k8s.io", "events"),
        allow(
            WRITE,
            "apps",
            "statefulsets statefulsets/scale daemonsets deployments deployments/scale deployments/rollback "
            "replicasets replicasets/scale",
        ),
        allow(WRITE, "autoscaling", "horizontalpodautoscalers"),
        allow(WRITE, "batch", "jobs cronjobs"),
        allow(
            WRITE,
            "extensions",
            "daemonsets deployments deployments/scale deployments/rollback ingresses replicasets "
            "replicasets/scale replicationcontrollers/scale networkpolicies",
        ),
        allow(WRITE, "policy", "poddisruptionbudgets"),
        allow(WRITE, "networking.k8s.io", "networkpolicies ingresses"),
        allow(FULL, "coordination.k8s.io", "leases"),
        allow(WRITE, "resource.k8s.io", "resourceclaims resourceclaimtemplates"),
    ]


def cluster_roles() -> list[MutableTree]:
    return [*_for_people(), *_for_programs(), *_for_nodes(), *_for_components()]


def _for_people() -> list[MutableTree]:
    return [
        cluster_role("cluster-admin", allow("*", "*", "*"), allow_paths("*", "*")),
        cluster_role("admin", aggregates=f"{AGGREGATE}admin"),
        cluster_role("edit", labels={f"{AGGREGATE}admin": "true"}, aggregates=f"{AGGREGATE}edit"),
        cluster_role("view", labels={f"{AGGREGATE}edit": "true"}, aggregates=f"{AGGREGATE}view"),
        cluster_role(
            "system:aggregate-to-admin",
            allow("create", "authorization.k8s.io", "localsubjectaccessreviews"),
            allow(FULL, "rbac.authorization.k8s.io", "roles rolebindings"),
            labels={f"{AGGREGATE}admin": "true"},
        ),
        cluster_role("system:aggregate-to-edit", *_edit(), labels={f"{AGGREGATE}edit": "true"}),
        cluster_role("system:aggregate-to-view", *_view(), labels={f"{AGGREGATE}view": "true"}),
        cluster_role(
            "system:basic-user",
            allow("create", "authorization.k8s.io", "selfsubjectaccessreviews selfsubjectrulesreviews"),
            allow("create", "authentication.k8s.io", "selfsubjectreviews"),
        ),
        cluster_role(
            "system:discovery",
            allow_paths(
                "get", "/livez /readyz /healthz /version /version/ /openapi /openapi/* /api /api/* /apis /apis/*"
            ),
        ),
        cluster_role("system:public-info-viewer", allow_paths("get", PUBLIC)),
        # Named so by the reference, which took it over with the discovery documents it opens.
        cluster_role("system:openshift:public-info-viewer", allow_paths("get", "/.well-known /.well-known/*")),
        cluster_role(
            "system:monitoring",
            allow_paths(
                "get",
                "/metrics /metrics/slis /livez /readyz /healthz /livez/* /readyz/* /healthz/* /statusz /flagz",
            ),
            allow("get", "core", "nodes/metrics"),
        ),
    ]


def _for_programs() -> list[MutableTree]:
    return [
        cluster_role(
            "system:auth-delegator",
            allow("create", "authentication.k8s.io", "tokenreviews"),
            allow("create", "authorization.k8s.io", "subjectaccessreviews"),
        ),
        cluster_role(
            "system:heapster",
            allow(READ, "core", "events pods nodes namespaces"),
            allow(READ, "extensions", "deployments"),
        ),
        cluster_role("system:kube-aggregator", allow(READ, "core", "services endpoints")),
        cluster_role("system:kube-dns", allow("list watch", "core", "endpoints services")),
        cluster_role(
            "system:service-account-issuer-discovery",
            allow_paths(
                "get",
                "/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/",
            ),
        ),
        cluster_role(
            "system:persistent-volume-provisioner",
            allow(f"{READ} create delete", "core", "persistentvolumes"),
            allow(f"{READ} update", "core", "persistentvolumeclaims"),
            allow(READ, "storage.k8s.io", "storageclasses"),
            allow("watch", "core", "events"),
            events(),
        ),
        *(
            cluster_role(
                f"system:certificates.k8s.io:{signer}-approver",
                allow("approve", "certificates.k8s.io", "signers", SIGNER + signer),
            )
            for signer in (
                "legacy-unknown",
                "kubelet-serving",
                "kube-apiserver-client",
                "kube-apiserver-client-kubelet",
            )
        ),
    ]


def _for_nodes() -> list[MutableTree]:
    requests = "system:certificates.k8s.io:certificatesigningrequests"
    return [
        cluster_role("system:node", *node_rules()),
        cluster_role(
            "system:node-bootstrapper",
            allow(f"create {READ}", "certificates.k8s.io", "certificatesigningrequests"),
        ),
        cluster_role(
            "system:node-problem-detector",
            allow("get", "core", "nodes"),
            allow("patch", "core", "nodes/status"),
            events(),
        ),
        cluster_role(
            "system:node-proxier",
            allow("list watch", "core", "services endpoints"),
            allow(READ, "core", "nodes"),
            events(),
            allow("list watch", "networking.k8s.io", "servicecidrs"),
            allow("list watch", "discovery.k8s.io", "endpointslices"),
        ),
        cluster_role(
            "system:kubelet-api-admin",
            allow(READ, "core", "nodes"),
            allow("proxy", "core", "nodes"),
            allow("*", "core", "nodes/proxy nodes/metrics nodes/stats nodes/log"),
            allow("*", "core", "nodes/configz nodes/healthz nodes/pods"),
        ),
        cluster_role(
            f"{requests}:nodeclient",
            allow("create", "certificates.k8s.io", "certificatesigningrequests/nodeclient"),
        ),
        cluster_role(
            f"{requests}:selfnodeclient",
            allow("create", "certificates.k8s.io", "certificatesigningrequests/selfnodeclient"),
        ),
    ]


def _for_components() -> list[MutableTree]:
    return [
        cluster_role(
            "system:kube-controller-manager",
            events(),
            allow("create", "coordination.k8s.io", "leases"),
            allow("get update", "coordination.k8s.io", "leases", "kube-controller-manager"),
            allow("create", "core", "secrets serviceaccounts"),
            allow("delete", "core", "secrets"),
            allow("get", "core", "namespaces secrets serviceaccounts configmaps"),
            allow("update", "core", "secrets serviceaccounts"),
            allow("create", "authentication.k8s.io", "tokenreviews"),
            allow("create", "authorization.k8s.io", "subjectaccessreviews"),
            allow("list watch", "*", "*"),
            allow("create", "core", "serviceaccounts/token"),
        ),
        cluster_role("system:kube-scheduler", *_scheduler()),
        cluster_role(
            "system:volume-scheduler",
            allow(f"{READ} patch update", "core", "persistentvolumes"),
            allow(READ, "storage.k8s.io", "storageclasses"),
            allow(f"{READ} patch update", "core", "persistentvolumeclaims"),
        ),
    ]


def _scheduler() -> list[Tree]:
    return [
        events(),
        allow("create", "coordination.k8s.io", "leases"),
        allow("get list watch update", "coordination.k8s.io", "leases", "kube-scheduler"),
        allow(FULL, "coordination.k8s.io", "leasecandidates"),
        allow(READ, "core", "nodes"),
        allow(f"{READ} delete", "core", "pods"),
        allow("create", "core", "pods/binding bindings"),
        allow("patch update", "core", "pods/status"),
        allow(READ, "core", "services replicationcontrollers"),
        allow(READ, "apps extensions", "replicasets"),
        allow(READ, "apps", "statefulsets"),
        allow(READ, "policy", "poddisruptionbudgets"),
        allow(READ, "core", "persistentvolumeclaims persistentvolumes"),
        allow("create", "authentication.k8s.io", "tokenreviews"),
        allow("create", "authorization.k8s.io", "subjectaccessreviews"),
        allow(READ, "storage.k8s.io", "csinodes"),
        allow(READ, "storage.k8s.io", "volumeattachments"),
        allow(READ, "core", "namespaces"),
        allow(READ, "storage.k8s.io", "csidrivers"),
        allow(READ, "storage.k8s.io", "csistoragecapacities"),
        allow(READ, "resource.k8s.io", "deviceclasses"),
        allow(f"{READ} patch update", "resource.k8s.io", "resourceclaims"),
        allow(f"{READ} patch update", "resource.k8s.io", "resourceclaims/status"),
        allow("update", "core", "pods/finalizers"),
        allow(READ, "resource.k8s.io", "resourceslices"),
        allow("create delete", "resource.k8s.io", "resourceclaims"),
        allow("patch update", "resource.k8s.io", "resourceclaims/binding"),
    ]


def cluster_role_bindings() -> list[MutableTree]:
    everybody = [group("system:authenticated"), group("system:unauthenticated")]
    return [
        cluster_binding("cluster-admin", "cluster-admin", [group("system:masters")]),
        _same("system:monitoring", [group("system:monitoring")]),
        _same("system:discovery", [group("system:authenticated")]),
        _same("system:basic-user", [group("system:authenticated")]),
        _same("system:public-info-viewer", everybody),
        _same("system:openshift:public-info-viewer", everybody),
        _same("system:node-proxier", [user("system:kube-proxy")]),
        _same("system:kube-controller-manager", [user("system:kube-controller-manager")]),
        _same("system:kube-dns", [account("kube-dns")]),
        _same("system:kube-scheduler", [user("system:kube-scheduler")]),
        _same("system:volume-scheduler", [user("system:kube-scheduler")]),
        # Nobody: nodes get theirs from the node authoriser.
        _same("system:node", []),
        _same("system:service-account-issuer-discovery", [group("system:serviceaccounts")]),
    ]


def _same(name: str, subjects: Sequence[Tree]) -> MutableTree:
    return cluster_binding(name, name, subjects)
