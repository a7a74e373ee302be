"""Addresses and prefixes in text, read as Go's `net/netip` reads them, with its complaints.

Python's `ipaddress` then does the rest.  `:` and `%` decide, as in Go, what a text was meant to be.
"""

import ipaddress
from typing import NoReturn

from steersman.api import status

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Refused(ValueError):
    """In Go's words."""


def _refuse(text: str, message: str, at: str = "") -> NoReturn:
    place = f" (at {status.quoted(at)})" if at else ""
    raise Refused(f"ParseAddr({status.quoted(text)}): {message}{place}")


def parse_address(text: str) -> tuple[Address, str]:
    """The address, and its zone."""
    for character in text:
        if character == ".":
            return ipaddress.IPv4Address(_v4(text, text)), ""
        if character == ":":
            return _v6(text)
        if character == "%":
            _refuse(text, "missing IPv6 address")
    _refuse(text, "unable to parse IP")


def _v4(whole: str, text: str) -> int:
    """`text` is the end of `whole` that should be four numbers."""
    if not text:
        _refuse(whole, "IPv4 address too short")
    fields: list[int] = []
    value = length = 0
    for place, character in enumerate(text):
        if "0" <= character <= "9":
            if length == 1 and value == 0:
                _refuse(whole, "IPv4 field has octet with leading zero")
            value = value * 10 + ord(character) - 48
            length += 1
            if value > 255:
                _refuse(whole, "IPv4 field has value >255")
        elif character == ".":
            if place == 0 or place == len(text) - 1 or text[place - 1] == ".":
                _refuse(whole, "IPv4 field must have at least one digit", text[place:])
            if len(fields) == 3:
                _refuse(whole, "IPv4 address too long")
            fields.append(value)
            value = length = 0
        else:
            _refuse(whole, "unexpected character", text[place:])
    if len(fields) < 3:
        _refuse(whole, "IPv4 address too short")
    return int.from_bytes(bytes((*fields, value)), "big")


_HEX = "0123456789abcdefABCDEF"


def _v6(whole: str) -> tuple[ipaddress.IPv6Address, str]:
    text, percent, zone = whole.partition("%")
    if percent and not zone:
        _refuse(whole, "zone must be a non-empty string")
    ip = bytearray()
    ellipsis = -1
    if text.startswith("::"):
        ellipsis, text = 0, text[2:]
        if not text:
            return ipaddress.IPv6Address(0), zone
    while len(ip) < 16:
        length = value = 0
        while length < len(text) and text[length] in _HEX:
            value = value * 16 + int(text[length], 16)
            if length > 3:
                _refuse(whole, "each group must have 4 or less digits", text)
            length += 1
        if length == 0:
            _refuse(whole, "each colon-separated field must have at least one digit", text)
        if length < len(text) and text[length] == ".":
            if ellipsis < 0 and len(ip) != 12:
                _refuse(whole, "embedded IPv4 address must replace the final 2 fields of the address", text)
            if len(ip) + 4 > 16:
                _refuse(whole, "too many hex fields to fit an embedded IPv4 at the end of the address", text)
            ip += _v4(whole, text).to_bytes(4, "big")
            text = ""
            break
        ip += value.to_bytes(2, "big")
        text = text[length:]
        if not text:
            break
        if text[0] != ":":
            _refuse(whole, "unexpected character, want colon", text)
        if len(text) == 1:
            _refuse(whole, "colon must be followed by more characters", text)
        text = text[1:]
        if text[0] == ":":
            if ellipsis >= 0:
                _refuse(whole, "multiple :: in address", text)
            ellipsis, text = len(ip), text[1:]
            if not text:
                break
    if text:
        _refuse(whole, "trailing garbage after address", text)
    if len(ip) < 16:
        if ellipsis < 0:
            _refuse(whole, "address string too short")
        ip[ellipsis:ellipsis] = bytes(16 - len(ip))
    elif ellipsis >= 0:
        _refuse(whole, "the :: must expand to at least one field of zeros")
    return ipaddress.IPv6Address(bytes(ip)), zone


def parse_prefix(text: str) -> tuple[Address, int]:
    """The address as it is written, and how many bits of it count."""
    address_text, slash, bits = text.rpartition("/")
    if not slash:
        _refuse_prefix(text, "no '/'")
    try:
        address, zone = parse_address(address_text)
    except Refused as error:
        _refuse_prefix(text, str(error))
    if zone:
        _refuse_prefix(text, "IPv6 zones cannot be present in a prefix")
    # No sign and no leading zero, which Go's own integers would take.
    if not bits or not bits.isascii() or not bits.isdigit() or (len(bits) > 1 and bits[0] == "0") or len(bits) > 18:
        _refuse_prefix(text, f"bad bits after slash: {status.quoted(bits)}")
    if int(bits) > address.max_prefixlen:
        _refuse_prefix(text, "prefix length out of range")
    return address, int(bits)


def _refuse_prefix(text: str, message: str) -> NoReturn:
    raise Refused(f"netip.ParsePrefix({status.quoted(text)}): {message}")


def shown(address: Address) -> str:
    """As Go writes it: an IPv4 address in IPv6 clothes with its dots."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return f"::ffff:{address.ipv4_mapped}"
    return str(address)
