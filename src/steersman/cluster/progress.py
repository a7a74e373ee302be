"""How long work tells what it does: steps as values, shown by whoever watches.

A server started in the background writes its steps as JSON lines to an inherited pipe; `up` reads them and
shows them.  In the foreground they are shown directly.
"""

import dataclasses
import os
from collections.abc import Iterator
from typing import IO, Protocol

import msgspec


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    kind: str
    """step (done), warning, ready (the last of a good start), error (the last of a bad one)."""
    text: str
    seconds: float = 0.0
    """Since the process began."""
    details: dict[str, str] = dataclasses.field(default_factory=dict)


class Progress(Protocol):
    def tell(self, step: Step) -> None: ...


class Silent:
    def tell(self, step: Step) -> None:
        pass


class Pipe:
    """To a pipe that somebody may have stopped reading: then steps are dropped."""

    def __init__(self, handle: int) -> None:
        self._handle: int | None = handle

    def tell(self, step: Step) -> None:
        if self._handle is None:
            return
        try:
            os.write(self._handle, msgspec.json.encode(step) + b"\n")
        except OSError:
            self.close()
            return
        if step.kind in ("ready", "error"):
            self.close()

    def close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def read(source: IO[bytes]) -> Iterator[Step]:
    """The steps of a pipe until its writer closes it."""
    for line in source:
        yield msgspec.json.decode(line, type=Step)
