"""Owner references: who controls what, and what is to be adopted or released.

`claims` is pure; `adopt` and `release` are the two patches that follow from it.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence

from steersman.api.tree import MutableTree, Tree
from steersman.client import errors
from steersman.client.client import Client, PatchKind, ResourceLike


def controller_of(tree: Tree) -> Tree | None:
    """The owner reference of the object's controller."""
    for each in tree["metadata"].get("ownerReferences") or ():
        if each.get("controller"):
            found: Tree = each
            return found
    return None


def is_controlled_by(tree: Tree, owner: Tree) -> bool:
    found = controller_of(tree)
    return found is not None and found.get("uid") == owner["metadata"].get("uid")


def controller_reference(owner: Tree) -> MutableTree:
    """The reference by which `owner` controls something."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


@dataclasses.dataclass(frozen=True, slots=True)
class Claims:
    """What becomes of candidates: those that are `owned`, and those to adopt or release."""

    owned: Sequence[Tree]
    adopt: Sequence[Tree]
    release: Sequence[Tree]


def claims(owner: Tree, candidates: Iterable[Tree], matches: Callable[[Mapping[str, str]], bool]) -> Claims:
    """Own what is ours and matches, release what is ours and does not, adopt orphans that match.

    An owner being deleted neither adopts nor releases; an orphan being deleted is left alone.
    """
    uid = owner["metadata"]["uid"]
    going = bool(owner["metadata"].get("deletionTimestamp"))
    owned: list[Tree] = []
    adopt: list[Tree] = []
    release: list[Tree] = []
    for each in candidates:
        meta = each["metadata"]
        controller = controller_of(each)
        matching = matches(meta.get("labels") or {})
        if controller is not None:
            if controller.get("uid") != uid:
                continue
            if matching:
                owned.append(each)
            elif not going:
                release.append(each)
        elif matching and not going and not meta.get("deletionTimestamp"):
            adopt.append(each)
    return Claims(owned, adopt, release)


async def adopt(client: Client, resource: ResourceLike, owner: Tree, tree: Tree) -> Tree | None:
    """Make `owner` the controller; None where the object is gone or somebody else's by now."""
    meta = tree["metadata"]
    patch = {"metadata": {"ownerReferences": [controller_reference(owner)], "uid": meta["uid"]}}
    try:
        return await client.patch(resource, meta["name"], patch, meta.get("namespace", ""), kind=PatchKind.STRATEGIC)
    except (errors.NotFound, errors.Conflict, errors.Invalid):
        return None


async def release(client: Client, resource: ResourceLike, owner: Tree, tree: Tree) -> None:
    """Take our reference off; an object that is gone needs nothing."""
    meta = tree["metadata"]
    patch = {
        "metadata": {
            "ownerReferences": [{"$patch": "delete", "uid": owner["metadata"]["uid"]}],
            "uid": meta["uid"],
        }
    }
    try:
        await client.patch(resource, meta["name"], patch, meta.get("namespace", ""), kind=PatchKind.STRATEGIC)
    except (errors.NotFound, errors.Invalid, errors.Conflict):
        return
