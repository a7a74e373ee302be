"""The plug-ins in order.

`ORDER` is kube-apiserver's own list with its default set switched on and NodeRestriction, which every cluster
with node authorisation runs.  Places of those not written yet are marked in it.  All mutations come first, then
the object is validated by its strategy, then the chain validates.

What a chain keeps is, for each (resource, sub-resource, operation), the plug-ins that care; it is made when
first needed.
"""

from collections.abc import Sequence

from steersman.apiserver.admission import (
    certificate_approval,
    certificate_signing,
    certificate_subject_restriction,
    default_ingress_class,
    default_storage_class,
    default_toleration_seconds,
    limit_ranger,
    namespace_lifecycle,
    node_restriction,
    owner_references,
    persistent_volume_claim_resize,
    pod_resize,
    pod_security,
    pod_topology_labels,
    priority,
    rbac_escalation,
    resource_quota,
    runtime_class,
    service_account,
    storage_object_in_use,
    taint_nodes_by_condition,
)
from steersman.apiserver.admission.attributes import Attributes, Operation
from steersman.apiserver.admission.plugin import Context, Plugin
from steersman.apiserver.admission.policies import mutating as mutating_policies
from steersman.apiserver.admission.policies import readable
from steersman.apiserver.admission.policies import validating as validating_policies
from steersman.apiserver.admission.webhooks import mutating, validating

ORDER: tuple[type[Plugin], ...] = (
    namespace_lifecycle.NamespaceLifecycle,
    limit_ranger.LimitRanger,
    service_account.ServiceAccount,
    node_restriction.NodeRestriction,
    taint_nodes_by_condition.TaintNodesByCondition,
    pod_security.PodSecurity,
    priority.Priority,
    default_toleration_seconds.DefaultTolerationSeconds,
    default_storage_class.DefaultStorageClass,
    storage_object_in_use.StorageObjectInUseProtection,
    owner_references.OwnerReferencesPermissionEnforcement,
    persistent_volume_claim_resize.PersistentVolumeClaimResize,
    runtime_class.RuntimeClass,
    certificate_approval.CertificateApproval,
    certificate_signing.CertificateSigning,
    # ClusterTrustBundleAttest: its resource is beta and not served.
    certificate_subject_restriction.CertificateSubjectRestriction,
    default_ingress_class.DefaultIngressClass,
    pod_topology_labels.PodTopologyLabels,
    pod_resize.PodResizeValidator,
    mutating_policies.MutatingAdmissionPolicy,
    mutating.MutatingAdmissionWebhook,
    rbac_escalation.RbacEscalation,
    readable.ReadableParameters,
    validating_policies.ValidatingAdmissionPolicy,
    validating.ValidatingAdmissionWebhook,
    resource_quota.ResourceQuota,
)


class Chain:
    def __init__(self, plugins: Sequence[Plugin]) -> None:
        self.plugins = tuple(plugins)
        self._mutating: dict[tuple[str, str, Operation], tuple[Plugin, ...]] = {}
        self._validating: dict[tuple[str, str, Operation], tuple[Plugin, ...]] = {}

    async def mutate(self, a: Attributes) -> None:
        """Lets every plug-in that cares change `a.object`.  Raises StatusError.

        What clients bring (webhooks, policies) comes last; when it changed the object, everybody has a second look.
        """
        chosen = self._chosen(a, "mutate", self._mutating)
        for plugin in chosen:
            await plugin.mutate(a)
        if a.rounds is not None and a.rounds.again:
            a.rounds.is_second = True
            for plugin in chosen:
                await plugin.mutate(a)

    async def validate(self, a: Attributes) -> None:
        """Asks every plug-in that cares.  Raises StatusError."""
        for plugin in self._chosen(a, "validate", self._validating):
            await plugin.validate(a)

    def _chosen(
        self, a: Attributes, method: str, kept: dict[tuple[str, str, Operation], tuple[Plugin, ...]]
    ) -> tuple[Plugin, ...]:
        key = (a.resource.name, a.subresource, a.operation)
        found = kept.get(key)
        if found is None:
            base = getattr(Plugin, method)
            found = kept[key] = tuple(
                plugin for plugin in self.plugins if getattr(type(plugin), method) is not base and plugin.wants(*key)
            )
        return found


def default_chain(context: Context) -> Chain:
    return Chain([plugin(context) for plugin in ORDER])
