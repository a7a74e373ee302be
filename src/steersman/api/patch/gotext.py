"""Values as Go prints them, with `%v` or `%#v`: some refusals show a patch that way, and nothing else does."""

import json
from collections.abc import Mapping, Sequence
from typing import Any


def plain(value: Any) -> str:
    """`map[a:1 b:[x y]]`, `<nil>`, `true`."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return f"map[{' '.join(f'{key}:{plain(value[key])}' for key in sorted(value))}]"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{' '.join(map(plain, value))}]"
    return str(value)


def syntax(value: Any) -> str:
    """A value as Go's source would write it, `%#v`: strings quoted, maps and lists with their type."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        inside = ", ".join(f"{syntax(key)}:{syntax(value[key])}" for key in sorted(value))
        return f"{type_name(value)}{{{inside}}}"
    if isinstance(value, Sequence):
        return f"{type_name(value)}{{{', '.join(map(syntax, value))}}}"
    return "interface {}(nil)" if value is None else plain(value)


def number(value: float) -> str:
    """A float with Go's `%v`: the shortest form, with an exponent below 1e-4 and from 1e21 on."""
    text = repr(value)
    if value == int(value) and abs(value) < 1e21 if value - value == 0 else False:
        return str(int(value))
    mantissa, mark, exponent = text.partition("e")
    if not mark:
        return text
    sign, digits = exponent[0] if exponent[0] in "+-" else "+", exponent.lstrip("+-")
    return f"{mantissa.removesuffix('.0')}e{sign}{digits.zfill(2)}"


def kind(value: Any) -> str:
    """The word for a JSON value in the errors of Go's decoder."""
    if isinstance(value, Mapping):
        return "object"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    return "number" if isinstance(value, int | float) else "array"


def type_name(value: Any) -> str:
    """The Go type that a decoded JSON value has."""
    if value is None:
        return "<nil>"
    if isinstance(value, Mapping):
        return "map[string]interface {}"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int):
        return "int64"
    return "float64" if isinstance(value, float) else "[]interface {}"
