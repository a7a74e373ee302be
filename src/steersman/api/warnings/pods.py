"""Pods and their templates.

Made for every pod, so what most pods do not have is asked for first and costs nothing.
"""

from steersman.api import field, names, quantity
from steersman.api.field import Path
from steersman.api.semantics import templates
from steersman.api.tree import Tree, at
from steersman.api.warnings import addresses, claims, nodes, ports, volume_paths

Spec = Tree
_VOLUMES = {
    "photonPersistentDisk": "deprecated in v1.11, non-functional in v1.16+",
    "gitRepo": "deprecated in v1.11",
    "scaleIO": "deprecated in v1.16, non-functional in v1.22+",
    "flocker": "deprecated in v1.22, non-functional in v1.25+",
    "storageos": "deprecated in v1.22, non-functional in v1.25+",
    "quobyte": "deprecated in v1.22, non-functional in v1.25+",
    "glusterfs": "deprecated in v1.25, non-functional in v1.26+",
    "cephfs": "deprecated in v1.28, non-functional in v1.31+",
    "rbd": "deprecated in v1.28, non-functional in v1.31+",
}
_WARNED_SOURCES = frozenset({*_VOLUMES, "ephemeral"})
_WITH_FILES = frozenset({"configMap", "secret", "downwardAPI", "projected"})
_ANNOTATIONS = {
    "scheduler.alpha.kubernetes.io/critical-pod": 'non-functional in v1.16+; use the "priorityClassName" field instead',
    "security.alpha.kubernetes.io/sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
    "security.alpha.kubernetes.io/unsafe-sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
}
_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_SECCOMP_GONE = 'non-functional in v1.27+; use the "seccompProfile" field instead'
_APPARMOR_OLD = 'deprecated since v1.30; use the "appArmorProfile" field instead'
_unremarkable: templates.Memory[bool] = templates.Memory()
_GROUPS = ("initContainers", "containers", "ephemeralContainers")


def pod(new: Tree, old: Tree | None) -> list[str]:
    if old is not None:
        return []
    metadata = new["metadata"]
    warnings = []
    complaints = names.dns1123_label(metadata.get("name") or "")
    if complaints:
        text = "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; "
        warnings.append(f"{text}a DNS label is recommended: [{' '.join(complaints)}]")
    is_unremarkable, name = (None, None) if metadata.get("annotations") else _unremarkable.ask(new.get("spec"))
    if not is_unremarkable:
        found = template(new, Path())
        warnings += found
        if not found:
            _unremarkable.keep(name, True)
    return warnings


def template(of: Tree, where: Path) -> list[str]:
    """Of metadata and spec of a pod, or of a template that stands at a path."""
    spec, annotations = of.get("spec") or {}, (of.get("metadata") or {}).get("annotations")
    path = where.child("spec")
    warnings = nodes.selector(spec, path)
    if annotations:
        noted = where.child("metadata", "annotations")
        warnings += [f"{noted.key(key)}: {text}" for key, text in _ANNOTATIONS.items() if key in annotations]
    warnings += _volumes(spec, path)
    warnings += _repeated(spec, path)
    if spec.get("overhead"):
        for resource in ("memory", "ephemeral-storage"):
            warnings += fractional(spec["overhead"], resource, path.child("overhead"))
    if annotations and _SECCOMP_POD in annotations and at(spec, "securityContext", "seccompProfile") is None:
        warnings.append(f"{where.child('metadata', 'annotations').key(_SECCOMP_POD)}: {_SECCOMP_GONE}")
    for group in _GROUPS:
        for index, container in enumerate(spec.get(group) or ()):
            if annotations:
                warnings += _profiles(container, spec, annotations, where)
            if container.get("resources") or len(container.get("env") or ()) > 1:
                warnings += _container(container, path.child(group).index(index))
    warnings += ports.clashes(spec, path)
    if (spec.get("terminationGracePeriodSeconds") or 0) < 0:
        place = path.child("terminationGracePeriodSeconds")
        warnings.append(f"{place}: must be >= 0; negative values are invalid and will be treated as 1")
    return warnings + nodes.pod_terms(spec, path) + _addresses(spec, path)


