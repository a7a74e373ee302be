"""Which names are names: the rules that many fields share, in the reference's words.

Every rule takes a value and returns the list of what is wrong with it, empty for consent, so that a
validation can turn each text into a field error of its own.  Some rules count bytes and say so, others count
bytes and say characters; that is how the reference words them, and people compare texts.
"""

import functools
import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

Rule: TypeAlias = Callable[[str], list[str]]

LABEL_LENGTH = 63
SUBDOMAIN_LENGTH = 253
GENERATED_LENGTH = 63
SUFFIX_LENGTH = 5

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = _LABEL + r"(\." + _LABEL + ")*"
_DNS1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE = "(" + _QUALIFIED + ")?"
_CONFIG_KEY = "[-._a-zA-Z0-9]+"
_C_IDENTIFIER = "[A-Za-z_][A-Za-z0-9_]*"
_PERCENT = "[0-9]+%"

_QUALIFIED_TEXT = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
)
EMPTY = "must be non-empty"


def too_long(limit: int, unit: str = "characters") -> str:
    return f"must be no more than {limit} {unit}"


def pattern_text(text: str, pattern: str, *examples: str) -> str:
    """A complaint about a form, with examples and the pattern."""
    if not examples:
        return f"{text} (regex used for validation is '{pattern}')"
    listed = " or ".join(f"'{example}', " for example in examples)
    return f"{text} (e.g. {listed}regex used for validation is '{pattern}')"


@functools.cache
def _compiled(pattern: str) -> Callable[[str], re.Match[str] | None]:
    return re.compile(pattern, re.ASCII).fullmatch


def _size(value: str) -> int:
    return len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))


def dns1123_label(value: str) -> list[str]:
    errors = []
    if _size(value) > LABEL_LENGTH:
        errors.append(too_long(LABEL_LENGTH))
    if not _compiled(_LABEL)(value):
        if _compiled(_SUBDOMAIN)(value):
            errors.append("must not contain dots")
        else:
            errors.append(
                pattern_text(
                    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
                    "and must start and end with an alphanumeric character",
                    _LABEL, "my-name", "123-abc",
                )
            )  # fmt: skip
    return errors


def dns1123_subdomain(value: str) -> list[str]:
    errors = []
    if _size(value) > SUBDOMAIN_LENGTH:
        errors.append(too_long(SUBDOMAIN_LENGTH))
    if not _compiled(_SUBDOMAIN)(value):
        errors.append(
            pattern_text(
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
                "and must start and end with an alphanumeric character",
                _SUBDOMAIN, "example.com",
            )
        )  # fmt: skip
    return errors


def dns1035_label(value: str) -> list[str]:
    errors = []
    if _size(value) > LABEL_LENGTH:
        errors.append(too_long(LABEL_LENGTH))
    if not _compiled(_DNS1035)(value):
        errors.append(
            pattern_text(
                "a DNS-1035 label must consist of lower case alphanumeric characters or '-', "
                "start with an alphabetic character, and end with an alphanumeric character",
                _DNS1035, "my-name", "abc-123",
            )
        )  # fmt: skip
    return errors


def wildcard_dns1123_subdomain(value: str) -> list[str]:
    pattern = r"\*\." + _SUBDOMAIN
    errors = []
    if _size(value) > SUBDOMAIN_LENGTH:
        errors.append(too_long(SUBDOMAIN_LENGTH))
    if not _compiled(pattern)(value):
        text = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character"  # noqa: E501
        errors.append(pattern_text(text, pattern, "*.example.com"))
    return errors


