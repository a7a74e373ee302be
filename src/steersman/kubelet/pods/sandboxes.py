"""Making a pod's sandbox, and removing what a pod has left behind in the runtime while it runs on."""

from steersman.api.tree import Tree
from steersman.cri import runtime as cri
from steersman.kubelet.containers import hosts, paths
from steersman.kubelet.pods import spec
from steersman.kubelet.pods.record import PodRecord
from steersman.kubelet.pods.room import Room
from steersman.kubelet.tell import WARNING


async def make(room: Room, pod: Tree, config: cri.SandboxConfig) -> cri.Sandbox | None:
    """The new sandbox; None (and told) where the runtime cannot make it now."""
    if not room.config.simulated:
        paths.log_directory(room.config, pod).mkdir(parents=True, exist_ok=True)
    try:
        id = await room.runtime.run_sandbox(config)
    except cri.Unreachable:
        raise
    except cri.RuntimeFault as error:
        room.tell.pod(pod, WARNING, "FailedCreatePodSandBox", f"Failed to create pod sandbox: {error}")
        return None
    sandbox = await room.view.look_sandbox(id)
    if sandbox is not None and not room.config.simulated:
        _write_hosts(room, pod, sandbox)
    return sandbox


def _write_hosts(room: Room, pod: Tree, sandbox: cri.Sandbox) -> None:
    _, name, domain = hosts.hostname(pod, room.config.cluster_domain)
    aliases = pod["spec"].get("hostAliases") or ()
    text = hosts.hosts_file(sandbox.ips, name, domain, aliases)
    if spec.is_host_network(pod):
        text = hosts.host_network_file(room.config.hosts_file, aliases)
    path = paths.hosts_path(room.config, spec.uid(pod))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o644)


async def prune(room: Room, pod: Tree, record: PodRecord) -> None:
    """Remove attempts older than the last two, and sandboxes that hold nothing any more."""
    kept = set()
    for attempts in record.containers.values():
        kept |= {container.sandbox_id for container in attempts[:2]}
        for old in attempts[2:]:
            await _remove_container(room, pod, old)
    for sandbox in record.sandboxes[1:]:
        if sandbox.id not in kept:
            await remove(room, sandbox)


async def remove(room: Room, sandbox: cri.Sandbox) -> None:
    await room.runtime.stop_sandbox(sandbox.id)
    await room.runtime.remove_sandbox(sandbox.id)
    room.view.gone(sandbox.id)


async def _remove_container(room: Room, pod: Tree, old: cri.Container) -> None:
    await room.runtime.remove_container(old.id)
    room.view.gone(old.id)
    if room.config.simulated:
        return
    name = old.labels.get("io.kubernetes.container.name") or old.name
    for path in (
        paths.log_directory(room.config, pod) / paths.log_path(name, old.attempt),
        paths.termination_path(room.config, spec.uid(pod), name, old.attempt),
    ):
        path.unlink(missing_ok=True)
