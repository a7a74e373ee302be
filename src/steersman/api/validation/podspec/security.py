"""Security contexts of pods and containers."""

import re
from typing import Any

from steersman.api.validation import internal
from steersman.api.validation.errors import Errors, between
from steersman.api.validation.podspec import paths, shapes, windows

_MOST = (1 << 31) - 1
_GROUP_POLICIES = ("Always", "OnRootMismatch")
_SUPPLEMENTAL = ("Merge", "Strict")
_SELINUX = ("MountOption", "Recursive")
_PROC_MOUNTS = ("Default", "Unmasked")
_PROFILES = ("Localhost", "RuntimeDefault", "Unconfined")
_SYSCTL_PATTERN = r"^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"
_SYSCTL = re.compile(_SYSCTL_PATTERN)
_SYSCTL_LENGTH = 253
_IPC_SYSCTLS = ("kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue.")
_SECCOMP = (("Type", "type", ""), ("LocalhostProfile", "localhostProfile", None))


def pod(spec: Any, context: Any, at: str, e: Errors) -> None:
    get = context.get
    for name in ("fsGroup", "runAsUser", "runAsGroup"):
        _identity(get(name), f"{at}.{name}", e)
    for index, group in enumerate(get("supplementalGroups") or ()):
        _identity(group, f"{at}.supplementalGroups[{index}]", e)
    if spec.get("hostPID") and spec.get("shareProcessNamespace"):
        e.invalid(f"{at}.shareProcessNamespace", True, "ShareProcessNamespace and HostPID cannot both be enabled")
    if get("sysctls"):
        _sysctls(spec, context["sysctls"], f"{at}.sysctls", e)
    if get("fsGroupChangePolicy") is not None:
        e.one_of(f"{at}.fsGroupChangePolicy", context["fsGroupChangePolicy"], _GROUP_POLICIES)
    seccomp(get("seccompProfile"), f"{at}.seccompProfile", e)
    windows.options(get("windowsOptions"), f"{at}.windowsOptions", e)
    app_armor(get("appArmorProfile"), f"{at}.appArmorProfile", e)
    if get("supplementalGroupsPolicy") is not None:
        e.one_of(f"{at}.supplementalGroupsPolicy", context["supplementalGroupsPolicy"], _SUPPLEMENTAL)
    if get("seLinuxChangePolicy") is not None:
        e.one_of(f"{at}.seLinuxChangePolicy", context["seLinuxChangePolicy"], _SELINUX)


def _identity(value: int | None, at: str, e: Errors) -> None:
    if value is not None and not 0 <= value <= _MOST:
        e.invalid(at, value, between(0, _MOST))


def _sysctls(spec: Any, items: Any, at: str, e: Errors) -> None:
    seen: set[str] = set()
    for index, item in enumerate(items):
        name, where = item.get("name") or "", f"{at}[{index}].name"
        if not name:
            e.required(where)
        elif len(name) > _SYSCTL_LENGTH or not _SYSCTL.match(name):
            e.invalid(where, name, f"must have at most {_SYSCTL_LENGTH} characters and match regex {_SYSCTL_PATTERN}")
        elif name in seen:
            e.duplicate(where, name)
        dotted = name.replace("/", ".")
        if spec.get("hostNetwork") and dotted.startswith("net."):
            e.invalid(where, name, "may not be specified when 'hostNetwork' is true")
        elif spec.get("hostIPC") and dotted.startswith(_IPC_SYSCTLS):
            e.invalid(where, name, "may not be specified when 'hostIPC' is true")
        seen.add(name)


def seccomp(profile: Any, at: str, e: Errors) -> None:
    if profile is None:
        return
    kind, local = profile.get("type") or "", profile.get("localhostProfile")
    if not kind:
        e.required(f"{at}.type", "type is required when seccompProfile is set")
    elif kind not in _PROFILES:
        e.unsupported(f"{at}.type", kind, _PROFILES)
    if kind == "Localhost":
        if local is None:
            e.required(f"{at}.localhostProfile", "must be set when seccomp type is Localhost")
        else:
            paths.descending(local, f"{at}.localhostProfile", e)
    elif local is not None:
        why = "can only be set when seccomp type is Localhost"
        e.raw(f"{at}.localhostProfile", internal.shown(profile, _SECCOMP), why)


def app_armor(profile: Any, at: str, e: Errors) -> None:
    if profile is None:
        return
    kind, local = profile.get("type") or "", profile.get("localhostProfile")
    if kind == "Localhost":
        if local is None or not local.strip():
            if local:
                e.invalid(f"{at}.localhostProfile", local, "must not be padded with whitespace")
            else:
                e.required(f"{at}.localhostProfile", "must be set when AppArmor type is Localhost")
        elif local != local.strip():
            e.invalid(f"{at}.localhostProfile", local, "must not be padded with whitespace")
        if len(local or "") > 4095:
            e.too_long(f"{at}.localhostProfile", 4095)
    elif kind in ("RuntimeDefault", "Unconfined"):
        if local is not None:
            e.invalid(f"{at}.localhostProfile", local, "can only be set when AppArmor type is Localhost")
    elif not kind:
        e.required(f"{at}.type", "type is required when appArmorProfile is set")
    else:
        e.unsupported(f"{at}.type", kind, _PROFILES)


def container(context: Any, at: str, e: Errors, *, host_users: bool) -> None:
    if not context:
        return
    get = context.get
    for name in ("runAsUser", "runAsGroup"):
        _identity(get(name), f"{at}.{name}", e)
    mount = get("procMount")
    if mount is not None:
        e.one_of(f"{at}.procMount", mount, _PROC_MOUNTS)
        if host_users and mount == "Unmasked":
            e.invalid(f"{at}.procMount", mount, "`hostUsers` must be false to use `Unmasked`")
    seccomp(get("seccompProfile"), f"{at}.seccompProfile", e)
    if get("allowPrivilegeEscalation") is False:
        _no_escalation(context, at, e)
    windows.options(get("windowsOptions"), f"{at}.windowsOptions", e)
    app_armor(get("appArmorProfile"), f"{at}.appArmorProfile", e)


def _no_escalation(context: Any, at: str, e: Errors) -> None:
    shown = internal.shown(context, shapes.SECURITY_CONTEXT)
    if context.get("privileged"):
        e.raw(at, shown, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true")
    for capability in (context.get("capabilities") or {}).get("add") or ():
        if capability == "CAP_SYS_ADMIN":
            why = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"
            e.raw(at, shown, why)
