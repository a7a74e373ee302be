"""The built-in resources of v1.36 as text: one line a resource, read by `api.resources`.

A line is: plural, kind, scope (N namespaced, C cluster), verbs (* for all eight), storage, options.
Storage is the version in which it is stored, `core` for core/v1, `-` for what is never stored; `!v` after it
is the version whose hash discovery shows where that is another one.  Options: `short=`, `in=` (categories),
`sub=` (sub-resources, `name:shape` where the shape is not the name's own).

A version marked False is not served unless it is switched on.
"""

from collections.abc import Callable

GROUPS = {
    name: place
    for place, name in enumerate(
        (
            "",
            "apiregistration.k8s.io",
            "apps",
            "events.k8s.io",
            "authentication.k8s.io",
            "authorization.k8s.io",
            "autoscaling",
            "batch",
            "certificates.k8s.io",
            "networking.k8s.io",
            "policy",
            "rbac.authorization.k8s.io",
            "storage.k8s.io",
            "admissionregistration.k8s.io",
            "apiextensions.k8s.io",
            "scheduling.k8s.io",
            "coordination.k8s.io",
            "node.k8s.io",
            "discovery.k8s.io",
            "resource.k8s.io",
            "flowcontrol.apiserver.k8s.io",
            "internal.apiserver.k8s.io",
            "storagemigration.k8s.io",
        )
    )
}
"""The groups in the order in which discovery lists them."""

PACKAGES = {
    "": "io.k8s.api.core",
    "admissionregistration.k8s.io": "io.k8s.api.admissionregistration",
    "apiextensions.k8s.io": "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions",
    "apiregistration.k8s.io": "io.k8s.kube-aggregator.pkg.apis.apiregistration",
    "apps": "io.k8s.api.apps",
    "authentication.k8s.io": "io.k8s.api.authentication",
    "authorization.k8s.io": "io.k8s.api.authorization",
    "autoscaling": "io.k8s.api.autoscaling",
    "batch": "io.k8s.api.batch",
    "certificates.k8s.io": "io.k8s.api.certificates",
    "coordination.k8s.io": "io.k8s.api.coordination",
    "discovery.k8s.io": "io.k8s.api.discovery",
    "events.k8s.io": "io.k8s.api.events",
    "flowcontrol.apiserver.k8s.io": "io.k8s.api.flowcontrol",
    "internal.apiserver.k8s.io": "io.k8s.api.apiserverinternal",
    "networking.k8s.io": "io.k8s.api.networking",
    "node.k8s.io": "io.k8s.api.node",
    "policy": "io.k8s.api.policy",
    "rbac.authorization.k8s.io": "io.k8s.api.rbac",
    "resource.k8s.io": "io.k8s.api.resource",
    "scheduling.k8s.io": "io.k8s.api.scheduling",
    "storage.k8s.io": "io.k8s.api.storage",
    "storagemigration.k8s.io": "io.k8s.api.storagemigration",
}
"""Where a group's definitions begin in the schema."""

_EDIT = ("get", "patch", "update")
_PROXY = ("create", "delete", "get", "patch", "update")
_CONNECT = ("create", "get")

Shape = Callable[[str, str, str], tuple[str, str, str, tuple[str, ...]]]


def _own(*verbs: str) -> Shape:
    return lambda kind, group, version: (kind, group, version, verbs)


def _other(other: str, *verbs: str) -> Shape:
    return lambda kind, group, version: (other, group, version, verbs)


def _foreign(other: str, of_group: str, of_version: str, *verbs: str) -> Shape:
    return lambda kind, group, version: (other, of_group, of_version, verbs)


SUBRESOURCES: dict[str, Shape] = {
    "approval": _own(*_EDIT),
    "attach": _other("PodAttachOptions", *_CONNECT),
    "binding": _other("Binding", "create"),
    "ephemeralcontainers": _own(*_EDIT),
    "eviction": _foreign("Eviction", "policy", "v1", "create"),
    "exec": _other("PodExecOptions", *_CONNECT),
    "finalize": _own("update"),
    "log": _own("get"),
    "node-proxy": _other("NodeProxyOptions", *_PROXY),
    "pod-proxy": _other("PodProxyOptions", *_PROXY),
    "portforward": _other("PodPortForwardOptions", *_CONNECT),
    "resize": _own(*_EDIT),
    "scale": _foreign("Scale", "autoscaling", "v1", *_EDIT),
    "service-proxy": _other("ServiceProxyOptions", *_PROXY),
    "status": _own(*_EDIT),
    "token": _foreign("TokenRequest", "authentication.k8s.io", "v1", "create"),
}
"""What a sub-resource reads and writes, and its verbs."""

