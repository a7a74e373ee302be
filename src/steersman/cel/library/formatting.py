"""`"%s has %d".format([name, count])`: the clauses `%s %d %f %e %b %x %X %o`, and Go's words for what they refuse."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from steersman.cel import meter, times, values
from steersman.cel.errors import CostExceeded
from steersman.cel.library import conversions
from steersman.cel.values import EvaluationError

Clause = Callable[[Any], str]


def format(text: str, arguments: Sequence[Any]) -> str:
    made: list[str] = []
    at = used = length = 0
    while at < len(text):
        next = text.find("%", at)
        if next < 0:
            made.append(text[at:])
            break
        made.append(text[at:next])
        at = next + 1
        if text[at : at + 1] == "%":
            made.append("%")
            at += 1
            continue
        if used >= len(arguments):
            raise EvaluationError(f"index {used} out of range")
        if at >= len(text):
            raise EvaluationError("unexpected end of string")
        try:
            at, clause = _clause(text, at)
        except EvaluationError as error:
            raise EvaluationError(f"could not parse formatting clause: {error}") from None
        try:
            made.append(clause(arguments[used]))
        except CostExceeded:
            raise
        except EvaluationError as error:
            raise EvaluationError(f"error during formatting: {error}") from None
        used += 1
        length += len(made[-1])
        meter.spend(20 + (len(made[-1]) >> 3))
        values.reasonable(length)
    return "".join(made)


def _clause(text: str, at: int) -> tuple[int, Clause]:
    """The clause after a `%`, and where it ends."""
    precision = 6
    if text[at] == ".":
        start = at = at + 1
        while at < len(text) and "0" <= text[at] <= "9":
            at += 1
        if at >= len(text):
            raise EvaluationError("error while parsing precision: could not find end of precision specifier")
        digits = text[start:at]
        if not digits or len(digits) > 9:
            what = "value out of range" if digits else "invalid syntax"
            raise EvaluationError(
                "error while parsing precision: error while converting precision to integer: "
                f'strconv.Atoi: parsing "{digits}": {what}'
            )
        precision = min(int(digits), 1100)  # no double has more digits
    letter = text[at]
    if letter == "f":
        return at + 1, lambda value: _fixed(value, precision)
    if letter == "e":
        return at + 1, lambda value: _scientific(value, precision)
    plain = _CLAUSES.get(letter)
    if plain is None:
        raise EvaluationError(f'unrecognized formatting clause "{letter}"')
    return at + 1, plain


def string(value: Any) -> str:
    if value is None:
        return "null"
    if values.is_list(value):
        meter.spend(10 + 10 * len(value))
        return f"[{', '.join(map(_inner, value))}]"
    if values.is_map(value):
        return _map(value)
    if type(value) in _CONVERTED:
        return conversions.to_string(value)
    raise EvaluationError(
        "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and "
        f"timestamps, was given {values.type_name(value)}"
    )


_CONVERTED = frozenset(
    {str, bool, int, values.UInt, float, bytes, values.Timestamp, values.Duration, values.TypeValue},
)


def _inner(value: Any) -> str:
    """In a list or a map a value is written as a literal."""
    kind = type(value)
    if kind is str:
        return quoted(value)
    if kind is bytes:
        return f"b{quoted(conversions.to_string(value))}"
    if kind is float:
        return f"{value:.6f}" if math.isfinite(value) else f'"{values.double_text(value)}"'
    if kind is values.Timestamp:
        return f"timestamp({quoted(times.timestamp_text(value))})"
    if kind is values.Duration:
        return f"duration({quoted(times.duration_text(value))})"
    if value is not None and kind not in _CONVERTED and not values.is_list(value) and not values.is_map(value):
        raise EvaluationError(f"no formatting function for {values.type_name(value)}")
    return string(value)


def _map(value: Any) -> str:
    meter.spend(30 + 30 * len(value))
    pairs = []
    for key, element in value.items():
        if type(key) not in (str, bool, int, values.UInt):
            raise EvaluationError(f"no formatting function for map key of type {values.type_name(key)}")
        pairs.append((_inner(key), _inner(element)))
    return "{" + ", ".join(f"{key}:{element}" for key, element in sorted(pairs, key=lambda pair: pair[0])) + "}"


ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
    '"': '\\"',
}


def quoted(text: str) -> str:
    """As Go's %q."""
    meter.spend(2 * len(text))
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    known = ESCAPES.get(character)
    if known is not None:
        return known
    if character == " " or (character.isprintable() and not character.isspace()):
        return character
    point = ord(character)
    if point < 0x80:
        return f"\\x{point:02x}"
    if 0xD800 <= point < 0xE000:
        return "\ufffd"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def _integer(value: Any, refusal: str) -> int:
    if type(value) is int or type(value) is values.UInt:
        return int(value)
    raise EvaluationError(f"{refusal}, was given {values.type_name(value)}")


def _decimal(value: Any) -> str:
    return str(_integer(value, "decimal clause can only be used on integers"))


def _octal(value: Any) -> str:
    return f"{_integer(value, 'octal clause can only be used on integers'):o}"


def _binary(value: Any) -> str:
    if type(value) is bool:
        return "1" if value else "0"
    return f"{_integer(value, 'only integers and bools can be formatted as binary'):b}"


def _hex(value: Any) -> str:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass").hex()
    if isinstance(value, bytes):
        return value.hex()
    return f"{_integer(value, 'only integers, byte buffers, and strings can be formatted as hex'):x}"


_WRITTEN = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def _double(value: Any, clause: str) -> float:
    if type(value) is float:
        return value
    if type(value) is str and value in _WRITTEN:
        return _WRITTEN[value]
    raise EvaluationError(f"{clause} clause can only be used on doubles, was given {values.type_name(value)}")


def _endless(value: float) -> str:
    return "NaN" if math.isnan(value) else "∞" if value > 0 else "-∞"


def _fixed(value: Any, precision: int) -> str:
    number = _double(value, "fixed-point")
    return f"{number:,.{precision}f}" if math.isfinite(number) else _endless(number)


_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def _scientific(value: Any, precision: int) -> str:
    """As it is printed in English: `2.718280 × 10⁰⁰`, with narrow spaces."""
    number = _double(value, "scientific")
    if not math.isfinite(number):
        return _endless(number)
    mantissa, _, exponent = f"{number:.{precision}e}".partition("e")
    return f"{mantissa}\u202f×\u202f10{exponent.lstrip('+').translate(_RAISED)}"


_CLAUSES: dict[str, Clause] = {
    "s": string,
    "d": _decimal,
    "b": _binary,
    "o": _octal,
    "x": _hex,
    "X": lambda value: _hex(value).upper(),
}
