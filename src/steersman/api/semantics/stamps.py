"""Moments in objects that may be absent."""

from steersman.api import times
from steersman.kit import limits


@limits.remembered(4096)
def _parsed(text: str) -> float:
    return times.parse(text)


def maybe(text: object) -> float | None:
    """Unix seconds, or None where there is no text."""
    return _parsed(text) if isinstance(text, str) and text else None
