"""Resource quantities: `quantity('1Gi')`, `isQuantity`, arithmetic and comparison.

Whether a quantity `isInteger` does not depend on its value alone: Go keeps a quantity as an integer and a power of
ten where it can, and only one whose power is not negative counts (`1000m` does not).  So a value here remembers both.
"""

import functools
from typing import NamedTuple

from steersman.api import quantity
from steersman.api.cel import costs, functions
from steersman.cel import declarations, types, values

TYPE = types.object_("kubernetes.Quantity")


class _Amount(NamedTuple):
    """`value` * 10**`scale`, the value within 64 bits."""

    value: int
    scale: int

    def scaled_to(self, scale: int) -> "_Amount | None":
        value = self.value * 10 ** (self.scale - scale)
        return _Amount(value, scale) if _fits(value) else None


def _fits(value: int) -> bool:
    return values.MIN_INT <= value <= values.MAX_INT


class Quantity(values.Opaque):
    __slots__ = ("amount", "exact")
    cel_type = TYPE

    def __init__(self, exact: quantity.Quantity, amount: _Amount | None) -> None:
        self.exact, self.amount = exact, amount

    @property
    def integer(self) -> int | None:
        """None where Go has no integer for it."""
        if self.amount is None or self.amount.scale < 0:
            return None
        whole = self.amount.scaled_to(0)
        return None if whole is None else whole.value

    @property
    def approximately(self) -> float:
        if self.amount is not None:
            base, exponent = float(self.amount.value), self.amount.scale
            return base * 10.0**exponent if exponent else base
        try:
            return self.exact.nanos / quantity.NANO
        except OverflowError:
            return float("inf") if self.exact.nanos > 0 else float("-inf")

    def plus(self, other: "Quantity", sign: int = 1) -> "Quantity":
        a, b = self.exact, other.exact
        exact = quantity.Quantity(a.nanos + sign * b.nanos, a.format if a.nanos else b.format)
        if self.amount is None or other.amount is None:
            return Quantity(exact, None)
        return Quantity(exact, _sum(self.amount, _Amount(sign * other.amount.value, other.amount.scale)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quantity) and self.exact.nanos == other.exact.nanos

    def __hash__(self) -> int:
        return hash(self.exact.nanos)

    def __str__(self) -> str:
        return quantity.text(self.exact)


def _sum(a: _Amount, b: _Amount) -> _Amount | None:
    if not b.value:
        return a
    if not a.value:
        return b
    scale = min(a.scale, b.scale)
    left, right = a.scaled_to(scale), b.scaled_to(scale)
    if left is None or right is None or not _fits(left.value + right.value):
        return None
    return _Amount(left.value + right.value, scale)


def _amount(text: str) -> _Amount | None:
    """As Go's fast way of parsing has it; None where that gives up.  The text is known to be a quantity."""
    negative, unsigned = text[0] == "-", text.lstrip("+-") if text[0] in "+-" else text
    end = next((place for place, c in enumerate(unsigned) if c not in "0123456789."), len(unsigned))
    number, suffix = unsigned[:end], unsigned[end:]
    whole, _, fraction = number.partition(".")
    whole = whole.lstrip("0") or "0"
    scale, factor, room = 0, 1, 18 - len(whole) - len(fraction)
    if suffix in _BINARY:
        if fraction:
            return None
        factor = 1 << _BINARY[suffix]
        room = 15 - len(whole) - _BINARY[suffix] * 3 // 10 - 1
    elif suffix in _DECIMAL:
        scale = _DECIMAL[suffix]
    else:
        scale = int(suffix[1:])
    scale -= len(fraction)
    value = int(whole + fraction) * factor
    if room < 0 or scale < -9 or not _fits(value):
        return None
    return _Amount(-value if negative else value, scale)


_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}


@functools.lru_cache(maxsize=2048)
def parse(text: str) -> Quantity:
    """Raises values.EvaluationError."""
    try:
        return Quantity(quantity.parse(text), _amount(text))
    except ValueError as error:
        raise values.EvaluationError(str(error)) from None


def _of_int(value: int) -> Quantity:
    return Quantity(quantity.Quantity(value * quantity.NANO, quantity.DECIMAL_EXPONENT), _Amount(value, 0))


def _compare(left: Quantity, right: Quantity) -> int:
    difference = left.exact.nanos - right.exact.nanos
    return (difference > 0) - (difference < 0)


def _as_integer(value: Quantity) -> int:
    found = value.integer
    if found is None:
        raise values.EvaluationError("cannot convert value to integer")
    return found


def _sign(value: Quantity) -> int:
    return (value.exact.nanos > 0) - (value.exact.nanos < 0)


_member = functools.partial(functions.member, TYPE)

LIBRARY = declarations.Library(
    "kubernetes.quantity",
    (
        functions.one("quantity", functions.reading("string_to_quantity", TYPE, parse)),
        functions.one("isQuantity", functions.reading("is_quantity_string", types.BOOL, quantity.is_valid)),
        declarations.Function(  # not a member, whatever the documentation says
            "sign",
            (
                declarations.Overload(
                    "quantity_sign",
                    (TYPE,),
                    types.INT,
                    _sign,
                    cost=costs.nominal,
                    estimate=costs.expect_nominal,
                ),
            ),
        ),
        declarations.Function(
            "isGreaterThan",
            (_member("quantity_is_greater_than", types.BOOL, lambda a, b: _compare(a, b) > 0, TYPE),),
        ),
        declarations.Function(
            "isLessThan", (_member("quantity_is_less_than", types.BOOL, lambda a, b: _compare(a, b) < 0, TYPE),)
        ),
        declarations.Function("compareTo", (_member("quantity_compare_to", types.INT, _compare, TYPE),)),
        declarations.Function(
            "asApproximateFloat", (_member("quantity_get_float", types.DOUBLE, lambda value: value.approximately),)
        ),
        declarations.Function("asInteger", (_member("quantity_get_int", types.INT, _as_integer),)),
        declarations.Function(
            "isInteger", (_member("quantity_is_integer", types.BOOL, lambda value: value.integer is not None),)
        ),
        declarations.Function(
            "add",
            (
                _member("quantity_add", TYPE, lambda a, b: a.plus(b), TYPE),
                _member("quantity_add_int", TYPE, lambda a, b: a.plus(_of_int(b)), types.INT),
            ),
        ),
        declarations.Function(
            "sub",
            (
                _member("quantity_sub", TYPE, lambda a, b: a.plus(b, -1), TYPE),
                _member("quantity_sub_int", TYPE, lambda a, b: a.plus(_of_int(b), -1), types.INT),
            ),
        ),
    ),
)
