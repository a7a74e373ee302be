"""Base64 as Go's standard decoder takes it: line ends are skipped, and a refusal names the byte."""

import base64
import binascii
import re


class BadByte(ValueError):
    """Not base64; `at` is where Go gives up."""

    def __init__(self, at: int) -> None:
        super().__init__(f"illegal base64 data at input byte {at}")
        self.at = at


def canonical(text: str) -> str:
    """The same bytes in the form that Go writes.  Raises BadByte."""
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError):
        at = _bad_byte(text.encode("utf-8", "surrogatepass").decode("latin-1"))
        if at >= 0:
            raise BadByte(at) from None
        data = base64.b64decode(text.replace("\n", "").replace("\r", ""))
    made = base64.b64encode(data).decode()
    return text if made == text else made


_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
_WHOLE_GROUPS = re.compile(r"(?:[A-Za-z0-9+/]{4})*+").match
_STEP = 256 * 1024
"""Characters that are looked at in one go, without anybody else's turn."""


def _after_whole_groups(text: str, at: int) -> int:
    while True:
        found = _WHOLE_GROUPS(text, at, at + _STEP)
        assert found is not None
        if found.end() < at + _STEP:
            return found.end()
        at = found.end()


def _bad_byte(text: str) -> int:
    """Where Go's decoder refuses; -1 where it does not."""
    at, size = 0, len(text)
    while True:
        at = _after_whole_groups(text, at)
        place = 0  # of the four in a group
        while place < 4:
            if at == size:
                return -1 if place == 0 else at - place
            char = text[at]
            at += 1
            if char in "\r\n":
                continue
            if char in _ALPHABET:
                place += 1
                continue
            if char != "=" or place < 2:
                return at - 1
            if place == 2:
                while at < size and text[at] in "\r\n":
                    at += 1
                if at == size:
                    return size
                if text[at] != "=":
                    return at - 1
                at += 1
            while at < size and text[at] in "\r\n":
                at += 1
            return at if at < size else -1
