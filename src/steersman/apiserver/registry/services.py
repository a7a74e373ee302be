"""Services: cluster addresses and node ports are allocated on the way in.

An update that does not name what was allocated keeps it; one that makes the type need it no longer gives it
back, and takes along the fields that only that type has.

An address given is an IPAddress object, made after the Service and removed after it.  Should the server end in
between, the next start makes what is missing: the Services are the record.
"""

from collections.abc import Callable

from steersman.api import field, status
from steersman.api.field import Path
from steersman.api.tree import MutableTree, Tree
from steersman.apiserver.registry import allocation, ipaddresses
from steersman.apiserver.registry.strategy import Context, Strategy, Undo

SPEC = Path("spec")
WITH_ADDRESS = ("ClusterIP", "NodePort", "LoadBalancer")
WITH_PORTS = ("NodePort", "LoadBalancer")


class Services(Strategy):
    def prepare_create(self, new: MutableTree, context: Context) -> None:
        super().prepare_create(new, context)
        new["status"] = {"loadBalancer": {}}

    def prepare_update(self, new: MutableTree, old: Tree, context: Context) -> None:
        super().prepare_update(new, old, context)
        if "status" not in new:
            new["status"] = {"loadBalancer": {}}

    def begin(self, new: MutableTree, old: Tree | None, context: Context) -> Undo:
        new["spec"] = spec = dict(new.get("spec") or {})
        if "ports" in spec:
            spec["ports"] = [dict(port) for port in spec["ports"] or ()]
        before = (old or {}).get("spec") or {}
        if old is not None:
            _keep_allocated(spec, before)
            _drop_dependent(spec, before)
        _families(spec)
        addresses, ports = self._allocators(context)
        if context.dry_run:
            ports = allocation.NoPorts(ports.first, ports.last, context.services.entropy)
        undo: list[Callable[[], None]] = []

        def back() -> None:
            while undo:
                undo.pop()()

        try:
            _allocate_address(new, before, addresses, undo)
            _allocate_ports(new, before, ports, undo)
            _allocate_health_port(new, before, ports, undo)
        except BaseException:
            back()
            raise
        return back

    def finish(self, new: Tree | None, old: Tree | None, context: Context) -> None:
        if old is None or context.dry_run:
            return
        addresses, ports = self._allocators(context)
        after = (new or {}).get("spec") or {}
        addresses.release(set(_addresses(old.get("spec") or {})) - set(_addresses(after)))
        ports.release(set(_ports(old.get("spec") or {})) - set(_ports(after)))

    async def settle(self, new: Tree | None, old: Tree | None, context: Context) -> None:
        before, after = set(_addresses((old or {}).get("spec") or {})), set(_addresses((new or {}).get("spec") or {}))
        if before != after:
            await ipaddresses.follow(context.services, new or old or {}, after - before, before - after, context.now)

    def _allocators(self, context: Context) -> tuple[allocation.Ranges, allocation.Ports]:
        services = context.services
        found = services.allocators.get("services")
        if found is None:
            config = services.config
            addresses = allocation.Ranges(
                config.service_range, services.entropy,
                held=lambda address: services.reader.get(ipaddresses.PREFIX, "", address) is not None,
                others=lambda: ipaddresses.ready_ranges(services.reader),
            )  # fmt: skip
            ports = allocation.Ports(*config.node_ports, services.entropy)
            for tree in services.reader.list("services"):
                spec = tree.get("spec") or {}
                addresses.taken.update(_addresses(spec))
                ports.taken.update(_ports(spec))
            found = services.allocators["services"] = (addresses, ports)
        addresses, ports = found
        return addresses, ports


def _addresses(spec: Tree) -> list[str]:
    if spec.get("type", "ClusterIP") not in WITH_ADDRESS:
        return []
    given = spec.get("clusterIPs") or ([spec["clusterIP"]] if spec.get("clusterIP") else [])
    return [address for address in given if address and address != "None"]