def qualified_name(value: str) -> list[str]:
    """A label or annotation key, a resource name, a taint key: `name` or `prefix/name`."""
    parts = value.split("/")
    errors = []
    if len(parts) > 2:
        text = pattern_text("a valid label key " + _QUALIFIED_TEXT, _QUALIFIED, "MyName", "my.name", "123-abc")
        return [text + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
    if len(parts) == 2:
        if not parts[0]:
            errors.append("prefix part " + EMPTY)
        else:
            errors.extend("prefix part " + text for text in dns1123_subdomain(parts[0]))
    name = parts[-1]
    if not name:
        errors.append("name part " + EMPTY)
    elif _size(name) > LABEL_LENGTH:
        errors.append("name part " + too_long(LABEL_LENGTH, "bytes"))
    if not _compiled(_QUALIFIED)(name):
        errors.append("name part " + pattern_text(_QUALIFIED_TEXT, _QUALIFIED, "MyName", "my.name", "123-abc"))
    return errors


def label_value(value: str) -> list[str]:
    errors = []
    if _size(value) > LABEL_LENGTH:
        errors.append(too_long(LABEL_LENGTH, "bytes"))
    if not _compiled(_LABEL_VALUE)(value):
        text = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"  # noqa: E501
        errors.append(pattern_text(text, _LABEL_VALUE, "MyValue", "my_value", "12345"))
    return errors


def config_key(value: str) -> list[str]:
    """A key of a ConfigMap's or Secret's data."""
    errors = []
    if _size(value) > SUBDOMAIN_LENGTH:
        errors.append(too_long(SUBDOMAIN_LENGTH))
    if not _compiled(_CONFIG_KEY)(value):
        text = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
        errors.append(pattern_text(text, _CONFIG_KEY, "key.name", "KEY_NAME", "key-name"))
    return [*errors, *_no_dots(value)]


def _no_dots(value: str) -> list[str]:
    if value == ".":
        return ["must not be '.'"]
    if value == "..":
        return ["must not be '..'"]
    return ["must not start with '..'"] if value.startswith("..") else []


def c_identifier(value: str) -> list[str]:
    if _compiled(_C_IDENTIFIER)(value):
        return []
    text = "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'"  # noqa: E501
    return [pattern_text(text, _C_IDENTIFIER, "my_name", "MY_NAME", "MyName")]


def relaxed_env_var_name(value: str) -> list[str]:
    """A container's environment variable: any printable ASCII but `=`."""
    if not value:
        return ["environment variable name " + EMPTY]
    if all(" " <= character <= "~" and character != "=" for character in value):
        return []
    return ["a valid environment variable name must consist only of printable ASCII characters other than '='"]


def port_name(value: str) -> list[str]:
    """An IANA service name: a container's port, a target port by name."""
    errors = []
    if len(value) > 15:
        errors.append(too_long(15))
    if not _compiled("[-a-z0-9]+")(value):
        errors.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", value):
        errors.append("must contain at least one letter (a-z)")
    if "--" in value:
        errors.append("must not contain consecutive hyphens")
    if value and (value[0] == "-" or value[-1] == "-"):
        errors.append("must not begin or end with a hyphen")
    return errors


def port_number(value: int) -> list[str]:
    return [] if 1 <= value <= 65535 else ["must be between 1 and 65535, inclusive"]


def percent(value: str) -> list[str]:
    if _compiled(_PERCENT)(value):
        return []
    text = "a valid percent string must be a numeric string followed by an ending '%'"
    return [pattern_text(text, _PERCENT, "1%", "93%")]


def path_segment(value: str) -> list[str]:
    """A name that must survive as one segment of a URL's path, whatever its kind."""
    if value in (".", ".."):
        return [f"may not be '{value}'"]
    return [f"may not contain '{character}'" for character in "/%" if character in value]


def path_segment_prefix(value: str) -> list[str]:
    return [f"may not contain '{character}'" for character in "/%" if character in value]


def masked_suffix(value: str) -> str:
    """What stands for a generateName in a check of a whole name: a trailing dash must not count as the end."""
    return value[:-2] + "a" if len(value) > 1 and value.endswith("-") else value


def generated(base: str, suffix: str) -> str:
    """A name from a generateName: the base trimmed so that `suffix` fits into the longest label."""
    return base[: GENERATED_LENGTH - len(suffix)] + suffix


def first(errors: Sequence[str]) -> str:
    return errors[0] if errors else ""
