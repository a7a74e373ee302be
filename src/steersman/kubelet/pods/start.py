"""Starting one container: image, configuration, creation, start, postStart.  Tells each step.

A step that fails is a `StartFault` with the reason and message of the container's waiting state.
"""

from collections.abc import Mapping, Sequence

from steersman.api.tree import Tree
from steersman.client import errors
from steersman.cri import runtime as cri
from steersman.kubelet import images
from steersman.kubelet.containers import configs, env, fields, mounts, services
from steersman.kubelet.lifecycle import HookFault
from steersman.kubelet.objects import Unavailable
from steersman.kubelet.pods import spec
from steersman.kubelet.pods.room import Room
from steersman.kubelet.tell import NORMAL, WARNING


class StartFault(Exception):
    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


async def start(
    room: Room,
    pod: Tree,
    container: Tree,
    sandbox: cri.Sandbox,
    sandbox_config: cri.SandboxConfig,
    attempt: int,
    facts: fields.Facts,
    volumes: Mapping[str, str],
) -> None:
    """Raises StartFault; RuntimeFault is translated here."""
    name = container["name"]
    try:
        image = await room.images.ensure(pod, container, await _pull_secrets(room, pod))
    except images.ImageFault as error:
        room.tell.container(pod, name, WARNING, "Failed", f"Error: {error.reason}")
        raise StartFault(error.reason, error.message) from error
    try:
        config = await _configured(room, pod, container, image, attempt, facts, volumes)
    except (env.ConfigFault, Unavailable, OSError) as error:
        room.tell.container(pod, name, WARNING, "Failed", f"Error: {error}")
        raise StartFault("CreateContainerConfigError", str(error)) from error
    try:
        id = await room.runtime.create_container(sandbox.id, config, sandbox_config)
    except cri.Unreachable:
        raise
    except cri.RuntimeFault as error:
        room.tell.container(pod, name, WARNING, "Failed", f"Error: {plain(error)}")
        raise StartFault("CreateContainerError", plain(error)) from error
    room.tell.container(pod, name, NORMAL, "Created", "Container created")
    fault: cri.RuntimeFault | None = None
    try:
        await room.runtime.start_container(id)
    except cri.Unreachable:
        raise
    except cri.RuntimeFault as error:
        fault = error
    started = await room.view.look_container(id)
    if fault is not None:
        room.tell.container(pod, name, WARNING, "Failed", f"Error: {plain(fault)}")
        raise StartFault("RunContainerError", plain(fault)) from fault
    room.tell.container(pod, name, NORMAL, "Started", "Container started")
    try:
        await room.lifecycle.post_start(pod, container, id, facts.pod_ips)
    except HookFault as error:
        if started is not None:
            await room.lifecycle.stop(pod, started, "FailedPostStartHook", spec.grace_seconds(pod), facts.pod_ips)
            await room.view.look_container(id)
        raise StartFault("PostStartHookError", str(error)) from error


def plain(error: cri.RuntimeFault) -> str:
    """A runtime's text without the tail that says that gRPC knows no code for it."""
    return str(error).removesuffix(": unknown")


async def _configured(
    room: Room,
    pod: Tree,
    container: Tree,
    image: cri.ImageStatus,
    attempt: int,
    facts: fields.Facts,
    volumes: Mapping[str, str],
) -> cri.ContainerConfig:
    namespace = spec.namespace(pod)
    objects = await room.objects.get_all(env.references(container), namespace, spec.uid(pod))
    links = pod["spec"].get("enableServiceLinks") is not False
    found = services.variables(room.services(namespace), namespace, links=links)
    inputs = configs.Inputs(
        objects=objects,
        services=found,
        facts=facts,
        volumes=volumes,
        image=image,
        attempt=attempt,
        restarts=attempt,
        memory=room.memory,
    )
    mounted: Sequence[cri.Mount] = ()
    if not room.config.simulated:
        values = env.environment(pod, container, objects, found, facts)
        mounted = mounts.mounts(room.config, pod, container, volumes, values, attempt)
    return configs.container_config(room.config, pod, container, inputs, mounted)


async def _pull_secrets(room: Room, pod: Tree) -> list[Tree]:
    made = []
    for reference in pod["spec"].get("imagePullSecrets") or ():
        try:
            found = await room.objects.get("secrets", spec.namespace(pod), reference.get("name", ""), spec.uid(pod))
        except (Unavailable, errors.ApiError):
            continue
        if found is not None:
            made.append(found)
    return made
