"""The operating system that a pod is for, and the fields that only the other one has."""

from typing import Any

from steersman.api.validation.errors import Errors
from steersman.api.validation.podspec import windows

_SYSTEMS = ("linux", "windows")
_NOT_WINDOWS = "cannot be set for a windows pod"
_NOT_LINUX = "windows options cannot be set for a linux pod"
_POD = (
    ("securityContext", "appArmorProfile"), ("securityContext", "seLinuxOptions"), ("", "hostUsers"), ("", "hostPID"),
    ("", "hostIPC"), ("securityContext", "seccompProfile"), ("securityContext", "fsGroup"),
    ("securityContext", "fsGroupChangePolicy"), ("securityContext", "sysctls"), ("", "shareProcessNamespace"),
    ("securityContext", "runAsUser"), ("securityContext", "runAsGroup"), ("securityContext", "supplementalGroups"),
    ("securityContext", "supplementalGroupsPolicy"), ("securityContext", "seLinuxChangePolicy"),
)  # fmt: skip
_CONTAINER = (
    "appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities", "readOnlyRootFilesystem", "privileged",
    "allowPrivilegeEscalation", "procMount", "runAsUser", "runAsGroup",
)  # fmt: skip


def system(spec: Any, at: str, e: Errors) -> None:
    name = spec["os"].get("name") or ""
    if not name:
        e.required(f"{at}.os.name", "cannot be empty")
    elif name not in _SYSTEMS:
        e.unsupported(f"{at}.os", name, _SYSTEMS)
    elif name == "linux":
        _linux(spec, at, e)
    else:
        _windows(spec, at, e)


def _linux(spec: Any, at: str, e: Errors) -> None:
    if (spec.get("securityContext") or {}).get("windowsOptions") is not None:
        e.forbidden(f"{at}.securityContext.windowsOptions", _NOT_LINUX)
    for container, where in windows.visit(spec, at):
        if (container.get("securityContext") or {}).get("windowsOptions") is not None:
            e.forbidden(f"{where}.securityContext.windowsOptions", _NOT_LINUX)


def _windows(spec: Any, at: str, e: Errors) -> None:
    context = spec.get("securityContext") or {}
    for owner, field in _POD:
        value = (context if owner else spec).get(field)
        if value is not None and (value is not False or field in ("hostUsers", "shareProcessNamespace")):
            e.forbidden(f"{at}.{owner}.{field}" if owner else f"{at}.{field}", _NOT_WINDOWS)
    for container, where in windows.visit(spec, at):
        for field in _CONTAINER:
            if (container.get("securityContext") or {}).get(field) is not None:
                e.forbidden(f"{where}.securityContext.{field}", _NOT_WINDOWS)
