"""The list that a validation fills: one method for each way in which a field can be wrong.

A place is plain text, `spec.ports[0].name`, which is made only where something is wrong or a loop needs it:
most objects are sound, and their validation should cost little more than reading them.

Errors stand in the order of the reference's checks, because the message lists them in that order.
"""

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from steersman.api import field, quantity
from steersman.api.field import FieldError, Path, Type
from steersman.kit import limits

NEGATIVE = "must be greater than or equal to 0"
NOT_POSITIVE = "must be greater than zero"
IMMUTABLE = "field is immutable"


def between(low: int, high: int) -> str:
    return f"must be between {low} and {high}, inclusive"


@functools.lru_cache(maxsize=16384)
def _complaints(rule: Callable[[str], Sequence[str]], value: str) -> Sequence[str]:
    """A cluster has few different names and asks about them often."""
    return tuple(rule(value))


class Errors:
    __slots__ = ("found",)

    def __init__(self) -> None:
        self.found: list[FieldError] = []

    def __bool__(self) -> bool:
        return bool(self.found)

    def __len__(self) -> int:
        return len(self.found)

    def required(self, at: str, detail: str = "") -> None:
        self.found.append(field.required(Path(at), detail))

    def invalid(self, at: str, value: Any, detail: str) -> None:
        self.found.append(field.invalid(Path(at), value, detail))

    def raw(self, at: str, shown: str, detail: str) -> None:
        """Invalid, with the value as text that is shown as it is."""
        self.found.append(FieldError(Type.INVALID, at, f"Invalid value: {shown}" + (f": {detail}" if detail else "")))

    def omitted(self, at: str, detail: str) -> None:
        """Invalid, without the value."""
        self.found.append(FieldError(Type.INVALID, at, f"Invalid value: {detail}"))

    def forbidden(self, at: str, detail: str) -> None:
        self.found.append(field.forbidden(Path(at), detail))

    def unsupported(self, at: str, value: Any, allowed: Iterable[str]) -> None:
        self.found.append(field.not_supported(Path(at), value, allowed))

    def duplicate(self, at: str, value: Any, detail: str = "") -> None:
        made = field.duplicate(Path(at), value)
        self.found.append(FieldError(made.type, at, f"{made.message}: {detail}") if detail else made)

    def not_found(self, at: str, value: Any, detail: str = "") -> None:
        made = field.not_found(Path(at), value)
        self.found.append(FieldError(made.type, at, f"{made.message}: {detail}") if detail else made)

    def too_long(self, at: str, limit: int) -> None:
        self.found.append(field.too_long(Path(at), limit))

    def too_many(self, at: str, actual: int, limit: int) -> None:
        self.found.append(field.too_many(Path(at), actual, limit))

    # rules that are one line where they are used

    def named(self, at: str, value: str, rule: Callable[[str], Sequence[str]]) -> bool:
        """One error for each complaint of a rule of `api.names`.  True where there is none."""
        complaints = _complaints(rule, value) if len(value) <= limits.LONGEST else rule(value)
        for text in complaints:
            self.invalid(at, value, text)
        return not complaints

    def one_of(self, at: str, value: str, allowed: Iterable[str]) -> None:
        if value not in allowed:
            self.unsupported(at, value, allowed)

    def required_one_of(self, at: str, value: str | None, allowed: Iterable[str]) -> None:
        if not value:
            self.required(at)
        elif value not in allowed:
            self.unsupported(at, value, allowed)

    def not_negative(self, at: str, value: int | None) -> None:
        if value is not None and value < 0:
            self.invalid(at, value, NEGATIVE)

    def within(self, at: str, value: int, low: int, high: int) -> None:
        if not low <= value <= high:
            self.invalid(at, value, between(low, high))

    def immutable(self, at: str, new: Any, old: Any) -> None:
        if new != old:
            self.invalid(at, new, IMMUTABLE)

    def not_negative_quantity(self, at: str, value: str) -> None:
        if quantity.parse(value).nanos < 0:
            self.invalid(at, value, NEGATIVE)

    def positive_quantity(self, at: str, value: str) -> None:
        if quantity.parse(value).nanos <= 0:
            self.invalid(at, value, NOT_POSITIVE)
