"""JSON merge patch (RFC 7396).

A null removes, an object merges, everything else replaces.  As in the reference's library, nulls are also
dropped from objects inside a list that the patch brings.
"""

from collections.abc import Mapping
from typing import Any

from steersman.api.patch import gotext, refusal
from steersman.api.tree import MutableTree, Tree


def apply(tree: Tree, patch: Any) -> MutableTree:
    """The patched tree.  Raises StatusError where the patch is no object."""
    if patch is None:
        raise refusal.null()
    if not isinstance(patch, Mapping):
        raise refusal.undecodable(
            f"json: cannot unmarshal {gotext.kind(patch)} into Go value of type map[string]interface {{}}"
        )
    return _merged(tree, patch)


def _merged(tree: Tree, patch: Tree) -> MutableTree:
    result = dict(tree)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
            continue
        current = result.get(key)
        if isinstance(value, Mapping) and isinstance(current, Mapping):
            result[key] = _merged(current, value) if value else current
        else:
            result[key] = _without_nulls(value)
    return result


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value
