"""IP addresses: `ip('10.0.0.1')`, `isIP`, `ip.isCanonical`, `family`, `isLoopback`...

No zones and no IPv4 in IPv6 clothes.
"""

import functools
import ipaddress
from collections.abc import Callable
from typing import Any

from steersman.api import status
from steersman.api.cel import costs, functions, netip
from steersman.cel import declarations, types, values

TYPE = types.opaque("net.IP")


class IP(values.Opaque):
    __slots__ = ("address",)
    cel_type = TYPE

    def __init__(self, address: netip.Address) -> None:
        self.address = address

    @property
    def cel_size(self) -> int:
        return len(self.address.packed)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IP) and self.address == other.address

    def __hash__(self) -> int:
        return hash(self.address)

    def __str__(self) -> str:
        return netip.shown(self.address)


@functools.lru_cache(maxsize=1024)
def parse(text: str) -> IP:
    """Raises values.EvaluationError."""
    quoted = status.quoted(text)
    try:
        address, zone = netip.parse_address(text)
    except netip.Refused as error:
        raise values.EvaluationError(
            f"IP Address {quoted} parse error during conversion from string: {error}"
        ) from None
    if zone:
        raise values.EvaluationError(f"IP address {quoted} with zone value is not allowed")
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        raise values.EvaluationError(f"IPv4-mapped IPv6 address {quoted} is not allowed")
    return IP(address)


def _is_ip(text: str) -> bool:
    try:
        parse(text)
    except values.EvaluationError:
        return False
    return True


def _is_canonical(text: str) -> bool:
    return str(parse(text)) == text


_LINK_LOCAL_V4, _LINK_LOCAL_V6 = ipaddress.ip_network("169.254.0.0/16"), ipaddress.ip_network("fe80::/10")
_MULTICAST_V4 = ipaddress.ip_network("224.0.0.0/24")
_NOBODY = (ipaddress.ip_address("0.0.0.0"), ipaddress.ip_address("255.255.255.255"))


def _link_local_multicast(address: netip.Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return address in _MULTICAST_V4
    return address.packed[0] == 0xFF and address.packed[1] & 0x0F == 0x02


def _link_local_unicast(address: netip.Address) -> bool:
    return address in (_LINK_LOCAL_V4 if address.version == 4 else _LINK_LOCAL_V6)


def _global_unicast(address: netip.Address) -> bool:
    """Private addresses too, as in Go."""
    return not (
        address in _NOBODY
        or address.is_unspecified
        or address.is_loopback
        or address.is_multicast
        or _link_local_unicast(address)
    )


_STRING = types.STRING


def _member(name: str, id: str, result: types.Type, of: Callable[[netip.Address], Any]) -> declarations.Function:
    return functions.one(name, functions.member(TYPE, id, result, lambda ip: of(ip.address)))


LIBRARY = declarations.Library(
    "kubernetes.net.ip",
    (
        functions.one("ip", functions.reading("string_to_ip", TYPE, parse)),
        functions.one("isIP", functions.reading("is_ip", types.BOOL, _is_ip)),
        declarations.Function(
            "ip.isCanonical",
            (
                declarations.Overload(
                    "ip_is_canonical",
                    (_STRING,),
                    types.BOOL,
                    _is_canonical,
                    cost=costs.two_passes,
                    estimate=costs.expect_reading_twice,
                ),
            ),
        ),
        declarations.Function("string", (declarations.Overload("ip_to_string", (TYPE,), _STRING, str),)),
        _member("family", "ip_family", types.INT, lambda address: address.version),
        _member("isUnspecified", "ip_is_unspecified", types.BOOL, lambda address: address.is_unspecified),
        _member("isLoopback", "ip_is_loopback", types.BOOL, lambda address: address.is_loopback),
        _member("isLinkLocalMulticast", "ip_is_link_local_multicast", types.BOOL, _link_local_multicast),
        _member("isLinkLocalUnicast", "ip_is_link_local_unicast", types.BOOL, _link_local_unicast),
        _member("isGlobalUnicast", "ip_is_global_unicast", types.BOOL, _global_unicast),
    ),
    constants={"net.IP": (types.type_of(TYPE), values.TypeValue(TYPE))},
)
