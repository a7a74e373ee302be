"""One private containerd a node: started, found again, ended with everything it started.

It runs inside the node's network namespace, in a mount namespace of its own and detached: it and its
containers survive us, and are found again by pid and start time.  Its mounts (root file systems, sandboxes'
namespaces) exist in that mount namespace only, so they are gone when its last process is, however that
happened.  /run/containerd and /var/lib/cni, whose names are compiled into containerd, runc and the CNI
library, are private directories there, so the system's own containerd is never touched.

A daemon that is started again while containers run joins their mount namespace (that of a living shim): it
would see neither their roots nor their networks otherwise.

The host sees, besides files below `directory`: the control group `cgroup`, one bind mount for each of
`shared` (what the kubelet mounts there later must reach containers), and the two empty directories named
above, which stay.  `stop` removes all but the files of images and logs.
"""

import asyncio
import dataclasses
import hashlib
import logging
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
from collections.abc import Sequence

import grpc

from steersman.cri.containerd import cgroups, config, machine, processes
from steersman.cri.runtime import RuntimeFault, Unreachable
from steersman.kit.clock import Clock

log = logging.getLogger(__name__)

_SOCKET_PATH_MAX = 95  # of 107 that the kernel takes; the ttrpc socket's name is longer by two
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Where and how a node's daemon runs."""

    directory: pathlib.Path
    """`D/nodes/N/containerd`."""
    cni_conf: pathlib.Path
    cgroup: str
    """The control group above all pods of the node, such as `/steersman/<cluster>/<node>`."""
    network: str = ""
    """The node's network namespace as a path; empty: the namespace that we are in."""
    cni_bin: pathlib.Path = pathlib.Path("/usr/lib/cni")
    shared: Sequence[pathlib.Path] = ()
    """Directories in which the host mounts things later that containers must see (the pods' volumes)."""
    egress: bool = True
    runc: str = ""


