"""CRI's protobuf messages to `cri.runtime`'s values and back.  Pure.

`Any` is what the stubs are to a type checker; every function here takes or returns one message.
"""

import math
from typing import Any

from cri_api.v1 import api_pb2 as pb

from steersman.cri import runtime as cri

_NANO = 1_000_000_000

_PROPAGATION = {
    "None": "PROPAGATION_PRIVATE",
    "HostToContainer": "PROPAGATION_HOST_TO_CONTAINER",
    "Bidirectional": "PROPAGATION_BIDIRECTIONAL",
}

_STATES = {
    pb.CONTAINER_CREATED: cri.ContainerState.CREATED,
    pb.CONTAINER_RUNNING: cri.ContainerState.RUNNING,
    pb.CONTAINER_EXITED: cri.ContainerState.EXITED,
}


def sandbox_config(config: cri.SandboxConfig, cgroup_parent: str) -> Any:
    linux = pb.LinuxPodSandboxConfig(
        cgroup_parent=cgroup_parent,
        sysctls=dict(config.sysctls),
        security_context=pb.LinuxSandboxSecurityContext(namespace_options=namespaces(config.namespaces)),
    )
    context = linux.security_context
    if config.security is not None:
        security = config.security
        context.privileged = security.privileged
        context.readonly_rootfs = security.read_only_root
        context.supplemental_groups.extend(security.supplemental_groups)
        if security.run_as_user is not None:
            context.run_as_user.value = security.run_as_user
        if security.run_as_group is not None:
            context.run_as_group.value = security.run_as_group
        context.seccomp.CopyFrom(profile(security.seccomp))
    made = pb.PodSandboxConfig(
        metadata=pb.PodSandboxMetadata(
            name=config.name, namespace=config.namespace, uid=config.uid, attempt=config.attempt
        ),
        # The node's network comes with the node's host name, and runc refuses another.
        hostname="" if config.namespaces.host_network else config.hostname,
        log_directory=config.log_directory,
        dns_config=pb.DNSConfig(servers=config.dns_servers, searches=config.dns_searches, options=config.dns_options),
        labels=dict(config.labels),
        annotations=dict(config.annotations),
        linux=linux,
    )
    for port in config.port_mappings:
        made.port_mappings.add(
            protocol=pb.Protocol.Value(port.protocol.upper()),
            container_port=port.container_port,
            host_port=port.host_port,
            host_ip=port.host_ip,
        )
    return made


def namespaces(options: cri.NamespaceOptions) -> Any:
    pid = pb.NODE if options.host_pid else pb.POD if options.shared_pid else pb.CONTAINER
    return pb.NamespaceOption(
        network=pb.NODE if options.host_network else pb.POD, pid=pid, ipc=pb.NODE if options.host_ipc else pb.POD
    )


def profile(text: str) -> Any:
    """A seccomp or AppArmor profile: RuntimeDefault, Unconfined, or a path or name on the node."""
    if text == "RuntimeDefault":
        return pb.SecurityProfile(profile_type=pb.SecurityProfile.RuntimeDefault)
    if text in ("", "Unconfined"):
        return pb.SecurityProfile(profile_type=pb.SecurityProfile.Unconfined)
    return pb.SecurityProfile(profile_type=pb.SecurityProfile.Localhost, localhost_ref=text)


def resources(values: cri.Resources) -> Any:
    return pb.LinuxContainerResources(
        cpu_shares=values.cpu_shares,
        cpu_quota=values.cpu_quota,
        cpu_period=values.cpu_period,
        memory_limit_in_bytes=values.memory_limit,
        oom_score_adj=values.oom_score_adj,
    )


