"""Costs and sizes: ranges of whole numbers whose arithmetic stays at 2**64-1 where it would pass it, as in Go."""

import dataclasses
import math
from typing import Self

LIMIT = (1 << 64) - 1

STRING_TRAVERSAL = 0.1
"""For each code point that is looked at."""
REGEX_LENGTH = 0.25
"""For each code point of a pattern, taken to be a quarter of an instruction."""
CREATE_LIST = 10
CREATE_MAP = 30
CREATE_STRUCT = 40


def add(a: int, b: int) -> int:
    return min(a + b, LIMIT)


def multiply(a: int, b: int) -> int:
    return min(a * b, LIMIT)


def by_factor(count: int, factor: float) -> int:
    """Rounded up, in the floating point numbers that Go would use."""
    number = float(count)
    if number > 0 and factor > 0 and number > float(LIMIT) / factor:
        return LIMIT
    return min(math.ceil(number * factor), LIMIT)


@dataclasses.dataclass(frozen=True, slots=True)
class _Range:
    min: int
    max: int

    @classmethod
    def fixed(cls, number: int) -> Self:
        return cls(number, number)

    def __add__(self, other: "_Range") -> Self:
        return type(self)(add(self.min, other.min), add(self.max, other.max))

    def __mul__(self, other: "_Range") -> Self:
        return type(self)(multiply(self.min, other.min), multiply(self.max, other.max))

    def union(self, other: "_Range") -> Self:
        return type(self)(min(self.min, other.min), max(self.max, other.max))

    def times(self, factor: float) -> "Cost":
        return Cost(by_factor(self.min, factor), by_factor(self.max, factor))


class Cost(_Range):
    """In units of about 50 ns."""

    __slots__ = ()


class Size(_Range):
    """In code points, bytes or entries, as the function `size` counts."""

    __slots__ = ()

    def each(self, cost: Cost) -> Cost:
        """What it costs to pay `cost` for every entry."""
        return Cost(multiply(self.min, cost.min), multiply(self.max, cost.max))


NOTHING = Cost(0, 0)
UNIT = Cost(1, 1)
UNKNOWN = Size(0, LIMIT)
