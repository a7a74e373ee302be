"""Named formats: `format.dns1123Label().validate('a b')` gives what is wrong, or nothing.

A format is also found by its name: `format.named('uri')`.
"""

import base64
import binascii
import datetime as dt
import re
from collections.abc import Callable, Sequence
from typing import Any

from steersman.api import names
from steersman.api.cel import costs, gourl
from steersman.cel import declarations, types, values
from steersman.cel.estimating import REGEX_LENGTH, STRING_TRAVERSAL, CallEstimate, Estimator, Node
from steersman.cel.library import costs as language

TYPE = types.object_("kubernetes.NamedFormat")
_LONGEST_PATTERN = 128
"""What any format's pattern is taken to be where only the type is known."""

Rule = Callable[[str], Sequence[str]]


class Format(values.Opaque):
    __slots__ = ("name", "pattern_length", "rule")
    cel_type = TYPE

    def __init__(self, name: str, rule: Rule, pattern_length: int) -> None:
        self.name, self.rule, self.pattern_length = name, rule, pattern_length

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Format) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)


def _prefix(rule: Rule) -> Rule:
    return lambda text: rule(names.masked_suffix(text))


def _uri(text: str) -> Sequence[str]:
    try:
        gourl.parse_request(text)
    except gourl.Refused as error:
        return (str(error),)
    return ()


def _told(test: Callable[[str], bool], complaint: str) -> Rule:
    return lambda text: () if test(text) else (complaint,)


_UUID = re.compile("[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d):(\d\d):(\d\d)([.]\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error):
        return False


def _is_date(text: str) -> bool:
    try:
        return len(text) == 10 and bool(dt.date.fromisoformat(text))
    except ValueError:
        return False


def _is_moment(text: str) -> bool:
    match = _MOMENT.fullmatch(text)
    if match is None or not _is_date(match[1]):
        return False
    return int(match[2]) < 24 and int(match[3]) < 60 and int(match[4]) < 60


# Beside each format, the length of the pattern that a call is charged for.
FORMATS = {
    "dns1123Label": Format("DNS1123Label", names.dns1123_label, 30),
    "dns1123Subdomain": Format("DNS1123Subdomain", names.dns1123_subdomain, 60),
    "dns1035Label": Format("DNS1035Label", names.dns1035_label, 30),
    "qualifiedName": Format("QualifiedName", names.qualified_name, 60),
    "portName": Format("PortName", names.port_name, 20),
    "dns1123LabelPrefix": Format("DNS1123LabelPrefix", _prefix(names.dns1123_label), 30),
    "dns1123SubdomainPrefix": Format("DNS1123SubdomainPrefix", _prefix(names.dns1123_subdomain), 60),
    "dns1035LabelPrefix": Format("DNS1035LabelPrefix", _prefix(names.dns1035_label), 30),
    "labelValue": Format("LabelValue", names.label_value, 40),
    "uri": Format("URI", _uri, 1110),
    "uuid": Format("uuid", _told(lambda text: _UUID.fullmatch(text) is not None, "does not match the UUID format"), 77),
    "byte": Format("byte", _told(_is_base64, "invalid base64"), 88),
    "date": Format("date", _told(_is_date, "invalid date"), 75),
    "datetime": Format("datetime", _told(_is_moment, "invalid datetime"), 75),
}


def _named(name: str) -> values.Optional:
    found = FORMATS.get(name)
    return values.NONE if found is None else values.Optional(found)


def _validate(format: Format, text: str) -> values.Optional:
    found = format.rule(text)
    return values.Optional(list(found)) if found else values.NONE


def _cost(args: Sequence[Any], result: Any) -> int:
    return language.units(1.0 + costs.size(args[1])) * language.units(args[0].pattern_length, language.PATTERN)


def _expected(estimator: Estimator, target: Node | None, args: Sequence[Node]) -> CallEstimate | None:
    if target is None:
        return None
    length = estimator.size_of(args[0])
    return CallEstimate(length.times(STRING_TRAVERSAL).times(_LONGEST_PATTERN * REGEX_LENGTH))


def _giving(format: Format) -> Callable[[], Format]:
    return lambda: format


LIBRARY = declarations.Library(
    "kubernetes.format",
    (
        declarations.Function(
            "format.named",
            (
                declarations.Overload(
                    "format-named",
                    (types.STRING,),
                    types.optional(TYPE),
                    _named,
                    cost=costs.nominal,
                    estimate=costs.expect_nominal,
                ),
            ),
        ),
        declarations.Function(
            "validate",
            (
                declarations.Overload(
                    "format-validate",
                    (TYPE, types.STRING),
                    types.optional(types.list_of(types.STRING)),
                    _validate,
                    member=True,
                    cost=_cost,
                    estimate=_expected,
                ),
            ),
        ),
        *(
            declarations.Function(
                f"format.{name}", (declarations.Overload(f"format.{name}", (), TYPE, _giving(format)),)
            )
            for name, format in FORMATS.items()
        ),
    ),
)
