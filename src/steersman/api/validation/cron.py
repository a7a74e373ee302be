"""Cron schedules as `robfig/cron` reads them, for the words in which it refuses."""

import re

_MONTHS = {
    name: n
    for n, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}
_DAYS = {name: n for n, name in enumerate(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])}
_FIELDS: tuple[tuple[int, int, dict[str, int]], ...] = (
    (0, 59, {}), (0, 23, {}), (1, 31, {}), (1, 12, _MONTHS), (0, 6, _DAYS),
)  # fmt: skip
_DESCRIPTORS = {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}
_DURATION = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))*")


class Refused(ValueError):
    """Not a schedule; the text is the library's."""


def check(schedule: str) -> None:
    """Raises Refused."""
    if not schedule:
        raise Refused("empty spec string")
    if schedule.startswith(("TZ=", "CRON_TZ=")):
        zone, _, rest = schedule.partition(" ")
        if not rest:
            raise Refused(f"provided bad location {zone.partition('=')[2]}: unknown time zone")
        schedule = rest.strip()
    if schedule.startswith("@"):
        _descriptor(schedule)
        return
    fields = schedule.split()
    if len(fields) != len(_FIELDS):
        raise Refused(f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]")
    for text, bounds in zip(fields, _FIELDS, strict=True):
        for part in text.split(","):
            if part:
                _range(part, *bounds)


def _descriptor(schedule: str) -> None:
    if schedule in _DESCRIPTORS:
        return
    if schedule.startswith("@every "):
        duration = schedule.removeprefix("@every ")
        if duration != "0" and not _DURATION.fullmatch(duration):
            raise Refused(f'failed to parse duration {schedule}: time: invalid duration "{duration}"')
        return
    raise Refused(f"unrecognized descriptor: {schedule}")


def _range(text: str, low: int, high: int, names: dict[str, int]) -> None:
    parts = text.split("/")
    ends = parts[0].split("-")
    if ends[0] in ("*", "?"):
        start, end = low, high
    else:
        start = end = _value(ends[0], names)
        if len(ends) == 2:
            end = _value(ends[1], names)
        elif len(ends) > 2:
            raise Refused(f"too many hyphens: {text}")
    step = 1
    if len(parts) == 2:
        step = _number(parts[1])
        if len(ends) == 1:
            end = high
    elif len(parts) > 2:
        raise Refused(f"too many slashes: {text}")
    if start < low:
        raise Refused(f"beginning of range ({start}) below minimum ({low}): {text}")
    if end > high:
        raise Refused(f"end of range ({end}) above maximum ({high}): {text}")
    if start > end:
        raise Refused(f"beginning of range ({start}) beyond end of range ({end}): {text}")
    if step == 0:
        raise Refused(f"step of range should be a positive number: {text}")


def _value(text: str, names: dict[str, int]) -> int:
    return names[text.lower()] if text.lower() in names else _number(text)


def _number(text: str) -> int:
    if not re.fullmatch(r"[+-]?\d+", text, re.ASCII):
        raise Refused(f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": invalid syntax')
    number = int(text)
    if not -(1 << 63) <= number < 1 << 63:
        raise Refused(f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": value out of range')
    if number < 0:
        raise Refused(f"negative number ({number}) not allowed: {text}")
    return number
