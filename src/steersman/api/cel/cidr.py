"""Networks: `cidr('10.0.0.0/8')`, `isCIDR`, `containsIP`, `containsCIDR`, `ip`, `masked`, `prefixLength`.

A network keeps the address it was written with; `masked` drops the bits that do not count.
"""

import functools
import ipaddress
from collections.abc import Sequence
from typing import Any

from steersman.api import status
from steersman.api.cel import costs, functions, ip, netip
from steersman.cel import declarations, types, values
from steersman.cel.estimating import STRING_TRAVERSAL, UNIT, CallEstimate, Estimator, Node, Size

TYPE = types.opaque("net.CIDR")
_PARSE = "network address parse error during conversion from string"


class CIDR(values.Opaque):
    __slots__ = ("address", "bits")
    cel_type = TYPE

    def __init__(self, address: netip.Address, bits: int) -> None:
        self.address, self.bits = address, bits

    @property
    def cel_size(self) -> int:
        return -(-self.bits // 8)

    def masked(self, address: netip.Address) -> int:
        """The bits of `address` that count here."""
        return int(address) >> (self.address.max_prefixlen - self.bits)

    def contains(self, address: netip.Address) -> bool:
        return address.version == self.address.version and self.masked(address) == self.masked(self.address)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CIDR) and (self.address, self.bits) == (other.address, other.bits)

    def __hash__(self) -> int:
        return hash((self.address, self.bits))

    def __str__(self) -> str:
        return f"{netip.shown(self.address)}/{self.bits}"


@functools.lru_cache(maxsize=1024)
def parse(text: str) -> CIDR:
    """Raises values.EvaluationError."""
    try:
        address, bits = netip.parse_prefix(text)
    except netip.Refused as error:
        raise values.EvaluationError(f"{_PARSE}: {_PARSE}: {error}") from None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        raise values.EvaluationError(f"{_PARSE}: IPv4-mapped IPv6 address {status.quoted(text)} is not allowed")
    return CIDR(address, bits)


def _is_cidr(text: str) -> bool:
    try:
        parse(text)
    except values.EvaluationError:
        return False
    return True


def _contains_ip(network: CIDR, address: ip.IP) -> bool:
    return network.contains(address.address)


def _contains_ip_text(network: CIDR, text: str) -> bool:
    try:
        address = ip.parse(text)
    except values.EvaluationError:  # Kubernetes does not tell what is wrong with it
        raise values.no_overload() from None
    return network.contains(address.address)


def _contains(network: CIDR, other: CIDR) -> bool:
    return network.contains(other.address) and network.bits <= other.bits


def _contains_text(network: CIDR, text: str) -> bool:
    return _contains(network, parse(text))


def _masked(network: CIDR) -> CIDR:
    free = network.address.max_prefixlen - network.bits
    return CIDR(type(network.address)(int(network.address) >> free << free), network.bits)


def _looking_up(args: Sequence[Any], *, text: bool, network: bool) -> int:
    own, other = costs.size(args[0]), costs.size(args[1])
    total = costs.traversed(own + own)
    if network:
        total += costs.traversed(own) + 1
    return total + (costs.traversed(other) if text else 0)


def _expected(estimator: Estimator, args: Sequence[Node], *, text: bool, network: bool) -> CallEstimate:
    length = Size(4, 16)  # bytes
    total = (length + length).times(STRING_TRAVERSAL)
    if network:
        total = total + length.times(STRING_TRAVERSAL) + UNIT
    if text:
        total += estimator.size_of(args[0]).times(STRING_TRAVERSAL)
    return CallEstimate(total)


def _lookup(id: str, argument: types.Type, implementation: Any, *, text: bool, network: bool) -> declarations.Overload:
    return declarations.Overload(
        id,
        (TYPE, argument),
        types.BOOL,
        implementation,
        member=True,
        cost=lambda args, result: _looking_up(args, text=text, network=network),
        estimate=lambda estimator, target, args: _expected(estimator, args, text=text, network=network),
    )


LIBRARY = declarations.Library(
    "kubernetes.net.cidr",
    (
        functions.one("cidr", functions.reading("string_to_cidr", TYPE, parse)),
        functions.one("isCIDR", functions.reading("is_cidr", types.BOOL, _is_cidr)),
        declarations.Function("string", (declarations.Overload("cidr_to_string", (TYPE,), types.STRING, str),)),
        declarations.Function(
            "containsIP",
            (
                _lookup("cidr_contains_ip_string", types.STRING, _contains_ip_text, text=True, network=False),
                _lookup("cidr_contains_ip_ip", ip.TYPE, _contains_ip, text=False, network=False),
            ),
        ),
        declarations.Function(
            "containsCIDR",
            (
                _lookup("cidr_contains_cidr_string", types.STRING, _contains_text, text=True, network=True),
                _lookup("cidr_contains_cidr", TYPE, _contains, text=False, network=True),
            ),
        ),
        functions.one("ip", functions.member(TYPE, "cidr_ip", ip.TYPE, lambda network: ip.IP(network.address))),
        functions.one(
            "prefixLength", functions.member(TYPE, "cidr_prefix_length", types.INT, lambda network: network.bits)
        ),
        functions.one("masked", functions.member(TYPE, "cidr_masked", TYPE, _masked)),
    ),
    constants={"net.CIDR": (types.type_of(TYPE), values.TypeValue(TYPE))},
)
