"""Strategic merge patch: a merge patch that knows the types.

Maps merge; a list whose field says so (`x-kubernetes-patch-strategy: merge`) merges too, maps by their merge
key and scalars as a set; other lists are replaced.  Directives steer it: `$patch: replace` or `delete` in a
map or a list's item, `$deleteFromPrimitiveList/FIELD`, `$setElementOrder/FIELD`, `$retainKeys`.

The order of a merged list: items of the patch in the patch's (or `$setElementOrder`'s) order, what only the
server has woven in before the first item that the live list has after it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from steersman.api.patch import convert, gotext, json_patch, refusal
from steersman.api.schema.node import Node
from steersman.api.status import StatusError, bad_request
from steersman.api.tree import MutableTree, Tree

DIRECTIVE = "$patch"
RETAIN_KEYS = "$retainKeys"
DELETE_PREFIX = "$deleteFromPrimitiveList"
ORDER_PREFIX = "$setElementOrder"

BAD_RETAIN_KEYS = "invalid patch format of retainKeys"
BAD_ORDER = "invalid patch format of setElementOrder list"
BAD_DELETE = "invalid patch format of primitive list"


def apply(tree: Tree, patch: Any, node: Node | None) -> MutableTree:
    """The patched tree.  Raises StatusError where the patch is malformed or makes no object of the type.

    `node` is the object's type; None merges as if every list were atomic.
    """
    if patch is None:
        patch = {}
    if not isinstance(patch, Mapping):
        raise refusal.no_map(patch)
    merged = dict(_merge_map(tree, patch, node))
    misfit = convert.misfit(merged, tree, node)
    if misfit:
        raise refusal.bad_result(refusal.of_map(patch), misfit)
    return merged


def _merge_map(original: Tree, patch: Tree, node: Node | None) -> Tree:
    if DIRECTIVE in patch:
        return _directed(patch)
    result = dict(original)
    done: set[str] = set()
    if RETAIN_KEYS in patch:
        done.add(RETAIN_KEYS)
        _retain(result, patch)
    for key in patch:
        if key.startswith(ORDER_PREFIX):
            done.add(key)
            field = _field_of(key, ORDER_PREFIX, BAD_ORDER)
            if _order(result, patch, key, field, node):
                done.add(field)
    for key, value in patch.items():
        if key in done:
            continue
        if key.startswith(DELETE_PREFIX):
            _delete_scalars(result, _field_of(key, DELETE_PREFIX, BAD_DELETE), value, node)
        elif value is None:
            result.pop(key, None)
        else:
            _set(result, key, value, node)
    return result


def _set(result: MutableTree, key: str, value: Any, node: Node | None) -> None:
    """Merge one field of a patch into a map."""
    current = result.get(key)
    child = node.child(key) if node else None
    if isinstance(value, Mapping) and isinstance(current, Mapping):
        result[key] = value if _replaces(child) else _merge_map(current, value, child)
    elif isinstance(value, list) and isinstance(current, list):
        result[key] = _merge_list(current, value, child) if _merges(child) else value
    elif key not in result or isinstance(value, Mapping | list):
        kept, fresh = _fresh(value)
        if kept:
            result[key] = fresh
        else:
            result.pop(key, None)
    else:
        result[key] = value


def _merges(node: Node | None) -> bool:
    return node is not None and "merge" in node.patch_strategies


def _replaces(node: Node | None) -> bool:
    return node is not None and "replace" in node.patch_strategies


def _directed(patch: Tree) -> Tree:
    """A map that says what to do with the whole of the original."""
    directive = patch[DIRECTIVE]
    if directive == "replace":
        return {key: value for key, value in patch.items() if key != DIRECTIVE}
    if directive == "delete":
        return {}
    raise refusal.failed(_unknown_directive(directive, patch))


def _unknown_directive(directive: Any, patch: Tree) -> str:
    return f"unknown patch type: {gotext.plain(directive)} in map: {gotext.plain(patch)}"


def _field_of(key: str, prefix: str, wrong: str) -> str:
    head, slash, field = key.partition("/")
    if not slash or head != prefix:
        raise bad_request(wrong)
    return field


def _retain(result: MutableTree, patch: Tree) -> None:
    """Drop from `result` what `$retainKeys` does not list; the patch may set nothing else."""
    retained = patch[RETAIN_KEYS]
    if not isinstance(retained, list):
        raise bad_request(BAD_RETAIN_KEYS)
    for key, value in patch.items():
        if value is None or key == RETAIN_KEYS or key.startswith((DELETE_PREFIX, ORDER_PREFIX)):
            continue
        if key not in retained:
            raise bad_request(BAD_RETAIN_KEYS)
    for key in [key for key in result if key not in retained]:
        del result[key]


def _delete_scalars(result: MutableTree, field: str, value: Any, node: Node | None) -> None:
    if value is None:
        result.pop(field, None)
        return
    current = result.get(field)
    if not isinstance(current, list) or not isinstance(value, list):
        return
    if _merges(node.child(field) if node else None):
        deleted = {_hashed(item) for item in value}
        result[field] = [item for item in current if _hashed(item) not in deleted]
    else:
        result[field] = value


def _fresh(value: Any) -> tuple[bool, Any]:
    """A patch's value where the original has none: without nulls and directives; False where it is one."""
    if isinstance(value, Mapping):
        if DIRECTIVE in value:
            return False, None
        found = {key: _fresh(item) for key, item in value.items() if item is not None}
        return True, {key: item for key, (kept, item) in found.items() if kept}
    if isinstance(value, list):
        return True, [item for kept, item in map(_fresh, value) if kept]
    return True, value


