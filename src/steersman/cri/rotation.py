"""Container logs do not grow without bound: rotated by size, the older ones compressed, the oldest removed.

The runtime writes to a file until it is told to open the name again.  So: rename, tell it, and it writes a new
file; `kubectl logs -f` follows over the rename.  Names are the kubelet's, so tools that know them find them:

    0.log                           being written
    0.log.20261123-071500           rotated last, not compressed (a follower may still read it)
    0.log.20261123-070000.gz        older

`plan` decides from a folder's names and sizes; `sweep` looks and does, for every running container.
"""

import asyncio
import dataclasses
import gzip
import logging
import pathlib
import shutil
from collections.abc import Mapping, Sequence

from steersman.cri import logs as lines
from steersman.cri import runtime as cri
from steersman.kit.clock import Clock

log = logging.getLogger(__name__)

MAX_BYTES = 10 << 20
MAX_FILES = 5


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    rotate: bool = False
    compress: Sequence[str] = ()
    remove: Sequence[str] = ()

    def __bool__(self) -> bool:
        return self.rotate or bool(self.compress) or bool(self.remove)


def plan(name: str, sizes: Mapping[str, int], max_bytes: int = MAX_BYTES, max_files: int = MAX_FILES) -> Plan:
    """What to do about the log `name`; `sizes` are the files of its folder.

    Invariant: after the plan is carried out there are at most `max_files` files, the current one included.
    """
    if sizes.get(name, 0) <= max_bytes:
        return Plan()
    # What an earlier process left half compressed is begun again.
    broken = [other for other in sizes if other.startswith(f"{name}.") and other.endswith(".tmp")]
    rotated = sorted(other for other in sizes if other.startswith(f"{name}.") and not other.endswith(".tmp"))
    kept = rotated[max(len(rotated) - (max_files - 2), 0) :]
    gone = [other for other in rotated if other not in kept]
    return Plan(True, tuple(other for other in kept if not other.endswith(".gz")), tuple(broken + gone))


async def sweep(
    runtime: cri.ContainerRuntime, logs: Mapping[str, str], clock: Clock, max_bytes: int = MAX_BYTES
) -> list[str]:
    """Look at the logs of running containers (paths by container id); the ids of those that were rotated."""
    done = []
    for id, text in logs.items():
        path = pathlib.Path(text)
        try:
            if path.stat().st_size <= max_bytes:
                continue
        except OSError:
            continue  # kept in memory, or being removed
        with clock.busy():
            await asyncio.to_thread(_make_room, path, max_bytes)
        target = path.with_name(f"{path.name}.{_stamp(clock.now())}")
        path.rename(target)
        try:
            await runtime.reopen_log(id)
        except cri.RuntimeFault as error:
            # The runtime still writes to the file that was renamed: give it its name back.
            if not path.exists():
                target.rename(path)
            log.warning("the log of container %s cannot be rotated: %s", id, error)
            continue
        done.append(id)
    return done


def _make_room(path: pathlib.Path, max_bytes: int) -> None:
    sizes = {entry.name: entry.stat().st_size for entry in path.parent.iterdir() if entry.is_file()}
    decided = plan(path.name, sizes, max_bytes)
    for name in decided.remove:
        (path.parent / name).unlink(missing_ok=True)
    for name in decided.compress:
        source = path.parent / name
        half = path.parent / f"{name}.tmp"
        with source.open("rb") as plain, gzip.open(half, "wb", compresslevel=6) as packed:
            shutil.copyfileobj(plain, packed)
        half.rename(path.parent / f"{name}.gz")
        source.unlink()


def _stamp(at: float) -> str:
    return lines.stamp(at)[:19].replace("-", "").replace(":", "").replace("T", "-")
