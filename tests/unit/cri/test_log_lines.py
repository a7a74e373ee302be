"""Lines of CRI logs."""

import pytest

from steersman.cri import logs


def test_a_line_is_read_into_its_parts() -> None:
    entry = logs.parse(b"2016-10-06T00:17:09.669794202Z stdout F The content  1\n")
    assert entry == logs.Entry("2016-10-06T00:17:09.669794202Z", "stdout", False, b"The content  1")


@pytest.mark.parametrize("raw", [b"", b"nonsense", b"2016-10-06T00:17:09Z other F x"])
def test_what_is_no_entry_is_none(raw: bytes) -> None:
    assert logs.parse(raw) is None


def test_an_empty_line_is_an_entry() -> None:
    entry = logs.parse(b"2016-10-06T00:17:09Z stderr P \n")
    assert entry is not None
    assert (entry.partial, entry.content) == (True, b"")


def test_written_lines_read_back() -> None:
    entry = logs.parse(logs.line(1.5, "stderr", b"x y", partial=True))
    assert entry == logs.Entry("1970-01-01T00:00:01.500000000Z", "stderr", True, b"x y")


@pytest.mark.parametrize(
    ("stamp", "fixed"),
    [
        ("2026-11-23T06:59:57.34294261Z", "2026-11-23T06:59:57.342942610Z"),
        ("2026-11-23T06:59:57Z", "2026-11-23T06:59:57.000000000Z"),
        ("2026-11-23T06:59:57.5+02:00", "2026-11-23T06:59:57.500000000+02:00"),
    ],
)
def test_times_are_shown_with_nine_digits(stamp: str, fixed: str) -> None:
    assert logs.fixed(stamp) == fixed


def test_seconds_of_a_stamp() -> None:
    assert logs.seconds("1970-01-01T00:00:01.123456789Z") == pytest.approx(1.123456)
    assert logs.seconds("1970-01-01T02:00:00+02:00") == 0
    assert logs.seconds("yesterday") is None
    assert logs.seconds("1970-01-01T00:00:00") is None