def _ports(spec: Tree) -> list[int]:
    out = []
    if spec.get("type") in WITH_PORTS:
        out = [int(port["nodePort"]) for port in spec.get("ports") or () if port.get("nodePort")]
    if spec.get("healthCheckNodePort"):
        out.append(int(spec["healthCheckNodePort"]))
    return out


def _needs_address(spec: Tree) -> bool:
    return spec.get("type", "ClusterIP") in WITH_ADDRESS


def _needs_ports(spec: Tree) -> bool:
    if spec.get("type") == "LoadBalancer":
        return spec.get("allocateLoadBalancerNodePorts", True) is not False
    return spec.get("type") == "NodePort"


def _needs_health_port(spec: Tree) -> bool:
    return spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"


def _keep_allocated(spec: MutableTree, before: Tree) -> None:
    """What the old Service was given stays, where the new one does not say otherwise."""
    if _needs_address(before) and _needs_address(spec):
        for name in ("ipFamilyPolicy", "ipFamilies"):
            if not spec.get(name) and before.get(name):
                spec[name] = before[name]
        if not spec.get("clusterIP") and before.get("clusterIP"):
            spec["clusterIP"] = before["clusterIP"]
        if not spec.get("clusterIPs") and spec.get("clusterIP") == before.get("clusterIP") and before.get("clusterIPs"):
            spec["clusterIPs"] = list(before["clusterIPs"])
    if before.get("type") in WITH_PORTS and spec.get("type") in WITH_PORTS:
        used = {port.get("nodePort") for port in spec.get("ports") or () if port.get("nodePort")}
        held = {(p.get("protocol", "TCP"), p.get("port")): p.get("nodePort") for p in before.get("ports") or ()}
        for port in spec.get("ports") or ():
            kept = held.get((port.get("protocol", "TCP"), port.get("port")))
            if not port.get("nodePort") and kept and kept not in used:
                port["nodePort"] = kept
    health = before.get("healthCheckNodePort")
    if health and _needs_health_port(before) and _needs_health_port(spec) and not spec.get("healthCheckNodePort"):
        spec["healthCheckNodePort"] = health


def _drop_dependent(spec: MutableTree, before: Tree) -> None:
    """Fields of the old type that the client sent back unchanged do not outlive it."""

    def drop(*names: str) -> None:
        for name in names:
            if spec.get(name) == before.get(name):
                spec.pop(name, None)

    if _needs_address(before) and not _needs_address(spec):
        drop("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy")
    if before.get("type") in WITH_PORTS and spec.get("type") not in WITH_PORTS:
        held = {p.get("nodePort") for p in before.get("ports") or ()}
        if all(p.get("nodePort") in held or not p.get("nodePort") for p in spec.get("ports") or ()):
            for port in spec.get("ports") or ():
                port.pop("nodePort", None)
        drop("externalTrafficPolicy")
    if _needs_health_port(before) and not _needs_health_port(spec):
        drop("healthCheckNodePort")
    if before.get("type") == "LoadBalancer" and spec.get("type") != "LoadBalancer":
        drop("allocateLoadBalancerNodePorts", "loadBalancerClass")


def _families(spec: MutableTree) -> None:
    """A cluster of one family has nothing to choose, but for services whose endpoints it does not make."""
    if spec.get("type", "ClusterIP") not in WITH_ADDRESS:
        return
    free = spec.get("clusterIP") == "None" and not spec.get("selector")
    if not spec.get("ipFamilyPolicy"):
        spec["ipFamilyPolicy"] = "RequireDualStack" if free else "SingleStack"
    if not spec.get("ipFamilies"):
        spec["ipFamilies"] = ["IPv4", "IPv6"] if free and spec["ipFamilyPolicy"] == "RequireDualStack" else ["IPv4"]
    if spec.get("clusterIP") and not spec.get("clusterIPs"):
        spec["clusterIPs"] = [spec["clusterIP"]]
    elif spec.get("clusterIPs") and not spec.get("clusterIP"):
        spec["clusterIP"] = spec["clusterIPs"][0]


