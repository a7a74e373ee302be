"""Forgetting connections to endpoints that are gone.

TCP ends by itself; a UDP client that keeps its port would be sent to the old endpoint for as long as it
talks (kube-proxy's issue 8795), so entries of endpoints that left are deleted.
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from steersman.kit import command
from steersman.proxy.model import ServicePort, usable


def stale(before: Sequence[ServicePort], after: Sequence[ServicePort]) -> list[tuple[str, str]]:
    """Pairs of a Service's address and an endpoint's that no longer belong together, UDP only.

    An empty endpoint: the Service had none, and what was sent then must look again.
    """
    now = {(p.namespace, p.name, p.port_name, p.protocol): p for p in after}
    found: list[tuple[str, str]] = []
    for old in before:
        if old.protocol != "udp":
            continue
        new = now.get((old.namespace, old.name, old.port_name, old.protocol))
        had = {e.ip for e in usable(old.endpoints, only_local=False)}
        has = {e.ip for e in usable(new.endpoints, only_local=False)} if new else set()
        for ip in old.cluster_ips:
            found += [(ip, endpoint) for endpoint in sorted(had - has)]
            if not had and has:
                found.append((ip, ""))
    return found


async def forget(namespace: Path, pairs: Sequence[tuple[str, str]]) -> None:
    """Delete the entries.  `conntrack` ends with 1 where there was none: that is fine."""
    for address, endpoint in pairs:
        match = ["--orig-dst", address] + (["--dst-nat", endpoint] if endpoint else [])
        with contextlib.suppress(command.CommandFailed):
            await command.run(["nsenter", f"--net={namespace}", "conntrack", "-D", "-f", "ipv4", "-p", "udp", *match])
