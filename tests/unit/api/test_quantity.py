"""Quantities read, compare and write as Go's resource.Quantity."""

import pytest

from steersman.api import quantity


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("0", "0"), ("0Mi", "0"), ("-0", "0"), ("1", "1"), ("1000m", "1"), ("1500m", "1500m"), ("0.5", "500m"),
        (".5", "500m"), ("0.15", "150m"), ("1.5Gi", "1536Mi"), ("0.5Gi", "512Mi"), ("1024Mi", "1Gi"), ("1Ki", "1Ki"),
        ("1000", "1k"), ("1000000", "1M"), ("1500", "1500"), ("100Ki", "100Ki"), ("1e3", "1e3"), ("1500e3", "1500e3"),
        ("1E", "1E"), ("1E3", "1e3"), ("0.001", "1m"), ("0.0000000001", "1n"), ("1.1n", "2n"), ("-1.1n", "-2n"),
        ("512", "512"), ("1.2Ki", "1228800m"), ("0.1Ki", "102400m"), ("+3", "3"), ("007", "7"), ("1024", "1024"),
        ("2048Ei", "9223372036854775807"), (" 5 ", "5"), ("12e-3", "12e-3"),
    ],
)  # fmt: skip
def test_is_written_in_its_canonical_form(written: str, canonical: str) -> None:
    assert quantity.canonical(written) == canonical


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", quantity.WRONG_FORMAT), ("abc", quantity.WRONG_FORMAT), ("1 ", quantity.WRONG_FORMAT),
        ("1x", quantity.WRONG_FORMAT), ("1.2.3", quantity.WRONG_FORMAT), ("1i", quantity.WRONG_SUFFIX),
        ("1e", quantity.WRONG_SUFFIX), ("1MM", quantity.WRONG_SUFFIX), (".", quantity.WRONG_NUMBER),
        ("1e99999999", quantity.WRONG_SUFFIX),
    ],
)  # fmt: skip
def test_is_refused_with_the_reference_s_words(written: str, why: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        quantity.parse(written)
    assert str(caught.value) == why


def test_whole_and_thousandths_round_away_from_zero() -> None:
    assert quantity.to_int("1500m") == 2
    assert quantity.to_int("-1500m") == -2
    assert quantity.milli("100m") == 100
    assert quantity.milli("1") == 1000
    assert quantity.milli("1n") == 1
    assert quantity.to_int("1Gi") == 1 << 30


def test_compares_by_value_not_by_text() -> None:
    assert quantity.compare("1000m", "1") == 0
    assert quantity.compare("1Gi", "1G") == 1
    assert quantity.compare("-1", "0") == -1


def test_a_sum_keeps_the_left_one_s_family() -> None:
    assert quantity.add("1Gi", "1Gi") == "2Gi"
    assert quantity.add("100m", "900m") == "1"
    assert quantity.add("0", "1Gi") == "1Gi"
    assert quantity.subtract("1", "100m") == "900m"
    assert quantity.of_int(1 << 20, quantity.BINARY_SI) == "1Mi"
    assert quantity.of_milli(1500) == "1500m"
    assert quantity.canonical_number(0.5) == "500m"
