"""The data directory: where each thing of a cluster lies, who may use it, and which version wrote it.

One process at a time holds the directory (an advisory lock that ends with the process, so a killed server
leaves nothing to clear).  `version` is a number that grows when the layout changes: a directory of a newer
version is refused, an older one is brought up to date here.
"""

import contextlib
import dataclasses
import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

VERSION = 1


class DataDirError(Exception):
    """The directory cannot be used; one line, with the fix."""


@dataclasses.dataclass(frozen=True, slots=True)
class DataDir:
    root: Path

    @property
    def id(self) -> str:
        """Eight characters that name this cluster on this machine: its namespaces, bridges and cgroups."""
        return hashlib.sha256(str(self.root.resolve()).encode()).hexdigest()[:8]

    @property
    def config(self) -> Path:
        return self.root / "config.json"

    @property
    def store(self) -> Path:
        return self.root / "state.db"

    @property
    def pki(self) -> Path:
        return self.root / "pki"

    @property
    def kubeconfig(self) -> Path:
        return self.root / "admin.kubeconfig"

    @property
    def process(self) -> Path:
        """Who runs the cluster: process id, its start time, and the address it serves."""
        return self.root / "server.json"

    @property
    def log(self) -> Path:
        return self.root / "server.log"

    @property
    def volumes(self) -> Path:
        """Folders of the claims on the class `standard`."""
        return self.root / "volumes"

    def node(self, name: str) -> Path:
        return self.root / "nodes" / name

    def prepare(self) -> None:
        """Make the directory, or find it usable.  Raises DataDirError."""
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o755)
            probe = self.root / ".write-probe"
            probe.write_bytes(b"ok")
            probe.unlink()
        except OSError as error:
            raise self._unwritable(error) from error
        mark = self.root / "version"
        try:
            found = int(mark.read_text())
        except FileNotFoundError:
            self._stamp(mark)
            return
        except ValueError as error:
            raise DataDirError(f"{mark} does not hold a number; is {self.root} a Steersman directory?") from error
        if found > VERSION:
            raise DataDirError(
                f"{self.root} was written by a newer Steersman (layout {found}, this one knows {VERSION}); "
                "upgrade, or use --data-dir DIR"
            )

    def _stamp(self, mark: Path) -> None:
        """Write the version down, whole or not at all: half a mark would make the directory unusable."""
        try:
            scratch = mark.with_suffix(".new")
            scratch.write_text(f"{VERSION}\n")
            scratch.replace(mark)
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> DataDirError:
        return DataDirError(f"cannot write to {self.root}: {error.strerror}; mend that, or use --data-dir DIR")

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the directory against other processes.  Raises DataDirError when one has it."""
        try:
            handle = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                owner = os.pread(handle, 32, 0).decode().strip()
                raise DataDirError(
                    f"process {owner or '(unknown)'} already runs the cluster in {self.root}; `steersman down` stops it"
                ) from error
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
            yield
        finally:
            os.close(handle)
