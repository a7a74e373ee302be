"""Status writes of the API server's own plug-ins: the quota books what a write will use."""

from collections.abc import Awaitable, Callable

from steersman.api import status
from steersman.api.tree import Tree
from steersman.apiserver.services import Services
from steersman.store import protocol

AUTHOR = protocol.Author("system:apiserver", "kube-apiserver")


def writer(services: Services) -> Callable[[str, Tree], Awaitable[Tree]]:
    async def write(storage_prefix: str, tree: Tree) -> Tree:
        """Store the tree in place of the version that it names.  Raises StatusError 409."""
        registry = services.registry_of(storage_prefix)
        metadata = tree["metadata"]
        key = registry.key(metadata.get("namespace", ""), metadata["name"])
        head, tail = registry.packed(tree)
        try:
            entry = await services.store.put(key, head, tail, expect=int(metadata["resourceVersion"]), author=AUTHOR)
        except protocol.Mismatch as error:
            raise registry.conflict(metadata["name"], status.MODIFIED) from error
        return registry.answer(tree, entry.revision)

    return write
