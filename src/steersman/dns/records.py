"""Which records answer a question.  Pure, over a `View` of Services and EndpointSlices.

NXDOMAIN or NODATA is decided in one place, `_negative`: a name that exists, in whatever type, has no data
of this type; a name that does not exist is NXDOMAIN.  Both carry the zone's SOA so that they may be kept.
TTLs are CoreDNS's defaults: 5 s for records of the cluster.
"""

import dataclasses
import ipaddress
from collections.abc import Iterator, Sequence
from typing import Protocol

from steersman.api.tree import Tree, at
from steersman.dns import wire
from steersman.dns.parse import Asked, Shape, parse

TTL = 5
VERSION = "1.1.0"
ALIASES = 8
"""How far a chain of aliases is followed."""


class View(Protocol):
    """What the records are made of."""

    def service(self, namespace: str, name: str) -> Tree | None: ...

    def slices(self, namespace: str, name: str) -> Sequence[Tree]:
        """The EndpointSlices of a Service."""
        ...

    def has_namespace(self, name: str) -> bool: ...

    def services_by_address(self, address: str) -> Sequence[Tree]: ...

    def slices_by_address(self, address: str) -> Sequence[Tree]: ...


class Outside(Exception):
    """The name is not the cluster's."""


def answer(view: View, zone: str, name: str, kind: int) -> wire.Answer:
    """The answer to a question of class IN.  Raises Outside."""
    asked = parse(name, zone)
    if asked.shape is Shape.OUTSIDE:
        raise Outside(name)
    if asked.shape is Shape.ADDRESS:
        return _pointer(view, zone, name, asked, kind)
    found = list(_all(view, zone, name, asked))
    exists = bool(found) or _exists(view, asked)
    matching = [record for record in found if record.type == kind or kind == wire.ANY]
    aliases = [record for record in found if record.type == wire.CNAME]
    if not matching and not aliases:
        return _negative(zone, exists=exists)
    answers = _weighed(matching) if matching else [*aliases, *_behind(view, zone, str(aliases[0].data), kind)]
    return wire.Answer(answers=answers, additional=_addresses_of(view, zone, answers))


