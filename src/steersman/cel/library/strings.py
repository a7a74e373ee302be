"""cel-go's functions of strings, as its version 2 has them: searching, cutting, joining, `format`, `strings.quote`.

Places count code points.
"""

from collections.abc import Callable, Sequence
from typing import Any

from steersman.cel import declarations, meter, types, values
from steersman.cel.library import costs, formatting
from steersman.cel.values import EvaluationError

INT, STRING = types.INT, types.STRING
_STRINGS = types.list_of(STRING)


def _out_of_range(place: int) -> EvaluationError:
    return EvaluationError(f"index out of range: {place}")


def char_at(text: str, place: int) -> str:
    if not 0 <= place <= len(text):
        raise _out_of_range(place)
    return text[place : place + 1]


def index_of(text: str, part: str, start: int = 0) -> int:
    if not part:
        return start
    if start < 0:
        raise _out_of_range(start)
    return text.find(part, start)


def last_index_of(text: str, part: str, start: int | None = None) -> int:
    if start is None:
        return text.rfind(part)
    if not part:
        return start
    if start < 0:
        raise _out_of_range(start)
    if start >= len(text):
        return -1
    return text.rfind(part, 0, start + len(part))


_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_UPPER = {lower: upper for upper, lower in _LOWER.items()}


def lower_ascii(text: str) -> str:
    return text.translate(_LOWER)


def upper_ascii(text: str) -> str:
    return text.translate(_UPPER)


def replace(text: str, old: str, new: str, limit: int = -1) -> str:
    limit = max(limit, -1)
    if len(new) > len(old):
        most = text.count(old) if limit < 0 else min(limit, text.count(old))
        values.reasonable(len(text) + most * (len(new) - len(old)))
    return text.replace(old, new, limit)


def split(text: str, separator: str, limit: int = -1) -> list[str]:
    """In at most `limit` parts; between any two code points where there is no separator."""
    if limit == 0:
        return []
    if separator:
        return text.split(separator, limit - 1 if limit > 0 else -1)
    if limit < 0 or limit > len(text):
        return list(text)
    return [*text[: limit - 1], text[limit - 1 :]]


def substring(text: str, start: int, end: int | None = None) -> str:
    if end is None:
        if not 0 <= start <= len(text):
            raise _out_of_range(start)
        return text[start:]
    if start > end:
        raise EvaluationError(f"invalid substring range. start: {start}, end: {end}")
    for place in (start, end):
        if not 0 <= place <= len(text):
            raise _out_of_range(place)
    return text[start:end]


_SPACE = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
"""What Unicode calls white space, which is less than Python's."""


def trim(text: str) -> str:
    return text.strip(_SPACE)


def join(parts: Sequence[Any], separator: str = "") -> str:
    meter.spend(2 * len(parts))
    length = 0
    for part in parts:
        if not isinstance(part, str):
            raise EvaluationError(f"join: invalid input: {values.text(part)}")
        length += len(part) + len(separator)
    values.reasonable(length)
    return separator.join(parts)


_ESCAPES = str.maketrans(formatting.ESCAPES)


def quote(text: str) -> str:
    """As a literal that can be printed; what is no character becomes U+FFFD."""
    sound = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return f'"{sound.translate(_ESCAPES)}"'


def _member(
    name: str,
    does: Callable[..., Any],
    result: types.Type,
    *overloads: tuple[str, tuple[types.Type, ...]],
    cost: declarations.RuntimeCost | None = None,
) -> declarations.Function:
    return declarations.Function(
        name,
        tuple(
            declarations.Overload(id, arguments, result, does, member=True, cost=cost) for id, arguments in overloads
        ),
    )


LIBRARY = declarations.Library(
    "cel.lib.ext.strings",
    functions=(
        _member("charAt", char_at, STRING, ("string_char_at_int", (STRING, INT))),
        _member(
            "indexOf",
            index_of,
            INT,
            ("string_index_of_string", (STRING, STRING)),
            ("string_index_of_string_int", (STRING, STRING, INT)),
        ),
        _member(
            "lastIndexOf",
            last_index_of,
            INT,
            ("string_last_index_of_string", (STRING, STRING)),
            ("string_last_index_of_string_int", (STRING, STRING, INT)),
        ),
        _member("lowerAscii", lower_ascii, STRING, ("string_lower_ascii", (STRING,))),
        _member(
            "replace",
            replace,
            STRING,
            ("string_replace_string_string", (STRING, STRING, STRING)),
            ("string_replace_string_string_int", (STRING, STRING, STRING, INT)),
        ),
        _member(
            "split",
            split,
            _STRINGS,
            ("string_split_string", (STRING, STRING)),
            ("string_split_string_int", (STRING, STRING, INT)),
        ),
        _member(
            "substring",
            substring,
            STRING,
            ("string_substring_int", (STRING, INT)),
            ("string_substring_int_int", (STRING, INT, INT)),
        ),
        _member("trim", trim, STRING, ("string_trim", (STRING,))),
        _member("upperAscii", upper_ascii, STRING, ("string_upper_ascii", (STRING,))),
        _member(
            "format",
            formatting.format,
            STRING,
            ("string_format", (STRING, types.list_of(types.DYN))),
            cost=costs.traversal,
        ),
        declarations.Function(
            "strings.quote", (declarations.Overload("strings_quote", (STRING,), STRING, quote, cost=costs.traversal),)
        ),
        _member("join", join, STRING, ("list_join", (_STRINGS,)), ("list_join_string", (_STRINGS, STRING))),
    ),
)
