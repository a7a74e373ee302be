"""What the server fills in where a client said nothing.

`apply` changes a tree in place, after the codec and before admission, on create and on update; doing it twice
changes nothing more.  One function a kind, found in `TABLE`; a kind without one has no defaults.

Some of what is here is, in the reference, done by conversion between versions (`serviceAccount` beside
`serviceAccountName`, a Secret's `stringData`); a client cannot tell the difference.  Not here: what depends on
the time, on other objects or on the cluster's state (allocated addresses, tolerations, tokens); the registry
and admission do that.
"""

from collections.abc import Callable, Mapping

from steersman.api.defaults import (
    admission,
    apps,
    autoscaling,
    batch,
    cluster,
    devices,
    extension,
    flowcontrol,
    networking,
    pods,
    rbac,
    services,
    storage,
)
from steersman.api.resources import Resource
from steersman.api.tree import MutableTree

Defaults = Callable[[MutableTree], None]

TABLE: Mapping[tuple[str, str], Defaults] = {
    ("", "Endpoints"): networking.endpoints,
    ("", "LimitRange"): cluster.limit_range,
    ("", "Namespace"): cluster.namespace,
    ("", "Node"): cluster.node,
    ("", "PersistentVolume"): storage.persistent_volume,
    ("", "PersistentVolumeClaim"): storage.persistent_volume_claim,
    ("", "Pod"): pods.pod,
    ("", "PodTemplate"): pods.pod_template,
    ("", "ReplicationController"): apps.replication_controller,
    ("", "ResourceQuota"): cluster.resource_quota,
    ("", "Secret"): cluster.secret,
    ("", "Service"): services.service,
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"): admission.policy,
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"): admission.binding,
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): admission.mutating_webhooks,
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"): admission.policy,
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"): admission.binding,
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): admission.validating_webhooks,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): extension.custom_resource_definition,
    ("apiregistration.k8s.io", "APIService"): extension.api_service,
    ("apps", "DaemonSet"): apps.daemon_set,
    ("apps", "Deployment"): apps.deployment,
    ("apps", "ReplicaSet"): apps.replica_set,
    ("apps", "StatefulSet"): apps.stateful_set,
    ("autoscaling", "HorizontalPodAutoscaler"): autoscaling.horizontal_pod_autoscaler,
    ("batch", "CronJob"): batch.cron_job,
    ("batch", "Job"): batch.job,
    ("discovery.k8s.io", "EndpointSlice"): networking.endpoint_slice,
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"): flowcontrol.flow_schema,
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"): flowcontrol.priority_level,
    ("networking.k8s.io", "IngressClass"): networking.ingress_class,
    ("networking.k8s.io", "NetworkPolicy"): networking.network_policy,
    ("node.k8s.io", "RuntimeClass"): cluster.runtime_class,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): rbac.binding,
    ("rbac.authorization.k8s.io", "RoleBinding"): rbac.binding,
    ("resource.k8s.io", "ResourceClaim"): devices.resource_claim,
    ("resource.k8s.io", "ResourceClaimTemplate"): devices.resource_claim_template,
    ("scheduling.k8s.io", "PriorityClass"): cluster.priority_class,
    ("storage.k8s.io", "CSIDriver"): storage.csi_driver,
    ("storage.k8s.io", "StorageClass"): storage.storage_class,
}


def apply(resource: Resource, tree: MutableTree) -> None:
    """Fill in the defaults of a built-in kind; custom kinds bring theirs in their schema."""
    found = TABLE.get((resource.group, resource.kind))
    if found is not None and not resource.custom:
        found(tree)