def _weighed(answers: Sequence[wire.Record]) -> Sequence[wire.Record]:
    """SRV records share a hundred between them."""
    count = sum(1 for record in answers if record.type == wire.SRV)
    if count < 2:
        return answers
    weight = max(100 // count, 1)
    return [
        dataclasses.replace(record, data=(record.data[0], weight, *record.data[2:]))
        if record.type == wire.SRV and len(record.data) == 4
        else record
        for record in answers
    ]


def _behind(view: View, zone: str, name: str, kind: int) -> Sequence[wire.Record]:
    """What an alias leads to inside the zone: a pod's resolver follows no alias by itself."""
    found: list[wire.Record] = []
    for _ in range(ALIASES):
        asked = parse(name, zone)
        if asked.shape in (Shape.OUTSIDE, Shape.ADDRESS):
            break
        records = list(_all(view, zone, name, asked))
        matching = [record for record in records if record.type == kind]
        aliases = [record for record in records if record.type == wire.CNAME]
        found += matching or aliases
        if matching or not aliases:
            break
        name = str(aliases[0].data)
    return found


def leads_outside(zone: str, kind: int, found: wire.Answer) -> str:
    """The name that somebody else must be asked for to complete the answer; empty where it is complete."""
    if kind not in (wire.A, wire.AAAA) or not found.answers or found.answers[-1].type != wire.CNAME:
        return ""
    target = str(found.answers[-1].data)
    return target if parse(target, zone).shape is Shape.OUTSIDE else ""


def _negative(zone: str, *, exists: bool) -> wire.Answer:
    return wire.Answer(wire.NOERROR if exists else wire.NXDOMAIN, authority=[_soa(zone)])


def _soa(zone: str) -> wire.Record:
    return wire.Record(zone, wire.SOA, TTL, (f"ns.dns.{zone}", f"hostmaster.{zone}", 1))


def _exists(view: View, asked: Asked) -> bool:
    if asked.shape is Shape.BRANCH:
        return True
    if asked.shape is Shape.NAMESPACE:
        return view.has_namespace(asked.namespace)
    if asked.shape is Shape.SERVICE:
        service = view.service(asked.namespace, asked.service)
        # A headless Service whose endpoints are all gone is a name without a host behind it.
        return service is not None and not _is_headless(service)
    return False


def _all(view: View, zone: str, name: str, asked: Asked) -> Iterator[wire.Record]:
    """Every record at a name, of whatever type."""
    if asked.shape is Shape.BRANCH and name == zone:
        yield _soa(zone)
        yield wire.Record(zone, wire.NS, TTL, f"ns.dns.{zone}")
    elif asked.shape is Shape.VERSION:
        yield wire.Record(name, wire.TXT, TTL, VERSION)
    elif asked.shape is Shape.POD:
        if asked.address and view.has_namespace(asked.namespace):
            yield _address(name, asked.address)
    elif asked.shape in (Shape.SERVICE, Shape.PORT, Shape.ENDPOINT):
        service = view.service(asked.namespace, asked.service)
        if service is not None:
            yield from _of_service(view, zone, name, asked, service)


def _of_service(view: View, zone: str, name: str, asked: Asked, service: Tree) -> Iterator[wire.Record]:
    base = f"{asked.service}.{asked.namespace}.svc.{zone}"
    if at(service, "spec", "type") == "ExternalName":
        if asked.shape is Shape.SERVICE:
            yield wire.Record(name, wire.CNAME, TTL, str(at(service, "spec", "externalName", default="")).rstrip("."))
        return
    if not _is_headless(service):
        if asked.shape is Shape.SERVICE:
            for address in cluster_ips(service):
                yield _address(name, address)
        if asked.shape is not Shape.ENDPOINT:
            for port in at(service, "spec", "ports", default=()):
                if _is_port(asked, port.get("name") or "", port.get("protocol") or "TCP"):
                    yield wire.Record(name, wire.SRV, TTL, (0, 100, int(port["port"]), base))
        return
    seen: set[object] = set()
    for piece in view.slices(asked.namespace, asked.service):
        for endpoint in piece.get("endpoints") or ():
            if not _is_published(service, endpoint):
                continue
            for address in endpoint.get("addresses") or ():
                host = hostname(endpoint, address)
                for record in _of_endpoint(asked, name, base, piece, address, host):
                    if record.data not in seen:
                        seen.add(record.data)
                        yield record


def _of_endpoint(asked: Asked, name: str, base: str, piece: Tree, address: str, host: str) -> Iterator[wire.Record]:
    if asked.shape is Shape.SERVICE or (asked.shape is Shape.ENDPOINT and asked.endpoint == host):
        yield _address(name, address)
    if asked.shape is not Shape.ENDPOINT:
        for port in piece.get("ports") or ():
            if _is_port(asked, port.get("name") or "", port.get("protocol") or "TCP"):
                yield wire.Record(name, wire.SRV, TTL, (0, 100, int(port.get("port") or 0), f"{host}.{base}"))


def _is_port(asked: Asked, port: str, protocol: str) -> bool:
    """All ports where a Service is asked for as a whole."""
    if asked.shape is Shape.SERVICE:
        return True
    return asked.port == port and bool(port) and asked.protocol == protocol.lower()


def _is_headless(service: Tree) -> bool:
    return at(service, "spec", "clusterIP", default="") in ("", "None")


def cluster_ips(service: Tree) -> Sequence[str]:
    found = at(service, "spec", "clusterIPs", default=None) or [at(service, "spec", "clusterIP", default="")]
    return [address for address in found if address and address != "None"]


def _is_published(service: Tree, endpoint: Tree) -> bool:
    if at(service, "spec", "publishNotReadyAddresses", default=False):
        return True
    return at(endpoint, "conditions", "ready", default=True) is not False


def hostname(endpoint: Tree, address: str) -> str:
    """How an endpoint is called below its Service."""
    return endpoint.get("hostname") or address.replace(".", "-").replace(":", "-")


def _address(name: str, address: str) -> wire.Record:
    kind = wire.A if ipaddress.ip_address(address).version == 4 else wire.AAAA
    return wire.Record(name, kind, TTL, address)


def _addresses_of(view: View, zone: str, answers: Sequence[wire.Record]) -> Sequence[wire.Record]:
    """The addresses that a SRV answer points to, so that the asker need not ask again."""
    found: list[wire.Record] = []
    targets = dict.fromkeys(record.data[3] for record in answers if record.type == wire.SRV and len(record.data) == 4)
    for target in targets:
        asked = parse(str(target), zone)
        kinds = (wire.A, wire.AAAA)
        found += [record for record in _all(view, zone, str(target), asked) if record.type in kinds]
    return found


def _pointer(view: View, zone: str, name: str, asked: Asked, kind: int) -> wire.Answer:
    targets: list[str] = []
    for service in view.services_by_address(asked.address):
        meta = service["metadata"]
        targets.append(f"{meta['name']}.{meta['namespace']}.svc.{zone}")
    if not targets:
        for piece in view.slices_by_address(asked.address):
            meta = piece["metadata"]
            owner = at(meta, "labels", "kubernetes.io/service-name", default="")
            for endpoint in piece.get("endpoints") or ():
                if asked.address in (endpoint.get("addresses") or ()) and owner:
                    targets.append(f"{hostname(endpoint, asked.address)}.{owner}.{meta['namespace']}.svc.{zone}")
    if not targets:
        raise Outside(name)
    if kind not in (wire.PTR, wire.ANY):
        return _negative(zone, exists=True)
    return wire.Answer(answers=[wire.Record(name, wire.PTR, TTL, target) for target in dict.fromkeys(targets)])
