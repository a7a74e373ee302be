"""Starting a server in the background: which port it takes, what must be cleared first, the process itself.

The server lives in a session of its own, so that a terminal's Ctrl-C and its end reach only who launched it.
Whoever launches decides: `leave` lets it run on; leaving the block otherwise ends it.  Nothing heavy is
imported here, because the server starts after this module has run.
"""

import contextlib
import dataclasses
import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from steersman.cluster import config as configs
from steersman.cluster import datadir, progress

if TYPE_CHECKING:
    from steersman.cluster.network import plan

SHIM = "containerd-shim-runc-v2"


class LaunchError(Exception):
    """The server cannot be started as asked; one line, with the fix."""


def port(wanted: int, *, asked: bool) -> int:
    """The port to serve on: the wanted one, or a free one where it is taken and nobody asked for that very one.

    Raises LaunchError.
    """
    refusal = _refusal(wanted)
    if refusal is None:
        return wanted
    if asked or refusal != errno.EADDRINUSE:
        why = "is taken" if refusal == errno.EADDRINUSE else f"cannot be opened ({os.strerror(refusal).lower()})"
        raise LaunchError(f"port {wanted} of 127.0.0.1 {why}; use --port N, or --port 0 for any free one")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _refusal(wanted: int) -> int | None:
    """The error number with which the port is refused."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
            probe.listen(1)
        except OSError as error:
            return error.errno
    return None


def adrift(data: datadir.DataDir, config: configs.ClusterConfig) -> bool:
    """Whether containers of an earlier life run in namespaces that are gone, or that no longer fit the nodes.

    They would be found by the next start and could reach nobody: their namespaces are made anew, not theirs.
    """
    folders = [path for path in (data.root / "nodes").glob("*") if (path / "containerd").exists()]
    if not folders:
        return False
    from steersman.cluster import node
    from steersman.cluster.network import plan, setup
    from steersman.cri.containerd import processes

    names = node.names(config) if config.runtime == "containerd" else []
    if names:
        network = plan.plan(data.id, names, config.pod_cidr, config.service_cidr, egress=config.egress)
        if _whole(network) and all(setup.exists(one.namespace) for one in network.nodes):
            return False
    if any(processes.recall(path / "containerd" / "pid") for path in folders):
        return True
    if not processes.with_argument(SHIM, "-address"):
        return False
    return any(processes.with_argument(SHIM, name) for name in sockets(data))


def _whole(network: "plan.NetworkPlan") -> bool:
    """As `network.setup.make` judges it."""
    wanted = [network.hub, *(one.namespace for one in network.nodes)]
    try:
        return (network.hub.parent / ".complete").read_text() == "\n".join(str(path) for path in wanted)
    except OSError:
        return False


def sockets(data: datadir.DataDir) -> list[str]:
    """The names by which shims of this cluster's containerds are known.  Imports gRPC."""
    from steersman.cluster import node
    from steersman.cluster.network import plan
    from steersman.cri.containerd import daemon
    from steersman.kit import clock

    names = sorted(path.name for path in (data.root / "nodes").glob("*") if (path / "containerd").exists())
    defaults = configs.ClusterConfig()
    network = plan.plan(data.id, names, defaults.pod_cidr, defaults.service_cidr, egress=False)
    places = (node.place(data, one, egress=False) for one in network.nodes)
    return [str(daemon.Daemon(place, clock.RealClock()).socket) for place in places]


@dataclasses.dataclass(slots=True)
class Launched:
    """A server that starts; `steps` ends with the step ready or error, or when the server does."""

    process: "subprocess.Popen[bytes]"
    steps: Iterator[progress.Step]

    def leave(self) -> None:
        """Let it run on without us."""
        self.process.returncode = self.process.poll() or 0  # so that its object does not complain of a lost child

    def end(self) -> None:
        """Ask it to end, and wait; each interruption asks again, the third is a kill."""
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is not None:
                return
            self.process.send_signal(number)
            with contextlib.suppress(KeyboardInterrupt):
                self.process.wait()


@contextlib.contextmanager
def server(data: datadir.DataDir) -> Iterator[Launched]:
    """A server on a prepared directory.  It is ended with the block unless it was left or has ended."""
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "steersman.cli.main", "server", "--data-dir", str(data.root)]
    with data.log.open("ab") as log:
        process = subprocess.Popen(
            [*command, "--progress-fd", str(writing)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=(writing,),
            cwd="/",
        )
    os.close(writing)
    with os.fdopen(reading, "rb") as source:
        launched = Launched(process, progress.read(source))
        try:
            yield launched
        finally:
            launched.end()
