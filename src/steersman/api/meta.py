"""What every object's metadata must be, whatever its kind.

`create` checks a new object's, `update` what may change.  The reference checks metadata several times on an
update (once generically and once or twice in the kind's own validation) and lists each error as often;
`update` takes how often, so that the causes are the same.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from steersman.api import field, names
from steersman.api.field import FieldError, Path
from steersman.api.tree import Tree

NameRule = Callable[[str], Sequence[str]]
ANNOTATIONS_LIMIT = 256 * 1024
_META = Path("metadata")
_LABELS, _ANNOTATIONS, _FINALIZERS = _META.child("labels"), _META.child("annotations"), _META.child("finalizers")
_OWNERS = _META.child("ownerReferences")
_BLOCKED_OWNERS = {("", "v1", "Event")}
STANDARD_FINALIZERS = {
    "kubernetes", "orphan", "foregroundDeletion", "customresourcecleanup.apiextensions.k8s.io",
}  # fmt: skip


def create(metadata: Tree, *, namespaced: bool, name_rule: NameRule, any_finalizer: bool = False) -> list[FieldError]:
    """`any_finalizer`: whether any qualified name will do for one, as with custom resources."""
    errors: list[FieldError] = []
    generate, name = metadata.get("generateName") or "", metadata.get("name") or ""
    if generate:
        complaints = name_rule(names.masked_suffix(generate))
        errors += [field.invalid(_META.child("generateName"), generate, text) for text in complaints]
    if not name:
        errors.append(field.required(_META.child("name"), "name or generateName is required"))
    else:
        errors += [field.invalid(_META.child("name"), name, text) for text in name_rule(name)]
    namespace = metadata.get("namespace") or ""
    if namespaced:
        if not namespace:
            errors.append(field.required(_META.child("namespace")))
        else:
            errors += [
                field.invalid(_META.child("namespace"), namespace, text) for text in names.dns1123_label(namespace)
            ]
    elif namespace:
        errors.append(field.forbidden(_META.child("namespace"), "not allowed on this type"))
    return errors + _always(metadata) + _finalizers(metadata, any_finalizer=any_finalizer)


def update(
    new: Tree, old: Tree, *, repeats: int, change_repeats: int = 2, any_finalizer: bool = False
) -> list[FieldError]:
    """`repeats`: how often the reference lists what is wrong with labels, annotations and owners, `change_repeats`:
    how often what may not change."""
    changes: list[FieldError] = []
    if old.get("deletionTimestamp"):
        before = set(old.get("finalizers") or ())
        added = [name for name in new.get("finalizers") or () if name not in before]
        if added:
            shown = ", ".join(field.quoted(name) for name in sorted(set(added)))
            text = "no new finalizers can be added if the object is being deleted, found new finalizers "
            text += f"[]string{{{shown}}}"
            changes.append(field.forbidden(_FINALIZERS, text))
    for name in ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"):
        if new.get(name) != old.get(name):
            changes.append(field.invalid(_META.child(name), new.get(name), "field is immutable"))
    return changes * change_repeats + _always(new) * repeats + _finalizers(new, any_finalizer=any_finalizer)


def _always(metadata: Tree) -> list[FieldError]:
    if not (metadata.get("labels") or metadata.get("annotations") or metadata.get("ownerReferences")):
        return []
    return (
        labels(metadata.get("labels") or {}, _LABELS)
        + _annotations(metadata.get("annotations") or {})
        + _owners(metadata.get("ownerReferences") or ())
    )


def labels(values: Mapping[str, str], path: Path) -> list[FieldError]:
    errors = []
    for key, value in values.items():
        errors += [field.invalid(path, key, text) for text in names.qualified_name(key)]
        errors += [field.invalid(path, value, text) for text in names.label_value(value)]
    return errors


def _annotations(values: Mapping[str, str]) -> list[FieldError]:
    errors = []
    for key in values:
        errors += [field.invalid(_ANNOTATIONS, key, text) for text in names.qualified_name(key.lower())]
    if sum(len(key.encode()) + len(value.encode()) for key, value in values.items()) > ANNOTATIONS_LIMIT:
        errors.append(field.too_long(_ANNOTATIONS, ANNOTATIONS_LIMIT))
    return errors


def _finalizers(metadata: Tree, *, any_finalizer: bool) -> list[FieldError]:
    errors = []
    both = []
    for at, name in enumerate(metadata.get("finalizers") or ()):
        path = _FINALIZERS.index(at)
        complaints = names.qualified_name(name)
        errors += [field.invalid(_FINALIZERS, name, text) for text in complaints]
        if not any_finalizer and not complaints and "/" not in name and name not in STANDARD_FINALIZERS:
            text = "name is neither a standard finalizer name nor is it fully qualified"
            errors.append(field.invalid(path, name, text))
        if name in ("orphan", "foregroundDeletion"):
            both.append(name)
    if len(set(both)) == 2:
        text = "finalizer orphan and foregroundDeletion cannot be both set"
        errors.append(field.invalid(_FINALIZERS, list(metadata["finalizers"]), text))
    return errors


def _owners(owners: Sequence[Any]) -> list[FieldError]:
    errors = []
    controller: Any = None
    for owner in owners:
        errors += _owner(owner)
        if owner.get("controller"):
            if controller is not None:
                text = (
                    f'Only one reference can have Controller set to true. Found "true" in references for '
                    f"{controller.get('name', '')} and {owner.get('name', '')}"
                )
                errors.append(field.invalid(_OWNERS, list(owners), text))
            controller = owner
    return errors


def _owner(owner: Tree) -> list[FieldError]:
    errors = []
    api_version = owner.get("apiVersion") or ""
    group, _, version = api_version.rpartition("/")
    if not version:
        errors.append(field.invalid(_OWNERS.child("apiVersion"), api_version, "version must not be empty"))
    if not owner.get("kind"):
        errors.append(field.invalid(_OWNERS.child("kind"), owner.get("kind") or "", "must not be empty"))
    if not owner.get("name"):
        errors.append(field.invalid(_OWNERS.child("name"), owner.get("name") or "", "must not be empty"))
    if not owner.get("uid"):
        errors.append(field.invalid(_OWNERS.child("uid"), owner.get("uid") or "", "must not be empty"))
    if (group, version, owner.get("kind")) in _BLOCKED_OWNERS:
        text = f"/{version}, Kind={owner.get('kind')} is disallowed from being an owner"
        errors.append(field.invalid(_OWNERS, {"apiVersion": api_version, "kind": owner.get("kind")}, text))
    return errors
