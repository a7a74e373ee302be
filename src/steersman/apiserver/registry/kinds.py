"""Which strategy is whose, and the facts in which kinds differ without code.

Facts are those of kube-apiserver's strategies (`pkg/registry/*/*/strategy.go`), checked against recordings.
"""

from steersman.api import names, resources
from steersman.apiserver.custom import definition as definitions
from steersman.apiserver.custom import strategy as custom
from steersman.apiserver.registry import (
    certificates,
    controllerrevisions,
    customresourcedefinitions,
    endpointslices,
    ipaddresses,
    limitranges,
    namespaces,
    nodes,
    pods,
    priorityclasses,
    services,
    storage,
    workloads,
)
from steersman.apiserver.registry.strategy import Strategy

_RBAC = "rbac.authorization.k8s.io"

GENERATION = frozenset({
    "cronjobs.batch", "customresourcedefinitions.apiextensions.k8s.io", "daemonsets.apps", "deployments.apps",
    "deviceclasses.resource.k8s.io", "endpointslices.discovery.k8s.io",
    "flowschemas.flowcontrol.apiserver.k8s.io", "ingressclasses.networking.k8s.io", "ingresses.networking.k8s.io",
    "jobs.batch", "mutatingadmissionpolicies.admissionregistration.k8s.io",
    "mutatingadmissionpolicybindings.admissionregistration.k8s.io",
    "mutatingwebhookconfigurations.admissionregistration.k8s.io", "networkpolicies.networking.k8s.io", "pods",
    "poddisruptionbudgets.policy", "podtemplates", "priorityclasses.scheduling.k8s.io",
    "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io", "replicasets.apps", "replicationcontrollers",
    "resourceslices.resource.k8s.io", "statefulsets.apps",
    "validatingadmissionpolicies.admissionregistration.k8s.io",
    "validatingadmissionpolicybindings.admissionregistration.k8s.io",
    "validatingwebhookconfigurations.admissionregistration.k8s.io",
})  # fmt: skip

CREATE_ON_UPDATE = frozenset({
    "endpoints", "events", "events.events.k8s.io", "leases.coordination.k8s.io", "limitranges", "services",
    f"clusterroles.{_RBAC}", f"clusterrolebindings.{_RBAC}", f"roles.{_RBAC}", f"rolebindings.{_RBAC}",
})  # fmt: skip

CONDITIONAL_UPDATE = frozenset({
    "apiservices.apiregistration.k8s.io", "csidrivers.storage.k8s.io", "csinodes.storage.k8s.io",
    "csistoragecapacities.storage.k8s.io", "customresourcedefinitions.apiextensions.k8s.io",
    "leases.coordination.k8s.io", "mutatingadmissionpolicies.admissionregistration.k8s.io",
    "mutatingadmissionpolicybindings.admissionregistration.k8s.io",
    "mutatingwebhookconfigurations.admissionregistration.k8s.io", "poddisruptionbudgets.policy",
    "runtimeclasses.node.k8s.io", "validatingadmissionpolicies.admissionregistration.k8s.io",
    "validatingadmissionpolicybindings.admissionregistration.k8s.io",
    "validatingwebhookconfigurations.admissionregistration.k8s.io", "volumeattachments.storage.k8s.io",
})  # fmt: skip
"""A PUT must name the revision that it replaces."""

RETURNS_DELETED = frozenset({
    "csidrivers.storage.k8s.io", "csinodes.storage.k8s.io", "deviceclasses.resource.k8s.io",
    "persistentvolumeclaims", "persistentvolumes", "pods", "podtemplates", "resourceclaims.resource.k8s.io",
    "resourceclaimtemplates.resource.k8s.io", "resourcequotas", "resourceslices.resource.k8s.io", "serviceaccounts",
    "services", "storageclasses.storage.k8s.io", "volumeattachments.storage.k8s.io",
    "volumeattributesclasses.storage.k8s.io",
})  # fmt: skip

FOUR_CHECKS = frozenset({
    "apiservices.apiregistration.k8s.io", "certificatesigningrequests.certificates.k8s.io",
    f"clusterrolebindings.{_RBAC}", f"clusterroles.{_RBAC}", "configmaps", "controllerrevisions.apps",
    "csistoragecapacities.storage.k8s.io", "deviceclasses.resource.k8s.io", "endpoints",
    "ingressclasses.networking.k8s.io", "ingresses.networking.k8s.io", "ipaddresses.networking.k8s.io", "jobs.batch",
    "namespaces", "nodes", "persistentvolumeclaims", "persistentvolumes", "pods", "resourceclaims.resource.k8s.io",
    "resourceclaimtemplates.resource.k8s.io", "resourcequotas", f"rolebindings.{_RBAC}", f"roles.{_RBAC}", "secrets",
    "serviceaccounts", "storageclasses.storage.k8s.io", "volumeattributesclasses.storage.k8s.io",
})  # fmt: skip
"""Kinds whose update reports what is wrong with labels four times and not three."""

