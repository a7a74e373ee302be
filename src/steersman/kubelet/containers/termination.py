"""What a container said last: the file that it was given for that, or, where its spec says so, its log."""

import dataclasses
import pathlib

from steersman.cri import runtime as cri
from steersman.kubelet.config import KubeletConfig
from steersman.kubelet.containers import paths
from steersman.kubelet.pods.record import LABEL_CONTAINER_NAME, LABEL_POD_UID

FILE_LIMIT = 4096
LOG_LIMIT = 2048
LOG_LINES = 80
POLICY = "io.kubernetes.container.terminationMessagePolicy"


def with_last_words(config: KubeletConfig, container: cri.Container) -> cri.Container:
    """The container with its message filled in; unchanged where it left none."""
    name = container.labels.get(LABEL_CONTAINER_NAME) or container.name
    path = paths.termination_path(config, container.labels.get(LABEL_POD_UID, ""), name, container.attempt)
    text = _tail(path, FILE_LIMIT)
    if not text and container.annotations.get(POLICY) == "FallbackToLogsOnError" and container.exit_code:
        text = _log_tail(container.log_path)
    return dataclasses.replace(container, message=text) if text else container


def _tail(path: pathlib.Path, limit: int) -> str:
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(size - limit, 0))
            return file.read(limit).decode(errors="replace")
    except OSError:
        return ""


def _log_tail(path: str) -> str:
    """The last lines of a log in CRI's format, without its stamps."""
    if not path:
        return ""
    lines = _tail(pathlib.Path(path), 64 << 10).splitlines()[-LOG_LINES:]
    words = [line.split(" ", 3) for line in lines]
    text = "".join(parts[3] + ("" if parts[2] == "P" else "\n") for parts in words if len(parts) == 4)
    return text[-LOG_LIMIT:]