def _order(result: MutableTree, patch: Tree, key: str, field: str, node: Node | None) -> bool:
    """Merge a list that comes with `$setElementOrder`, and order it; False where there is no such list."""
    order = _expect_list(patch[key])
    if field not in result and field not in patch:
        return False
    current = _expect_list(result.get(field, []))
    changes = _expect_list(patch.get(field, []))
    child = node.child(field) if node else None
    merge_key = child.patch_key if child else ""
    _check_order(changes, order, merge_key)
    if field not in result:
        merged = _fresh(changes)[1]
    elif field not in patch:
        merged = current
    else:
        merged = _merge_list(current, changes, child) if _merges(child) else changes
    result[field] = _woven(merged, order, current, merge_key if _maps(current, changes) else "")
    return True


def _expect_list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise refusal.failed(f"expected a []interface {{}}, but received a {gotext.type_name(value)}")
    return value


def _check_order(changes: Sequence[Any], order: Sequence[Any], merge_key: str) -> None:
    """The patch's items must stand in `$setElementOrder`, in the same order."""
    kept = [item for item in changes if not (isinstance(item, Mapping) and DIRECTIVE in item)]
    if not order or not kept:
        return
    position = 0
    for item in order:
        if position < len(kept) and json_patch.same(_identity(kept[position], merge_key), _identity(item, merge_key)):
            position += 1
    if position < len(kept):
        raise refusal.failed(
            f"The order in patch list:\n{gotext.plain(list(changes))}\n doesn't match {ORDER_PREFIX} list:\n"
            f"{gotext.plain(list(order))}\n"
        )


def _identity(item: Any, merge_key: str) -> Any:
    if not merge_key:
        return item
    if not isinstance(item, Mapping):
        raise _no_map(item)
    if merge_key not in item:
        raise _no_key(item, merge_key)
    return item[merge_key]


def _no_map(item: Any) -> StatusError:
    return refusal.failed(f"expected a map[string]interface {{}}, but received a {gotext.type_name(item)}")


def _no_key(item: Tree, merge_key: str) -> StatusError:
    return refusal.failed(f"map: {gotext.plain(item)} does not contain declared merge key: {merge_key}")


