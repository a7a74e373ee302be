"""What a quota counts, and its status.  Pure; what an object counts for is `semantics.quota_usage`'s."""

from collections.abc import Iterable, Mapping

from steersman.api import quantity
from steersman.api.semantics import quota_usage
from steersman.api.tree import MutableTree, Tree, at

SPECIAL = ("pods", "services", "persistentvolumeclaims")
LEGACY = ("configmaps", "replicationcontrollers", "resourcequotas", "secrets")


def resources(quota: Tree) -> frozenset[str]:
    """The resources (`pods`, `jobs.batch`) that its limits count."""
    names = at(quota, "spec", "hard", default={})
    found = {name.removeprefix("count/") for name in names if name.startswith("count/")}
    for resource in (*SPECIAL, *LEGACY):
        if any(quota_usage.counts(resource, name) for name in names):
            found.add(resource)
    return frozenset(found)


def lowers(resource: str, old: Tree | None, new: Tree | None) -> bool:
    """Whether a change may free something: admission books what rises, the rest is ours."""
    if old is None:
        return False
    return new is None or quota_usage.usage(resource, old) != quota_usage.usage(resource, new)


def used(quota: Tree, objects: Mapping[str, Iterable[Tree]]) -> dict[str, str]:
    """The quota's `used`: `objects` are those of its namespace, by resource."""
    hard = at(quota, "spec", "hard", default={})
    total: dict[str, str] = {}
    for resource, trees in objects.items():
        names = [name for name in hard if quota_usage.counts(resource, name)]
        for name in names:
            total.setdefault(name, "0")
        for tree in trees:
            if not quota_usage.matches(quota, resource, tree):
                continue
            counted = quota_usage.usage(resource, tree)
            for name in names:
                if name in counted:
                    total[name] = quantity.add(total[name], counted[name])
    before = at(quota, "status", "used", default={})
    return {name: total.get(name, before.get(name)) for name in hard if name in total or name in before}


def status(quota: Tree, objects: Mapping[str, Iterable[Tree]]) -> MutableTree | None:
    """The status as it should be; None where it is."""
    made = {"hard": dict(at(quota, "spec", "hard", default={})), "used": used(quota, objects)}
    old = quota.get("status") or {}
    if _same(made["hard"], old.get("hard")) and _same(made["used"], old.get("used")):
        return None
    return made


def _same(left: Mapping[str, str], right: Mapping[str, str] | None) -> bool:
    found = right or {}
    return left.keys() == found.keys() and all(
        quantity.compare(str(amount), str(found[name])) == 0 for name, amount in left.items()
    )
