"""Container logs do not grow without end: a log past its size is set aside, and the oldest go.

`c/0.log` becomes `c/0.log.20260131-120000`; the runtime then opens `c/0.log` anew.  Looked at every ten seconds,
so a container that writes very fast overshoots.
"""

import logging
import pathlib
import time

from steersman.cri import runtime as cri
from steersman.kit.clock import Clock
from steersman.kubelet.pods.view import RuntimeView

log = logging.getLogger(__name__)

PERIOD = 10.0


async def rotate_forever(view: RuntimeView, runtime: cri.ContainerRuntime, clock: Clock, size: int, files: int) -> None:
    """`size` in bytes; `files` counts the one that is written."""
    while True:
        await clock.sleep(PERIOD)
        for pod in list(view.pods.values()):
            for container in list(pod.containers.values()):
                if container.state is cri.ContainerState.RUNNING and container.log_path:
                    await _rotate(runtime, container, clock.now(), size, files)


async def _rotate(runtime: cri.ContainerRuntime, container: cri.Container, now: float, size: int, files: int) -> None:
    path = pathlib.Path(container.log_path)
    try:
        if path.stat().st_size < size:
            return
        aside = path.with_name(f"{path.name}.{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}")
        path.rename(aside)
        try:
            await runtime.reopen_log(container.id)
        except cri.RuntimeFault as error:
            log.warning("the log of %s could not be opened anew: %s", container.name, error)
            aside.rename(path)
            return
        old = sorted(path.parent.glob(f"{path.name}.*"))
        for file in old[: max(len(old) - (files - 1), 0)]:
            file.unlink(missing_ok=True)
    except OSError as error:
        log.debug("the log %s was not rotated: %s", path, error)
