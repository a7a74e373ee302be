"""Durations and timestamps from text and back, by Go's rules.

What Go's `time.ParseDuration` and `time.Parse(time.RFC3339, ...)` take is taken, and a value is written as cel-go
writes it.  Schemas use this too: a `duration` or `date-time` field of an object is one of these values.
"""

import datetime as dt
import re

from steersman.cel import meter, values

SECOND = 1_000_000_000
_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
}
_PART = re.compile(r"([0-9]*+)(\.([0-9]*+))?(ns|us|µs|μs|ms|s|m|h)")
_DIGITS = 19
"""More make no number of 64 bits; of a fraction, more change nothing."""

EARLIEST, LATEST = -62_135_596_800, 253_402_300_799
"""Unix seconds of the years 1 and 9999, which timestamps stay within."""


def parse_duration(text: str) -> values.Duration | None:
    """`1h30m`, `-1.5s`; None of what is none."""
    meter.spend(2 * len(text))
    at = 1 if text[:1] in ("-", "+") else 0
    if text[at:] == "0":
        return values.Duration(0)
    if at == len(text):
        return None
    total = 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None or not (part[1] or part[3]) or len(part[1].lstrip("0")) > _DIGITS:
            return None
        unit = _UNITS[part[4]]
        fraction = (part[3] or "")[:_DIGITS]
        total += int(part[1].lstrip("0") or 0) * unit + (int(fraction) * unit // 10 ** len(fraction) if fraction else 0)
        at = part.end()
    if text[0] == "-":
        total = -total
    return values.Duration(total) if values.MIN_INT <= total <= values.MAX_INT else None


def duration_text(duration: values.Duration) -> str:
    """`90s`, `0.5s`: seconds, as a double has them."""
    return values.fixed_text(duration_seconds(duration)) + "s"


def duration_seconds(duration: values.Duration) -> float:
    whole, rest = divmod(abs(duration.nanos), SECOND)
    seconds = whole + rest / 1e9
    return -seconds if duration.nanos < 0 else seconds


_RFC3339 = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:[.,]([0-9]+))?"
    r"(?:(Z)|([+-])([0-9]{2}):([0-9]{2}))"
)


def parse_timestamp(text: str) -> values.Timestamp | None:
    """A time of RFC 3339 with or without a fraction; None of what is none.  Raises EvaluationError outside of years
    1 to 9999."""
    found = _RFC3339.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(found[group]) for group in range(1, 7))
    offset = 0
    if found[8] is None:
        hours, minutes = int(found[10]), int(found[11])
        if hours > 24 or minutes > 60:
            return None
        offset = (hours * 60 + minutes) * 60 * (-1 if found[9] == "-" else 1)
    if year == 0:  # a leap year that Python does not know
        if not 1 <= month <= 12 or not 1 <= day <= 31 or hour > 23 or minute > 59 or second > 59:
            return None
        raise values.EvaluationError("timestamp overflow")
    try:
        moment = dt.datetime(year, month, day, hour, minute, second, tzinfo=dt.UTC)
    except ValueError:
        return None
    seconds = _unix(moment) - offset
    nanos = int((found[7] or "0")[:9].ljust(9, "0"))
    return checked(values.Timestamp(seconds * SECOND + nanos, offset))


_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def _unix(moment: dt.datetime) -> int:
    since = moment - _EPOCH
    return since.days * 86400 + since.seconds


def checked(timestamp: values.Timestamp) -> values.Timestamp:
    if not EARLIEST <= timestamp.nanos // SECOND <= LATEST:
        raise values.EvaluationError("timestamp overflow")
    return timestamp


def at(timestamp: values.Timestamp) -> dt.datetime:
    """In UTC, without its part of a second."""
    return _EPOCH + dt.timedelta(seconds=timestamp.nanos // SECOND)


def timestamp_text(timestamp: values.Timestamp) -> str:
    """RFC 3339 with as much of a fraction as there is, in the offset it was written in."""
    seconds, nanos = divmod(timestamp.nanos, SECOND)
    try:
        local = _EPOCH + dt.timedelta(seconds=seconds + timestamp.offset)
    except OverflowError:  # within a day of the calendar's ends
        local = at(timestamp)
    shown = f"{local.year:04d}-{local.month:02d}-{local.day:02d}T{local:%H:%M:%S}"
    if nanos:
        shown += f".{nanos:09d}".rstrip("0")
    if not timestamp.offset:
        return shown + "Z"
    hours, minutes = divmod(abs(timestamp.offset) // 60, 60)
    return f"{shown}{'-' if timestamp.offset < 0 else '+'}{hours:02d}:{minutes:02d}"
