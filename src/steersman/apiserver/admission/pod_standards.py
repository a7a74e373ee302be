"""The Pod Security Standards: what a pod may not do at the levels baseline and restricted.

A check takes a pod's metadata and spec and returns why it objects, or None.  `CHECKS` says from which version
each holds; `evaluate` runs those of a level, baseline ones first, each half by name, because clients read the
objections in that order.  Texts and versions are the reference's.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence

from steersman.api.tree import Tree, at

PRIVILEGED, BASELINE, RESTRICTED = "privileged", "baseline", "restricted"
LEVELS = (PRIVILEGED, BASELINE, RESTRICTED)
LATEST = 36
"""The minor version that `latest` means."""


@dataclasses.dataclass(frozen=True, slots=True)
class Objection:
    reason: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.reason} ({self.detail})" if self.detail else self.reason


CheckFunction = Callable[[Tree, Tree, int], Objection | None]
"""Takes metadata, spec and the minor version of the standard."""


@dataclasses.dataclass(frozen=True, slots=True)
class Check:
    id: str
    level: str
    since: int
    look: CheckFunction
    stands_for: str = ""
    """A baseline check that need not run beside this one."""


def evaluate(level: str, minor: int, metadata: Tree, spec: Tree) -> list[Objection]:
    """Everything that the standard of a version objects to; empty is consent."""
    if level == PRIVILEGED:
        return []
    chosen = [c for c in CHECKS if c.since <= minor and (c.level == BASELINE or level == RESTRICTED)]
    replaced = {check.stands_for for check in chosen if check.stands_for}
    found = (check.look(metadata, spec, minor) for check in chosen if check.id not in replaced)
    return [objection for objection in found if objection is not None]


def _containers(spec: Tree) -> Iterator[Tree]:
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        yield from spec.get(kind) or ()


def _those(spec: Tree, bad: Callable[[Tree], object]) -> list[str]:
    """Names of the containers whose security context is bad."""
    return [str(c.get("name", "")) for c in _containers(spec) if bad(c.get("securityContext") or {})]


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _named(names: Sequence[str], one: str = "container") -> str:
    return f"{one if len(names) == 1 else one + 's'} {_quoted(names)}"


def _setters(pod: bool, containers: Sequence[str]) -> str:
    return " and ".join([*(["pod"] if pod else []), *([_named(containers)] if containers else [])])


def _is_windows(spec: Tree, minor: int) -> bool:
    return minor >= 25 and at(spec, "os", "name") == "windows"


def _own_users(spec: Tree, minor: int) -> bool:
    """In a user namespace of its own, being root is not being the node's root."""
    return minor >= 35 and spec.get("hostUsers") is False


_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"


def app_armor(metadata: Tree, spec: Tree, minor: int) -> Objection | None:
    bad: set[str] = set()

    def is_bad(context: Tree) -> bool:
        kind = at(context, "appArmorProfile", "type")
        if kind is None or kind in ("RuntimeDefault", "Localhost"):
            return False
        bad.add(str(kind))
        return True

    pod = is_bad(spec.get("securityContext") or {})
    containers = _those(spec, is_bad)
    annotations = [
        f'{key}="{value}"'
        for key, value in sorted((metadata.get("annotations") or {}).items())
        if key.startswith(_APPARMOR) and value not in ("", "runtime/default") and not value.startswith("localhost/")
    ]
    setters = [setter for setter in (_setters(pod, containers),) if setter]
    if annotations:
        setters.append("annotation" if len(annotations) == 1 else "annotations")
    if not setters:
        return None
    values = sorted({*bad, *annotations})
    return Objection(
        "forbidden AppArmor profile" if len(values) == 1 else "forbidden AppArmor profiles",
        f"{' and '.join(setters)} must not set AppArmor profile type to {_quoted(values)}",
    )


_DEFAULT_CAPABILITIES = frozenset(
    [
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    ]
)


