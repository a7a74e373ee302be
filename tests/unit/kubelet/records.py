"""What a kubelet sees of a pod, in a line each."""

from typing import Any

from steersman.cri import runtime as cri
from steersman.kubelet.pods import record

POD_LABELS = {"io.kubernetes.pod.uid": "u"}


def pod(*containers: Any, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "p", "namespace": "a", "uid": "u"}, "spec": {"containers": list(containers), **spec}}


def sandbox(state: cri.SandboxState = cri.SandboxState.READY, attempt: int = 0) -> cri.Sandbox:
    return cri.Sandbox(f"s{attempt}", "p", "a", "u", attempt, state, 1.0, POD_LABELS, {}, ("10.0.0.1",))


def seen(
    name: str, state: str, *, code: int = 0, ended: float = 0.0, attempt: int = 0, of: str = "s0"
) -> cri.Container:
    labels = {**POD_LABELS, "io.kubernetes.container.name": name}
    return cri.Container(
        id=f"{name}{attempt}", sandbox_id=of, name=name, attempt=attempt, image="busybox", image_id="sha",
        state=cri.ContainerState(state), created_at=1.0, started_at=1.0, finished_at=ended, exit_code=code,
        reason="", message="", labels=labels, annotations={},
    )  # fmt: skip


def look(*containers: cri.Container, sandboxes: Any = None, **fields: Any) -> record.PodRecord:
    return record.PodRecord(
        sandboxes=[sandbox()] if sandboxes is None else sandboxes, containers=record.by_name(containers), **fields
    )
