"""The parts of a timestamp, in UTC or in a time zone that is named or given as `+05:30`, and of a duration."""

import datetime as dt
import re
import zoneinfo
from collections.abc import Callable
from typing import Any

from steersman.cel import times, values
from steersman.cel.values import EvaluationError

Part = Callable[[dt.datetime], int]


def _zone(name: str) -> dt.tzinfo:
    before, colon, after = name.partition(":")
    if not colon:
        if name in ("", "UTC"):
            return dt.UTC
        try:
            return zoneinfo.ZoneInfo(name)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            raise EvaluationError(f"unknown time zone {name}") from None
    hours, minutes = _number(before), _number(after)
    offset = hours * 60 - minutes if name.startswith("-") else hours * 60 + minutes
    try:
        return dt.timezone(dt.timedelta(minutes=offset))
    except ValueError:
        raise EvaluationError(f"unknown time zone {name}") from None


def _number(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", text):
        raise EvaluationError(f'strconv.Atoi: parsing "{text}": invalid syntax')
    return int(text)


def _getter(part: Part) -> Callable[..., int]:
    def get(timestamp: Any, zone: Any = None) -> int:
        if type(timestamp) is not values.Timestamp or not (zone is None or isinstance(zone, str)):
            raise values.no_overload()
        moment = times.at(timestamp)
        if zone is not None:
            try:
                moment = moment.astimezone(_zone(zone))
            except OverflowError:  # within a day of the calendar's ends
                raise EvaluationError("timestamp overflow") from None
        return part(moment)

    return get


def _milliseconds(timestamp: Any, zone: Any = None) -> int:
    if type(timestamp) is not values.Timestamp or not (zone is None or isinstance(zone, str)):
        raise values.no_overload()
    if zone is not None:
        _zone(zone)
    return int(timestamp.nanos % times.SECOND // 1_000_000)


GETTERS: dict[str, tuple[str, str, Callable[..., int]]] = {
    "getFullYear": ("year", "year_with_tz", _getter(lambda moment: moment.year)),
    "getMonth": ("month", "month_with_tz", _getter(lambda moment: moment.month - 1)),
    "getDayOfYear": (
        "day_of_year",
        "day_of_year_with_tz",
        _getter(lambda moment: moment.timetuple().tm_yday - 1),
    ),
    "getDayOfMonth": ("day_of_month", "day_of_month_with_tz", _getter(lambda moment: moment.day - 1)),
    "getDate": ("day_of_month_1_based", "day_of_month_1_based_with_tz", _getter(lambda moment: moment.day)),
    "getDayOfWeek": ("day_of_week", "day_of_week_with_tz", _getter(lambda moment: moment.isoweekday() % 7)),
    "getHours": ("hours", "hours_with_tz", _getter(lambda moment: moment.hour)),
    "getMinutes": ("minutes", "minutes_with_tz", _getter(lambda moment: moment.minute)),
    "getSeconds": ("seconds", "seconds_tz", _getter(lambda moment: moment.second)),
    "getMilliseconds": ("milliseconds", "milliseconds_with_tz", _milliseconds),
}
"""By function: the ends of its overload ids without and with a zone, and what it does."""


def _whole(unit: int) -> Callable[[Any], int]:
    def count(duration: Any) -> int:
        if type(duration) is not values.Duration:
            raise values.no_overload()
        whole = abs(duration.nanos) // unit
        return -whole if duration.nanos < 0 else whole

    return count


DURATION_GETTERS: dict[str, Callable[[Any], int]] = {
    "getHours": _whole(3600 * times.SECOND),
    "getMinutes": _whole(60 * times.SECOND),
    "getSeconds": _whole(times.SECOND),
    "getMilliseconds": _whole(1_000_000),
}
