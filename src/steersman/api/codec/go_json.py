"""Why a text is not JSON, in the words of Go's scanner.

msgspec says where it gave up; clients expect `invalid character 'b' looking for beginning of object key
string`.  This walks the text only once it is known to be broken, so it may be slow.
"""

import re
from collections.abc import Callable

from steersman.api.codec.errors import DecodeError

_SPACES = re.compile(r"[ \t\r\n]*").match
_PLAIN = r'[^"\\\x00-\x1f]*+'
_SOUND = re.compile(_PLAIN + r'(?:\\(?:[bfnrt\\/"]|u[0-9a-fA-F]{4})' + _PLAIN + ")*+").match
"""As much of a text as is sound."""
_DIGITS = re.compile(r"[0-9]*").match
_SPACE = r"[ \t\r\n]*+"
_TEXT = f'"{_PLAIN}"'
_SIMPLE = rf"(?:{_TEXT}|-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?|true|false|null){_SPACE},{_SPACE}"
_ITEMS = re.compile(f"(?:{_SIMPLE})*+").match
_MEMBERS = re.compile(f"(?:{_TEXT}{_SPACE}:{_SPACE}{_SIMPLE})*+").match
"""As many whole items or members with the comma after them as hold nothing difficult: nearly all."""
_END = "unexpected end of JSON input"
_DIGIT = frozenset("0123456789")


def explain(body: bytes) -> str:
    """Go's message for a body that is not JSON; empty if it is."""
    text = body.decode("utf-8", "replace")
    try:
        end = _value(text, _skip(text, 0), "looking for beginning of value")
        end = _skip(text, end)
        if end < len(text):
            raise DecodeError(_invalid(text[end], "after top-level value"))
    except DecodeError as error:
        return str(error)
    return ""


def _skip(text: str, at: int) -> int:
    return at if text[at : at + 1] > " " else _end(_SPACES, text, at)


def _end(match: Callable[[str, int], re.Match[str] | None], text: str, at: int) -> int:
    found = match(text, at)
    assert found is not None  # all of them match nothing, too
    return found.end()


def _invalid(char: str, where: str) -> str:
    return f"invalid character {_quoted(char)} {where}"


def _quoted(char: str) -> str:
    if char == "'":
        return r"'\''"
    if char == '"':
        return "'\"'"
    escapes = {"\n": r"\n", "\r": r"\r", "\t": r"\t", "\\": "\\\\", "\a": r"\a", "\b": r"\b", "\f": r"\f", "\v": r"\v"}
    if char in escapes:
        return f"'{escapes[char]}'"
    if ord(char) < 0x20 or ord(char) == 0x7F:
        return f"'\\x{ord(char):02x}'"
    return f"'{char}'"


def _at(text: str, at: int) -> str:
    if at >= len(text):
        raise DecodeError(_END)
    return text[at]


def _value(text: str, at: int, where: str) -> int:
    """The position after the value that begins at `at`."""
    char = _at(text, at)
    if char == "{":
        return _object(text, at)
    if char == "[":
        return _array(text, at)
    if char == '"':
        return _string(text, at)
    if char == "-" or char in _DIGIT:
        return _number(text, at)
    for literal in ("true", "false", "null"):
        if char == literal[0]:
            for place in range(1, len(literal)):
                if _at(text, at + place) != literal[place]:
                    found = text[at + place]
                    raise DecodeError(_invalid(found, f"in literal {literal} (expecting {_quoted(literal[place])})"))
            return at + len(literal)
    raise DecodeError(_invalid(char, where))


def _object(text: str, at: int) -> int:
    at = _skip(text, at + 1)
    if _at(text, at) == "}":
        return at + 1
    while True:
        at = _end(_MEMBERS, text, at)
        if _at(text, at) != '"':
            raise DecodeError(_invalid(text[at], "looking for beginning of object key string"))
        at = _skip(text, _string(text, at))
        if _at(text, at) != ":":
            raise DecodeError(_invalid(text[at], "after object key"))
        at = _skip(text, _value(text, _skip(text, at + 1), "looking for beginning of value"))
        char = _at(text, at)
        if char == "}":
            return at + 1
        if char != ",":
            raise DecodeError(_invalid(char, "after object key:value pair"))
        at = _skip(text, at + 1)


def _array(text: str, at: int) -> int:
    at = _skip(text, at + 1)
    if _at(text, at) == "]":
        return at + 1
    while True:
        at = _end(_ITEMS, text, at)
        at = _skip(text, _value(text, at, "looking for beginning of value"))
        char = _at(text, at)
        if char == "]":
            return at + 1
        if char != ",":
            raise DecodeError(_invalid(char, "after array element"))
        at = _skip(text, at + 1)


def _string(text: str, at: int) -> int:
    at = _end(_SOUND, text, at + 1)
    char = _at(text, at)
    if char == '"':
        return at + 1
    if char != "\\":
        raise DecodeError(_invalid(char, "in string literal"))
    escape = _at(text, at + 1)
    if escape != "u":
        raise DecodeError(_invalid(escape, "in string escape code"))
    for place in range(2, 6):
        if _at(text, at + place) not in "0123456789abcdefABCDEF":
            raise DecodeError(_invalid(text[at + place], "in \\u hexadecimal character escape"))
    raise AssertionError("sound after all")


def _number(text: str, at: int) -> int:
    if text[at] == "-":
        at += 1
        if _at(text, at) not in _DIGIT:
            raise DecodeError(_invalid(text[at], "in numeric literal"))
    if text[at] == "0":
        at += 1
    else:
        at = _digits(text, at)
    if text[at : at + 1] == ".":
        if _at(text, at + 1) not in _DIGIT:
            raise DecodeError(_invalid(text[at + 1], "after decimal point in numeric literal"))
        at = _digits(text, at + 1)
    if text[at : at + 1] in ("e", "E"):
        at += 1
        if _at(text, at) in "+-":
            at += 1
        if _at(text, at) not in _DIGIT:
            raise DecodeError(_invalid(text[at], "in exponent of numeric literal"))
        at = _digits(text, at)
    return at


def _digits(text: str, at: int) -> int:
    return _end(_DIGITS, text, at)
