"""`additionalPrinterColumns`: the columns of a custom resource's Table.

The name comes first; without columns of its own a kind shows its age.  A cell is the first value that the
column's path finds, null where it finds none or one of another type.
"""

from collections.abc import Callable, Sequence
from typing import Any

from steersman.api import printers
from steersman.api.printers import columns, durations
from steersman.api.tree import Tree
from steersman.apiserver.custom import jsonpath

_DESCRIPTION = "Custom resource definition column (in JSONPath format): "


def printer(given: Sequence[Tree]) -> columns.Printer:
    if not given:
        return printers.CUSTOM
    heads = [columns.NAME]
    cells = []
    for each in given:
        path, kind = each.get("jsonPath") or "", each.get("type") or "string"
        heads.append(
            columns.Column(
                each["name"],
                each.get("description") or _DESCRIPTION + path,
                type=kind,
                format=each.get("format") or "",
                priority=each.get("priority") or 0,
            )
        )
        cells.append(_cell(path, kind))

    def row(tree: Tree, now: float) -> list[Any]:
        name = (tree.get("metadata") or {}).get("name") or ""
        return [name, *(cell(tree, now) for cell in cells)]

    return columns.Printer(heads, row)


def _cell(path: str, kind: str) -> Callable[[Tree, float], Any]:
    try:
        find = jsonpath.parse(path)
    except jsonpath.PathError:
        return lambda tree, now: None

    def cell(tree: Tree, now: float) -> Any:
        found = find(tree)
        return _shown(found[0], kind, now) if found else None

    return cell


def _shown(value: Any, kind: str, now: float) -> Any:
    if kind == "string":
        return jsonpath.text(value)
    if kind == "date":
        return durations.since(value, now) if isinstance(value, str) else None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "integer":
        return int(value) if is_number else None
    if kind == "number":
        return value if is_number else None
    return value if kind == "boolean" and isinstance(value, bool) else None
