"""Limits that keep what one client sends from costing everybody.

`remembered` is `functools.lru_cache` for functions of a text that comes from outside.  A cache of so many entries is
no limit on memory when an entry may be as long as a request: long texts are computed each time, and not kept.
"""

import functools
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LONGEST = 512
"""Characters of a text that is remembered: names, quantities, images and ordinary selectors are shorter."""


def remembered(maxsize: int, longest: int = LONGEST) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """Remember the answers for the `maxsize` texts asked about last, those of up to `longest` characters."""

    def decorate(function: Callable[[str], T]) -> Callable[[str], T]:
        kept = functools.lru_cache(maxsize)(function)

        @functools.wraps(function)
        def answer(text: str) -> T:
            return kept(text) if len(text) <= longest else function(text)

        return answer

    return decorate
