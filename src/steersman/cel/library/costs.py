"""What a call costs while an expression runs: cel-go's rules, each by how its work grows with its operands.

A string costs a tenth of a unit a character read, a quarter a character of a regular expression.
"""

import math
from collections.abc import Sequence
from typing import Any

from steersman.cel import values

TRAVERSAL = 0.1
PATTERN = 0.25


def units(length: float, factor: float = TRAVERSAL) -> int:
    return math.ceil(length * factor)


def traversal(arguments: Sequence[Any], result: Any) -> int:
    """The first operand read once."""
    return units(values.actual_size(arguments[0]))


def traversal_and_copy(arguments: Sequence[Any], result: Any) -> int:
    """The first operand read, and a result of its size made."""
    return units(values.actual_size(arguments[0]) * 2)


def smaller(arguments: Sequence[Any], result: Any) -> int:
    """Two operands read until they differ."""
    return units(min(values.actual_size(arguments[0]), values.actual_size(arguments[1])))


def both(arguments: Sequence[Any], result: Any) -> int:
    """Two operands copied into one."""
    return units(values.actual_size(arguments[0]) + values.actual_size(arguments[1]))


def second(arguments: Sequence[Any], result: Any) -> int:
    """A list searched."""
    return values.actual_size(arguments[1])


def search(arguments: Sequence[Any], result: Any) -> int:
    """A string searched in another."""
    return units(values.actual_size(arguments[0])) * units(values.actual_size(arguments[1]))


def pattern(arguments: Sequence[Any], result: Any) -> int:
    """A string matched with a regular expression; one more than the string, so that an empty one costs too."""
    return units(1.0 + values.actual_size(arguments[0])) * units(values.actual_size(arguments[1]), PATTERN)