class Daemon:
    def __init__(self, place: Place, clock: Clock) -> None:
        self.place = place
        self._clock = clock
        self._directory = place.directory
        self.socket = _socket_path(place.directory)
        self.process: processes.Process | None = None
        self._log_before = 0
        """Size of the log when the daemon was last launched: what it says of itself comes after."""

    @property
    def snapshotter(self) -> str:
        """The one that the configuration names; known once `start` has returned."""
        text = (self._directory / "config.toml").read_text()
        return "native" if 'snapshotter = "native"' in text else "overlayfs"

    @property
    def log_file(self) -> pathlib.Path:
        return self._directory / "log"

    def find(self) -> processes.Process | None:
        """The daemon of this directory if it runs, also one that an earlier process of ours started."""
        self.process = processes.recall(self._directory / "pid")
        return self.process

    async def start(self, timeout: float = 20.0) -> bool:
        """Have it running and answering.  True when it was started now, False when it ran already."""
        started = False
        if self.find() is None:
            with self._clock.busy():
                await asyncio.to_thread(self._prepare)
                await asyncio.to_thread(self._launch)
            started = True
        await self._wait_until_ready(timeout)
        return started

    async def supervise(self, interval: float = 1.0) -> None:
        """Start it again whenever it has died.  Runs until cancelled."""
        while True:
            await self._clock.sleep(interval)
            if self.process is None or not self.process.alive():
                log.warning("containerd of %s has ended; starting it again", self._directory)
                try:
                    await self.start()
                except RuntimeFault as error:
                    log.error("containerd of %s does not start: %s", self._directory, error)

    async def end(self, timeout: float = 5.0) -> None:
        """End the daemon alone; containers run on."""
        process = self.find()
        if process is not None:
            process.signal(signal.SIGTERM)
            if not await self._gone([process], timeout):
                process.kill()
                await self._gone([process], timeout)
        (self._directory / "pid").unlink(missing_ok=True)
        self.process = None

    async def stop(self, timeout: float = 10.0) -> list[str]:
        """End the daemon, its shims, every container and process below `cgroup`; remove groups and mounts.

        Returns what could not be removed, in words; empty when nothing is left.  Safe to call twice, and
        when nothing runs.
        """
        await self.end()
        left: list[str] = []
        deadline = self._clock.monotonic() + timeout
        while True:
            shims = self._shims()
            # A shim that dies before its container leaves it an orphan: the containers first.
            held = cgroups.kill(self.place.cgroup)
            for child in processes.children({shim.pid for shim in shims}):
                child.kill()
            for shim in shims:
                shim.kill()
            if not shims and not held:
                break
            if self._clock.monotonic() > deadline:
                left.extend(f"process {shim.pid} (shim)" for shim in shims)
                left.extend(f"process {pid}" for pid in sorted(cgroups.members(self.place.cgroup)))
                break
            await self._clock.sleep(0.01)
        while not cgroups.remove(self.place.cgroup):
            if self._clock.monotonic() > deadline:
                left.append(f"control group {self.place.cgroup}")
                break
            await self._clock.sleep(0.01)
        with self._clock.busy():
            left.extend(await asyncio.to_thread(self._clean))
        return left

    # --- within

    def _shims(self) -> list[processes.Process]:
        return processes.with_argument("containerd-shim-runc-v2", str(self.socket))

    def _prepare(self) -> None:
        directory = self._directory
        for name in ("root", "state", "run", "tmp", "certs.d", "cni-cache", "fifo"):
            (directory / name).mkdir(parents=True, exist_ok=True)
        directory.chmod(0o711)
        self.socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.place.cni_conf.mkdir(parents=True, exist_ok=True)
        default = directory / "certs.d" / "_default"
        if self.place.egress:
            shutil.rmtree(default, ignore_errors=True)
        else:
            default.mkdir(exist_ok=True)
            (default / "hosts.toml").write_text(config.no_registries())
        settings = config.Settings(
            directory=directory,
            socket=self.socket,
            cni_bin=self.place.cni_bin,
            cni_conf=self.place.cni_conf,
            snapshotter="overlayfs" if machine.overlay_works(directory / "tmp") else "native",
            may_lower_oom_score=machine.has_capability(machine.CAP_SYS_RESOURCE),
            apparmor=machine.apparmor_enabled(),
            egress=self.place.egress,
            runc=self.place.runc,
        )
        (directory / "config.toml").write_text(config.render(settings))
        mounted = machine.mount_points()
        for path in self.place.shared:
            path.mkdir(parents=True, exist_ok=True)
            if str(path) not in mounted:
                machine.command("mount", "--bind", str(path), str(path))
                machine.command("mount", "--make-rshared", str(path))

    def _launch(self) -> None:
        quoted = shlex.quote
        directory = self._directory
        daemon = f"exec containerd --config {quoted(str(directory / 'config.toml'))}"
        shims = self._shims()
        enter = ["nsenter", f"--net={self.place.network}"] if self.place.network else []
        if shims:
            words = [*(enter or ["nsenter"]), f"--mount=/proc/{shims[0].pid}/ns/mnt", "sh", "-c", daemon]
        else:
            mounts = [
                "mount --make-rshared /",
                "mkdir -p /run/containerd /var/lib/cni",
                f"mount --bind {quoted(str(directory / 'run'))} /run/containerd",
                f"mount --bind {quoted(str(directory / 'cni-cache'))} /var/lib/cni",
            ]
            words = [*enter, "unshare", "--mount", "--propagation", "slave", "sh", "-c", " && ".join([*mounts, daemon])]
        # The shell ends at once, so the daemon belongs to process 1, in a session of its own.
        script = f"setsid {shlex.join(words)} </dev/null >>{quoted(str(self.log_file))} 2>&1 & echo $!"
        environment = {"PATH": _PATH, "TMPDIR": str(directory / "tmp")}
        if self.place.egress:
            proxies = ("http_proxy", "https_proxy", "no_proxy")
            names = {*proxies, *(name.upper() for name in proxies)}
            environment.update({name: value for name, value in os.environ.items() if name in names})
        self._log_before = self.log_file.stat().st_size if self.log_file.exists() else 0
        ended = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, check=False, cwd="/")
        process = processes.find(int(ended.stdout)) if ended.returncode == 0 else None
        if process is None:
            raise RuntimeFault(f"containerd did not start: {ended.stderr.decode().strip() or self._last_words()}")
        processes.record(process, directory / "pid")
        self.process = process

    async def _wait_until_ready(self, timeout: float) -> None:
        deadline = self._clock.monotonic() + timeout
        while not machine.accepts(self.socket):
            if self.process is None or not self.process.alive():
                raise RuntimeFault(f"containerd ended while starting: {self._last_words()}")
            if self._clock.monotonic() > deadline:
                raise Unreachable(f"containerd does not open {self.socket}: {self._last_words()}")
            await self._clock.sleep(0.005)
        from cri_api.v1 import api_pb2

        with self._clock.busy():
            async with grpc.aio.insecure_channel(f"unix:{self.socket}") as channel:
                ask = channel.unary_unary(
                    "/runtime.v1.RuntimeService/Version",
                    request_serializer=api_pb2.VersionRequest.SerializeToString,
                    response_deserializer=api_pb2.VersionResponse.FromString,
                )
                while True:
                    try:
                        await ask(api_pb2.VersionRequest(), timeout=5)
                        return
                    except grpc.aio.AioRpcError as error:
                        if self.process is None or not self.process.alive():
                            raise RuntimeFault(f"containerd ended while starting: {self._last_words()}") from error
                        if self._clock.monotonic() > deadline:
                            raise Unreachable(f"containerd does not answer: {error.details()}") from error
                        await self._clock.sleep(0.01)

    def _last_words(self) -> str:
        try:
            with self.log_file.open("rb") as source:
                source.seek(self._log_before)
                lines = source.read().decode(errors="replace").splitlines()
        except OSError:
            return "it left no log"
        said = [line for line in lines[-40:] if "level=fatal" in line or "level=" not in line or "error" in line]
        return (said or lines or ["it said nothing"])[-1]

    async def _gone(self, waited: Sequence[processes.Process], timeout: float) -> bool:
        deadline = self._clock.monotonic() + timeout
        while any(process.alive() for process in waited):
            if self._clock.monotonic() > deadline:
                return False
            await self._clock.sleep(0.005)
        return True

    def _clean(self) -> list[str]:
        """Remove what only lives as long as processes do; the files of images, containers and logs stay."""
        left = []
        for path in self.place.shared:
            for mounted in sorted(
                (m for m in machine.mount_points() if m == str(path) or m.startswith(f"{path}/")), reverse=True
            ):
                ended = subprocess.run(["umount", "--lazy", mounted], capture_output=True, check=False)
                if ended.returncode != 0:
                    left.append(f"mount {mounted}: {ended.stderr.decode().strip()}")
        inside = [mounted for mounted in machine.mount_points() if mounted.startswith(f"{self._directory}/")]
        left.extend(f"mount {mounted}" for mounted in inside)
        if not inside:
            for name in ("state", "run", "fifo", "tmp", "cni-cache"):
                shutil.rmtree(self._directory / name, ignore_errors=True)
        for suffix in ("", ".t"):
            pathlib.Path(f"{self.socket}{suffix}").unlink(missing_ok=True)
        if self.socket.parent != self._directory and self.socket.parent.is_dir():
            shutil.rmtree(self.socket.parent, ignore_errors=True)
        return left


def _socket_path(directory: pathlib.Path) -> pathlib.Path:
    path = directory / "c.sock"
    if len(str(path)) <= _SOCKET_PATH_MAX:
        return path
    digest = hashlib.sha256(str(directory).encode()).hexdigest()[:16]
    return pathlib.Path("/run/steersman") / digest / "c.sock"
