"""The string formats that schemas may ask for; every other format is met by everything.

Names are compared without their hyphens, as the reference does.
"""

import datetime as dt
import functools
import ipaddress
import re
from collections.abc import Callable

from steersman.api import names
from steersman.api.durations import duration as duration


def normal(format: str) -> str:
    return format.replace("-", "")


def fits(format: str, value: str) -> bool:
    test = _TESTS.get(normal(format))
    return test is None or test(value)


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = functools.cache(lambda: re.compile(pattern))  # when first asked for: a server's start is short
    return lambda value: compiled().fullmatch(value) is not None


def _parses(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def test(value: str) -> bool:
        try:
            parse(value)
        except ValueError:
            return False
        return True

    return test


_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"(\d\d):(\d\d):(\d\d)(.\d+)?(z|[+-]\d\d:\d\d)", re.ASCII)


def _date(value: str) -> bool:
    return _DATE.fullmatch(value) is not None and _parses(dt.date.fromisoformat)(value)


def _date_time(value: str) -> bool:
    parts = value.lower().split("t")
    if len(parts) < 2 or not _date(parts[0]):
        return False
    match = _TIME.fullmatch(parts[1])
    return match is not None and match[1] <= "23" and match[2] <= "59" and match[3] <= "59"


def _uri(value: str) -> bool:
    if (
        not value
        or any(ord(sign) < 0x20 or ord(sign) == 0x7F for sign in value)
        or re.search(r"%(?![0-9a-fA-F]{2})", value)
    ):
        return False
    from steersman.api.cel import gourl  # with the first URI

    try:
        gourl.parse_request(value)
    except gourl.Refused:
        return False
    return True


def _ip(value: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    if "%" in value:
        raise ValueError(value)
    if ":" not in value:  # Kubernetes lets zeros stand before the numbers of an IPv4 address
        value = ".".join(part.lstrip("0") or part[:1] for part in value.split("."))
    return ipaddress.ip_address(value)


def _cidr(value: str) -> bool:
    address, _, bits = value.partition("/")
    return bits.isascii() and bits.isdigit() and _parses(_ip)(address) and int(bits) <= _ip(address).max_prefixlen


def _mac(value: str) -> bool:
    for sign in (":", "-"):
        parts = value.split(sign)
        if len(parts) in (6, 8, 20):
            return all(re.fullmatch("[0-9a-fA-F]{2}", part) for part in parts)
    parts = value.split(".")
    return len(parts) in (3, 4, 10) and all(re.fullmatch("[0-9a-fA-F]{4}", part) for part in parts)


_LETTER = r"a-zA-Z0-9\p{S}\p{L}"
_HOSTNAME = (
    rf"^([{_LETTER}]((-?[{_LETTER}]{{0,62}})?)"
    rf"|([{_LETTER}](([{_LETTER}-]{{0,61}}[{_LETTER}])?)(\.)){{1,}}([a-zA-Z\p{{L}}]){{2,63}})$"
)
"""The reference's own idea: one label has a hyphen in its second place or none, several end in letters."""


def _hostname(value: str) -> bool:
    from steersman.cel import patterns  # CEL's home is loaded with the first pattern

    if len(value.encode()) > 255 or any(len(part.encode()) > 63 for part in value.split(".")):
        return False
    return patterns.finds(_HOSTNAME, value)


def _isbn10(value: str) -> bool:
    digits = re.sub(r"[\s-]+", "", value)
    if not re.fullmatch(r"\d{9}[\dX]", digits, re.ASCII):
        return False
    return sum((at + 1) * (10 if sign == "X" else int(sign)) for at, sign in enumerate(digits)) % 11 == 0


def _isbn13(value: str) -> bool:
    digits = re.sub(r"[\s-]+", "", value)
    if not re.fullmatch(r"\d{13}", digits, re.ASCII):
        return False
    return sum((3 if at % 2 else 1) * int(sign) for at, sign in enumerate(digits)) % 10 == 0


_CARD = re.compile(
    r"4\d{12}(\d{3})?|5[1-5]\d{14}|(222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|6(011|5\d\d)\d{12}"
    r"|3[47]\d{13}|3(0[0-5]|[68]\d)\d{11}|(2131|1800|35\d{3})\d{11}|6[27]\d{14}",
    re.ASCII,
)


def _credit_card(value: str) -> bool:
    digits = re.sub(r"[^0-9]+", "", value)
    if _CARD.fullmatch(digits) is None:
        return False
    doubled = [int(sign) * (2 if at % 2 else 1) for at, sign in enumerate(reversed(digits))]
    return sum(each - 9 if each > 9 else each for each in doubled) % 10 == 0


_UUID = "(?i:[0-9a-f]{8}-?[0-9a-f]{4}-?%s[0-9a-f]{3}-?%s[0-9a-f]{3}-?[0-9a-f]{12})"
_BYTE = r"\s*(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\s*"
_TESTS: dict[str, Callable[[str], bool]] = {
    "bsonobjectid": _matches("[0-9a-fA-F]{24}"),
    "byte": _matches("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})"),
    "cidr": _cidr,
    "creditcard": _credit_card,
    "date": _date,
    "datetime": _date_time,
    "duration": _parses(duration),
    "email": _matches(r"([^@<>\s]+|\"[^\"]*\")@[^@<>\s]+|[^@<>]*<[^@<>\s]+@[^@<>\s]+>"),
    "hexcolor": _matches("#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})"),
    "hostname": _hostname,
    "ipv4": lambda value: "." in value and _parses(_ip)(value),
    "ipv6": lambda value: ":" in value and _parses(_ip)(value),
    "isbn": lambda value: _isbn10(value) or _isbn13(value),
    "isbn10": _isbn10,
    "isbn13": _isbn13,
    "k8slongname": lambda value: not names.dns1123_subdomain(value),
    "k8sshortname": lambda value: not names.dns1123_label(value),
    "mac": _mac,
    "rgbcolor": _matches(rf"rgb\({_BYTE},{_BYTE},{_BYTE}\)"),
    "ssn": _matches("[0-9]{3}[- ][0-9]{2}[- ][0-9]{4}"),
    "uri": _uri,
    "uuid": _matches(_UUID % ("[0-9a-f]", "[0-9a-f]")),
    "uuid3": _matches(_UUID % ("3", "[0-9a-f]")),
    "uuid4": _matches(_UUID % ("4", "[89ab]")),
    "uuid5": _matches(_UUID % ("5", "[89ab]")),
}  # fmt: skip
KNOWN = frozenset({*_TESTS, "password"})
"""Without hyphens."""