def _profiles(container: Tree, spec: Spec, annotations: Tree, where: Path) -> list[str]:
    noted, name = where.child("metadata", "annotations"), container.get("name") or ""
    found = []
    if _SECCOMP_CONTAINER + name in annotations and at(container, "securityContext", "seccompProfile") is None:
        found.append(f"{noted.key(_SECCOMP_CONTAINER + name)}: {_SECCOMP_GONE}")
    by_field = at(spec, "securityContext", "appArmorProfile") or at(container, "securityContext", "appArmorProfile")
    if str(where) and APPARMOR + name in annotations and by_field is None:  # a pod's are warned of by the registry
        found.append(f"{noted.key(APPARMOR + name)}: {_APPARMOR_OLD}")
    return found


def _container(container: Tree, place: Path) -> list[str]:
    warnings: list[str] = []
    resources = container.get("resources")
    if resources:
        for resource in ("memory", "ephemeral-storage"):
            for bound in ("limits", "requests"):
                amounts = resources.get(bound)
                if amounts and resource in amounts:
                    warnings += fractional(amounts, resource, place.child("resources", bound))
    variables = container.get("env") or ()
    if len(variables) > 1:
        seen = set()
        for index, variable in enumerate(variables):
            name = variable.get("name") or ""
            if name not in seen:
                seen.add(name)
            elif variable.get("valueFrom") or not _extends(variable.get("value") or "", name):
                where = place.child("env").index(index)
                text = f"hides previous definition of {field.quoted(name)}, which may be dropped when using apply"
                warnings.append(f"{where}: {text}")
    return warnings


def _extends(value: str, name: str) -> bool:
    """Whether a variable is made of what it was before, and of something else."""
    reference = f"$({name})"
    return reference in value and value != reference


def fractional(amounts: Tree | None, resource: str, where: Path) -> list[str]:
    """A part of a byte is no amount of memory."""
    value = amounts.get(resource) if amounts else None
    if not isinstance(value, str) or value.isdigit() or quantity.milli(value) % 1000 == 0:
        return []
    return [f"{where.key(resource)}: fractional byte value {field.quoted(value)} is invalid, must be an integer"]


def _volumes(spec: Spec, path: Path) -> list[str]:
    warnings = []
    for index, volume in enumerate(spec.get("volumes") or ()):
        if not _WARNED_SOURCES.intersection(volume):
            continue
        where = path.child("volumes").index(index)
        for source, text in _VOLUMES.items():
            if source in volume:
                warnings.append(f"{where.child(source)}: {text}")
        claimed = at(volume, "ephemeral", "volumeClaimTemplate", "spec")
        if claimed:
            warnings += claims.spec(claimed, where.child("ephemeral", "volumeClaimTemplate", "spec"))
    for volume in spec.get("volumes") or ():
        if _WITH_FILES.intersection(volume):
            warnings += volume_paths.volume(volume)
    return warnings


def _addresses(spec: Spec, path: Path) -> list[str]:
    warnings = []
    for index, text in enumerate((spec.get("dnsConfig") or {}).get("nameservers") or ()):
        warnings += addresses.ip(text, path.child("dnsConfig", "nameservers").index(index))
    for index, alias in enumerate(spec.get("hostAliases") or ()):
        warnings += addresses.ip(alias.get("ip") or "", path.child("hostAliases").index(index).child("ip"))
    return warnings


def _repeated(spec: Spec, path: Path) -> list[str]:
    """Aliases of one address, and secrets of one name."""
    warnings: list[str] = []
    if not spec.get("hostAliases") and not spec.get("imagePullSecrets"):
        return warnings
    for name, key, what in (("hostAliases", "ip", "ip"), ("imagePullSecrets", "name", "name")):
        seen = set()
        for index, item in enumerate(spec.get(name) or ()):
            value = item.get(key) or ""
            if value in seen:
                warnings.append(f"{path.child(name).index(index).child(key)}: duplicate {what} {field.quoted(value)}")
            seen.add(value)
    for index, secret in enumerate(spec.get("imagePullSecrets") or ()):
        if not secret.get("name"):
            warnings.append(f'{path.child("imagePullSecrets").index(index).child("name")}: invalid empty name ""')
    return warnings
