"""How the reference prints a pod's spec in a message: Go's names, in Go's order, absent fields included.

The internal type keeps the host's namespaces in the security context, which `internal_spec` does here.
`internal` explains what a shape is.
"""

from typing import Any

from steersman.api.tree import Tree
from steersman.api.validation import internal, selectors
from steersman.api.validation.internal import Embedded, Shape
from steersman.api.validation.podspec import volumeshapes
from steersman.api.validation.podspec.volumeshapes import fields

_SELINUX = fields("user role type level", "")
_PROFILE: Shape = (*fields("type", ""), *fields("localhostProfile"))
_WINDOWS: Shape = (
    ("GMSACredentialSpecName", "gmsaCredentialSpecName", None),
    ("GMSACredentialSpec", "gmsaCredentialSpec", None),
    *fields("runAsUserName hostProcess"),
)
SECURITY_CONTEXT: Shape = (
    ("Capabilities", "capabilities", fields("add drop")),
    *fields("privileged"),
    ("SELinuxOptions", "seLinuxOptions", _SELINUX),
    ("WindowsOptions", "windowsOptions", _WINDOWS),
    *fields("runAsUser runAsGroup runAsNonRoot readOnlyRootFilesystem allowPrivilegeEscalation procMount"),
    ("SeccompProfile", "seccompProfile", _PROFILE),
    ("AppArmorProfile", "appArmorProfile", _PROFILE),
)
_POD_SECURITY: Shape = (
    ("HostNetwork", "hostNetwork", False),
    ("HostPID", "hostPID", False),
    ("HostIPC", "hostIPC", False),
    *fields("shareProcessNamespace hostUsers"),
    ("SELinuxOptions", "seLinuxOptions", _SELINUX),
    ("WindowsOptions", "windowsOptions", _WINDOWS),
    *fields("runAsUser runAsGroup runAsNonRoot supplementalGroups supplementalGroupsPolicy"),
    ("FSGroup", "fsGroup", None),
    ("FSGroupChangePolicy", "fsGroupChangePolicy", None),
    ("Sysctls", "sysctls", [fields("name value", "")]),
    ("SeccompProfile", "seccompProfile", _PROFILE),
    ("AppArmorProfile", "appArmorProfile", _PROFILE),
    ("SELinuxChangePolicy", "seLinuxChangePolicy", None),
)
_HOISTED = ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers")

