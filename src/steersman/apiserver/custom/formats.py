"""The string formats that schemas may ask for; unknown ones are met by everything."""

import base64
import binascii
import datetime as dt
import ipaddress
import re
import urllib.parse
from collections.abc import Callable

_UUID = "[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?%s[0-9a-fA-F]{3}-?%s-?[0-9a-fA-F]{12}"
_ANY_UUID = _UUID % ("[0-9a-fA-F]", "[0-9a-fA-F]{4}")
_VARIANT = "[89abAB][0-9a-fA-F]{3}"


def fits(format: str, value: str) -> bool:
    test = _TESTS.get(format)
    return test is None or test(value)


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda value: compiled.fullmatch(value) is not None


def _parses(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def test(value: str) -> bool:
        try:
            parse(value)
        except (ValueError, binascii.Error):
            return False
        return True

    return test


_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:?\d\d)?")


def _date_time(value: str) -> bool:
    if _MOMENT.fullmatch(value) is None:
        return False
    return _parses(dt.datetime.fromisoformat)(re.sub(r"\.\d+", "", value.upper()))


def _uri(value: str) -> bool:
    try:
        parts = urllib.parse.urlsplit(value)
    except ValueError:
        return False
    return bool(parts.scheme) or value.startswith("/")


def _cidr(value: str) -> bool:
    return "/" in value and _parses(lambda text: ipaddress.ip_network(text, strict=False))(value)


_UNIT = r"\s*(ns|us|µs|μs|ms|s|m|h|d|w)"
_TESTS: dict[str, Callable[[str], bool]] = {
    "byte": _parses(lambda text: base64.b64decode(text, validate=True)),
    "cidr": _cidr,
    "date": lambda value: len(value) == 10 and _parses(dt.date.fromisoformat)(value),
    "date-time": _date_time,
    "datetime": _date_time,
    "duration": _matches(rf"[+-]?(0|(\d+(\.\d*)?|\.\d+){_UNIT})+"),
    "email": _matches(r"[^@\s]+@[^@\s]+"),
    "hexcolor": _matches(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})"),
    "hostname": _matches(r"(?=.{1,253}$)[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
                         r"(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*"),
    "ipv4": _parses(ipaddress.IPv4Address),
    "ipv6": _parses(ipaddress.IPv6Address),
    "mac": _matches(r"([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}"),
    "uri": _uri,
    "uuid": _matches(_ANY_UUID),
    "uuid3": _matches(_UUID % ("3", "[0-9a-fA-F]{4}")),
    "uuid4": _matches(_UUID % ("4", _VARIANT)),
    "uuid5": _matches(_UUID % ("5", _VARIANT)),
}  # fmt: skip
