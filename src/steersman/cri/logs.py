"""Lines of container logs as every CRI runtime writes them.  Pure.

    2016-10-06T00:17:09.669794202Z stdout F The content of the log entry 1
    2016-10-06T00:17:09.669794202Z stdout P First half of a long line,
    2016-10-06T00:17:09.669794202Z stdout F and its end

`F` (full) ends a line, `P` (partial) does not.  A reader joins the content of partial entries and adds a
line break after full ones; the time of a line is that of its first entry.
"""

import dataclasses
import datetime as dt

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    stamp: str  # RFC 3339 with nanoseconds, as written
    stream: str  # stdout, stderr
    partial: bool
    content: bytes  # without line break


def parse(raw: bytes) -> Entry | None:
    """One line of the file, with or without its line break; None where it is no log entry."""
    pieces = raw.rstrip(b"\n").split(b" ", 3)
    if len(pieces) < 3 or pieces[1] not in (b"stdout", b"stderr"):
        return None
    content = pieces[3] if len(pieces) == 4 else b""
    tags = pieces[2].split(b":")
    return Entry(pieces[0].decode("ascii", "replace"), pieces[1].decode(), tags[0] == b"P", content)


def line(at: float, stream: str, content: bytes, *, partial: bool = False) -> bytes:
    """One entry as a runtime writes it."""
    tag = b"P" if partial else b"F"
    return b" ".join((stamp(at).encode(), stream.encode(), tag, content)) + b"\n"


def stamp(at: float) -> str:
    """Unix seconds as RFC 3339 with nanoseconds in UTC."""
    whole, fraction = divmod(round(at * 1_000_000), 1_000_000)
    moment = _EPOCH + dt.timedelta(seconds=whole)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{fraction:06d}000Z"


def seconds(stamp: str) -> float | None:
    """Unix seconds of an RFC 3339 time; None where it is none.  Digits below microseconds are dropped."""
    text = stamp
    dot = text.find(".")
    if dot >= 0:
        end = dot + 1
        while end < len(text) and text[end].isdigit():
            end += 1
        text = text[: min(end, dot + 7)] + text[end:]
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo is not None else None


def fixed(stamp: str) -> str:
    """The same time with nine digits after the dot, as the kubelet shows it; runtimes drop trailing zeros."""
    for zone in ("Z", "+", "-"):
        at = stamp.find(zone, 19)
        if at >= 0:
            head, tail = stamp[:at], stamp[at:]
            whole, _, fraction = head.partition(".")
            return f"{whole}.{fraction[:9]:0<9}{tail}"
    return stamp