_EXEC = fields("command")
_HTTP_GET: Shape = (
    *fields("path", ""), *fields("port", 0), *fields("host scheme", ""),
    ("HTTPHeaders", "httpHeaders", [fields("name value", "")]),
)  # fmt: skip
_TCP: Shape = (*fields("port", 0), *fields("host", ""))
_GRPC: Shape = (*fields("port", 0), *fields("service"))
_PROBE: Shape = (
    ("Exec", "exec", _EXEC), ("HTTPGet", "httpGet", _HTTP_GET), ("TCPSocket", "tcpSocket", _TCP),
    ("GRPC", "grpc", _GRPC),
    *fields("initialDelaySeconds timeoutSeconds periodSeconds successThreshold failureThreshold", 0),
    *fields("terminationGracePeriodSeconds"),
)  # fmt: skip
_HOOK: Shape = (
    ("Exec", "exec", _EXEC), ("HTTPGet", "httpGet", _HTTP_GET), ("TCPSocket", "tcpSocket", _TCP),
    ("Sleep", "sleep", fields("seconds", 0)),
)  # fmt: skip
_NAMED_SOURCE: Shape = (*fields("name", ""), *fields("optional"))
_KEY: Shape = (*fields("name key", ""), *fields("optional"))
_VALUE_FROM: Shape = (
    ("FieldRef", "fieldRef", volumeshapes.FIELD_REF),
    ("ResourceFieldRef", "resourceFieldRef", volumeshapes.RESOURCE_REF),
    ("ConfigMapKeyRef", "configMapKeyRef", _KEY),
    ("SecretKeyRef", "secretKeyRef", _KEY),
    ("FileKeyRef", "fileKeyRef", (*fields("volumeName path key", ""), *fields("optional"))),
)
RESOURCES: Shape = (*fields("limits requests"), ("Claims", "claims", [fields("name request", "")]))
_MOUNT: Shape = (
    *fields("name", ""), *fields("readOnly", False), *fields("recursiveReadOnly"), *fields("mountPath subPath", ""),
    *fields("mountPropagation"), *fields("subPathExpr", ""),
)  # fmt: skip
_RULE: Shape = (
    *fields("action", ""),
    ("ExitCodes", "exitCodes", (*fields("operator", ""), *fields("values"))),
)
CONTAINER: Shape = (
    *fields("name image", ""),
    *fields("command args"),
    *fields("workingDir", ""),
    ("Ports", "ports", [(*fields("name", ""), *fields("hostPort containerPort", 0), *fields("protocol hostIP", ""))]),
    ("EnvFrom", "envFrom", [(
        *fields("prefix", ""), ("ConfigMapRef", "configMapRef", _NAMED_SOURCE),
        ("SecretRef", "secretRef", _NAMED_SOURCE),
    )]),
    ("Env", "env", [(*fields("name value", ""), ("ValueFrom", "valueFrom", _VALUE_FROM))]),
    ("Resources", "resources", Embedded(RESOURCES)),
    ("ResizePolicy", "resizePolicy", [fields("resourceName restartPolicy", "")]),
    *fields("restartPolicy"),
    ("RestartPolicyRules", "restartPolicyRules", [_RULE]),
    ("VolumeMounts", "volumeMounts", [_MOUNT]),
    ("VolumeDevices", "volumeDevices", [fields("name devicePath", "")]),
    ("LivenessProbe", "livenessProbe", _PROBE),
    ("ReadinessProbe", "readinessProbe", _PROBE),
    ("StartupProbe", "startupProbe", _PROBE),
    ("Lifecycle", "lifecycle", (
        ("PostStart", "postStart", _HOOK), ("PreStop", "preStop", _HOOK), *fields("stopSignal"),
    )),
    *fields("terminationMessagePath terminationMessagePolicy imagePullPolicy", ""),
    ("SecurityContext", "securityContext", SECURITY_CONTEXT),
    *fields("stdin stdinOnce", False),
    ("TTY", "tty", False),
)  # fmt: skip

EPHEMERAL: Shape = (*CONTAINER, *fields("targetContainerName", ""))
_REQUIREMENT: Shape = (*fields("key operator", ""), *fields("values"))
_NODE_TERM: Shape = (
    ("MatchExpressions", "matchExpressions", [_REQUIREMENT]),
    ("MatchFields", "matchFields", [_REQUIREMENT]),
)
NODE_SELECTOR: Shape = (("NodeSelectorTerms", "nodeSelectorTerms", [_NODE_TERM]),)
_POD_TERM: Shape = (
    ("LabelSelector", "labelSelector", selectors.shown), *fields("namespaces"), *fields("topologyKey", ""),
    ("NamespaceSelector", "namespaceSelector", selectors.shown), *fields("matchLabelKeys mismatchLabelKeys"),
)  # fmt: skip
_REQUIRED, _PREFERRED = "DuringSchedulingIgnoredDuringExecution", "DuringSchedulingIgnoredDuringExecution"


def _affinity(required: Any, preferred: Any) -> Shape:
    return (
        ("Required" + _REQUIRED, "required" + _REQUIRED, required),
        ("Preferred" + _PREFERRED, "preferred" + _PREFERRED, preferred),
    )


