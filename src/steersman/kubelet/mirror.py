"""Mirror pods: what the API shows of static pods.

A mirror is made by this kubelet, carries the static pod's hash, and is owned by the Node.  One whose static pod
is gone, or has changed, is deleted; one that somebody deleted is made again.
"""

from collections.abc import Mapping

from steersman.api.tree import MutableTree, Tree
from steersman.kubelet.pods import spec


def mirror_of(static: Tree, node_name: str, node_uid: str) -> MutableTree:
    """The object that shows a static pod."""
    meta: MutableTree = {
        "name": spec.name(static),
        "namespace": spec.namespace(static),
        "annotations": {
            **spec.annotations(static),
            spec.CONFIG_MIRROR: spec.annotations(static).get(spec.CONFIG_HASH, ""),
        },
    }
    if static["metadata"].get("labels"):
        meta["labels"] = static["metadata"]["labels"]
    if node_uid:
        meta["ownerReferences"] = [
            {"apiVersion": "v1", "kind": "Node", "name": node_name, "uid": node_uid, "controller": True}
        ]
    return {"kind": "Pod", "apiVersion": "v1", "metadata": meta, "spec": static["spec"]}


def matches(mirror: Tree, static: Tree) -> bool:
    return spec.annotations(mirror).get(spec.CONFIG_MIRROR) == spec.annotations(static).get(spec.CONFIG_HASH)


def wrong(mirrors: Mapping[str, Tree], statics: Mapping[str, Tree]) -> tuple[list[Tree], list[Tree]]:
    """(mirrors to delete, static pods without a mirror); both by `namespace/name`."""
    extra = [m for key, m in mirrors.items() if key not in statics or not matches(m, statics[key])]
    extra += [m for key, m in mirrors.items() if key in statics and matches(m, statics[key]) and spec.is_deleting(m)]
    missing = [s for key, s in statics.items() if key not in mirrors]
    return extra, missing