def _added(spec: Tree, allowed: frozenset[str]) -> str:
    """Containers that add capabilities beyond those allowed, as a detail; empty for none."""
    bad: set[str] = set()

    def is_bad(context: Tree) -> bool:
        added = {each for each in at(context, "capabilities", "add", default=()) if each not in allowed}
        bad.update(added)
        return bool(added)

    containers = _those(spec, is_bad)
    if not containers:
        return ""
    return f"{_named(containers)} must not include {_quoted(sorted(bad))} in securityContext.capabilities.add"


def default_capabilities(metadata: Tree, spec: Tree, minor: int) -> Objection | None:
    detail = _added(spec, _DEFAULT_CAPABILITIES)
    return Objection("non-default capabilities", detail) if detail else None


def restricted_capabilities(metadata: Tree, spec: Tree, minor: int) -> Objection | None:
    if _is_windows(spec, minor):
        return None
    kept = _those(spec, lambda context: "ALL" not in at(context, "capabilities", "drop", default=()))
    details = [f'{_named(kept)} must set securityContext.capabilities.drop=["ALL"]'] if kept else []
    added = _added(spec, frozenset({"NET_BIND_SERVICE"}))
    if added:
        details.append(added)
    return Objection("unrestricted capabilities", "; ".join(details)) if details else None


def host_namespaces(metadata: Tree, spec: Tree, minor: int) -> Objection | None:
    shared = [f"{name}=true" for name in ("hostNetwork", "hostPID", "hostIPC") if spec.get(name)]
    return Objection("host namespaces", ", ".join(shared)) if shared else None


def host_path_volumes(metadata: Tree, spec: Tree, minor: int) -> Objection | None:
    names = [str(volume.get("name", "")) for volume in spec.get("volumes") or () if volume.get("hostPath") is not None]
    return Objection("hostPath volumes", _named(names, "volume")) if names else None


def host_ports(metadata: Tree, spec: Tree, minor: int) -> Objection | None:
    names: list[str] = []
    ports: set[str] = set()
    for container in _containers(spec):
        own = {str(port["hostPort"]) for port in container.get("ports") or () if port.get("hostPort")}
        if own:
            names.append(str(container.get("name", "")))
            ports |= own
    if not names:
        return None
    verb = "uses" if len(names) == 1 else "use"
    what = "hostPort" if len(ports) == 1 else "hostPorts"
    return Objection("hostPort", f"{_named(names)} {verb} {what} {', '.join(sorted(ports))}")


def host_probes(metadata: Tree, spec: Tree, minor: int) -> Objection | None:
    names: set[str] = set()
    hosts: set[str] = set()
    for container in _containers(spec):
        handlers = [container.get(kind) for kind in ("livenessProbe", "readinessProbe", "startupProbe")]
        handlers += [at(container, "lifecycle", moment) for moment in ("postStart", "preStop")]
        found = {
            str(at(handler, kind, "host"))
            for handler in handlers
            if handler
            for kind in ("httpGet", "tcpSocket")
            if at(handler, kind, "host")
        }
        if found:
            names.add(str(container.get("name", "")))
            hosts |= found
    if not names:
        return None
    verb = "uses" if len(names) == 1 else "use"
    what = "probe or lifecycle host" if len(hosts) == 1 else "probe or lifecycle hosts"
    return Objection("probe or lifecycle host", f"{_named(sorted(names))} {verb} {what} {_quoted(sorted(hosts))}")


def privileged(metadata: Tree, spec: Tree, minor: int) -> Objection | None:
    names = _those(spec, lambda context: context.get("privileged"))
    return Objection("privileged", f"{_named(names)} must not set securityContext.privileged=true") if names else None


def proc_mount(metadata: Tree, spec: Tree, minor: int) -> Objection | None:
    bad: set[str] = set()

    def is_bad(context: Tree) -> bool:
        kind = context.get("procMount")
        if kind is None or kind == "Default":
            return False
        bad.add(str(kind))
        return True

    names = _those(spec, is_bad)
    if not names:
        return None
    return Objection("procMount", f"{_named(names)} must not set securityContext.procMount to {_quoted(sorted(bad))}")


