"""Fields that a write is not allowed to own, because the registry takes them back.

A write to an object resets its status, one to `status` resets the spec (and for some kinds more).  Ownership
ignores such fields: whoever sends them neither gains nor takes them.  `resize` is told the other way round,
by what may be owned; the caller then uses `comparison.Comparison.within`.
"""

import functools
from collections.abc import Mapping

from steersman.api.apply import comparison, elements, fieldset

_WITH_STATUS = frozenset({
    ("", "Namespace"), ("", "Node"), ("", "PersistentVolume"), ("", "PersistentVolumeClaim"), ("", "Pod"),
    ("", "ReplicationController"), ("", "ResourceQuota"), ("", "Service"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"), ("apiregistration.k8s.io", "APIService"),
    ("apps", "DaemonSet"), ("apps", "Deployment"), ("apps", "ReplicaSet"), ("apps", "StatefulSet"),
    ("autoscaling", "HorizontalPodAutoscaler"), ("batch", "CronJob"), ("batch", "Job"),
    ("certificates.k8s.io", "CertificateSigningRequest"),
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"), ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
    ("networking.k8s.io", "Ingress"), ("networking.k8s.io", "ServiceCIDR"), ("policy", "PodDisruptionBudget"),
    ("resource.k8s.io", "ResourceClaim"), ("storage.k8s.io", "VolumeAttachment"),
})  # fmt: skip

_STATUS_ALSO: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("", "Pod"): ("metadata.deletionTimestamp", "metadata.ownerReferences"),
    ("apps", "Deployment"): ("metadata.labels",),
    ("certificates.k8s.io", "CertificateSigningRequest"): ("status.conditions",),
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"): ("metadata",),
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"): ("metadata",),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"): ("metadata",),
    ("resource.k8s.io", "ResourceClaim"): ("metadata",),
    ("storage.k8s.io", "VolumeAttachment"): ("metadata",),
    ("apiregistration.k8s.io", "APIService"): ("metadata",),
    ("networking.k8s.io", "ServiceCIDR"): ("metadata",),
}
"""What a write to `status` resets besides the spec."""


@functools.cache
def fields(group: str, kind: str, subresource: str = "", *, custom: bool = False) -> fieldset.Set:
    """The fields that a write to a kind, or to one of its subresources, may not own.

    `custom` marks a custom resource that has the status subresource.
    """
    if (group, kind) == ("certificates.k8s.io", "CertificateSigningRequest") and subresource in ("", "approval"):
        return fieldset.fields("spec", "status" if subresource == "" else "status.certificate")
    if subresource == "":
        return fieldset.fields("status") if custom or (group, kind) in _WITH_STATUS else fieldset.EMPTY
    if subresource == "status":
        return fieldset.fields("spec", *_STATUS_ALSO.get((group, kind), ()))
    return fieldset.EMPTY


def _containers(list_name: str, field: str) -> tuple[str, ...]:
    spec, name = elements.field("spec"), elements.field(list_name)
    return (spec, name, comparison.ANY, elements.field(field))


RESIZE = fieldset.of_paths([
    _containers("containers", "resources"), _containers("containers", "resizePolicy"),
    _containers("initContainers", "resources"), _containers("initContainers", "resizePolicy"),
])  # fmt: skip
"""What a write to a pod's `resize` may own."""
