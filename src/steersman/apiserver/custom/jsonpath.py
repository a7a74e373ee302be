"""The JSON paths that definitions use: `.spec.a`, `.metadata.labels['x']`, `.a[0]`, `.a[*].b`,
`.a[?(@.type=="Ready")].status`.

`parse` reads one, the result gives all values that it finds.  Paths of scale and selectable fields are `.a.b.c`
only, which `steps` splits.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Find = Callable[[Any], list[Any]]
_STEP = re.compile(
    r"""\.(?P<name>(?:[^.\[\]\\]|\\.)+)
      | \[(?P<index>-?\d+)\]
      | \[['"](?P<quoted>(?:[^'"\\]|\\.)*)['"]\]
      | (?P<all>\[\*\]|\.\*)
      | \[\?\(\s*@(?P<left>(?:\.[^\s=!<>\])]+)+)\s*(?P<how>==|!=)\s*(?P<right>"[^"]*"|'[^']*'|[^\s)]+)\s*\)\]
    """,
    re.VERBOSE,
)


class PathError(ValueError):
    """A path that cannot be read."""


def parse(text: str) -> Find:
    """Raises PathError."""
    moves: list[Callable[[Any], Iterable[Any]]] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            raise PathError(f"cannot read {text[position:]!r} in {text!r}")
        moves.append(_move(match))
        position = match.end()

    def find(tree: Any) -> list[Any]:
        values = [tree]
        for move in moves:
            values = [found for value in values for found in move(value)]
        return values

    return find


def steps(path: str) -> list[str]:
    """Of `.spec.replicas`."""
    return [step.replace("\\.", ".") for step in re.split(r"(?<!\\)\.", path) if step]


def _move(match: re.Match[str]) -> Callable[[Any], Iterable[Any]]:
    if match["index"] is not None:
        index = int(match["index"])
        return lambda value: value[index : index + 1 or None] if isinstance(value, list) else ()
    if match["all"] is not None or match["name"] == "*":
        return _everything
    if match["left"] is not None:
        return _filter(parse(match["left"]), match["how"] == "==", match["right"])
    name = match["quoted"] if match["quoted"] is not None else match["name"]
    plain = re.sub(r"\\(.)", r"\1", name)
    return lambda value: (value[plain],) if isinstance(value, Mapping) and plain in value else ()


def _everything(value: Any) -> Iterable[Any]:
    if isinstance(value, list):
        return value
    return value.values() if isinstance(value, Mapping) else ()


def _filter(left: Find, equal: bool, right: str) -> Callable[[Any], Iterable[Any]]:
    wanted = right[1:-1] if right[:1] in "\"'" else right

    def keep(item: Any) -> bool:
        found = left(item)
        return bool(found) and (text(found[0]) == wanted) is equal

    return lambda value: [item for item in value if keep(item)] if isinstance(value, list) else ()


def text(value: Any) -> str:
    """A value as Go prints it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping | list):
        import json

        return json.dumps(value, separators=(",", ":"), sort_keys=True)
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return "" if value is None else str(value)
