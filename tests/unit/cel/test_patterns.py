"""Patterns are RE2's, and what is wrong with one is said in Go's words."""

import pytest

from steersman.cel import patterns


def test_a_pattern_is_searched_for() -> None:
    assert patterns.finds("b+", "abbc")
    assert not patterns.finds("^b", "abbc")


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("a(", "error parsing regexp: missing closing ): `a(`"),
        ("[a", "error parsing regexp: missing closing ]: `[a`"),
        ("*", "error parsing regexp: missing argument to repetition operator: `*`"),
        ("a**", "error parsing regexp: invalid nested repetition operator: `**`"),
        ("(?=a)", "error parsing regexp: invalid or unsupported Perl syntax: `(?=`"),
        ("\\8", "error parsing regexp: invalid escape sequence: `\\8`"),
        ("\\", "error parsing regexp: trailing backslash at end of expression: ``"),
    ],
)
def test_what_is_wrong(pattern: str, message: str) -> None:
    with pytest.raises(patterns.PatternError) as caught:
        patterns.compiled(pattern)
    assert str(caught.value) == message