def container_config(config: cri.ContainerConfig) -> Any:
    security = config.security
    context = pb.LinuxContainerSecurityContext(
        privileged=security.privileged,
        namespace_options=namespaces(config.namespaces),
        run_as_username=security.run_as_username,
        readonly_rootfs=security.read_only_root,
        supplemental_groups=security.supplemental_groups,
        no_new_privs=security.no_new_privileges,
        masked_paths=security.masked_paths,
        readonly_paths=security.readonly_paths,
        seccomp=profile(security.seccomp),
        capabilities=pb.Capability(
            add_capabilities=security.add_capabilities, drop_capabilities=security.drop_capabilities
        ),
    )
    if security.apparmor:
        context.apparmor.CopyFrom(profile(security.apparmor))
    if security.run_as_user is not None:
        context.run_as_user.value = security.run_as_user
    if security.run_as_group is not None:
        context.run_as_group.value = security.run_as_group
    made = pb.ContainerConfig(
        metadata=pb.ContainerMetadata(name=config.name, attempt=config.attempt),
        image=pb.ImageSpec(image=config.image),
        command=config.command,
        args=config.args,
        working_dir=config.working_dir,
        labels=dict(config.labels),
        annotations=dict(config.annotations),
        log_path=config.log_path,
        stdin=config.stdin,
        stdin_once=config.stdin_once,
        tty=config.tty,
        linux=pb.LinuxContainerConfig(resources=resources(config.resources), security_context=context),
    )
    for name, value in config.env:
        made.envs.add(key=name, value=value)
    for mount in config.mounts:
        made.mounts.add(
            container_path=mount.container_path,
            host_path=mount.host_path,
            readonly=mount.read_only,
            recursive_read_only=mount.recursive_read_only,
            selinux_relabel=mount.selinux_relabel,
            propagation=pb.MountPropagation.Value(_PROPAGATION[mount.propagation]),
        )
    for device in config.devices:
        made.devices.add(
            container_path=device.container_path, host_path=device.host_path, permissions=device.permissions
        )
    return made


def sandbox(item: Any) -> cri.Sandbox:
    """From a listing or from a status; the network's fields are filled where it has them."""
    ips: tuple[str, ...] = ()
    if isinstance(item, pb.PodSandboxStatus) and item.network.ip:
        ips = (item.network.ip, *(extra.ip for extra in item.network.additional_ips))
    return cri.Sandbox(
        id=item.id,
        name=item.metadata.name,
        namespace=item.metadata.namespace,
        uid=item.metadata.uid,
        attempt=item.metadata.attempt,
        state=cri.SandboxState.READY if item.state == pb.SANDBOX_READY else cri.SandboxState.NOT_READY,
        created_at=item.created_at / _NANO,
        labels=dict(item.labels),
        annotations=dict(item.annotations),
        ips=ips,
    )


def listed_container(item: Any) -> cri.Container:
    return cri.Container(
        id=item.id,
        sandbox_id=item.pod_sandbox_id,
        name=item.metadata.name,
        attempt=item.metadata.attempt,
        image=item.image.image,
        image_id=item.image_ref,
        state=_STATES.get(item.state, cri.ContainerState.UNKNOWN),
        created_at=item.created_at / _NANO,
        started_at=0.0,
        finished_at=0.0,
        exit_code=0,
        reason="",
        message="",
        labels=dict(item.labels),
        annotations=dict(item.annotations),
    )


def container(item: Any, sandbox_id: str, pid: int) -> cri.Container:
    """From a status."""
    return cri.Container(
        id=item.id,
        sandbox_id=sandbox_id,
        name=item.metadata.name,
        attempt=item.metadata.attempt,
        image=item.image.image,
        image_id=item.image_ref,
        state=_STATES.get(item.state, cri.ContainerState.UNKNOWN),
        created_at=item.created_at / _NANO,
        started_at=item.started_at / _NANO,
        finished_at=item.finished_at / _NANO,
        exit_code=item.exit_code,
        reason=item.reason,
        message=item.message,
        labels=dict(item.labels),
        annotations=dict(item.annotations),
        log_path=item.log_path,
        pid=pid,
    )


def image(item: Any) -> cri.ImageStatus:
    user = str(item.uid.value) if item.HasField("uid") else item.username
    return cri.ImageStatus(item.id, tuple(item.repo_tags), tuple(item.repo_digests), item.size, user)


def stats(item: Any) -> cri.ContainerStats:
    return cri.ContainerStats(
        id=item.attributes.id,
        cpu_nanoseconds=item.cpu.usage_core_nano_seconds.value,
        memory_bytes=item.memory.working_set_bytes.value,
        at=item.cpu.timestamp / _NANO,
    )


def whole_seconds(seconds: float) -> int:
    """CRI counts in whole seconds; a little grace must not become none."""
    return max(math.ceil(seconds), 0)
