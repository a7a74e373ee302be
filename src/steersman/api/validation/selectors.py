"""Labels and label selectors, wherever they stand in an object."""

from collections.abc import Mapping
from typing import Any

from steersman.api import names
from steersman.api.tree import Tree
from steersman.api.validation.errors import Errors

OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")


def labels(values: Mapping[str, str] | None, at: str, e: Errors) -> None:
    for key, value in (values or {}).items():
        e.named(at, key, names.qualified_name)
        e.named(at, value, names.label_value)


def annotations(values: Mapping[str, str] | None, at: str, e: Errors) -> None:
    if not values:
        return
    for key in values:
        for text in names.qualified_name(key.lower()):
            e.invalid(at, key, text)
    if sum(len(key.encode()) + len(value.encode()) for key, value in values.items()) > 256 * 1024:
        e.too_long(at, 256 * 1024)


def selector(tree: Tree | None, at: str, e: Errors) -> None:
    """A LabelSelector; none is sound."""
    if not tree:
        return
    labels(tree.get("matchLabels"), f"{at}.matchLabels", e)
    for index, each in enumerate(tree.get("matchExpressions") or ()):
        requirement(each, f"{at}.matchExpressions[{index}]", e)


def requirement(tree: Tree, at: str, e: Errors) -> None:
    operator, values = tree.get("operator") or "", tree.get("values") or ()
    if operator in ("In", "NotIn"):
        if not values:
            e.required(f"{at}.values", "must be specified when `operator` is 'In' or 'NotIn'")
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            e.forbidden(f"{at}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
    else:
        e.invalid(f"{at}.operator", operator, "not a valid selector operator")
    e.named(f"{at}.key", tree.get("key") or "", names.qualified_name)
    for index, value in enumerate(values):
        e.named(f"{at}.values[{index}]", value, names.label_value)


def is_empty(tree: Any) -> bool:
    return not tree or not (tree.get("matchLabels") or tree.get("matchExpressions"))


def shown(tree: Tree | None) -> Any:
    """A selector as messages print it: its fields in the type's order."""
    if tree is None:
        return None
    made: dict[str, Any] = {}
    if tree.get("matchLabels"):
        made["matchLabels"] = dict(sorted(tree["matchLabels"].items()))
    if tree.get("matchExpressions"):
        made["matchExpressions"] = [
            {name: each[name] for name in ("key", "operator", "values") if name in each and each[name] != []}
            for each in tree["matchExpressions"]
        ]
    return made