def _allocate_address(
    new: MutableTree, before: Tree, addresses: allocation.Ranges, undo: list[Callable[[], None]]
) -> None:
    spec = new["spec"]
    if not _needs_address(spec) or spec.get("clusterIP") == "None":
        return
    held = set(_addresses(before))
    wanted = [address for address in _addresses(spec) if address not in held]
    if _addresses(spec):
        for address in wanted:
            if not _is_address(address):
                return
            try:
                addresses.take(address)
            except allocation.Refused as error:
                text = f"failed to allocate IP {address}: {error}"
                raise _invalid(new, field.invalid(SPEC.child("clusterIPs"), list(_addresses(spec)), text)) from error
            undo.append(lambda address=address: addresses.release([address]))  # type: ignore[misc]
        return
    try:
        address = addresses.next()
    except allocation.Refused as error:
        raise status.internal(f"failed to allocate a serviceIP: {error}") from error
    undo.append(lambda: addresses.release([address]))
    spec["clusterIP"], spec["clusterIPs"] = address, [address]


def _is_address(text: str) -> bool:
    return bool(text) and all(part.isdigit() for part in text.split("."))


def _allocate_ports(new: MutableTree, before: Tree, ports: allocation.Ports, undo: list[Callable[[], None]]) -> None:
    spec = new["spec"]
    if spec.get("type") not in WITH_PORTS:
        return
    held = set(_ports(before))
    given: dict[int, set[str]] = {}
    for at, port in enumerate(spec.get("ports") or ()):
        number, protocol = port.get("nodePort"), port.get("protocol", "TCP")
        if not number:
            continue
        others = given.setdefault(number, set())
        if number not in held and not others:
            try:
                ports.take(number)
            except allocation.Refused as error:
                path = SPEC.child("ports").index(at).child("nodePort")
                raise _invalid(new, field.invalid(path, number, str(error))) from error
            undo.append(lambda number=number: ports.release([number]))  # type: ignore[misc]
        if protocol in others and before:
            raise status.failure(500, "", f"duplicate nodePort: {{{protocol} {number}}}")
        others.add(protocol)
    if not _needs_ports(spec):
        return
    for port in spec.get("ports") or ():
        if port.get("nodePort"):
            continue
        protocol = port.get("protocol", "TCP")
        shared = [n for n, p in given.items() if protocol not in p and _same_port(spec, n, port)]
        if shared:
            number = shared[0]
        else:
            number = _free(ports)
            undo.append(lambda number=number: ports.release([number]))  # type: ignore[misc]
        given.setdefault(number, set()).add(protocol)
        port["nodePort"] = number


def _same_port(spec: Tree, number: int, port: Tree) -> bool:
    return any(p.get("nodePort") == number and p.get("port") == port.get("port") for p in spec["ports"])


def _free(ports: allocation.Ports) -> int:
    try:
        return ports.next()
    except allocation.Refused as error:
        raise status.internal(f"failed to allocate a nodePort: {error}") from error


def _allocate_health_port(
    new: MutableTree, before: Tree, ports: allocation.Ports, undo: list[Callable[[], None]]
) -> None:
    spec = new["spec"]
    if not _needs_health_port(spec):
        return
    given = spec.get("healthCheckNodePort")
    if given and given == before.get("healthCheckNodePort"):
        return
    if given:
        try:
            ports.take(given)
        except allocation.Refused as error:
            path = SPEC.child("healthCheckNodePort")
            raise _invalid(new, field.invalid(path, given, str(error))) from error
        undo.append(lambda: ports.release([given]))
        return
    number = spec["healthCheckNodePort"] = _free(ports)
    undo.append(lambda: ports.release([number]))


def _invalid(new: Tree, error: field.FieldError) -> status.StatusError:
    return status.invalid("Service", "", new["metadata"].get("name") or "", [error])
