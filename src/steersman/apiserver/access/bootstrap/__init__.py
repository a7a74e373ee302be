"""The roles and bindings that every cluster begins with.

`objects()` is all of them, ready to be created by `kube-apiserver` (without managed fields) and, on a later
start, to be reconciled: `reconciled(wanted, found)` adds what an administrator took away from an object that
still carries `rbac.authorization.kubernetes.io/autoupdate: "true"`, and never takes anything away itself.

The facts are those of Kubernetes v1.36 with its default feature gates; a test compares them with a real
server's.
"""

from collections.abc import Sequence

from steersman.api.tree import MutableTree, Tree
from steersman.apiserver.access import rules
from steersman.apiserver.access.bootstrap import controllers, namespaces, roles
from steersman.apiserver.access.bootstrap.notation import AUTOUPDATE


def objects() -> list[MutableTree]:
    """Cluster roles, cluster role bindings, roles, role bindings, in this order."""
    return [
        *roles.cluster_roles(),
        *controllers.cluster_roles(),
        *roles.cluster_role_bindings(),
        *controllers.cluster_role_bindings(),
        *namespaces.roles(),
        *namespaces.role_bindings(),
    ]


def reconciled(wanted: Tree, found: Tree) -> MutableTree | None:
    """What to write over `found` so that it holds all that `wanted` does; None where nothing is missing.

    A binding that refers to another role cannot be mended in place: it comes back as it is wanted, without uid
    and version, and must be deleted and made anew.
    """
    annotations = (found["metadata"].get("annotations") or {}).get(AUTOUPDATE)
    if annotations == "false":
        return None
    if "roleRef" in wanted and wanted["roleRef"] != found.get("roleRef"):
        return dict(wanted)
    changed: MutableTree = {}
    if wanted.get("aggregationRule"):
        selectors = _joined(wanted["aggregationRule"], found.get("aggregationRule") or {}, "clusterRoleSelectors")
        if selectors is not None:
            changed["aggregationRule"] = {"clusterRoleSelectors": selectors}
    elif wanted.get("rules"):
        held = [rules.parse(rule) for rule in found.get("rules") or ()]
        missing = [rule for rule in wanted["rules"] if rules.covers(held, [rules.parse(rule)])]
        if missing:
            changed["rules"] = [*(found.get("rules") or ()), *missing]
    subjects = _joined(wanted, found, "subjects")
    if subjects is not None:
        changed["subjects"] = subjects
    meta = {
        kind: {**(wanted["metadata"].get(kind) or {}), **(found["metadata"].get(kind) or {})}
        for kind in ("labels", "annotations")
    }
    meta = {kind: values for kind, values in meta.items() if values != (found["metadata"].get(kind) or {})}
    if meta:
        changed["metadata"] = {**found["metadata"], **meta}
    return {**found, **changed} if changed else None


def _joined(wanted: Tree, found: Tree, key: str) -> Sequence[Tree] | None:
    """The list with what is missing appended; None where nothing is."""
    have = found.get(key) or []
    missing = [each for each in wanted.get(key) or () if each not in have]
    return [*have, *missing] if missing else None
