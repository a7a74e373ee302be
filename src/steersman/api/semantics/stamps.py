"""Moments in objects that may be absent."""

import functools

from steersman.api import times


@functools.lru_cache(maxsize=4096)
def _parsed(text: str) -> float:
    return times.parse(text)


def maybe(text: object) -> float | None:
    """Unix seconds, or None where there is no text."""
    return _parsed(text) if isinstance(text, str) and text else None