def proc_mount_baseline(metadata: Tree, spec: Tree, minor: int) -> Objection | None:
    return None if _own_users(spec, minor) else proc_mount(metadata, spec, minor)


_SELINUX_TYPES = frozenset({"", "container_t", "container_init_t", "container_kvm_t"})


def selinux_options(metadata: Tree, spec: Tree, minor: int) -> Objection | None:
    types: set[str] = set()
    fields: set[str] = set()
    allowed = _SELINUX_TYPES | {"container_engine_t"} if minor >= 31 else _SELINUX_TYPES

    def is_bad(context: Tree) -> bool:
        options = context.get("seLinuxOptions") or {}
        kind = options.get("type") or ""
        own = {field for field in ("user", "role") if options.get(field)}
        fields.update(own)
        if kind not in allowed:
            types.add(kind)
            return True
        return bool(own)

    pod = is_bad(spec.get("securityContext") or {})
    containers = _those(spec, is_bad)
    if not pod and not containers:
        return None
    details = [_named(sorted(types), "type")] if types else []
    details += [f"{field} may not be set" for field in ("user", "role") if field in fields]
    who = _setters(pod, containers)
    return Objection("seLinuxOptions", f"{who} set forbidden securityContext.seLinuxOptions: {'; '.join(details)}")


def seccomp_baseline(metadata: Tree, spec: Tree, minor: int) -> Objection | None:
    return _seccomp(spec, required=False)


def seccomp_restricted(metadata: Tree, spec: Tree, minor: int) -> Objection | None:
    return None if _is_windows(spec, minor) else _seccomp(spec, required=True)


def _seccomp(spec: Tree, *, required: bool) -> Objection | None:
    bad: set[str] = set()

    def is_bad(context: Tree) -> bool:
        profile = context.get("seccompProfile")
        if profile is None or profile.get("type") in ("RuntimeDefault", "Localhost"):
            return False
        bad.add(str(profile.get("type", "")))
        return True

    of_pod = spec.get("securityContext") or {}
    pod = is_bad(of_pod)
    containers = _those(spec, is_bad)
    if pod or containers:
        who = _setters(pod, containers)
        detail = f"{who} must not set securityContext.seccompProfile.type to {_quoted(sorted(bad))}"
        return Objection("seccompProfile", detail)
    if not required or of_pod.get("seccompProfile") is not None:
        return None
    silent = _those(spec, lambda context: context.get("seccompProfile") is None)
    if not silent:
        return None
    what = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    return Objection("seccompProfile", f"pod or {_named(silent)} {what}")


_SYSCTLS = {
    "kernel.shm_rmid_forced": 0,
    "net.ipv4.ip_local_port_range": 0,
    "net.ipv4.tcp_syncookies": 0,
    "net.ipv4.ping_group_range": 0,
    "net.ipv4.ip_unprivileged_port_start": 0,
    "net.ipv4.ip_local_reserved_ports": 27,
    "net.ipv4.tcp_keepalive_time": 29,
    "net.ipv4.tcp_fin_timeout": 29,
    "net.ipv4.tcp_keepalive_intvl": 29,
    "net.ipv4.tcp_keepalive_probes": 29,
    "net.ipv4.tcp_rmem": 32,
    "net.ipv4.tcp_wmem": 32,
}
"""Safe ones, and the minor version since which they count so."""


def sysctls(metadata: Tree, spec: Tree, minor: int) -> Objection | None:
    names = [
        str(each.get("name", ""))
        for each in at(spec, "securityContext", "sysctls", default=())
        if _SYSCTLS.get(each.get("name", ""), minor + 1) > minor
    ]
    return Objection("forbidden sysctls", ", ".join(names)) if names else None


def windows_host_process(metadata: Tree, spec: Tree, minor: int) -> Objection | None:
    def is_bad(context: Tree) -> bool:
        return bool(at(context, "windowsOptions", "hostProcess"))

    pod = is_bad(spec.get("securityContext") or {})
    containers = _those(spec, is_bad)
    if not pod and not containers:
        return None
    who = _setters(pod, containers)
    return Objection("hostProcess", f"{who} must not set securityContext.windowsOptions.hostProcess=true")


