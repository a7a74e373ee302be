"""AppArmor profiles of pods: once annotations, now fields.

A new pod has both say the same: a field becomes an annotation for older nodes, an annotation becomes a field, with
a warning.  An annotation that cannot be read stays what it is, for validation to refuse.
"""

from typing import Any

from steersman.api.tree import MutableTree, Tree, at
from steersman.apiserver.registry.strategy import Context

PREFIX = "container.apparmor.security.beta.kubernetes.io/"
LOCALHOST = "localhost/"
_WARNING = 'deprecated since v1.30; use the "appArmorProfile" field instead'


def sync(new: MutableTree, context: Context) -> None:
    spec, annotations = new.get("spec") or {}, new["metadata"].get("annotations") or {}
    by_pod = at(spec, "securityContext", "appArmorProfile")
    noted = any(key.startswith(PREFIX) for key in annotations)
    if (not noted and by_pod is None and not _any_field(spec)) or at(spec, "os", "name") == "windows":
        return
    annotations = dict(annotations)
    for group in ("initContainers", "containers"):
        if not spec.get(group):
            continue
        made = []
        for container in spec[group]:
            key = f"{PREFIX}{container.get('name', '')}"
            field = at(container, "securityContext", "appArmorProfile")
            if key not in annotations:
                text = _annotation(field or by_pod)
                if text:
                    annotations[key] = text
            elif field is None:
                found = _field(annotations[key])
                if found is not None and found != by_pod:
                    container = {**container, "securityContext": _with(container.get("securityContext"), found)}
                    context.warnings.append(f"metadata.annotations[{key}]: {_WARNING}")
            made.append(container)
        spec = {**spec, group: made}
    new["spec"] = spec
    if annotations:
        new["metadata"]["annotations"] = annotations


def _any_field(spec: Tree) -> bool:
    return any(
        (container.get("securityContext") or {}).get("appArmorProfile") is not None
        for group in ("initContainers", "containers")
        for container in spec.get(group) or ()
    )


def _with(context: Tree | None, profile: dict[str, Any]) -> dict[str, Any]:
    return {**(context or {}), "appArmorProfile": profile}


def _annotation(profile: Tree | None) -> str:
    kind = (profile or {}).get("type")
    if kind == "Localhost":
        return LOCALHOST + str((profile or {}).get("localhostProfile") or "")
    return {"Unconfined": "unconfined", "RuntimeDefault": "runtime/default"}.get(kind or "", "")


def _field(annotation: str) -> dict[str, Any] | None:
    if annotation == "unconfined":
        return {"type": "Unconfined"}
    if annotation == "runtime/default":
        return {"type": "RuntimeDefault"}
    name = annotation.removeprefix(LOCALHOST)
    return {"type": "Localhost", "localhostProfile": name} if name != annotation and name else None
