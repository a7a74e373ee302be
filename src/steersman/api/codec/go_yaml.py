"""YAML bodies, as sigs.k8s.io/yaml reads them.

YAML means what Go's library takes it for: `yes`, `on` and `y` are booleans, `0644` is octal, dates and `1:30`
are strings, keys become strings.  Neither aliases (`MAX_NODES`) nor depth (`MAX_DEPTH`) may blow a body up.
Loaded only when the first YAML comes: PyYAML takes 14 ms to import.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import yaml

from steersman.api.codec import sizes
from steersman.api.codec.errors import DecodeError

MAX_NODES = sizes.MAX_VALUES
"""As many values may a body have once its aliases are written out."""


MAX_DEPTH = 400
"""As deep may values nest.  PyYAML composes them by recursion in C, which knows no limit but the end of the stack:
a hundred thousand brackets end the whole process.  (Go's library stops at 10,000; nothing real comes near either.)
"""


def decode(body: bytes, problems: list[str] | None) -> Any:
    """The first document; keys that stand twice are told in `problems`.  Raises DecodeError."""
    loader = _Loader(body)
    try:
        tree = loader.get_data()
    except DecodeError:
        raise
    except yaml.YAMLError as error:
        raise DecodeError(_yaml_error(error)) from None
    except (RecursionError, ValueError) as error:
        raise DecodeError(f"error converting YAML to JSON: yaml: {error}") from None
    finally:
        loader.dispose()
    if b"*" in body:
        _limit(tree)
        tree = msgspec.json.decode(msgspec.json.encode(tree))  # what two aliases name becomes two values
    if problems is not None and loader.twice:
        problems.append("yaml: unmarshal errors:\n" + "\n".join(f"  {each}" for each in loader.twice))
    return tree


def _yaml_error(error: yaml.YAMLError) -> str:
    text = "error converting YAML to JSON: yaml: "
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    line = _line(error)
    return text + (f"line {line}: {problem}" if line else problem)


def _line(error: yaml.YAMLError) -> int:
    """The line that Go's library names, 0 for none: the scanner's count from one, the parser's from zero."""
    for name in ("problem_mark", "context_mark"):
        mark = getattr(error, name, None)
        if mark is not None and mark.line:
            more = name == "problem_mark" and isinstance(error, yaml.scanner.ScannerError)
            return int(mark.line) + more
    return 0


def _limit(tree: Any) -> None:
    """Raises DecodeError where aliases multiply to more than MAX_NODES values, or go round in a circle."""
    sizes: dict[int, int] = {}

    def size(value: Any) -> int:
        if not isinstance(value, dict | list):
            return 1
        known = sizes.get(id(value))
        if known is not None:
            if known < 0:
                raise DecodeError("error converting YAML to JSON: yaml: anchor contains itself")
            return known
        sizes[id(value)] = -1
        total = 1 + sum(size(each) for each in (value.values() if isinstance(value, dict) else value))
        if total > MAX_NODES:
            raise DecodeError("error converting YAML to JSON: yaml: document contains excessive aliasing")
        sizes[id(value)] = total
        return total

    size(tree)


class _Loader(yaml.CSafeLoader):
    """PyYAML's C parser with the types of Go's library."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self.twice: list[str] = []
        self._depth = self._count = self._merged = 0

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        """Called before each node is composed.  (What it is there for, resolving tags by path, is not used.)"""
        self._depth += 1
        self._count += 1
        if self._count > 2 * sizes.MAX_VALUES:  # keys are nodes, too
            raise sizes.too_many()
        if self._depth > MAX_DEPTH:
            raise ValueError(f"exceeded max depth of {MAX_DEPTH}")

    def ascend_resolver(self) -> None:
        self._depth -= 1

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Merge keys (`<<`) copy what they name: lists of aliases of lists of aliases multiply."""
        super().flatten_mapping(node)
        self._merged += len(node.value)
        if self._merged > 2 * MAX_NODES:
            raise DecodeError("error converting YAML to JSON: yaml: document contains excessive aliasing")

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        self.flatten_mapping(node)
        made: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = _key(self.construct_object(key_node, deep=True))
            if key in made and not getattr(key_node, "merged", False):
                self.twice.append(f'line {key_node.start_mark.line + 1}: key "{key}" already set in map')
            made[key] = self.construct_object(value_node, deep=deep)
        return made


def _key(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if value is None:
        return "null"
    raise DecodeError(f"error converting YAML to JSON: unsupported map key of type: {type(value).__name__}")


_TRUE = {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"}
_FALSE = {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"}


def _bool(loader: Any, node: yaml.ScalarNode) -> bool:
    return node.value in _TRUE


def _int(loader: Any, node: yaml.ScalarNode) -> Any:
    text = node.value.replace("_", "")
    sign = -1 if text[0] == "-" else 1
    digits = text.lstrip("+-")
    base = 10
    for prefix, radix in (("0x", 16), ("0X", 16), ("0b", 2), ("0B", 2), ("0o", 8), ("0O", 8)):
        if digits.startswith(prefix):
            digits, base = digits[2:], radix
            break
    else:
        if len(digits) > 1 and digits[0] == "0":
            if not set(digits) <= set("01234567"):
                return float(text)
            digits, base = digits[1:], 8
    value = sign * int(digits, base)
    return value if -(1 << 63) <= value < 1 << 64 else float(value)


def _float(loader: Any, node: yaml.ScalarNode) -> float:
    text = node.value.replace("_", "").lower()
    if text.lstrip("+-") in (".inf", ".nan"):
        raise DecodeError(f"error converting YAML to JSON: json: unsupported value: {text.replace('.', '')}")
    return float(text)


def _null(loader: Any, node: yaml.ScalarNode) -> None:
    return None


_Loader.yaml_implicit_resolvers = {}
_Resolver = tuple[str, re.Pattern[str], str]
_RESOLVERS: tuple[_Resolver, ...] = (
    ("bool", re.compile(f"(?:{'|'.join(sorted(_TRUE | _FALSE))})\\Z"), "yYnNtTfFoO"),
    ("null", re.compile(r"(?:~|null|Null|NULL|)\Z"), "~nN\0"),
    ("int", re.compile(r"[-+]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|[0-9][0-9_]*)\Z"), "-+0123456789"),
    (
        "float",
        re.compile(
            r"[-+]?(?:(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|\.(?:inf|Inf|INF))\Z|\.(?:nan|NaN|NAN)\Z"
        ),
        "-+0123456789.",
    ),
    ("merge", re.compile(r"<<\Z"), "<"),
)
for _name, _pattern, _first in _RESOLVERS:
    letters = ["" if letter == "\0" else letter for letter in _first]
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", _pattern, letters)
_CONSTRUCTORS: Mapping[str, Callable[[Any, Any], Any]] = {"bool": _bool, "int": _int, "float": _float, "null": _null}
for _name, _construct in _CONSTRUCTORS.items():
    _Loader.add_constructor(f"tag:yaml.org,2002:{_name}", _construct)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: node.value)