_POD_AFFINITY = _affinity(
    [_POD_TERM], [(*fields("weight", 0), ("PodAffinityTerm", "podAffinityTerm", Embedded(_POD_TERM)))]
)
_NODE_AFFINITY = _affinity(NODE_SELECTOR, [(*fields("weight", 0), ("Preference", "preference", Embedded(_NODE_TERM)))])
TOLERATION: Shape = (*fields("key operator value effect", ""), *fields("tolerationSeconds"))
_SPREAD: Shape = (
    *fields("maxSkew", 0), *fields("topologyKey whenUnsatisfiable", ""),
    ("LabelSelector", "labelSelector", selectors.shown),
    *fields("minDomains nodeAffinityPolicy nodeTaintsPolicy matchLabelKeys"),
)  # fmt: skip
SPEC: Shape = (
    ("Volumes", "volumes", [volumeshapes.VOLUME]),
    ("InitContainers", "initContainers", [CONTAINER]),
    ("Containers", "containers", [CONTAINER]),
    ("EphemeralContainers", "ephemeralContainers", [EPHEMERAL]),
    *fields("restartPolicy", ""),
    *fields("terminationGracePeriodSeconds activeDeadlineSeconds"),
    ("DNSPolicy", "dnsPolicy", ""),
    *fields("nodeSelector"),
    *fields("serviceAccountName", ""),
    *fields("automountServiceAccountToken"),
    *fields("nodeName", ""),
    ("SecurityContext", "securityContext", _POD_SECURITY),
    ("ImagePullSecrets", "imagePullSecrets", [fields("name", "")]),
    *fields("hostname subdomain", ""),
    ("SetHostnameAsFQDN", "setHostnameAsFQDN", None),
    ("Affinity", "affinity", (
        ("NodeAffinity", "nodeAffinity", _NODE_AFFINITY), ("PodAffinity", "podAffinity", _POD_AFFINITY),
        ("PodAntiAffinity", "podAntiAffinity", _POD_AFFINITY),
    )),
    *fields("schedulerName", ""),
    ("Tolerations", "tolerations", [TOLERATION]),
    ("HostAliases", "hostAliases", [(("IP", "ip", ""), *fields("hostnames"))]),
    *fields("priorityClassName", ""),
    *fields("priority preemptionPolicy"),
    ("DNSConfig", "dnsConfig", (
        *fields("nameservers searches"), ("Options", "options", [(*fields("name", ""), *fields("value"))]),
    )),
    ("ReadinessGates", "readinessGates", [fields("conditionType", "")]),
    *fields("runtimeClassName overhead enableServiceLinks"),
    ("TopologySpreadConstraints", "topologySpreadConstraints", [_SPREAD]),
    ("OS", "os", fields("name", "")),
    ("SchedulingGates", "schedulingGates", [fields("name", "")]),
    ("ResourceClaims", "resourceClaims", [(
        *fields("name", ""), *fields("resourceClaimName resourceClaimTemplateName"),
    )]),
    ("Resources", "resources", RESOURCES),
    *fields("hostnameOverride"),
    ("SchedulingGroup", "schedulingGroup", fields("podGroupName")),
)  # fmt: skip


def internal_spec(spec: Tree) -> Tree:
    """The spec with the host's namespaces where the internal type has them."""
    hoisted = {name: spec[name] for name in _HOISTED if name in spec}
    if "securityContext" not in spec and not hoisted:
        return spec
    return {**spec, "securityContext": {**(spec.get("securityContext") or {}), **hoisted}}


def shown_template(template: Tree) -> str:
    """A template's metadata has no name of its own there: its fields stand beside the spec, absent ones left out."""
    metadata = {name: value for name, value in (template.get("metadata") or {}).items() if value}
    ordered = {name: metadata[name] for name in volumeshapes.METADATA if name in metadata}
    return internal.text({**ordered, "Spec": internal.render(internal_spec(template.get("spec") or {}), SPEC)})


def difference(before: Tree, after: Tree) -> str:
    return internal.difference(
        internal.render(internal_spec(before), SPEC), internal.render(internal_spec(after), SPEC)
    )
