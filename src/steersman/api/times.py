"""Times as the API writes them: RFC 3339 in UTC, with seconds, or with microseconds where a field says so.

Parsing is Go's: what Go refuses is refused here, in the same words, because decoding errors carry them.
"""

import calendar
import functools
import re
import time

SECONDS = "2006-01-02T15:04:05Z07:00"
"""Go's name for the layout of a `time` field."""
MICROS = "2006-01-02T15:04:05.000000Z07:00"
"""Go's name for the layout of a `micro-time` field."""


def seconds(moment: float) -> str:
    """`2026-05-01T12:00:00Z`: whole seconds, cut, not rounded."""
    return _seconds(moment // 1)


@functools.lru_cache(maxsize=64)  # most are asked for within one second
def _seconds(moment: float) -> str:
    parts = time.gmtime(moment)
    text = time.strftime("%Y-%m-%dT%H:%M:%SZ", parts)
    return text if parts.tm_year >= 1000 else text.rjust(20, "0")


def micros(moment: float) -> str:
    """`2026-05-01T12:00:00.000000Z`."""
    total = round(moment * 1_000_000)
    whole, part = divmod(total, 1_000_000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(whole))}.{part:06d}Z"


def parse(text: str) -> float:
    """Unix seconds of an RFC 3339 time, with or without a fraction.  Raises ValueError in Go's words."""
    whole, nanos = _parse(text, SECONDS)
    return whole + nanos / 1e9


def canonical(text: str) -> str:
    """What a `time` field holds after Go read and wrote it.  Raises ValueError in Go's words."""
    if len(text) == 20 and _PLAIN.fullmatch(text) and _sound(text):
        return text
    return seconds(_year_of_four_digits(_parse(text, SECONDS)[0]))


def canonical_micro(text: str) -> str:
    """What a `micro-time` field holds after Go read and wrote it; exactly six digits are taken."""
    if len(text) == 27 and _PLAIN_MICRO.fullmatch(text) and _sound(text):
        return text
    whole, nanos = _parse(text, MICROS)
    return f"{seconds(_year_of_four_digits(whole))[:-1]}.{nanos // 1000:06d}Z"


def _year_of_four_digits(moment: int) -> int:
    """A zone can carry a time over the end of its year: what no RFC 3339 reader takes back is not kept."""
    if not _YEAR_0 <= moment < _YEAR_10000:
        raise ValueError("Time.MarshalJSON: year outside of range [0,9999]")
    return moment


_YEAR_0, _YEAR_10000 = -62167219200, 253402300800


_PLAIN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_PLAIN_MICRO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


def _sound(text: str) -> bool:
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    return (
        1 <= month <= 12
        and 1 <= day <= _days(year, month)
        and int(text[11:13]) < 24
        and int(text[14:16]) < 60
        and int(text[17:19]) < 60
    )


def _days(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1] if year else (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


_ELEMENTS = (
    ("2006", 4, "year"),
    ("-", 0, ""),
    ("01", 2, "month"),
    ("-", 0, ""),
    ("02", 2, "day"),
    ("T", 0, ""),
    ("15", 2, "hour"),
    (":", 0, ""),
    ("04", 2, "minute"),
    (":", 0, ""),
    ("05", 2, "second"),
)
_ZONE = re.compile(r"([+-])(\d\d):(\d\d)", re.ASCII)


def _parse(text: str, layout: str) -> tuple[int, int]:
    """Unix seconds and nanoseconds."""

    def refuse(rest: str, element: str) -> ValueError:
        return ValueError(f'parsing time "{text}" as "{layout}": cannot parse "{rest}" as "{element}"')

    def outside(what: str) -> ValueError:
        return ValueError(f'parsing time "{text}": {what} out of range')

    found: dict[str, int] = {}
    rest = text
    for element, width, name in _ELEMENTS:
        if not width:
            if not rest.startswith(element):
                raise refuse(rest, element)
            rest = rest[1:]
            continue
        digits = rest[:width]
        if name == "hour" and len(rest) >= 1 and not (len(digits) == 2 and _digits(digits)) and rest[0].isdigit():
            digits = rest[:1]  # Go takes one digit for the hour
        if not _digits(digits) or (len(digits) < width and name != "hour"):
            raise refuse(rest, element)
        found[name] = int(digits)
        rest = rest[len(digits) :]
        limits = {"month": (1, 12), "hour": (0, 23), "minute": (0, 59), "second": (0, 59)}.get(name)
        if limits and not limits[0] <= found[name] <= limits[1]:
            raise outside(name)
    nanos = 0
    if layout == MICROS:
        fraction = rest[:7]
        if len(fraction) < 7 or fraction[0] not in ".," or not _digits(fraction[1:]) or rest[7:8].isdigit():
            raise refuse(rest, ".000000")
        nanos = int(fraction[1:]) * 1000
        rest = rest[7:]
    elif rest[:1] in (".", ",") and rest[1:2].isdigit():
        length = 1
        while rest[length : length + 1].isdigit():
            length += 1
        nanos = int(rest[1:length][:9].ljust(9, "0"))
        rest = rest[length:]
    offset = 0
    if rest.startswith("Z"):
        rest = rest[1:]
    else:
        zone = _ZONE.match(rest)
        if zone is None:
            raise refuse(rest, "Z07:00")
        hours, minutes = int(zone[2]), int(zone[3])
        if hours > 24:
            raise outside("time zone offset hour")
        if minutes > 60:
            raise outside("time zone offset minute")
        offset = (hours * 60 + minutes) * 60 * (-1 if zone[1] == "-" else 1)
        rest = rest[6:]
    if rest:
        raise ValueError(f'parsing time "{text}": extra text: "{rest}"')
    if not 1 <= found["day"] <= _days(found["year"], found["month"]):
        raise outside("day")
    parts = (found["month"], found["day"], found["hour"], found["minute"], found["second"], 0, 0, 0)
    if not found["year"]:  # before `calendar` begins; the next leap year is 1461 days on
        return calendar.timegm((4, *parts)) - 1461 * 86400 - offset, nanos
    return calendar.timegm((found["year"], *parts)) - offset, nanos


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
