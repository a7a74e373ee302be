"""Regular expressions as Go has them: RE2, in linear time, and with Go's words for what is wrong.

The engine is loaded with the first pattern.
"""

import functools
from typing import Any

from steersman.cel import meter, values

_GO = {
    "missing ]": "missing closing ]",
    "missing )": "missing closing )",
    "trailing \\": "trailing backslash at end of expression",
    "no argument for repetition operator": "missing argument to repetition operator",
    "invalid repetition size": "invalid repeat count",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid named capture group": "invalid named capture",
}
"""Where RE2 has other words than Go."""


_REPEATED = 10_000
"""Steps to read a pattern with a repeat count, which may stand for a very long one."""


class PatternError(values.EvaluationError):
    """Text that is no pattern; the message is Go's."""


@functools.lru_cache(maxsize=1024)
def compiled(text: str) -> Any:
    """The pattern, with RE2's `search`, `fullmatch`, `finditer`.  Raises PatternError."""
    meter.spend(_REPEATED if "{" in text else 300 + 2 * len(text))
    import re2  # with the first pattern: a start without any does not pay for it

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(text, options)
    except re2.error as error:
        raise PatternError(_explained(error)) from error


def _explained(error: Exception) -> str:
    given = error.args[0] if error.args else b""
    told = given.decode("utf-8", "replace") if isinstance(given, bytes) else str(given)
    what, _, where = told.partition(": ")
    return f"error parsing regexp: {_GO.get(what, what)}: `{where}`"


def finds(pattern: str, text: str) -> bool:
    return compiled(pattern).search(text) is not None
