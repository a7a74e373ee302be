"""A way out for the hub: user-space networking by `pasta` (Debian's package passt).

`pasta` gives the hub an interface and a default route, and opens ordinary sockets of the host for what goes
through it: the host's routes and firewall see a local program, not a router.  A table of ours in the hub
puts the hub's address in place of the nodes' and pods'.

    pod -> node -> hub -> out0 169.254.201.2 (masqueraded) -> pasta -> the host's sockets

It outlives us as the containers do, is found again by the process id that it wrote and the hub that its
command line names, and ends by itself when the hub's namespace is removed.  Nothing is forwarded inwards,
and the host's loopback cannot be reached through it (its other addresses can, like any machine's).
"""

from pathlib import Path

from steersman.cluster import process
from steersman.kit import clock, command
from steersman.nft import objects, runner, transaction

LINK = "out0"
ADDRESS, GATEWAY, MASK = "169.254.201.2", "169.254.201.1", "255.255.255.252"
TABLE = "steersman-egress"
PROGRAM = "pasta"


class EgressError(Exception):
    """There is no way out; one line, with the fix."""


def arguments(hub: Path, pid_file: Path) -> list[str]:
    """How pasta is called.  As root, because it must enter a namespace that root made; it confines itself."""
    names = ["--ns-ifname", LINK, "--address", ADDRESS, "--netmask", MASK, "--gateway", GATEWAY]
    closed = ["--no-map-gw", "-t", "none", "-u", "none", "-T", "none", "-U", "none"]
    place = ["--runas", "0", "--pid", str(pid_file), "--netns", str(hub)]
    return [PROGRAM, "--quiet", "--config-net", "--ipv4-only", *names, *closed, *place]


def table() -> objects.Table:
    """What leaves the hub has its address."""
    rules = [f'oifname "{LINK}" masquerade']
    return objects.Table(TABLE, chains={"leave": objects.Chain(rules, objects.Hook("nat", "postrouting", 100))})


async def start(hub: Path, run_dir: Path) -> None:
    """Give the hub a way out, or find that it has one.  Raises EgressError."""
    run_dir.mkdir(parents=True, exist_ok=True)
    if find(hub, run_dir) is None:
        try:
            await command.run(arguments(hub, _pid_file(run_dir)))
        except command.CommandFailed as error:
            if error.code == 127:
                text = f"{PROGRAM} is not installed: apt-get install -y passt, or use --no-egress"
            else:
                text = f"{PROGRAM} gives no way out ({error.said or f'exit code {error.code}'}); use --no-egress"
            raise EgressError(text) from error
        if find(hub, run_dir) is None:
            raise EgressError(f"{PROGRAM} ended at once; use --no-egress")
    try:
        await runner.Nft(hub).apply(transaction.between(None, table()))
    except runner.NftError as error:
        raise EgressError(f"the hub's packet filter refused a rule: {error}") from error


async def stop(run_dir: Path) -> None:
    """End it; nothing where none runs.  What was in the hub goes with the hub."""
    running = _running(run_dir, "")
    if running is not None:
        await process.end(running, clock.RealClock(), 5.0)
    _pid_file(run_dir).unlink(missing_ok=True)


def find(hub: Path, run_dir: Path) -> process.Running | None:
    """The process that serves this hub, if it runs."""
    return _running(run_dir, str(hub))


def _pid_file(run_dir: Path) -> Path:
    return run_dir / f"{PROGRAM}.pid"


def _running(run_dir: Path, hub: str) -> process.Running | None:
    """By the id that it wrote; its command line, which names that very file, says that the id is still its own."""
    try:
        pid = int(_pid_file(run_dir).read_text())
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except (OSError, ValueError):
        return None
    started = process.start_time(pid)
    if started is None or Path(words[0]).name != PROGRAM or str(_pid_file(run_dir)) not in words:
        return None
    return process.Running(pid, started) if hub in words or not hub else None
