"""How the bootstrap roles are written down here: rules as short lines of words.

`allow("get list", "apps", "deployments daemonsets")` is a PolicyRule; every list is sorted, as the reference
sorts its own.  The core group is written `core`.
"""

from collections.abc import Sequence

from steersman.api.tree import MutableTree, Tree

API = "rbac.authorization.k8s.io"
AUTOUPDATE = "rbac.authorization.kubernetes.io/autoupdate"
LABELS = {"kubernetes.io/bootstrapping": "rbac-defaults"}
ANNOTATIONS = {AUTOUPDATE: "true"}

READ = "get list watch"
WRITE = "create update patch delete deletecollection"
FULL = f"{READ} {WRITE}"


def allow(verbs: str, groups: str, resources: str, names: str = "") -> MutableTree:
    rule: MutableTree = {
        "verbs": sorted(verbs.split()),
        "apiGroups": sorted("" if group == "core" else group for group in groups.split()),
        "resources": sorted(resources.split()),
    }
    if names:
        rule["resourceNames"] = sorted(names.split())
    return rule


def allow_paths(verbs: str, paths: str) -> MutableTree:
    return {"verbs": sorted(verbs.split()), "nonResourceURLs": sorted(paths.split())}


def events() -> MutableTree:
    """What everybody who records events needs."""
    return allow("create update patch", "core events.k8s.io", "events")


def cluster_role(name: str, *granted: Tree, labels: Tree | None = None, aggregates: str = "") -> MutableTree:
    """`aggregates`: the label whose bearers' rules a controller will gather in here."""
    role: MutableTree = {"kind": "ClusterRole", "apiVersion": f"{API}/v1", "metadata": _meta(name, "", labels)}
    role["rules"] = None if aggregates else list(granted)
    if aggregates:
        role["aggregationRule"] = {"clusterRoleSelectors": [{"matchLabels": {aggregates: "true"}}]}
    return role


def role(namespace: str, name: str, *granted: Tree) -> MutableTree:
    return {
        "kind": "Role",
        "apiVersion": f"{API}/v1",
        "metadata": _meta(name, namespace),
        "rules": list(granted),
    }


def group(name: str) -> MutableTree:
    return {"kind": "Group", "apiGroup": API, "name": name}


def user(name: str) -> MutableTree:
    return {"kind": "User", "apiGroup": API, "name": name}


def account(name: str, namespace: str = "kube-system") -> MutableTree:
    return {"kind": "ServiceAccount", "name": name, "namespace": namespace}


def cluster_binding(name: str, role_name: str, subjects: Sequence[Tree]) -> MutableTree:
    return _binding("ClusterRoleBinding", name, "", "ClusterRole", role_name, subjects)


def binding(namespace: str, name: str, role_name: str, subjects: Sequence[Tree]) -> MutableTree:
    return _binding("RoleBinding", name, namespace, "Role", role_name, subjects)


def _binding(
    kind: str, name: str, namespace: str, role_kind: str, role_name: str, subjects: Sequence[Tree]
) -> MutableTree:
    tree: MutableTree = {"kind": kind, "apiVersion": f"{API}/v1", "metadata": _meta(name, namespace)}
    if subjects:
        tree["subjects"] = list(subjects)
    tree["roleRef"] = {"apiGroup": API, "kind": role_kind, "name": role_name}
    return tree


def _meta(name: str, namespace: str, labels: Tree | None = None) -> MutableTree:
    meta: MutableTree = {"name": name}
    if namespace:
        meta["namespace"] = namespace
    meta["labels"] = {**LABELS, **(labels or {})}
    meta["annotations"] = dict(ANNOTATIONS)
    return meta
