"""Text to tokens, by the rules of CEL's grammar: the longest match wins, and what matches nothing is skipped.

A token's kind is how ANTLR calls it in an error: itself for punctuation and keywords, a name in capitals for the
rest.  Text that begins no token is an `Issue` with ANTLR's words, and the scan goes on behind it, as there.
Offsets are code points, everywhere.
"""

import dataclasses
import re

from steersman.cel import source

EOF = "<EOF>"
IDENTIFIER = "IDENTIFIER"
ESCAPED_IDENTIFIER = "ESC_IDENTIFIER"
INT = "NUM_INT"
UINT = "NUM_UINT"
DOUBLE = "NUM_FLOAT"
STRING = "STRING"
BYTES = "BYTES"

KEYWORDS = frozenset({"in", "true", "false", "null"})

_ESCAPE = r"""\\(?:[abfnrtv"'\\?`]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})"""
_STRING = (
    rf'(?:"""(?:[^\\]|{_ESCAPE})*?"""'
    rf"|'''(?:[^\\]|{_ESCAPE})*?'''"
    rf'|"(?:[^\\"\n\r]|{_ESCAPE})*"'
    rf"|'(?:[^\\'\n\r]|{_ESCAPE})*'"
    r'|[rR]"""[\s\S]*?"""'
    r"|[rR]'''[\s\S]*?'''"
    r'|[rR]"[^"\n\r]*"'
    r"|[rR]'[^'\n\r]*')"
)
_TOKEN = re.compile(
    rf"(?P<SKIPPED>[\t \r\n\f]+|//[^\n]*)"
    rf"|(?P<BYTES>[bB]{_STRING})"
    rf"|(?P<STRING>{_STRING})"
    r"|(?P<IDENTIFIER>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<NUM_FLOAT>[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<NUM_UINT>0x[0-9a-fA-F]+[uU]|[0-9]+[uU])"
    r"|(?P<NUM_INT>0x[0-9a-fA-F]+|[0-9]+)"
    r"|(?P<PUNCTUATION>==|!=|<=|>=|&&|\|\||[<>\[\]{}().,\-!?:+*/%])"
    r"|(?P<ESC_IDENTIFIER>`[A-Za-z0-9_.\-/ ]+`)"
)
_PARTIAL_ESCAPE = r"(?:\\(?:[xX][0-9a-fA-F]?|u[0-9a-fA-F]{0,3}|U[0-9a-fA-F]{0,7}|[0-3][0-7]?)?)?"
_BEGUN = re.compile(
    rf'"(?:[^\\"\n\r]|{_ESCAPE})*{_PARTIAL_ESCAPE}'
    rf"|'(?:[^\\'\n\r]|{_ESCAPE})*{_PARTIAL_ESCAPE}"
    r"|`[A-Za-z0-9_.\-/ ]*|[=&|]"
)
"""How far a scan gets into something that is not a token in the end."""


@dataclasses.dataclass(frozen=True, slots=True)
class Tokens:
    """Side by side: what kind each is, and where it stands.  The last is the end of the text."""

    text: str
    kinds: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    issues: tuple[source.Issue, ...]
    skipped: tuple[tuple[int, int], ...]
    """From where to where something is no token."""

    def shown(self, first: int, last: int | None = None) -> str:
        """The text from one token to another, without what is none."""
        if self.kinds[first] == EOF:
            return EOF
        at, end = self.starts[first], self.ends[first if last is None else last]
        text = ""
        for start, stop in self.skipped:
            if at <= start < end:
                text += self.text[at:start]
                at = stop
        return text + self.text[at:end]


def scan(text: str) -> Tokens:
    kinds: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    issues: list[source.Issue] = []
    skipped: list[tuple[int, int]] = []
    at, length, match = 0, len(text), _TOKEN.match
    while at < length:
        found = match(text, at)
        if found is None:
            begun = _BEGUN.match(text, at)
            stop = min((begun.end() if begun else at) + 1, length)
            issues.append(source.Issue(at, f"Syntax error: token recognition error at: '{text[at:stop]}'"))
            skipped.append((at, stop))
            at = stop
            continue
        kind, end = found.lastgroup or "", found.end()
        if kind != "SKIPPED":
            if kind == "PUNCTUATION" or (kind == IDENTIFIER and found.group() in KEYWORDS):
                kind = found.group()
            kinds.append(kind)
            starts.append(at)
            ends.append(end)
        at = end
    kinds.append(EOF)
    starts.append(length)
    ends.append(length)
    return Tokens(text, tuple(kinds), tuple(starts), tuple(ends), tuple(issues), tuple(skipped))


def escaped(text: str) -> str:
    return text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")


class BadLiteral(Exception):
    """With cel-go's words."""


def string(token: str) -> str:
    """The value of a STRING token.  Raises BadLiteral."""
    content, raw = _content(token)
    if raw or "\\" not in content:
        return content
    return _ESCAPED.sub(_character, content)


def bytes_(token: str) -> bytes:
    """The value of a BYTES token: text is its UTF-8, `\\x` and octal escapes are bytes.  Raises BadLiteral."""
    content, raw = _content(token[1:])
    if raw or "\\" not in content:
        return content.encode("utf-8", "surrogatepass")
    value, at = bytearray(), 0
    for escape in _ESCAPED.finditer(content):
        value += content[at : escape.start()].encode("utf-8", "surrogatepass")
        letter = escape[0][1]
        if letter in "uU":
            raise BadLiteral("unable to unescape string")
        value.append(ord(_SIMPLE[letter]) if letter in _SIMPLE else _number(escape[0]))
        at = escape.end()
    return bytes(value + content[at:].encode("utf-8", "surrogatepass"))


_ESCAPED = re.compile(_ESCAPE)
_SIMPLE = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "'": "'", '"': '"', "`": "`", "?": "?",
}  # fmt: skip


def _content(token: str) -> tuple[str, bool]:
    token = token.replace("\r\n", "\n").replace("\r", "\n")
    raw = token[0] in "rR"
    if raw:
        token = token[1:]
    quotes = 3 if len(token) >= 6 and token[:3] in ('"""', "'''") else 1
    return token[quotes:-quotes], raw


def _character(escape: re.Match[str]) -> str:
    letter = escape[0][1]
    if letter in _SIMPLE:
        return _SIMPLE[letter]
    point = _number(escape[0])
    if point > 0x10FFFF or 0xD800 <= point <= 0xDFFF:
        raise BadLiteral("invalid unicode code point")
    return chr(point)


def _number(escape: str) -> int:
    digits = escape[2:]
    return int(digits, 16) if escape[1] in "xXuU" else int(escape[1:], 8)
