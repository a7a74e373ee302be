"""How the command line speaks: one line and the fix for an error, Rich for what is looked at."""

import functools

from rich import console


class Refused(Exception):
    """What was asked cannot be done; the text is one line for a person, with the fix."""


@functools.cache
def out() -> console.Console:
    return console.Console(highlight=False, soft_wrap=True)


@functools.cache
def err() -> console.Console:
    return console.Console(stderr=True, highlight=False, soft_wrap=True)
