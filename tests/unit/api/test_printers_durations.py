"""How long ago something was, as a Table shows it."""

import pytest

from steersman.api import times
from steersman.api.printers import durations

MINUTE, HOUR, DAY, YEAR = 60, 3600, 86400, 86400 * 365


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.9, "0s"),
        (-0.9, "0s"),
        (-1.9, "0s"),
        (-2, "<invalid>"),
        (119, "119s"),
        (120, "2m"),
        (121, "2m1s"),
        (10 * MINUTE - 1, "9m59s"),
        (10 * MINUTE + 59, "10m"),
        (3 * HOUR - 1, "179m"),
        (3 * HOUR, "3h"),
        (3 * HOUR + 5 * MINUTE, "3h5m"),
        (8 * HOUR - 1, "7h59m"),
        (8 * HOUR + 59 * MINUTE, "8h"),
        (2 * DAY - 1, "47h"),
        (2 * DAY, "2d"),
        (2 * DAY + HOUR, "2d1h"),
        (8 * DAY - 1, "7d23h"),
        (8 * DAY + 5 * HOUR, "8d"),
        (2 * YEAR - 1, "729d"),
        (2 * YEAR, "2y"),
        (2 * YEAR + 3 * DAY, "2y3d"),
        (8 * YEAR - 1, "7y364d"),
        (8 * YEAR + 100 * DAY, "8y"),
    ],
)
def test_a_duration_has_the_figures_that_matter(seconds: float, text: str) -> None:
    assert durations.human(seconds) == text


def test_a_missing_stamp_is_unknown() -> None:
    assert durations.since(None, 0.0) == durations.since("", 0.0) == "<unknown>"


@pytest.mark.parametrize(
    "stamp",
    ["2026-11-23T04:27:23Z", "2026-11-23T04:27:23.123456Z", "2026-11-23T04:27:23+01:00", "0001-01-01T00:00:00Z"],
)
def test_stamps_are_read_as_the_api_reads_them(stamp: str) -> None:
    assert durations.moment(stamp) == pytest.approx(times.parse(stamp), abs=1e-6)
