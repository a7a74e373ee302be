"""How long ago, in two or three significant figures: `45s`, `2m30s`, `5h`, `3d4h`, `2y12d`.

The rules are `HumanDuration`'s: the smaller unit is shown while it still matters and dropped when it is zero.
A moment up to two seconds in the future counts as now, because clocks differ; further ahead is `<invalid>`.
"""

import datetime as dt
from typing import Any

from steersman.api import times

UNKNOWN = "<unknown>"


def human(seconds: float) -> str:
    """A length of time, cut to whole seconds."""
    total = int(seconds)
    if total < 0:
        return "0s" if total == -1 else "<invalid>"
    if total < 120:
        return f"{total}s"
    minutes, rest = divmod(total, 60)
    if minutes < 10:
        return f"{minutes}m{rest}s" if rest else f"{minutes}m"
    if minutes < 180:
        return f"{minutes}m"
    hours, rest = divmod(minutes, 60)
    if hours < 8:
        return f"{hours}h{rest}m" if rest else f"{hours}h"
    if hours < 48:
        return f"{hours}h"
    days, rest = divmod(hours, 24)
    if days < 8:
        return f"{days}d{rest}h" if rest else f"{days}d"
    if days < 365 * 2:
        return f"{days}d"
    years, rest = divmod(days, 365)
    if years < 8:
        return f"{years}y{rest}d" if rest else f"{years}y"
    return f"{years}y"


def moment(stamp: Any) -> float | None:
    """Unix seconds of an RFC 3339 stamp, None where there is none.

    Stored stamps end in Z, and the standard library reads those several times faster than `times`: a list of
    pods has two or three different ones a row.
    """
    if not isinstance(stamp, str) or not stamp:
        return None
    if stamp[-1] == "Z":
        try:
            return dt.datetime.fromisoformat(stamp).timestamp()
        except ValueError:
            pass
    return times.parse(stamp)


def since(stamp: Any, now: float) -> str:
    """The time from an RFC 3339 stamp to `now`; `<unknown>` where there is none."""
    start = moment(stamp)
    return UNKNOWN if start is None else human(now - start)
