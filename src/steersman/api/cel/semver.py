"""Semantic versions: `semver('1.2.3')`, `isSemver`, `major`, `minor`, `patch` and comparison.

With a second argument of true a version is first put into form: a leading `v` and leading zeros go, missing parts
come as 0.  Build metadata does not count when versions are compared.
"""

import functools
import re
from typing import NoReturn

from steersman.api import status
from steersman.api.cel import functions
from steersman.cel import declarations, types, values

TYPE = types.object_("kubernetes.Semver")


class Semver(values.Opaque):
    __slots__ = ("build", "numbers", "pre")
    cel_type = TYPE

    def __init__(self, numbers: tuple[int, int, int], pre: tuple[int | str, ...], build: tuple[str, ...]) -> None:
        self.numbers, self.pre, self.build = numbers, pre, build

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Semver) and compare(self, other) == 0

    def __hash__(self) -> int:
        return hash((self.numbers, self.pre))


def compare(left: Semver, right: Semver) -> int:
    if left.numbers != right.numbers:
        return 1 if left.numbers > right.numbers else -1
    if not left.pre or not right.pre:  # a pre-release comes before the release
        return bool(right.pre) - bool(left.pre)
    for a, b in zip(left.pre, right.pre, strict=False):
        if a == b:
            continue
        if isinstance(a, int) and isinstance(b, int):
            return 1 if a > b else -1
        if isinstance(a, str) and isinstance(b, str):
            return 1 if a > b else -1
        return 1 if isinstance(a, str) else -1  # numbers come first
    return (len(left.pre) > len(right.pre)) - (len(left.pre) < len(right.pre))


_DIGITS = re.compile("[0-9]+")
_PART = re.compile("[0-9A-Za-z-]*")


def _refuse(message: str) -> NoReturn:
    raise values.EvaluationError(message)


def _number(text: str, name: str) -> int:
    if not _DIGITS.fullmatch(text):
        if not text:
            _unparsable(text, "invalid syntax")
        _refuse(f"Invalid character(s) found in {name.lower()} number {status.quoted(text)}")
    if len(text) > 1 and text[0] == "0":
        _refuse(f"{name} number must not contain leading zeroes {status.quoted(text)}")
    return _unsigned(text)


def _unsigned(text: str) -> int:
    value = int(text) if len(text) < 40 else values.MAX_UINT + 1
    if value > values.MAX_UINT:
        _unparsable(text, "value out of range")
    return value


def _unparsable(text: str, why: str) -> NoReturn:
    _refuse(f"strconv.ParseUint: parsing {status.quoted(text)}: {why}")


@functools.lru_cache(maxsize=1024)
def parse(text: str) -> Semver:
    """Raises values.EvaluationError with the words of blang/semver."""
    if not text:
        _refuse("Version string empty")
    parts = text.split(".", 2)
    if len(parts) != 3:
        _refuse("No Major.Minor.Patch elements found")
    major, minor = _number(parts[0], "Major"), _number(parts[1], "Minor")
    rest, plus, built = parts[2].partition("+")
    patch, dash, before = rest.partition("-")
    number = _number(patch, "Patch")
    pre = tuple(map(_pre_release, before.split("."))) if dash else ()
    build = tuple(map(_build, built.split("."))) if plus else ()
    return Semver((major, minor, number), pre, build)


def _pre_release(text: str) -> int | str:
    if not text:
        _refuse("Prerelease is empty")
    if _DIGITS.fullmatch(text):
        if len(text) > 1 and text[0] == "0":
            _refuse(f"Numeric PreRelease version must not contain leading zeroes {status.quoted(text)}")
        return _unsigned(text)
    if not _PART.fullmatch(text):
        _refuse(f"Invalid character(s) found in prerelease {status.quoted(text)}")
    return text


def _build(text: str) -> str:
    if not text:
        _refuse("Build meta data is empty")
    if not _PART.fullmatch(text):
        _refuse(f"Invalid character(s) found in build meta data {status.quoted(text)}")
    return text


def normalized(text: str) -> str:
    parts = text.removeprefix("v").split(".", 2)
    for place, part in enumerate(parts):
        if len(part) > 1:
            short = part.lstrip("0")
            parts[place] = short if short and short[0] in "0123456789" else "0" + short
    if len(parts) < 3:
        if "+" in parts[-1] or "-" in parts[-1]:
            _refuse("short version cannot contain PreRelease/Build meta data")
        parts += ["0"] * (3 - len(parts))
    return ".".join(parts)


def _parse(text: str, normalize: bool = False) -> Semver:
    return parse(normalized(text) if normalize else text)


def _is_semver(text: str, normalize: bool = False) -> bool:
    try:
        _parse(text, normalize)
    except values.EvaluationError:
        return False
    return True


def _as_int(value: int) -> int:
    return value if value <= values.MAX_INT else value - 2**64  # Go converts, and does not look


def _member(
    name: str, id: str, result: types.Type, implementation: declarations.Implementation, *more: types.Type
) -> declarations.Function:
    return functions.one(name, functions.member(TYPE, id, result, implementation, *more))


LIBRARY = declarations.Library(
    "kubernetes.Semver",
    (
        declarations.Function(
            "semver",
            (
                functions.reading("string_to_semver", TYPE, parse),
                functions.reading("string_bool_to_semver", TYPE, _parse, types.BOOL),
            ),
        ),
        declarations.Function(
            "isSemver",
            (
                functions.reading("is_semver_string", types.BOOL, _is_semver),
                functions.reading("is_semver_string_bool", types.BOOL, _is_semver, types.BOOL),
            ),
        ),
        _member("isGreaterThan", "semver_is_greater_than", types.BOOL, lambda a, b: compare(a, b) > 0, TYPE),
        _member("isLessThan", "semver_is_less_than", types.BOOL, lambda a, b: compare(a, b) < 0, TYPE),
        _member("compareTo", "semver_compare_to", types.INT, compare, TYPE),
        _member("major", "semver_major", types.INT, lambda version: _as_int(version.numbers[0])),
        _member("minor", "semver_minor", types.INT, lambda version: _as_int(version.numbers[1])),
        _member("patch", "semver_patch", types.INT, lambda version: _as_int(version.numbers[2])),
    ),
)
