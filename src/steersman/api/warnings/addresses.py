"""IPv6 addresses that are sound but not written as everybody else writes them."""

import ipaddress

from steersman.api import field
from steersman.api.field import Path


def ip(text: str, where: Path) -> list[str]:
    if ":" not in text:
        return []
    try:
        shown = str(ipaddress.IPv6Address(text))
    except ValueError:
        return []
    if shown == text:
        return []
    return [
        f"{where}: IPv6 address {field.quoted(text)} should be in RFC 5952 canonical format ({field.quoted(shown)})"
    ]
