"""Making and removing what `plan` says, through `unshare`, `nsenter` and `ip -batch`.

A namespace is a file below /run/steersman/<cluster>/netns that the kernel keeps mounted: it survives us, and
`make` after a crash finds it again with everything in it.  `remove` needs only the cluster's id.
"""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

from steersman.cluster.network import plan as plans
from steersman.kit import command


class NetworkError(Exception):
    """The network could not be made; the text names the command that failed and carries its words."""


async def run(text: Sequence[str], stdin: str = "") -> str:
    """Run a command; its output.  Raises NetworkError."""
    try:
        return await command.run(text, stdin)
    except command.CommandFailed as error:
        raise NetworkError(str(error)) from error


def exists(namespace: Path) -> bool:
    """Whether the file is a namespace that the kernel still holds."""
    try:
        return namespace.stat().st_dev != namespace.parent.stat().st_dev
    except FileNotFoundError:
        return False


async def _make_namespace(namespace: Path) -> bool:
    """True when it is new."""
    if exists(namespace):
        return False
    namespace.parent.mkdir(parents=True, exist_ok=True)
    namespace.touch()
    settings = " ".join(
        f"if [ -e /proc/sys/{name} ]; then echo {value} > /proc/sys/{name}; fi;"
        for name, value in plans.SYSCTLS.items()
    )
    await run(["unshare", f"--net={namespace}", "sh", "-c", settings])
    return True


async def _ip(namespace: Path, lines: Sequence[str]) -> None:
    if lines:
        await run(["nsenter", f"--net={namespace}", "ip", "-batch", "-"], "\n".join(lines) + "\n")


async def make(plan: plans.NetworkPlan) -> bool:
    """All of the plan's namespaces, joined; True when they were made now, False when they were found.

    A half-made network (a crash in between, a node more than last time) is removed and made anew: nothing
    can run in a namespace that was never finished, and containerd is started after this.
    """
    wanted = [plan.hub, *(node.namespace for node in plan.nodes)]
    done = plan.hub.parent / ".complete"
    mark = "\n".join(str(path) for path in wanted)
    if done.exists() and done.read_text() == mark and all(exists(path) for path in wanted):
        return False
    await remove(plan.cluster)
    await asyncio.gather(*(_make_namespace(path) for path in wanted))
    await _ip(plan.hub, plans.hub_commands(plan))
    await asyncio.gather(*(_ip(node.namespace, plans.node_commands(plan, node)) for node in plan.nodes))
    await _ip(plan.hub, plans.hub_routes(plan))
    done.write_text(mark)
    return True


async def remove(cluster: str) -> None:
    """Let go of all namespaces of a cluster.  What still runs inside keeps its own alive."""
    folder = plans.RUN / cluster / "netns"
    if not folder.exists():
        return
    for path in sorted(folder.iterdir()):
        if exists(path):
            await run(["umount", "--lazy", str(path)])
    shutil.rmtree(folder)
    for parent in (folder.parent, plans.RUN):
        try:
            parent.rmdir()
        except OSError:  # somebody else's things are still in it
            break
