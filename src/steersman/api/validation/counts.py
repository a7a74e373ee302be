"""Numbers that may also be a percentage."""

from typing import Any

from steersman.api import names
from steersman.api.validation.errors import Errors


def positive(value: Any, at: str, e: Errors) -> None:
    """A number that is not negative, or a percentage."""
    if isinstance(value, str):
        e.named(at, value, names.percent)
    else:
        e.not_negative(at, value)


def at_most_all(value: Any, at: str, e: Errors) -> None:
    found = percentage(value)
    if found is not None and found > 100:
        e.invalid(at, value, "must not be greater than 100%")


def percentage(value: Any) -> int | None:
    return int(value[:-1]) if isinstance(value, str) and not names.percent(value) else None


def number(value: Any) -> int:
    """Percentage or number; what is neither counts as 0."""
    found = percentage(value)
    if found is not None:
        return found
    if isinstance(value, str):
        return int(value) if value.isascii() and value.lstrip("+-").isdigit() else 0
    return value or 0
