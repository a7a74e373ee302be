"""Service variables: how containers found services before there was DNS.

`FOO_SERVICE_HOST`, `FOO_SERVICE_PORT` and the older Docker link names, for each service with an address in the
pod's namespace (with `enableServiceLinks`), and always for `kubernetes` in `default`.
"""

from collections.abc import Iterable

from steersman.api.tree import Tree


def variables(
    services: Iterable[Tree], namespace: str, *, links: bool, api_namespace: str = "default"
) -> dict[str, str]:
    """`services` of any namespace; those that count are picked here."""
    chosen: dict[str, Tree] = {}
    for service in services:
        meta = service["metadata"]
        address = service["spec"].get("clusterIP")
        if not address or address == "None":
            continue
        name = meta["name"]
        own = meta.get("namespace")
        if own == api_namespace and name == "kubernetes":
            chosen.setdefault(name, service)
        if links and own == namespace:
            chosen[name] = service
    made: dict[str, str] = {}
    for name in sorted(chosen):
        made |= _of(name, chosen[name])
    return made


def _of(name: str, service: Tree) -> dict[str, str]:
    prefix = name.upper().replace("-", "_")
    address = service["spec"]["clusterIP"]
    host = f"[{address}]" if ":" in address else address
    ports = service["spec"].get("ports") or ()
    made = {f"{prefix}_SERVICE_HOST": str(address)}
    if not ports:
        return made
    made[f"{prefix}_SERVICE_PORT"] = str(ports[0]["port"])
    for port in ports:
        if port.get("name"):
            made[f"{prefix}_SERVICE_PORT_{port['name'].upper().replace('-', '_')}"] = str(port["port"])
    for index, port in enumerate(ports):
        protocol = str(port.get("protocol") or "TCP")
        url = f"{protocol.lower()}://{host}:{port['port']}"
        if index == 0:
            made[f"{prefix}_PORT"] = url
        stem = f"{prefix}_PORT_{port['port']}_{protocol.upper()}"
        made |= {
            stem: url, f"{stem}_PROTO": protocol.lower(), f"{stem}_PORT": str(port["port"]),
            f"{stem}_ADDR": str(address),
        }  # fmt: skip
    return made
