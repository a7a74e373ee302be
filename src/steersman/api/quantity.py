"""Resource quantities: `100m`, `1.5Gi`, `2e3`.

A quantity is an exact number and the family of suffixes it was written in: decimal (`n u m k M G T P E`),
binary (`Ki` to `Ei`) or exponent (`e3`).  The smallest step is a nano; finer values round away from zero.
Values are held as a count of nanos, an integer, so comparing and adding never lose anything.

`canonical` writes a quantity as Go's `resource.Quantity` does: no fraction, the largest suffix that divides
the number.  Parsing is cached: a cluster uses few different texts, and asks for them often.
"""

from typing import NamedTuple

from steersman.kit import limits

NANO = 10**9
_MAX = (1 << 63) - 1

_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL_BACK = {power: suffix for suffix, power in _DECIMAL.items()}
_BINARY_BACK = {power: suffix for suffix, power in _BINARY.items()}

WRONG_FORMAT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
WRONG_NUMBER = "unable to parse numeric part of quantity"
WRONG_SUFFIX = "unable to parse quantity's suffix"

DECIMAL_SI = "DecimalSI"
BINARY_SI = "BinarySI"
DECIMAL_EXPONENT = "DecimalExponent"


class Quantity(NamedTuple):
    nanos: int
    format: str

    def __str__(self) -> str:
        return text(self)


def _digits(source: str, start: int) -> int:
    """Where the run of digits that begins at `start` ends."""
    while start < len(source) and "0" <= source[start] <= "9":
        start += 1
    return start


def _split(source: str) -> tuple[str, str, str]:
    """Whole digits, fraction digits and suffix of an unsigned quantity."""
    end = _digits(source, 0)
    whole, fraction = source[:end] or "0", ""
    if end < len(source) and source[end] == ".":
        stop = _digits(source, end + 1)
        fraction = source[end + 1 : stop]
        if stop == 1:  # a lone point
            raise ValueError(WRONG_NUMBER)
        end = stop
    position = end
    while position < len(source) and source[position] in "eEinumkKMGTP":
        position += 1
    if position < len(source) and source[position] in "+-":
        position += 1
    if _digits(source, position) < len(source):
        raise ValueError(WRONG_FORMAT)
    return whole, fraction, source[end:]


@limits.remembered(8192)
def parse(source: str) -> Quantity:
    """Read a quantity.  Raises ValueError with the reference's text."""
    if not source:
        raise ValueError(WRONG_FORMAT)
    negative = source[0] == "-"
    whole, fraction, suffix = _split(source[1:] if source[0] in "+-" else source)
    factor, power = 1, 0
    if suffix in _DECIMAL:
        format, power = DECIMAL_SI, _DECIMAL[suffix]
    elif suffix in _BINARY:
        format, factor = BINARY_SI, 1 << _BINARY[suffix]
    elif suffix[0] in "eE":
        format, power = DECIMAL_EXPONENT, _exponent(suffix[1:])
    else:
        raise ValueError(WRONG_SUFFIX)
    scaled = int(whole + fraction) * factor
    power += 9 - len(fraction)
    if power >= 0:
        nanos = scaled * 10**power
    else:
        nanos = -(-scaled // 10**-power) if power > -2000 else int(scaled > 0)
    if format == BINARY_SI:
        nanos = min(nanos, _MAX * NANO)
        if 0 < nanos < NANO:
            format = DECIMAL_SI
    return Quantity(-nanos if negative else nanos, format)


def _exponent(digits: str) -> int:
    try:
        exponent = int(digits)
    except ValueError:
        raise ValueError(WRONG_SUFFIX) from None
    if not -2000 < exponent < 2000:  # beyond any number that means something; keeps the arithmetic small
        raise ValueError(WRONG_SUFFIX)
    return exponent


def text(quantity: Quantity) -> str:
    """The canonical form."""
    nanos, format = quantity
    if nanos == 0:
        return "0"
    if format == BINARY_SI and abs(nanos) >= 1024 * NANO and nanos % NANO == 0:
        number, power = nanos // NANO, 0
        while power < 60 and number % 1024 == 0:
            number, power = number // 1024, power + 10
        return f"{number}{_BINARY_BACK.get(power, '')}"
    if format == BINARY_SI:
        format = DECIMAL_SI
    number, power = nanos, -9
    limit = 18 if format == DECIMAL_SI else 1 << 20
    while power < limit and number % 1000 == 0:
        number, power = number // 1000, power + 3
    if format == DECIMAL_SI:
        return f"{number}{_DECIMAL_BACK[power]}"
    return f"{number}e{power}" if power else str(number)


@limits.remembered(8192)
def canonical(source: str) -> str:
    """A quantity as the API stores and shows it.  Raises ValueError with the reference's text."""
    return text(parse(source.strip()))


def canonical_number(value: float) -> str:
    """The same of a JSON number."""
    return canonical(repr(value))


def is_valid(source: str) -> bool:
    try:
        parse(source)
    except ValueError:
        return False
    return True


def _rounded(nanos: int, step: int) -> int:
    """Division that rounds away from zero."""
    return -(-nanos // step) if nanos >= 0 else nanos // step


def to_int(source: str) -> int:
    """The value in whole units, rounded away from zero."""
    return _rounded(parse(source).nanos, NANO)


def milli(source: str) -> int:
    """The value in thousandths, rounded away from zero."""
    return _rounded(parse(source).nanos, 1_000_000)


def nano(source: str) -> int:
    """The exact value, in units of 10^-9."""
    return parse(source).nanos


def compare(left: str, right: str) -> int:
    """-1, 0 or 1."""
    difference = parse(left).nanos - parse(right).nanos
    return (difference > 0) - (difference < 0)


def add(left: str, right: str) -> str:
    """The sum in the left one's family of suffixes (in the right one's where the left is zero)."""
    a, b = parse(left), parse(right)
    return text(Quantity(a.nanos + b.nanos, a.format if a.nanos else b.format))


def subtract(left: str, right: str) -> str:
    a, b = parse(left), parse(right)
    return text(Quantity(a.nanos - b.nanos, a.format if a.nanos else b.format))


def of_int(value: int, format: str = DECIMAL_SI) -> str:
    return text(Quantity(value * NANO, format))


def of_milli(value: int, format: str = DECIMAL_SI) -> str:
    return text(Quantity(value * 1_000_000, format))
