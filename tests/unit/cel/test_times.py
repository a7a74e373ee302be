"""Durations and timestamps are read and written as Go does."""

import pytest

from steersman.cel import times, values


@pytest.mark.parametrize(
    ("text", "nanos"),
    [
        ("0", 0),
        ("+0", 0),
        ("1s", 10**9),
        ("-1.5h", -5400 * 10**9),
        ("1h2m3s4ms5us6ns", 3723004005006),
        ("1.s", 10**9),
        (".5s", 5 * 10**8),
        ("1µs", 1000),
        ("0.0000000001s", 0),
        ("2562047h47m16.854775807s", values.MAX_INT),
    ],
)
def test_durations(text: str, nanos: int) -> None:
    assert times.parse_duration(text) == values.Duration(nanos)


@pytest.mark.parametrize(
    "text", ["", "-", "1", "s", ".s", "1 s", "1d", "1s ", "1S", "٣s", "--1s", "2562047h47m16.854775808s", "1e3s"]
)
def test_what_is_no_duration(text: str) -> None:
    assert times.parse_duration(text) is None


@pytest.mark.parametrize(
    ("nanos", "text"), [(0, "0s"), (90 * 10**9, "90s"), (1, "0.000000001s"), (-1500 * 10**6, "-1.5s")]
)
def test_durations_are_written_in_seconds(nanos: int, text: str) -> None:
    assert times.duration_text(values.Duration(nanos)) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2020-01-02T03:04:05Z", "2020-01-02T03:04:05Z"),
        ("2020-01-02T03:04:05.100Z", "2020-01-02T03:04:05.1Z"),
        ("2020-01-02T03:04:05,000000001Z", "2020-01-02T03:04:05.000000001Z"),
        ("2020-01-02T03:04:05.1234567899Z", "2020-01-02T03:04:05.123456789Z"),
        ("2020-01-02T03:04:05+00:00", "2020-01-02T03:04:05Z"),
        ("2020-01-02T03:04:05-07:30", "2020-01-02T03:04:05-07:30"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z"),
    ],
)
def test_timestamps(text: str, written: str) -> None:
    timestamp = times.parse_timestamp(text)
    assert timestamp is not None
    assert times.timestamp_text(timestamp) == written


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2020-01-02",
        "2020-01-02T03:04:05",
        "2020-01-02 03:04:05Z",
        "2020-02-30T00:00:00Z",
        "2019-02-29T00:00:00Z",
        "2020-13-01T00:00:00Z",
        "2020-01-02T24:00:00Z",
        "2020-01-02T03:04:60Z",
        "2020-01-02T03:04:05z",
        "2020-01-02T03:04:05.Z",
        "2020-01-02T03:04:05+0200",
        "٢020-01-02T03:04:05Z",
    ],
)
def test_what_is_no_timestamp(text: str) -> None:
    assert times.parse_timestamp(text) is None


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "0000-12-31T00:00:00Z"])
def test_what_is_outside_of_years_1_to_9999(text: str) -> None:
    with pytest.raises(values.EvaluationError, match="timestamp overflow"):
        times.parse_timestamp(text)
