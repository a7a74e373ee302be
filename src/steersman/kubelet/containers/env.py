"""The environment of a container, in the order that Kubernetes builds it.

First `envFrom`, then `env` (each value may use those before it), then the service variables that nothing
above has named.  Objects that are referred to come in as values (`references` names them); one that is missing
and not optional is a `ConfigFault` with the words that the pod's status shows.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from steersman.api.tree import Tree
from steersman.kubelet.containers import expand, fields
from steersman.kubelet.pods import spec

Key: TypeAlias = tuple[str, str]
"""(`configmaps` or `secrets`, name) in the pod's namespace."""
Objects: TypeAlias = Mapping[Key, Tree | None]


class ConfigFault(Exception):
    """The container cannot be configured; the text is the message of CreateContainerConfigError."""


def references(container: Tree) -> Iterator[Key]:
    """The objects that the environment needs."""
    for source in container.get("envFrom") or ():
        if source.get("configMapRef"):
            yield "configmaps", source["configMapRef"].get("name", "")
        elif source.get("secretRef"):
            yield "secrets", source["secretRef"].get("name", "")
    for variable in container.get("env") or ():
        source = variable.get("valueFrom") or {}
        if source.get("configMapKeyRef"):
            yield "configmaps", source["configMapKeyRef"].get("name", "")
        elif source.get("secretKeyRef"):
            yield "secrets", source["secretKeyRef"].get("name", "")


def missing(kind: str, name: str) -> str:
    return f'{"configmap" if kind == "configmaps" else "secret"} "{name}" not found'


def texts(kind: str, found: Tree) -> dict[str, str]:
    """The data of a ConfigMap or Secret as text."""
    if kind == "configmaps":
        return dict(found.get("data") or {})
    return {key: decoded(value).decode("utf-8", "surrogateescape") for key, value in (found.get("data") or {}).items()}


def decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value or "")
    except binascii.Error:
        return b""


def environment(
    pod: Tree, container: Tree, objects: Objects, services: Mapping[str, str], facts: fields.Facts
) -> dict[str, str]:
    """Name to value."""
    made: dict[str, str] = {}
    for source in container.get("envFrom") or ():
        made |= _all_of(source, objects)
    for variable in container.get("env") or ():
        name = variable["name"]
        source = variable.get("valueFrom")
        if source:
            value = _value_from(pod, container, source, objects, facts)
            if value is None:
                continue
        else:
            value = expand.expand(str(variable.get("value") or ""), {**services, **made})
        made[name] = value
    return {**made, **{name: value for name, value in services.items() if name not in made}}


def _all_of(source: Tree, objects: Objects) -> dict[str, str]:
    kind, reference = (
        ("configmaps", source["configMapRef"]) if source.get("configMapRef") else ("secrets", source["secretRef"])
    )
    name = reference.get("name", "")
    found = objects.get((kind, name))
    if found is None:
        if reference.get("optional"):
            return {}
        raise ConfigFault(missing(kind, name))
    prefix = source.get("prefix") or ""
    values = texts(kind, found)
    return {prefix + key: values[key] for key in sorted(values) if "=" not in prefix + key}


def _value_from(pod: Tree, container: Tree, source: Tree, objects: Objects, facts: fields.Facts) -> str | None:
    """The value, or None for an optional one that is not there."""
    try:
        if source.get("fieldRef"):
            return fields.field_value(pod, source["fieldRef"]["fieldPath"], facts)
        if source.get("resourceFieldRef"):
            return fields.resource_value(pod, source["resourceFieldRef"], container, facts)
    except fields.FieldFault as error:
        raise ConfigFault(str(error)) from error
    kind, reference, word = (
        ("configmaps", source["configMapKeyRef"], "ConfigMap")
        if source.get("configMapKeyRef")
        else ("secrets", source.get("secretKeyRef") or {}, "Secret")
    )
    name, key = reference.get("name", ""), reference.get("key", "")
    found = objects.get((kind, name))
    if found is None:
        if reference.get("optional"):
            return None
        raise ConfigFault(missing(kind, name))
    values = texts(kind, found)
    if key not in values:
        if reference.get("optional"):
            return None
        raise ConfigFault(f"couldn't find key {key} in {word} {spec.namespace(pod)}/{name}")
    return values[key]
