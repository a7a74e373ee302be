"""PodSecurity: a namespace's labels say which of the Pod Security Standards hold in it.

`enforce` refuses pods; `warn` tells whoever creates them, or something that will.  Labels that say nonsense are
refused where they are set; where they stand already, enforcing fails closed and warning fails open.
"""

import dataclasses
import re
from collections.abc import Mapping

from steersman.api import field, status
from steersman.api.tree import Tree, at
from steersman.apiserver.access import reading
from steersman.apiserver.admission import pod_standards as standards
from steersman.apiserver.admission.attributes import Attributes, Operation
from steersman.apiserver.admission.plugin import Plugin

PREFIX = "pod-security.kubernetes.io/"
MOST_PODS = 3000
"""How many pods of a namespace are looked at when its level rises."""
_TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "pods": (),
    "podtemplates": ("template",),
    "replicationcontrollers": ("spec", "template"),
    "replicasets.apps": ("spec", "template"),
    "deployments.apps": ("spec", "template"),
    "statefulsets.apps": ("spec", "template"),
    "daemonsets.apps": ("spec", "template"),
    "jobs.batch": ("spec", "template"),
    "cronjobs.batch": ("spec", "jobTemplate", "spec", "template"),
}
_VERSION = re.compile(r"v1\.(0|[1-9][0-9]*)")


@dataclasses.dataclass(frozen=True, slots=True)
class Standard:
    level: str = standards.PRIVILEGED
    version: str = "latest"

    def __str__(self) -> str:
        return f"{self.level}:{self.version}"

    def objections(self, metadata: Tree, spec: Tree) -> list[standards.Objection]:
        match = _VERSION.fullmatch(self.version)
        minor = min(int(match[1]), standards.LATEST) if match else standards.LATEST
        return standards.evaluate(self.level, minor, metadata, spec)


@dataclasses.dataclass(frozen=True, slots=True)
class Policy:
    enforce: Standard
    warn: Standard
    errors: tuple[field.FieldError, ...]


def policy(labels: Tree) -> Policy:
    """What a namespace's labels ask for.  Where only `enforce` is said, warnings follow it."""
    errors: list[field.FieldError] = []
    enforce = _standard("enforce", labels, standards.RESTRICTED, errors)
    _standard("audit", labels, standards.PRIVILEGED, errors)
    warn = _standard("warn", labels, standards.PRIVILEGED, errors)
    if PREFIX + "warn" not in labels and PREFIX + "enforce" in labels:
        warn = enforce
    return Policy(enforce, warn, tuple(errors))


def _standard(mode: str, labels: Tree, otherwise: str, errors: list[field.FieldError]) -> Standard:
    path = field.Path("metadata").child("labels")
    level = labels.get(PREFIX + mode, standards.PRIVILEGED)
    if level not in standards.LEVELS:
        allowed = ", ".join(standards.LEVELS)
        errors.append(field.invalid(path.key(PREFIX + mode), level, f"must be one of {allowed}"))
        level = otherwise
    version = labels.get(f"{PREFIX}{mode}-version", "latest")
    if version != "latest" and not _VERSION.fullmatch(version):
        errors.append(field.invalid(path.key(f"{PREFIX}{mode}-version"), version, 'must be "latest" or "v1.x"'))
        version = "latest"
    return Standard(level, version)


class PodSecurity(Plugin):
    name = "PodSecurity"
    resources = frozenset({*_TEMPLATES, reading.NAMESPACES})
    subresources = frozenset({"", "ephemeralcontainers", "resize"})

    async def validate(self, a: Attributes) -> None:
        if a.resource.name == reading.NAMESPACES:
            if not a.subresource:
                self._namespace(a)
            return
        if a.subresource and a.resource.name != reading.PODS:
            return
        namespace = self.reader.get(reading.NAMESPACES, "", a.namespace)
        labels = at(namespace, "metadata", "labels", default={}) if namespace is not None else {}
        if not any(key.startswith(PREFIX) for key in labels):
            return
        self._pod(a, policy(labels))

    def _pod(self, a: Attributes, asked: Policy) -> None:
        path = _TEMPLATES[a.resource.name]
        pod = at(a.new, *path) if path else a.new
        if pod is None:
            return
        if not path and a.operation is Operation.UPDATE and not _is_significant(pod, a.old or {}):
            return
        metadata, spec = pod.get("metadata") or {}, pod.get("spec") or {}
        if not path:
            objections = asked.enforce.objections(metadata, spec)
            if objections:
                raise a.forbidden(f'violates PodSecurity "{asked.enforce}": {", ".join(map(str, objections))}')
        objections = asked.warn.objections(metadata, spec)
        if objections:
            a.warnings.append(f'would violate PodSecurity "{asked.warn}": {", ".join(map(str, objections))}')

    def _namespace(self, a: Attributes) -> None:
        new = policy(a.at("metadata", "labels", default={}))
        old = policy(at(a.old or {}, "metadata", "labels", default={}))
        name = str(a.at("metadata", "name", default=""))
        if new.errors and (a.operation is Operation.CREATE or new.errors != old.errors):
            raise status.invalid("Namespace", "", name, new.errors)
        if a.operation is not Operation.UPDATE or new.enforce == old.enforce:
            return
        rank = standards.LEVELS.index
        if new.enforce.version == old.enforce.version and rank(new.enforce.level) <= rank(old.enforce.level):
            return
        self._warn_of_pods(a, name, new.enforce)

    def _warn_of_pods(self, a: Attributes, namespace: str, wanted: Standard) -> None:
        """Pods that are there stay; who raises the level learns which would not come back."""
        found: dict[str, list[str]] = {}
        for pod in list(self.reader.list(reading.PODS, namespace))[:MOST_PODS]:
            reasons = [each.reason for each in wanted.objections(pod["metadata"], pod.get("spec") or {})]
            if reasons:
                found.setdefault(", ".join(reasons), []).append(pod["metadata"]["name"])
        if not found:
            return
        a.warnings.append(
            f'existing pods in namespace "{namespace}" violate the new PodSecurity enforce level "{wanted}"'
        )
        for reason, names in sorted(found.items(), key=lambda each: min(each[1])):
            others = len(names) - 1
            more = "" if not others else f" (and {others} other pod{'s' if others > 1 else ''})"
            a.warnings.append(f"{min(names)}{more}: {reason}")


def _is_significant(new: Tree, old: Tree) -> bool:
    """An update that changes what the standards look at; the rest of a pod cannot change."""
    watched = ("container.apparmor.security.beta.kubernetes.io/", "seccomp.security.alpha.kubernetes.io/")
    annotations = [
        {k: v for k, v in at(tree, "metadata", "annotations", default={}).items() if k.startswith(watched)}
        for tree in (new, old)
    ]
    if annotations[0] != annotations[1]:
        return True
    images = [
        [
            (kind, each.get("name"), each.get("image"))
            for kind in ("containers", "initContainers", "ephemeralContainers")
            for each in at(tree, "spec", kind, default=())
        ]
        for tree in (new, old)
    ]
    return images[0] != images[1]
