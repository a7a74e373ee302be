"""Addresses, networks and ports in fields.

New values must be in canonical enough a form: no leading zeros, no IPv4 in IPv6 clothes.
"""

import ipaddress
from typing import Any

from steersman.api import names
from steersman.api.validation.errors import Errors
from steersman.kit import limits

IP_TEXT = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
CIDR_TEXT = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
PROTOCOLS = ("SCTP", "TCP", "UDP")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@limits.remembered(4096)
def parse(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text) if "%" not in text else None
    except ValueError:
        return None


@limits.remembered(1024)
def parse_network(text: str) -> Network | None:
    address, slash, bits = text.partition("/")
    if not slash or not bits.isascii() or not bits.isdigit() or (len(bits) > 1 and bits[0] == "0"):
        return None
    try:
        return ipaddress.ip_network(text, strict=False) if "%" not in address else None
    except ValueError:
        return None


def ip(text: str, at: str, e: Errors) -> bool:
    if parse(text) is not None:
        return True
    e.invalid(at, text, IP_TEXT)
    return False


def cidr(text: str, at: str, e: Errors) -> bool:
    if parse_network(text) is not None:
        return True
    e.invalid(at, text, CIDR_TEXT)
    return False


def is_v6(text: str) -> bool:
    return ":" in text


def not_special(text: str, at: str, e: Errors) -> None:
    """An address that another machine can be reached at."""
    found = parse(text)
    if found is None:
        e.invalid(at, text, "must be a valid IP address")
        return
    if found.is_unspecified:
        e.invalid(at, text, f"may not be unspecified ({text})")
    if found.is_loopback:
        e.invalid(at, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)")
    if found.is_link_local:
        e.invalid(at, text, "may not be in the link-local range (169.254.0.0/16, fe80::/10)")
    if found in _MULTICAST[found.version]:
        e.invalid(at, text, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")


_MULTICAST: dict[int, Network] = {4: ipaddress.ip_network("224.0.0.0/24"), 6: ipaddress.ip_network("ff02::/16")}


def port(value: int, at: str, e: Errors) -> None:
    if not 1 <= value <= 65535:
        e.invalid(at, value, "must be between 1 and 65535, inclusive")


def port_or_name(value: Any, at: str, e: Errors) -> None:
    if isinstance(value, str):
        e.named(at, value, names.port_name)
    else:
        port(value or 0, at, e)
