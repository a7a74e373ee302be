"""What a name asks for.  Pure; the five shapes of Kubernetes' DNS specification, version 1.1.0:

    web.default.svc.cluster.local                  a Service
    _http._tcp.web.default.svc.cluster.local       a port of it (SRV)
    web-0.web.default.svc.cluster.local            an endpoint of it, by hostname or dashed address
    10-244-0-5.default.pod.cluster.local           a pod by its dashed address
    5.0.244.10.in-addr.arpa                        an address (PTR)

and the names above them, which exist but carry nothing.
"""

import dataclasses
import enum
import ipaddress


class Shape(enum.Enum):
    SERVICE = "service"
    PORT = "port"
    ENDPOINT = "endpoint"
    POD = "pod"
    ADDRESS = "address"
    VERSION = "version"
    NAMESPACE = "namespace"
    """`default.svc.cluster.local`: exists where the namespace does."""
    BRANCH = "branch"
    """`cluster.local`, `svc.cluster.local`, `pod.cluster.local`: exist, and carry nothing."""
    NOTHING = "nothing"
    """Below the zone, and no name can be there."""
    OUTSIDE = "outside"
    """Not ours: somebody else may know."""


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    shape: Shape
    namespace: str = ""
    service: str = ""
    port: str = ""
    protocol: str = ""
    endpoint: str = ""
    address: str = ""


def parse(name: str, zone: str) -> Asked:
    """`name` in lower case without its last dot."""
    if name.endswith((".in-addr.arpa", ".ip6.arpa")):
        return _reverse(name)
    if name == zone:
        return Asked(Shape.BRANCH)
    if not name.endswith("." + zone):
        return Asked(Shape.OUTSIDE)
    labels = name[: -len(zone) - 1].split(".")
    if labels == ["dns-version"]:
        return Asked(Shape.VERSION)
    kind = labels.pop()
    if kind not in ("svc", "pod"):
        return Asked(Shape.NOTHING)
    if not labels:
        return Asked(Shape.BRANCH)
    namespace = labels.pop()
    if not labels:
        return Asked(Shape.NAMESPACE, namespace)
    if kind == "pod":
        return Asked(Shape.POD, namespace, address=_undashed(labels[0])) if len(labels) == 1 else Asked(Shape.NOTHING)
    service = labels.pop()
    if not labels:
        return Asked(Shape.SERVICE, namespace, service)
    if len(labels) == 1 and not labels[0].startswith("_"):
        return Asked(Shape.ENDPOINT, namespace, service, endpoint=labels[0])
    if len(labels) == 2 and all(label.startswith("_") for label in labels):
        return Asked(Shape.PORT, namespace, service, port=labels[0][1:], protocol=labels[1][1:])
    return Asked(Shape.NOTHING)


def _undashed(label: str) -> str:
    for separator in (".", ":"):
        try:
            return str(ipaddress.ip_address(label.replace("-", separator)))
        except ValueError:
            continue
    return ""


def _reverse(name: str) -> Asked:
    labels = name.split(".")[:-2]
    try:
        if name.endswith(".in-addr.arpa"):
            address = str(ipaddress.IPv4Address(".".join(reversed(labels))))
        else:
            digits = "".join(reversed(labels))
            if len(digits) != 32:
                return Asked(Shape.OUTSIDE)
            address = str(ipaddress.IPv6Address(bytes.fromhex(digits)))
    except ValueError:
        return Asked(Shape.OUTSIDE)
    return Asked(Shape.ADDRESS, address=address)