ONE_CHECK = frozenset({
    "csinodes.storage.k8s.io", "endpointslices.discovery.k8s.io", "flowschemas.flowcontrol.apiserver.k8s.io",
    "limitranges", "mutatingadmissionpolicies.admissionregistration.k8s.io",
    "mutatingadmissionpolicybindings.admissionregistration.k8s.io",
    "mutatingwebhookconfigurations.admissionregistration.k8s.io", "persistentvolumes",
    "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io",
    "validatingadmissionpolicies.admissionregistration.k8s.io",
    "validatingadmissionpolicybindings.admissionregistration.k8s.io",
    "validatingwebhookconfigurations.admissionregistration.k8s.io", "volumeattachments.storage.k8s.io",
})  # fmt: skip
"""Kinds whose update reports metadata that may not change once and not twice."""

SEGMENT_NAMES = frozenset({
    "apiservices.apiregistration.k8s.io", "certificatesigningrequests.certificates.k8s.io",
    f"clusterroles.{_RBAC}", f"clusterrolebindings.{_RBAC}", f"roles.{_RBAC}", f"rolebindings.{_RBAC}",
    "flowschemas.flowcontrol.apiserver.k8s.io", "events", "poddisruptionbudgets.policy",
})  # fmt: skip
"""Named with whatever survives in a URL."""

STATUS_ALONE = frozenset({
    "apiservices.apiregistration.k8s.io", "flowschemas.flowcontrol.apiserver.k8s.io",
    "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io", "servicecidrs.networking.k8s.io",
    "validatingadmissionpolicies.admissionregistration.k8s.io", "resourceclaims.resource.k8s.io",
    "volumeattachments.storage.k8s.io",
})  # fmt: skip
"""A write to their status changes no metadata."""

EXPRESSIONS = frozenset({
    "deviceclasses.resource.k8s.io", "mutatingadmissionpolicies.admissionregistration.k8s.io",
    "mutatingwebhookconfigurations.admissionregistration.k8s.io", "resourceclaims.resource.k8s.io",
    "resourceclaimtemplates.resource.k8s.io", "validatingadmissionpolicies.admissionregistration.k8s.io",
    "validatingwebhookconfigurations.admissionregistration.k8s.io",
})  # fmt: skip
"""Whose validation compiles expressions."""

BYTE_NAMES = frozenset({"deviceclasses.resource.k8s.io", "replicationcontrollers"})
"""Whose names are measured in bytes, says the refusal."""

LABEL_NAMES = frozenset({"namespaces", "services", "statefulsets.apps"})

STRATEGIES: dict[str, type[Strategy]] = {
    "certificatesigningrequests.certificates.k8s.io": certificates.SigningRequests,
    "controllerrevisions.apps": controllerrevisions.ControllerRevisions,
    "customresourcedefinitions.apiextensions.k8s.io": customresourcedefinitions.Definitions,
    "daemonsets.apps": workloads.DaemonSets,
    "deployments.apps": workloads.Deployments,
    "endpointslices.discovery.k8s.io": endpointslices.EndpointSlices,
    "jobs.batch": workloads.Jobs,
    "limitranges": limitranges.LimitRanges,
    "namespaces": namespaces.Namespaces,
    "nodes": nodes.Nodes,
    "persistentvolumeclaims": storage.Claims,
    "persistentvolumes": storage.Volumes,
    "pods": pods.Pods,
    "priorityclasses.scheduling.k8s.io": priorityclasses.PriorityClasses,
    "replicationcontrollers": workloads.ReplicationControllers,
    "services": services.Services,
}


def _in_bytes(name: str) -> list[str]:
    return [
        text.replace(" characters", " bytes") if "no more than" in text else text
        for text in names.dns1123_subdomain(name)
    ]


def strategy_of(resource: resources.Resource) -> Strategy:
    if isinstance(resource, definitions.CustomResource):
        return custom.CustomStrategy(resource)
    strategy = STRATEGIES.get(resource.name, Strategy)(resource)
    name = resource.name
    strategy.generation = name in GENERATION
    strategy.create_on_update = name in CREATE_ON_UPDATE
    strategy.unconditional_update = name not in CONDITIONAL_UPDATE
    strategy.returns_deleted = name in RETURNS_DELETED
    strategy.metadata_checks = 4 if name in FOUR_CHECKS else 3
    strategy.change_checks = 1 if name in ONE_CHECK else 2
    strategy.status_keeps_metadata = name in STATUS_ALONE
    strategy.has_expressions = name in EXPRESSIONS
    strategy.collected = not name.startswith("events") and name != definitions.PREFIX
    if name in SEGMENT_NAMES:
        strategy.name_rule = names.path_segment
    elif name in LABEL_NAMES:
        strategy.name_rule = names.dns1123_label
    elif name in BYTE_NAMES:
        strategy.name_rule = _in_bytes
    elif name == ipaddresses.PREFIX:
        strategy.name_rule = ipaddresses.name_rule
    return strategy
