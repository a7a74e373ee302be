"""Times: Go's parsing and the API's form."""

import pytest

from steersman.api import times


def test_times_are_written_in_utc() -> None:
    assert times.seconds(1_767_225_599.9) == "2025-12-31T23:59:59Z"
    assert times.micros(1_767_225_599.25) == "2025-12-31T23:59:59.250000Z"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-02-03T04:05:06Z", "2026-02-03T04:05:06Z"),
        ("2026-02-03T04:05:06.789Z", "2026-02-03T04:05:06Z"),
        ("2026-02-03T04:05:06+02:00", "2026-02-03T02:05:06Z"),
        ("2024-02-29T23:30:00-01:00", "2024-03-01T00:30:00Z"),
    ],
)
def test_a_time_is_cut_to_seconds_and_moved_to_utc(text: str, written: str) -> None:
    assert times.canonical(text) == written


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("zzz", 'parsing time "zzz" as "2006-01-02T15:04:05Z07:00": cannot parse "zzz" as "2006"'),
        ("", 'parsing time "" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "2006"'),
        (
            "2026-02-03 04:05:06Z",
            'parsing time "2026-02-03 04:05:06Z" as "2006-01-02T15:04:05Z07:00": cannot parse " 04:05:06Z" as "T"',
        ),
        ("2026-13-03T04:05:06Z", 'parsing time "2026-13-03T04:05:06Z": month out of range'),
        ("2026-02-30T04:05:06Z", 'parsing time "2026-02-30T04:05:06Z": day out of range'),
        ("2026-02-03T04:05:06Zx", 'parsing time "2026-02-03T04:05:06Zx": extra text: "x"'),
    ],
)
def test_what_go_refuses_is_refused_in_its_words(text: str, why: str) -> None:
    with pytest.raises(ValueError) as refused:
        times.canonical(text)
    assert str(refused.value) == why


def test_micro_times_need_six_digits() -> None:
    assert times.canonical_micro("2026-02-03T04:05:06.123456Z") == "2026-02-03T04:05:06.123456Z"
    with pytest.raises(ValueError, match=r'cannot parse "Z" as "\.000000"'):
        times.canonical_micro("2026-02-03T04:05:06Z")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("0999-05-01T00:00:00+01:00", "0999-04-30T23:00:00Z"),
        ("0000-03-01T12:00:00-01:00", "0000-03-01T13:00:00Z"),
        ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
    ],
)
def test_the_first_years_are_written_with_four_digits_and_read_again(text: str, written: str) -> None:
    assert times.canonical(text) == written
    assert times.seconds(times.parse(written)) == written


@pytest.mark.parametrize("text", ["0000-01-01T00:00:00+01:00", "9999-12-31T23:59:59-14:00"])
def test_a_zone_does_not_carry_a_time_out_of_the_calendar(text: str) -> None:
    with pytest.raises(ValueError, match=r"year outside of range \[0,9999\]"):
        times.canonical(text)
    with pytest.raises(ValueError, match=r"year outside of range \[0,9999\]"):
        times.canonical_micro(f"{text[:19]}.000000{text[19:]}")