_DEVICES = """
deviceclasses DeviceClass C * v1
resourceclaims ResourceClaim N * v1 sub=status
resourceclaimtemplates ResourceClaimTemplate N * v1
resourceslices ResourceSlice C * v1
"""

_TAINT_RULES = "devicetaintrules DeviceTaintRule C * v1beta2!v1alpha3 sub=status\n"

_MUTATING_POLICIES = """
mutatingadmissionpolicies MutatingAdmissionPolicy C * v1!v1beta1 in=api-extensions
mutatingadmissionpolicybindings MutatingAdmissionPolicyBinding C * v1!v1beta1 in=api-extensions
"""

VERSIONS: tuple[tuple[str, str, bool, str], ...] = (
    (
        "",
        "v1",
        True,
        """
bindings Binding N create -
componentstatuses ComponentStatus C get,list - short=cs
configmaps ConfigMap N * v1 short=cm
endpoints Endpoints N * v1 short=ep
events Event N * core short=ev
limitranges LimitRange N * v1 short=limits
namespaces Namespace C create,delete,get,list,patch,update,watch v1 short=ns sub=finalize,status
nodes Node C * v1 short=no sub=proxy:node-proxy,status
persistentvolumeclaims PersistentVolumeClaim N * v1 short=pvc sub=status
persistentvolumes PersistentVolume C * v1 short=pv sub=status
pods Pod N * v1 short=po in=all sub=attach,binding,ephemeralcontainers,eviction,exec,log,portforward,proxy:pod-proxy,resize,status
podtemplates PodTemplate N * v1
replicationcontrollers ReplicationController N * v1 short=rc in=all sub=scale,status
resourcequotas ResourceQuota N * v1 short=quota sub=status
secrets Secret N * v1
serviceaccounts ServiceAccount N * v1 short=sa sub=token
services Service N * v1 short=svc in=all sub=proxy:service-proxy,status
""",  # noqa: E501
    ),
    ("apiregistration.k8s.io", "v1", True, "apiservices APIService C * v1 in=api-extensions sub=status"),
    (
        "apps",
        "v1",
        True,
        """
controllerrevisions ControllerRevision N * v1
daemonsets DaemonSet N * v1 short=ds in=all sub=status
deployments Deployment N * v1 short=deploy in=all sub=scale,status
replicasets ReplicaSet N * v1 short=rs in=all sub=scale,status
statefulsets StatefulSet N * v1 short=sts in=all sub=scale,status
""",
    ),
    ("events.k8s.io", "v1", True, "events Event N * core short=ev"),
    (
        "authentication.k8s.io",
        "v1",
        True,
        """
selfsubjectreviews SelfSubjectReview C create -
tokenreviews TokenReview C create -
""",
    ),
    (
        "authorization.k8s.io",
        "v1",
        True,
        """
localsubjectaccessreviews LocalSubjectAccessReview N create -
selfsubjectaccessreviews SelfSubjectAccessReview C create -
selfsubjectrulesreviews SelfSubjectRulesReview C create -
subjectaccessreviews SubjectAccessReview C create -
""",
    ),
    ("autoscaling", "v2", True, "horizontalpodautoscalers HorizontalPodAutoscaler N * v2 short=hpa in=all sub=status"),
    ("autoscaling", "v1", True, "horizontalpodautoscalers HorizontalPodAutoscaler N * v2 short=hpa in=all sub=status"),
    (
        "batch",
        "v1",
        True,
        """
cronjobs CronJob N * v1 short=cj in=all sub=status
jobs Job N * v1 in=all sub=status
""",
    ),
    (
        "certificates.k8s.io",
        "v1",
        True,
        "certificatesigningrequests CertificateSigningRequest C * v1 short=csr sub=approval,status",
    ),
    (
        "certificates.k8s.io",
        "v1beta1",
        False,
        """
clustertrustbundles ClusterTrustBundle C * v1beta1
podcertificaterequests PodCertificateRequest N * v1beta1 sub=status
""",
    ),
    ("certificates.k8s.io", "v1alpha1", False, "clustertrustbundles ClusterTrustBundle C * v1beta1"),
    (
        "networking.k8s.io",
        "v1",
        True,
        """
ingressclasses IngressClass C * v1
ingresses Ingress N * v1 short=ing sub=status
ipaddresses IPAddress C * v1 short=ip
networkpolicies NetworkPolicy N * v1 short=netpol
servicecidrs ServiceCIDR C * v1 sub=status
""",
    ),
    (
        "networking.k8s.io",
        "v1beta1",
        False,
        """
ipaddresses IPAddress C * v1 short=ip
servicecidrs ServiceCIDR C * v1 sub=status
""",
    ),
    ("policy", "v1", True, "poddisruptionbudgets PodDisruptionBudget N * v1 short=pdb sub=status"),
    (
        "rbac.authorization.k8s.io",
        "v1",
        True,
        """
clusterrolebindings ClusterRoleBinding C * v1
clusterroles ClusterRole C * v1
rolebindings RoleBinding N * v1
roles Role N * v1
""",
    ),
    (
        "storage.k8s.io",
        "v1",
        True,
        """
csidrivers CSIDriver C * v1
csinodes CSINode C * v1
csistoragecapacities CSIStorageCapacity N * v1
storageclasses StorageClass C * v1 short=sc
volumeattachments VolumeAttachment C * v1 sub=status
volumeattributesclasses VolumeAttributesClass C * v1 short=vac
""",
    ),
    ("storage.k8s.io", "v1beta1", False, "volumeattributesclasses VolumeAttributesClass C * v1 short=vac"),
    (
        "admissionregistration.k8s.io",
        "v1",
        True,
        _MUTATING_POLICIES
        + """
mutatingwebhookconfigurations MutatingWebhookConfiguration C * v1 in=api-extensions
validatingadmissionpolicies ValidatingAdmissionPolicy C * v1 in=api-extensions sub=status
validatingadmissionpolicybindings ValidatingAdmissionPolicyBinding C * v1 in=api-extensions
validatingwebhookconfigurations ValidatingWebhookConfiguration C * v1 in=api-extensions
""",
    ),
    ("admissionregistration.k8s.io", "v1beta1", False, _MUTATING_POLICIES),
    ("admissionregistration.k8s.io", "v1alpha1", False, _MUTATING_POLICIES),
    (
        "apiextensions.k8s.io",
        "v1",
        True,
        "customresourcedefinitions CustomResourceDefinition C * v1!v1beta1 short=crd,crds in=api-extensions sub=status",
    ),
    ("scheduling.k8s.io", "v1", True, "priorityclasses PriorityClass C * v1 short=pc"),
    (
        "scheduling.k8s.io",
        "v1alpha2",
        False,
        """
podgroups PodGroup N * v1alpha2 sub=status
workloads Workload N * v1alpha2
""",
    ),
    ("coordination.k8s.io", "v1", True, "leases Lease N * v1"),
    ("coordination.k8s.io", "v1beta1", False, "leasecandidates LeaseCandidate N * v1beta1"),
    ("coordination.k8s.io", "v1alpha2", False, "leasecandidates LeaseCandidate N * v1beta1"),
    ("node.k8s.io", "v1", True, "runtimeclasses RuntimeClass C * v1"),
    ("discovery.k8s.io", "v1", True, "endpointslices EndpointSlice N * v1"),
    ("resource.k8s.io", "v1", True, _DEVICES),
    ("resource.k8s.io", "v1beta2", False, _TAINT_RULES + _DEVICES),
    ("resource.k8s.io", "v1beta1", False, _DEVICES),
    (
        "resource.k8s.io",
        "v1alpha3",
        False,
        _TAINT_RULES + "resourcepoolstatusrequests ResourcePoolStatusRequest C * v1alpha3 sub=status",
    ),
    (
        "flowcontrol.apiserver.k8s.io",
        "v1",
        True,
        """
flowschemas FlowSchema C * v1 sub=status
prioritylevelconfigurations PriorityLevelConfiguration C * v1 sub=status
""",
    ),
    ("internal.apiserver.k8s.io", "v1alpha1", False, "storageversions StorageVersion C * v1alpha1 sub=status"),
    (
        "storagemigration.k8s.io",
        "v1beta1",
        False,
        "storageversionmigrations StorageVersionMigration C * v1beta1 sub=status",
    ),
)
