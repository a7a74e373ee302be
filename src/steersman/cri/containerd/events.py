"""containerd's events as the kubelet's hints.  Pure.

An event of an exec's process carries the process' id and is not one of the container: it is left out.  A
container's id and a sandbox's are of one kind; whoever listens knows which is which.
"""

from typing import Any

from steersman.cri.containerd import messages
from steersman.cri.runtime import EventKind, RuntimeEvent

FILTERS = (
    'topic=="/tasks/start"',
    'topic=="/tasks/exit"',
    'topic=="/tasks/delete"',
    'topic=="/tasks/oom"',
)


def read(envelope: Any) -> RuntimeEvent | None:
    value = envelope.event.value
    match envelope.topic:
        case "/tasks/start":
            started = messages.parser("containerd.events.TaskStart")(value)
            return RuntimeEvent(EventKind.STARTED, started.container_id)
        case "/tasks/exit":
            ended = messages.parser("containerd.events.TaskExit")(value)
            if ended.id not in ("", ended.container_id):
                return None
            return RuntimeEvent(EventKind.EXITED, ended.container_id, ended.exit_status)
        case "/tasks/delete":
            deleted = messages.parser("containerd.events.TaskDelete")(value)
            if deleted.id not in ("", deleted.container_id):
                return None
            return RuntimeEvent(EventKind.DELETED, deleted.container_id, deleted.exit_status)
        case "/tasks/oom":
            oom = messages.parser("containerd.events.TaskOOM")(value)
            return RuntimeEvent(EventKind.OOM, oom.container_id)
        case _:
            return None
