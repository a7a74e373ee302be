"""Durations as texts: Go's own (`1h30m`), and the longer ones that schemas' `duration` and CEL's values read, too."""

import re

_LONG = (
    (("ns", "nano"), 1), (("us", "µs", "micro"), 1_000), (("ms", "milli"), 10**6), (("s", "sec"), 10**9),
    (("m", "min"), 60 * 10**9), (("h", "hr", "hour"), 3600 * 10**9), (("d", "day"), 86_400 * 10**9),
    (("w", "week"), 7 * 86_400 * 10**9),
)  # fmt: skip
_LONG_PART = re.compile(r"(?<!\d)(\d++)\s*+([A-Za-zµ]++)", re.ASCII)
"""Possessive, and from a number's first digit on: a text of digits alone is not tried from each of them."""


def duration(text: str) -> int:
    """Nanoseconds, of `1h30m` or `2 weeks`.  Raises ValueError."""
    try:
        return go_duration(text)
    except ValueError:
        pass
    total, known = 0, False
    for count, unit in _LONG_PART.findall(text):
        lowered = unit.strip().lower()
        for variants, nanos in _LONG:
            if lowered in variants or lowered.startswith(variants[-1]):
                known = True
                total += int(count) * nanos
    if not known:
        raise ValueError(f"unable to parse {text} as duration")
    return total


def go_duration(text: str) -> int:
    """Nanoseconds, of `1h30m`.  Raises ValueError with Go's words."""
    from steersman.cel import times  # CEL's home is loaded with the first duration

    found = times.parse_duration(text)
    if found is None:
        why = "missing unit in" if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", text, re.ASCII) else "invalid"
        raise ValueError(f'time: {why} duration "{text}"')
    return found.nanos
