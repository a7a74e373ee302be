"""How the command line speaks: one line and the fix for an error, Rich for what is looked at."""

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # imported with the first line shown: `up` starts its server before that
    from rich import console


class Refused(Exception):
    """What was asked cannot be done; the text is one line for a person, with the fix."""


@functools.cache
def out() -> "console.Console":
    """For what was asked."""
    from rich import console

    return console.Console(highlight=False, soft_wrap=True)


@functools.cache
def err() -> "console.Console":
    """For what is told on the way."""
    from rich import console

    return console.Console(stderr=True, highlight=False, soft_wrap=True)