def privilege_escalation(metadata: Tree, spec: Tree, minor: int) -> Objection | None:
    if _is_windows(spec, minor):
        return None
    names = _those(spec, lambda context: context.get("allowPrivilegeEscalation") is not False)
    if not names:
        return None
    detail = f"{_named(names)} must set securityContext.allowPrivilegeEscalation=false"
    return Objection("allowPrivilegeEscalation != false", detail)


_PLAIN_VOLUMES = frozenset(
    [
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    ]
)


def restricted_volumes(metadata: Tree, spec: Tree, minor: int) -> Objection | None:
    names: list[str] = []
    kinds: set[str] = set()
    for volume in spec.get("volumes") or ():
        sources = [key for key, value in volume.items() if key != "name" and value is not None]
        if any(source in _PLAIN_VOLUMES for source in sources):
            continue
        names.append(str(volume.get("name", "")))
        kinds.add(sources[0] if sources else "unknown")
    if not names:
        return None
    verb = "uses" if len(names) == 1 else "use"
    detail = f"{_named(names, 'volume')} {verb} {_named(sorted(kinds), 'restricted volume type')}"
    return Objection("restricted volume types", detail)


def run_as_non_root(metadata: Tree, spec: Tree, minor: int) -> Objection | None:
    if _own_users(spec, minor):
        return None
    chosen = at(spec, "securityContext", "runAsNonRoot")
    pod = chosen is False
    containers = _those(spec, lambda context: context.get("runAsNonRoot") is False)
    if pod or containers:
        detail = f"{_setters(pod, containers)} must not set securityContext.runAsNonRoot=false"
        return Objection("runAsNonRoot != true", detail)
    silent = [] if chosen else _those(spec, lambda context: context.get("runAsNonRoot") is None)
    if not silent:
        return None
    return Objection("runAsNonRoot != true", f"pod or {_named(silent)} must set securityContext.runAsNonRoot=true")


def run_as_user(metadata: Tree, spec: Tree, minor: int) -> Objection | None:
    if _own_users(spec, minor):
        return None
    pod = at(spec, "securityContext", "runAsUser") == 0
    containers = _those(spec, lambda context: context.get("runAsUser") == 0)
    if not pod and not containers:
        return None
    return Objection("runAsUser=0", f"{_setters(pod, containers)} must not set runAsUser=0")


CHECKS = (
    Check("appArmorProfile", BASELINE, 0, app_armor),
    Check("capabilities_baseline", BASELINE, 0, default_capabilities),
    Check("hostNamespaces", BASELINE, 0, host_namespaces),
    Check("hostPathVolumes", BASELINE, 0, host_path_volumes),
    Check("hostPorts", BASELINE, 0, host_ports),
    Check("hostProbesAndHostLifecycle", BASELINE, 34, host_probes),
    Check("privileged", BASELINE, 0, privileged),
    Check("procMount_baseline", BASELINE, 0, proc_mount_baseline),
    Check("seLinuxOptions", BASELINE, 0, selinux_options),
    Check("seccompProfile_baseline", BASELINE, 19, seccomp_baseline),
    Check("sysctls", BASELINE, 0, sysctls),
    Check("windowsHostProcess", BASELINE, 0, windows_host_process),
    Check("allowPrivilegeEscalation", RESTRICTED, 8, privilege_escalation),
    Check("capabilities_restricted", RESTRICTED, 22, restricted_capabilities, stands_for="capabilities_baseline"),
    Check("procMount_restricted", RESTRICTED, 35, proc_mount),
    Check("restrictedVolumes", RESTRICTED, 0, restricted_volumes, stands_for="hostPathVolumes"),
    Check("runAsNonRoot", RESTRICTED, 0, run_as_non_root),
    Check("runAsUser", RESTRICTED, 23, run_as_user),
    Check("seccompProfile_restricted", RESTRICTED, 19, seccomp_restricted, stands_for="seccompProfile_baseline"),
)
