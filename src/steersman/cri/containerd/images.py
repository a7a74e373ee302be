"""Images from archives: what containerd 1.6 has no single call for.

Its import needs the content, lease, image, diff and snapshot services together; `ctr`, which comes with it,
does that.  CRI learns of the new images from events a moment later, so loading ends when it has.
"""

import asyncio
import pathlib
import subprocess
from typing import Any

from cri_api.v1 import api_pb2 as pb

from steersman.cri import archive, reference
from steersman.cri import runtime as cri
from steersman.cri.containerd import config, pause
from steersman.cri.containerd.connection import NAMESPACE, Connection


async def load(connection: Connection, socket: pathlib.Path, path: pathlib.Path, snapshotter: str) -> list[str]:
    """Import an archive; the names in it.  Raises RuntimeFault with `ctr`'s words."""
    try:
        names = [reference.normal(name) for name in await asyncio.to_thread(archive.names, path)]
    except (OSError, ValueError) as error:
        raise cri.RuntimeFault(f"cannot load {path}: {error}") from error
    if not names:
        raise cri.RuntimeFault(f"cannot load {path}: the images in it have no names")
    words = ["ctr", "--address", str(socket), "--namespace", NAMESPACE]
    words += ["images", "import", "--snapshotter", snapshotter, str(path)]
    # By a thread: uvloop starts children with fork, which gRPC's own threads complain about.
    with connection.clock.busy():
        ended = await asyncio.to_thread(subprocess.run, words, capture_output=True, check=False)
    if ended.returncode != 0:
        lines = (ended.stdout + ended.stderr).decode(errors="replace").strip().splitlines()
        raise cri.RuntimeFault(f"cannot load {path}: {lines[-1] if lines else 'ctr failed'}")
    deadline = connection.clock.monotonic() + 10
    for name in names:
        while await status(connection, name) is None:
            if connection.clock.monotonic() > deadline:
                raise cri.RuntimeFault(f"{name} was imported, but CRI does not show it")
            await connection.clock.sleep(0.005)
    return names


async def status(connection: Connection, image: str) -> Any | None:
    """CRI's image message; None where there is no such image."""
    request = pb.ImageStatusRequest(image=pb.ImageSpec(image=image))
    answer = await connection.cri("ImageStatus", request, pb.ImageStatusResponse, image=True)
    return answer.image if answer.HasField("image") else None


async def ensure_pause(connection: Connection, socket: pathlib.Path, directory: pathlib.Path, snapshotter: str) -> None:
    """Have the pause image; without it no sandbox starts."""
    if await status(connection, config.PAUSE_IMAGE) is None:
        path = directory / "pause.tar"
        path.write_bytes(pause.image())
        await load(connection, socket, path, snapshotter)
