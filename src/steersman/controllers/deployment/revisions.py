"""Revisions: which ReplicaSet belongs to the present template, and what its annotations remember.

The hash of a template is ours (Kubernetes hashes its own memory layout); it is stable across restarts and
releases, because it is made from the template's JSON with sorted keys.
"""

from collections.abc import Mapping, Sequence

import msgspec

from steersman.api.tree import MutableTree, Tree

REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"
HASH_LABEL = "pod-template-hash"
HISTORY_LIMIT = 2000
"""Characters of the history annotation."""

_NOT_COPIED = {
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    HISTORY,
    DESIRED,
    MAXIMUM,
    "deprecated.deployment.rollback.to",
}
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_encode = msgspec.json.Encoder(order="deterministic").encode


def template_hash(template: Tree, collisions: int) -> str:
    """A short name for a template; `collisions` gives another one to the same template."""
    value = 0x811C9DC5
    data = _encode(template) + (b"" if not collisions else b"%d" % collisions)
    for byte in data:
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return "".join(_ALPHABET[ord(digit) % len(_ALPHABET)] for digit in f"{value:010d}")


def same_template(first: Tree, second: Tree) -> bool:
    """Whether two pod templates are equal but for the hash label."""
    if first.get("spec") != second.get("spec"):
        return False
    return _plain_meta(first) == _plain_meta(second)


def _plain_meta(template: Tree) -> MutableTree:
    meta = {key: value for key, value in (template.get("metadata") or {}).items() if value}
    labels = {key: value for key, value in (meta.get("labels") or {}).items() if key != HASH_LABEL}
    meta.pop("creationTimestamp", None)
    meta["labels"] = labels
    return meta


def revision_of(tree: Tree) -> int:
    """The number in the revision annotation; 0 where there is none."""
    text = (tree["metadata"].get("annotations") or {}).get(REVISION) or "0"
    return int(text) if text.isdecimal() else 0


def annotations_for(
    deployment: Tree, existing: Mapping[str, str], revision: int, sizes: tuple[int, int] | None
) -> dict[str, str]:
    """The annotations of the set of the present template.

    The deployment's own are copied; the revision only grows, and the one it had goes into the history, which
    is how a rollback shows.  `sizes` (desired, maximum) is given for a new set.
    """
    own = deployment["metadata"].get("annotations") or {}
    made = {**existing, **{key: value for key, value in own.items() if key not in _NOT_COPIED}}
    old = made.get(REVISION, "")
    number = int(old) if old.isdecimal() else 0
    if number < revision:
        made[REVISION] = str(revision)
        if old:
            made[HISTORY] = _history(made.get(HISTORY, ""), old)
    if sizes is not None:
        made[DESIRED], made[MAXIMUM] = str(sizes[0]), str(sizes[1])
    return made


def _history(history: str, revision: str) -> str:
    past = history.split(",") if history else []
    past.append(revision)
    while len(",".join(past)) > HISTORY_LIMIT and len(past) > 1:
        past.pop(0)
    return ",".join(past)


def number_in(tree: Tree, annotation: str) -> int | None:
    """The number in an annotation, or None."""
    text = (tree["metadata"].get("annotations") or {}).get(annotation) or ""
    return int(text) if text.isdecimal() else None


def oldest_first(sets: Sequence[Tree]) -> list[Tree]:
    """By age, then by name."""
    return sorted(sets, key=lambda each: (each["metadata"].get("creationTimestamp") or "", each["metadata"]["name"]))
