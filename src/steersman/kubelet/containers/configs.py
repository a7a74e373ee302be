"""What the runtime is told of a sandbox and of a container.  Pure: files and objects come in as values."""

import dataclasses
from collections.abc import Mapping, Sequence

from steersman.api.tree import Tree
from steersman.cri import runtime
from steersman.kubelet.config import KubeletConfig
from steersman.kubelet.containers import cgroup, dns, env, expand, fields, hosts, paths, security
from steersman.kubelet.pods import plan, spec
from steersman.kubelet.pods.record import (
    ANNOTATION_HASH,
    ANNOTATION_RESTARTS,
    LABEL_CONTAINER_NAME,
    LABEL_POD_NAME,
    LABEL_POD_NAMESPACE,
    LABEL_POD_UID,
)


def namespaces(pod: Tree) -> runtime.NamespaceOptions:
    given = pod["spec"]
    return runtime.NamespaceOptions(
        host_network=bool(given.get("hostNetwork")),
        host_pid=bool(given.get("hostPID")),
        host_ipc=bool(given.get("hostIPC")),
        shared_pid=bool(given.get("shareProcessNamespace")),
    )


def pod_labels(pod: Tree) -> dict[str, str]:
    """By which a pod's containers are known again, whoever started them."""
    return {
        LABEL_POD_NAME: spec.name(pod),
        LABEL_POD_NAMESPACE: spec.namespace(pod),
        LABEL_POD_UID: spec.uid(pod),
    }


def sandbox_config(config: KubeletConfig, pod: Tree, attempt: int, host: dns.Dns) -> runtime.SandboxConfig:
    resolved = dns.pod_dns(pod, config.cluster_dns, config.cluster_domain, host)
    kernel_name, _, _ = hosts.hostname(pod, config.cluster_domain)
    mappings = [
        runtime.PortMapping(
            int(port["containerPort"]), int(port["hostPort"]), port.get("protocol") or "TCP", port.get("hostIP") or ""
        )
        for field, container in spec.all_containers(pod)
        if field != "initContainers" or spec.is_sidecar(container)
        for port in container.get("ports") or ()
        if port.get("hostPort") and not spec.is_host_network(pod)
    ]
    shared = pod["spec"].get("securityContext") or {}
    privileged = any((c.get("securityContext") or {}).get("privileged") for _, c in spec.all_containers(pod))
    groups = [int(g) for g in shared.get("supplementalGroups") or ()]
    if shared.get("fsGroup") is not None:
        groups.append(int(shared["fsGroup"]))
    return runtime.SandboxConfig(
        name=spec.name(pod),
        namespace=spec.namespace(pod),
        uid=spec.uid(pod),
        attempt=attempt,
        hostname="" if spec.is_host_network(pod) else kernel_name,
        log_directory="" if config.simulated else str(paths.log_directory(config, pod)),
        dns_servers=resolved.servers,
        dns_searches=resolved.searches,
        dns_options=resolved.options,
        port_mappings=mappings,
        labels={**(pod["metadata"].get("labels") or {}), **pod_labels(pod)},
        annotations=dict(spec.annotations(pod)),
        cgroup_parent="" if config.simulated else cgroup.parent(pod),
        sysctls={str(s["name"]).replace("/", "."): str(s["value"]) for s in shared.get("sysctls") or ()},
        namespaces=namespaces(pod),
        security=runtime.Security(
            privileged=privileged,
            run_as_user=shared.get("runAsUser"),
            run_as_group=shared.get("runAsGroup") if shared.get("runAsUser") is not None else None,
            supplemental_groups=tuple(groups),
        ),
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Inputs:
    """What a container's configuration needs besides its pod."""

    objects: env.Objects
    services: Mapping[str, str]
    facts: fields.Facts
    volumes: Mapping[str, str]
    """Host path by volume name."""
    image: runtime.ImageStatus
    attempt: int
    restarts: int
    memory: int = 0
    """The node's memory in bytes."""


def container_config(
    config: KubeletConfig, pod: Tree, container: Tree, inputs: Inputs, mounts: Sequence[runtime.Mount]
) -> runtime.ContainerConfig:
    """Raises env.ConfigFault.  `mounts` are made by `containers.mounts`, because sub-paths touch the disk."""
    name = container["name"]
    values = env.environment(pod, container, inputs.objects, inputs.services, inputs.facts)
    # In commands only what the container itself names and the service variables count, as in its environment.
    restarted = str(inputs.restarts)
    return runtime.ContainerConfig(
        name=name,
        image=inputs.image.id,
        attempt=inputs.attempt,
        command=[expand.expand(word, values) for word in container.get("command") or ()],
        args=[expand.expand(word, values) for word in container.get("args") or ()],
        working_dir=container.get("workingDir") or "",
        env=tuple(values.items()),
        mounts=mounts,
        labels={**pod_labels(pod), LABEL_CONTAINER_NAME: name},
        annotations={
            ANNOTATION_HASH: plan.definition_hash(container),
            ANNOTATION_RESTARTS: restarted,
            "io.kubernetes.container.terminationMessagePath": container.get("terminationMessagePath") or "",
            "io.kubernetes.container.terminationMessagePolicy": container.get("terminationMessagePolicy") or "File",
            "io.kubernetes.pod.terminationGracePeriod": str(spec.grace_seconds(pod)),
        },
        log_path=paths.log_path(name, inputs.attempt),
        stdin=bool(container.get("stdin")),
        stdin_once=bool(container.get("stdinOnce")),
        tty=bool(container.get("tty")),
        resources=cgroup.resources(pod, container, inputs.memory),
        security=security.security(pod, container, inputs.image.user, str(config.root / "seccomp")),
        namespaces=namespaces(pod),
        stop_signal=str((container.get("lifecycle") or {}).get("stopSignal") or ""),
    )
