"""How the command line speaks: one line and the fix for an error, Rich for what is looked at."""

import functools
import shutil
import sys
from pathlib import Path
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


def line(error: BaseException) -> str:
    """An error's text in one line."""
    return " ".join(str(error).split()) or type(error).__name__


def has(name: str) -> bool:
    """Whether a program is on the PATH or in this installation."""
    return shutil.which(name) is not None or (Path(sys.executable).parent / name).exists()


def command(name: str) -> str:
    """How a person calls a program of this installation: by its name where their PATH has it."""
    found = shutil.which(name)
    beside = Path(sys.executable).parent / name
    if found is not None or not beside.exists():
        return name
    here = Path.cwd()
    return str(beside.relative_to(here)) if beside.is_relative_to(here) else str(beside)
