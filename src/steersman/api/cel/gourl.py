"""URLs read as Go's `net/url` reads them, with its complaints.

Only what expressions can see of a URL is kept.  `parse_request` is what a URL must pass; `parse` is more lenient,
and knows fragments.
"""

import dataclasses
import re
from typing import NoReturn

from steersman.api import status


class Refused(ValueError):
    """In Go's words."""


@dataclasses.dataclass(frozen=True, slots=True)
class URL:
    scheme: str = ""
    opaque: str = ""
    user: str | None = None
    """As it was written, with the password; None where there is no `@`."""
    host: str = ""
    """With the port, and with brackets."""
    path: str = ""
    raw_path: str = ""
    """As it was written, where that is not how the path would be escaped."""
    query: str = ""
    force_query: bool = False
    fragment: str = ""

    @property
    def hostname(self) -> str:
        host = _split_port(self.host)[0]
        return host[1:-1] if host.startswith("[") and host.endswith("]") else host

    @property
    def port(self) -> str:
        return _split_port(self.host)[1]

    @property
    def escaped_path(self) -> str:
        if self.raw_path and _valid_encoded_path(self.raw_path):
            try:
                if _unescape(self.raw_path, "path") == self.path:
                    return self.raw_path
            except Refused:
                pass
        return "*" if self.path == "*" else _escape(self.path, _PATH)

    def values(self) -> dict[str, list[str]]:
        """The query as a map; a pair that is not well escaped, or holds a semicolon, is left out."""
        found: dict[str, list[str]] = {}
        for pair in self.query.split("&"):
            if not pair or ";" in pair:
                continue
            key, _, value = pair.partition("=")
            try:
                found.setdefault(_unescape(key, "query"), []).append(_unescape(value, "query"))
            except Refused:
                continue
        return found


def parse(text: str) -> URL:
    body, _, fragment = text.partition("#")
    try:
        found = _parse(body, request=False)
        return dataclasses.replace(found, fragment=_unescape(fragment, "fragment")) if fragment else found
    except Refused as error:
        raise Refused(f"parse {status.quoted(text)}: {error}") from None


def parse_request(text: str) -> URL:
    """An absolute URL or an absolute path, without a fragment."""
    try:
        return _parse(text, request=True)
    except Refused as error:
        raise Refused(f"parse {status.quoted(text)}: {error}") from None


def _refuse(message: str) -> NoReturn:
    raise Refused(message)


_CONTROL = re.compile("[\x00-\x1f\x7f]")


def _parse(text: str, *, request: bool) -> URL:
    if _CONTROL.search(text):
        _refuse("net/url: invalid control character in URL")
    if not text and request:
        _refuse("empty url")
    if text == "*":
        return URL(path="*")
    scheme, rest = _scheme(text)
    scheme = scheme.lower()
    force_query = rest.endswith("?") and rest.count("?") == 1
    query = ""
    if force_query:
        rest = rest[:-1]
    else:
        rest, _, query = rest.partition("?")
    if not rest.startswith("/"):
        if scheme:
            return URL(scheme, opaque=rest, query=query, force_query=force_query)
        if request:
            _refuse("invalid URI for request")
        if ":" in rest.partition("/")[0]:
            _refuse("first path segment in URL cannot contain colon")
    user: str | None = None
    host = ""
    if (scheme or (not request and not rest.startswith("///"))) and rest.startswith("//"):
        authority, slash, path = rest[2:].partition("/")
        rest = slash + path
        user, host = _authority(authority)
    path = _unescape(rest, "path")
    return URL(scheme, "", user, host, path, "" if _escape(path, _PATH) == rest else rest, query, force_query)


def _scheme(text: str) -> tuple[str, str]:
    for place, character in enumerate(text):
        if character.isascii() and character.isalpha():
            continue
        if character.isascii() and (character.isdigit() or character in "+-."):
            if place == 0:
                return "", text
            continue
        if character == ":":
            if place == 0:
                _refuse("missing protocol scheme")
            return text[:place], text[place + 1 :]
        return "", text
    return "", text


_USER = re.compile(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*")


def _authority(text: str) -> tuple[str | None, str]:
    user, at, host = text.rpartition("@")
    host = _host(host)
    if not at:
        return None, host
    if not _USER.fullmatch(user):
        _refuse("net/url: invalid userinfo")
    for part in user.split(":", 1):
        _unescape(part, "user")
    return user, host


def _host(host: str) -> str:
    opening = host.find("[")
    if opening > 0:
        _refuse("invalid IP-literal")
    if opening == 0:
        end = host.rfind("]")
        if end < 0:
            _refuse("missing ']' in host")
        port = host[end + 1 :]
        if not _valid_port(port):
            _refuse(f"invalid port {status.quoted(port)} after host")
        zone = host[:end].find("%25")
        if zone >= 0:
            return _unescape(host[:zone], "host") + _unescape(host[zone:end], "zone") + _unescape(host[end:], "host")
    else:
        colon = host.rfind(":")
        if colon >= 0 and not _valid_port(host[colon:]):
            _refuse(f"invalid port {status.quoted(host[colon:])} after host")
    return _unescape(host, "host")


def _valid_port(text: str) -> bool:
    return not text or re.fullmatch(r":[0-9]*", text) is not None


def _split_port(host: str) -> tuple[str, str]:
    colon = host.rfind(":")
    if colon >= 0 and _valid_port(host[colon:]):
        return host[:colon], host[colon + 1 :]
    return host, ""


_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")
_PATH = _UNRESERVED | frozenset("$&+,/:;=@")
_HOST = _UNRESERVED | frozenset("!$&'()*+,;=:[]<>\"")
_HEX = frozenset("0123456789abcdefABCDEF")
_BRACKETS = frozenset("!'()*[]$&+,/:;=@")


def _valid_encoded_path(text: str) -> bool:
    return all(character in _UNRESERVED or character in _BRACKETS or character == "%" for character in text)


def _escape(text: str, plain: frozenset[str]) -> str:
    return "".join(c if c in plain else "".join(f"%{byte:02X}" for byte in c.encode()) for c in text)


def _unescape(text: str, where: str) -> str:
    raw = bytearray()
    place = 0
    while place < len(text):
        character = text[place]
        if character == "%":
            digits = text[place + 1 : place + 3]
            if len(digits) < 2 or not _HEX.issuperset(digits):
                _refuse(f"invalid URL escape {status.quoted(text[place : place + 3])}")
            byte = int(digits, 16)
            if where == "host" and byte < 0x80 and digits != "25":
                _refuse(f"invalid URL escape {status.quoted(text[place : place + 3])}")
            if where == "zone" and digits != "25" and chr(byte) not in _HOST and byte != 0x20:
                _refuse(f"invalid URL escape {status.quoted(text[place : place + 3])}")
            raw.append(byte)
            place += 3
            continue
        if where in ("host", "zone") and character.isascii() and character not in _HOST:
            _refuse(f"invalid character {status.quoted(character)} in host name")
        raw += b" " if character == "+" and where == "query" else character.encode()
        place += 1
    return raw.decode(errors="replace")
