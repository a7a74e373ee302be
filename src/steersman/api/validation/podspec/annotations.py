"""Annotations of pods and templates that mean something: mirrors, deletion cost, profiles of old."""

import re
from collections.abc import Mapping
from typing import Any

from steersman.api.validation.errors import Errors
from steersman.api.validation.podspec import paths, windows

MIRROR = "kubernetes.io/config.mirror"
APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
_COST = "controller.kubernetes.io/pod-deletion-cost"
_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
_COST_TEXT = re.compile(r"0|-?[1-9]\d*", re.ASCII)


def annotations(values: Mapping[str, str] | None, spec: Any, at: str, e: Errors) -> None:
    if not values:
        return
    if MIRROR in values and not spec.get("nodeName"):
        e.invalid(f"{at}[{MIRROR}]", values[MIRROR], "must set spec.nodeName if mirror pod annotation is set")
    cost = values.get(_COST)
    if cost is not None and not (_COST_TEXT.fullmatch(cost) and -(1 << 31) <= int(cost) < 1 << 31):
        e.invalid(f"{at}[{_COST}]", cost, "must be a 32bit integer")
    for key, value in values.items():
        if key == _SECCOMP_POD or key.startswith(_SECCOMP_CONTAINER):
            _seccomp(value, f"{at}.{key}", e)
    for key, value in values.items():
        if key.startswith(APP_ARMOR):
            name = key.removeprefix(APP_ARMOR)
            if all(container.get("name") != name for container, _ in windows.visit(spec, "")):
                e.invalid(f"{at}[{key}]", name, "container not found")
            if value not in ("", "runtime/default", "unconfined") and not value.startswith("localhost/"):
                e.invalid(f"{at}[{key}]", value, f'invalid AppArmor profile name: "{value}"')


def _seccomp(profile: str, at: str, e: Errors) -> None:
    if profile in ("runtime/default", "docker/default", "unconfined"):
        return
    if profile.startswith("localhost/"):
        paths.descending(profile.removeprefix("localhost/"), at, e)
    else:
        e.invalid(at, profile, "must be a valid seccomp profile")


def agree(values: Mapping[str, str] | None, spec: Any, at: str, e: Errors) -> None:
    """Where annotation and field both name a profile, they name the same."""
    if not values or not any(key.startswith((_SECCOMP_POD, _SECCOMP_CONTAINER, APP_ARMOR)) for key in values):
        return
    context = spec.get("securityContext") or {}
    _match(
        values.get(_SECCOMP_POD), context.get("seccompProfile"), f"{at}.securityContext.seccompProfile", "seccomp", e
    )
    for container, where in windows.visit(spec, at):
        own, name = container.get("securityContext") or {}, container.get("name") or ""
        place = f"{where}.securityContext"
        _match(
            values.get(_SECCOMP_CONTAINER + name), own.get("seccompProfile"), f"{place}.seccompProfile", "seccomp", e
        )
        if (spec.get("os") or {}).get("name") != "windows":
            profile = own.get("appArmorProfile") or context.get("appArmorProfile")
            _match(values.get(APP_ARMOR + name), profile, f"{place}.appArmorProfile", "apparmor", e)


def _match(annotation: str | None, profile: Any, at: str, kind: str, e: Errors) -> None:
    if annotation is None or profile is None:
        return
    wanted = {"Unconfined": ("unconfined",), "RuntimeDefault": ("runtime/default", "docker/default")}
    of = profile.get("type")
    if of in wanted:
        if annotation not in wanted[of][: 2 if kind == "seccomp" else 1]:
            e.forbidden(f"{at}.type", f"{kind} type in annotation and field must match")
    elif of == "Localhost":
        if not annotation.startswith("localhost/"):
            e.forbidden(f"{at}.type", f"{kind} type in annotation and field must match")
        elif annotation.removeprefix("localhost/") != profile.get("localhostProfile"):
            e.forbidden(f"{at}.localhostProfile", f"{kind} profile in annotation and field must match")
