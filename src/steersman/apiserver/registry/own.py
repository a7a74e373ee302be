"""Objects that the API server makes and removes on its own account, straight in its store.

No admission, no validation: what is written here follows from something that has passed both, or from what the
server itself is.  Owned by the part of the server that `manager` names.
"""

from typing import Any

from steersman.api.apply import managed, typed
from steersman.api.tree import Tree
from steersman.apiserver.registry.surroundings import Surroundings
from steersman.store import protocol

AUTHOR = protocol.Author("system:apiserver", "kube-apiserver")


async def make(
    services: Surroundings, prefix: str, manager: str, wanted: Tree, now: str, *, status_manager: str = ""
) -> None:
    """Make an object.  Raises Mismatch where one of its name is there.

    Its status is owned by nobody, or as if `status_manager` had applied it.
    """
    registry = services.registry_of(prefix)
    metadata: dict[str, Any] = {**wanted["metadata"], "uid": services.entropy.uuid(), "creationTimestamp": now}
    if registry.generation:
        metadata["generation"] = 1
    tree = {**wanted, "metadata": metadata}
    metadata["managedFields"] = managed.updated(
        None, {k: v for k, v in tree.items() if k != "status"}, registry.node, (), manager=manager,
        api_version=registry.resource.api_version, now=now,
    )  # fmt: skip
    if status_manager:
        said = [{key: value for key, value in each.items() if value} for each in tree["status"]["conditions"]]
        applied = typed.fields_of({"status": {"conditions": said}}, registry.node)
        entry = managed.entry(status_manager, managed.APPLY, registry.resource.api_version, applied, now, "status")
        metadata["managedFields"] = managed.in_order([*metadata["managedFields"], entry])
    head, tail = registry.packed(tree)
    key = registry.key(metadata.get("namespace", ""), metadata["name"])
    await services.store.put(key, head, tail, expect=0, author=AUTHOR)
