"""Running a program to its end, on a helper thread.

Not asyncio's own subprocesses: under uvloop they fork, which gRPC's threads do not survive quietly, and a
child that ends before it has read its input raises in the wrong place.  `subprocess` uses vfork.
"""

import asyncio
import os
import subprocess
from collections.abc import Sequence

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class CommandFailed(Exception):
    """The program ended with a code other than 0, or could not be started; the text carries its last words."""

    def __init__(self, command: Sequence[str], code: int, said: str) -> None:
        super().__init__(f"{' '.join(command[:6])}: {said or f'exit code {code}'}")
        self.code = code
        self.said = said


async def run(command: Sequence[str], text: str = "") -> str:
    """The program's standard output.  `text` is its standard input.  Raises CommandFailed."""
    return await asyncio.to_thread(_run, list(command), text)


def _run(command: Sequence[str], text: str) -> str:
    try:
        done = subprocess.run(
            command, input=text.encode(), capture_output=True, env={"PATH": PATH, "LC_ALL": "C"}, check=False
        )
    except OSError as error:
        raise CommandFailed(command, 127, os.strerror(error.errno or 0)) from error
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise CommandFailed(command, done.returncode, " ".join(lines[:2]))
    return done.stdout.decode(errors="replace")