def _maps(*lists: Sequence[Any]) -> bool:
    """Whether the items are maps; all must be alike, and none a list."""
    if any(item is None for items in lists for item in items):
        raise bad_request("invalid patch: an item of a list that merges cannot be null")
    kinds = {gotext.kind(item) for items in lists for item in items}
    if "array" in kinds:
        raise json_patch_refused()
    if len(kinds) > 1:
        raise refusal.failed("list element types are not identical: " + ", ".join(sorted(kinds)))
    return kinds == {"object"}


def json_patch_refused() -> StatusError:
    """Lists of lists: refused as an unfit JSON patch is, without the cause."""
    return refusal.not_applicable()


def _merge_list(original: list[Any], patch: list[Any], node: Node | None) -> list[Any]:
    """Two lists whose field merges."""
    if not original and not patch:
        return original
    if not _maps(original, patch):
        return _woven(list({_hashed(item): item for item in (*original, *patch)}.values()), patch, original, "")
    merge_key = node.patch_key if node else ""
    if not merge_key:
        raise refusal.failed("cannot merge lists without merge key for type struct")
    base, changes = _without_directives(original, patch, merge_key)
    merged = list(base)
    places = _places(merged, merge_key)
    item_node = node.item if node else None
    for item in changes:
        name = _hashed(_identity(item, merge_key))
        place = places.get(name)
        if place is None:
            places[name] = len(merged)
            merged.append(item)
        else:
            merged[place] = _merge_map(merged[place], item, item_node)
    return _woven(merged, changes, base, merge_key)


def _without_directives(original: list[Any], patch: list[Any], merge_key: str) -> tuple[list[Any], list[Any]]:
    """Obey the items that are directives; returns what is left of both lists."""
    changes, replace = [], False
    deleted: set[Any] = set()
    for item in patch:
        if DIRECTIVE not in item:
            changes.append(item)
        elif item[DIRECTIVE] == "delete":
            deleted.add(_hashed(_identity(item, merge_key)))
        elif item[DIRECTIVE] == "replace":
            replace = True
        elif item[DIRECTIVE] == "merge":
            raise refusal.failed("merging lists cannot yet be specified in the patch")
        else:
            raise refusal.failed(_unknown_directive(item[DIRECTIVE], item))
    if replace:
        return changes, []
    if deleted:
        original = [item for item in original if merge_key not in item or _hashed(item[merge_key]) not in deleted]
    return original, changes


def _hashed(value: Any) -> Any:
    """What equal JSON values share, for sets and dictionaries; true is not 1, 1 is 1.0."""
    if isinstance(value, bool):
        return ("bool", value)
    return value if isinstance(value, str | int | float) else msgspec.json.encode(value, order="sorted")


def _places(items: Sequence[Any], merge_key: str) -> dict[Any, int]:
    """Where the first item of each identity stands."""
    found: dict[Any, int] = {}
    for place, item in enumerate(items):
        if not merge_key:
            found.setdefault(_hashed(item), place)
        elif not isinstance(item, Mapping):
            raise _no_map(item)
        elif merge_key in item:
            found.setdefault(_hashed(item[merge_key]), place)
    return found


def _woven(merged: list[Any], order: Sequence[Any], live: Sequence[Any], merge_key: str) -> list[Any]:
    """`merged` in the patch's order, with the server's own items woven in by the live order."""
    in_patch, in_live = _places(order, merge_key), _places(live, merge_key)
    ours: list[tuple[int, int, Any]] = []
    theirs: list[tuple[int, Any]] = []
    for item in merged:
        name = _hashed(_identity(item, merge_key))
        if name in in_patch:
            ours.append((in_patch[name], in_live.get(name, -1), item))
        else:
            theirs.append((in_live.get(name, -1), item))
    ours.sort(key=lambda found: found[0])
    theirs.sort(key=lambda found: found[0])
    result: list[Any] = []
    left = 0
    for _, place, item in ours:
        while left < len(theirs) and 0 <= theirs[left][0] < place:
            result.append(theirs[left][1])
            left += 1
        result.append(item)
    result.extend(item for _, item in theirs[left:])
    return result
