"""The containers of a pod: regular, init, ephemeral."""

from collections.abc import Sequence
from typing import Any

from steersman.api import names
from steersman.api.tree import Tree
from steersman.api.validation import resources
from steersman.api.validation.errors import Errors
from steersman.api.validation.podspec import env, mounts, ports, probes, restart, security
from steersman.api.validation.podspec.scope import Scope

_MESSAGE_POLICIES = ("File", "FallbackToLogsOnError")
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_NOT_FOR_INIT = "may not be set for init containers without restartPolicy=Always"
_NOT_FOR_EPHEMERAL = "cannot be set for an Ephemeral Container"
_EPHEMERAL_FORBIDDEN = (
    "ports", "resources", "resizePolicy", "restartPolicy", "restartPolicyRules", "livenessProbe", "readinessProbe",
    "startupProbe", "lifecycle",
)  # fmt: skip


def containers(spec: Tree, at: str, e: Errors, scope: Scope) -> None:
    regular: Sequence[Any] = spec.get("containers") or ()
    init: Sequence[Any] = spec.get("initContainers") or ()
    _regular(regular, f"{at}.containers", e, scope)
    if init:
        _init(init, regular, f"{at}.initContainers", e, scope)
    if spec.get("ephemeralContainers"):
        taken = {each.get("name") or "" for each in (*regular, *init)}
        _ephemeral(spec["ephemeralContainers"], taken, f"{at}.ephemeralContainers", e, scope)


def _regular(items: Sequence[Any], at: str, e: Errors, scope: Scope) -> None:
    if not items:
        e.required(at)
        return
    seen: set[str] = set()
    for index, container in enumerate(items):
        where = f"{at}[{index}]"
        _common(container, where, e, scope)
        name = container.get("name") or ""
        if name in seen:
            e.duplicate(f"{where}.name", name)
        seen.add(name)
        if container.get("lifecycle") is not None:
            probes.lifecycle(container["lifecycle"], f"{where}.lifecycle", e, scope.grace)
        probes.probes(container, where, e, scope.grace)
        restart.of_container(container, where, e)
    ports.conflicts(items, at, e)


def _init(items: Sequence[Any], regular: Sequence[Any], at: str, e: Errors, scope: Scope) -> None:
    seen = {each.get("name") or "" for each in regular}
    for index, container in enumerate(items):
        where = f"{at}[{index}]"
        _common(container, where, e, scope)
        restart.of_container(container, where, e)
        name = container.get("name") or ""
        if name in seen:
            e.duplicate(f"{where}.name", name)
        elif name:
            seen.add(name)
        ports.conflicts([container], at, e)
        if container.get("restartPolicy") == "Always":
            if container.get("lifecycle") is not None:
                probes.lifecycle(container["lifecycle"], f"{where}.lifecycle", e, scope.grace)
            probes.probes(container, where, e, scope.grace)
        else:
            for field in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe"):
                if container.get(field) is not None:
                    e.forbidden(f"{where}.{field}", _NOT_FOR_INIT)
            if container.get("resizePolicy"):
                e.forbidden(f"{where}.resizePolicy", "may not be set for non-restartable init containers")


def _ephemeral(items: Sequence[Any], taken: set[str], at: str, e: Errors, scope: Scope) -> None:
    seen = set(taken)
    for index, container in enumerate(items):
        where = f"{at}[{index}]"
        _common(container, where, e, scope)
        image_spaces(container, where, e)
        name, target = container.get("name") or "", container.get("targetContainerName")
        if name in seen:
            e.duplicate(f"{where}.name", name)
        seen.add(name)
        if target and target not in taken:
            e.not_found(f"{where}.targetContainerName", target)
        for field in _EPHEMERAL_FORBIDDEN:
            if container.get(field):
                e.forbidden(f"{where}.{field}", _NOT_FOR_EPHEMERAL)
        for place, mount in enumerate(container.get("volumeMounts") or ()):
            for field in ("subPath", "subPathExpr"):
                if mount.get(field):
                    e.forbidden(f"{where}.volumeMounts[{place}].{field}", _NOT_FOR_EPHEMERAL)


def image_spaces(container: Tree, at: str, e: Errors) -> None:
    """Of a Pod only: a template may still say anything."""
    image = container.get("image") or ""
    if image != image.strip():
        e.invalid(f"{at}.image", image, "must not have leading or trailing whitespace")


def _common(container: Any, at: str, e: Errors, scope: Scope) -> None:
    get = container.get
    name = get("name") or ""
    if not name:
        e.required(f"{at}.name")
    else:
        e.named(f"{at}.name", name, names.dns1123_label)
    if not get("image"):
        e.required(f"{at}.image")
    if get("terminationMessagePolicy") not in _MESSAGE_POLICIES:
        e.required_one_of(f"{at}.terminationMessagePolicy", get("terminationMessagePolicy"), _MESSAGE_POLICIES)
    if get("ports"):
        ports.ports(container["ports"], f"{at}.ports", e)
    if get("env"):
        env.env(container["env"], f"{at}.env", e, scope.volumes)
    if get("envFrom"):
        env.env_from(container["envFrom"], f"{at}.envFrom", e)
    if get("volumeMounts"):
        mounts.mounts(container, f"{at}.volumeMounts", e, scope.volumes)
    if get("volumeDevices"):
        mounts.devices(container, f"{at}.volumeDevices", e, scope.volumes)
    if get("imagePullPolicy") not in _PULL_POLICIES:
        e.required_one_of(f"{at}.imagePullPolicy", get("imagePullPolicy"), _PULL_POLICIES)
    if get("resources"):
        resources.requirements(container["resources"], scope.claims, f"{at}.resources", e)
    if get("resizePolicy"):
        restart.resize(container["resizePolicy"], f"{at}.resizePolicy", e, scope.restart)
    if get("securityContext") is not None:
        security.container(container["securityContext"], f"{at}.securityContext", e, host_users=scope.host_users)
