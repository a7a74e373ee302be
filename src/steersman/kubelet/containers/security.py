"""The security context of a container, merged from the pod's and its own.

Without a seccomp profile a container is unconfined, as the reference leaves it by default; masked and
read-only paths of /proc are set unless it is privileged or asks for an unmasked /proc.
"""

from typing import Any

from steersman.api.tree import Tree
from steersman.cri import runtime
from steersman.kubelet.containers.env import ConfigFault
from steersman.kubelet.pods import spec

MASKED = (
    "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
    "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats",
    "/sys/devices/virtual/powercap", "/sys/firmware",
)  # fmt: skip
READONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")

SAFE_SYSCTLS = (
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
)  # fmt: skip


def merged(pod: Tree, container: Tree) -> dict[str, Any]:
    """The fields that both levels have, the container's winning."""
    shared = pod["spec"].get("securityContext") or {}
    own = container.get("securityContext") or {}
    both = ("seLinuxOptions", "runAsUser", "runAsGroup", "runAsNonRoot", "seccompProfile", "appArmorProfile")
    made = {name: shared[name] for name in both if shared.get(name) is not None}
    return made | {name: value for name, value in own.items() if value is not None}


def security(pod: Tree, container: Tree, image_user: str, profiles: str = "") -> runtime.Security:
    """`image_user` is what the image runs as; `profiles` the folder of seccomp profiles.  Raises ConfigFault."""
    context = merged(pod, container)
    shared = pod["spec"].get("securityContext") or {}
    uid = context.get("runAsUser")
    name = ""
    user, _, group = image_user.partition(":")
    gid = context.get("runAsGroup")
    if uid is None and user:
        if user.isdigit():
            uid = int(user)
        else:
            name = user
    _check_non_root(pod, container, context, uid, name)
    privileged = bool(context.get("privileged"))
    unmasked = privileged or context.get("procMount") == "Unmasked"
    capabilities = context.get("capabilities") or {}
    groups = list(shared.get("supplementalGroups") or ())
    if shared.get("fsGroup") is not None:
        groups.append(shared["fsGroup"])
    del group
    return runtime.Security(
        privileged=privileged,
        run_as_user=uid,
        run_as_group=gid,
        run_as_username="" if uid is not None else name,
        supplemental_groups=tuple(int(g) for g in groups),
        read_only_root=bool(context.get("readOnlyRootFilesystem")),
        no_new_privileges=context.get("allowPrivilegeEscalation") is False,
        add_capabilities=tuple(capabilities.get("add") or ()),
        drop_capabilities=tuple(capabilities.get("drop") or ()),
        seccomp="Unconfined" if privileged else _seccomp(context.get("seccompProfile"), profiles),
        apparmor=_apparmor(context.get("appArmorProfile")),
        masked_paths=() if unmasked else MASKED,
        readonly_paths=() if unmasked else READONLY,
    )


def _check_non_root(pod: Tree, container: Tree, context: Tree, uid: int | None, name: str) -> None:
    if not context.get("runAsNonRoot"):
        return
    where = f'(pod: "{spec.full_name(pod)}", container: {container["name"]})'
    if context.get("runAsUser") is not None:
        if context["runAsUser"] == 0:
            raise ConfigFault(f"container's runAsUser breaks non-root policy {where}")
        return
    if name:
        raise ConfigFault(
            f"container has runAsNonRoot and image has non-numeric user ({name}), "
            f"cannot verify user is non-root {where}"
        )
    if not uid:
        raise ConfigFault(f"container has runAsNonRoot and image will run as root {where}")


def _seccomp(profile: Tree | None, profiles: str) -> str:
    match (profile or {}).get("type"):
        case "RuntimeDefault":
            return "RuntimeDefault"
        case "Localhost":
            return f"{profiles}/{(profile or {}).get('localhostProfile', '')}"
    return "Unconfined"


def _apparmor(profile: Tree | None) -> str:
    match (profile or {}).get("type"):
        case "RuntimeDefault":
            return "runtime/default"
        case "Localhost":
            return f"localhost/{(profile or {}).get('localhostProfile', '')}"
    return ""


def forbidden_sysctl(pod: Tree, allowed: tuple[str, ...] = ()) -> str:
    """The first kernel parameter that this node does not let pods set; empty when all are fine."""
    for one in (pod["spec"].get("securityContext") or {}).get("sysctls") or ():
        name = str(one["name"]).replace("/", ".")
        if name not in SAFE_SYSCTLS and not any(
            name == pattern or (pattern.endswith("*") and name.startswith(pattern[:-1])) for pattern in allowed
        ):
            return f'forbidden sysctl: "{name}" not allowlisted'
    return ""
