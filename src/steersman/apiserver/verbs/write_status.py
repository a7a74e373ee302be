"""Status writes of the API server's own plug-ins: the quota books what a write will use."""

from collections.abc import Awaitable, Callable

from steersman.api import status, times
from steersman.api import tree as trees
from steersman.api.apply import managed, reset
from steersman.api.tree import Tree
from steersman.apiserver.services import Services
from steersman.store import protocol

AUTHOR = protocol.Author("system:apiserver", "kube-apiserver")


def writer(services: Services) -> Callable[[str, Tree], Awaitable[Tree]]:
    async def write(storage_prefix: str, tree: Tree) -> Tree:
        """Store the tree in place of the version that it names.  Raises StatusError 409."""
        registry = services.registry_of(storage_prefix)
        metadata, resource = tree["metadata"], registry.resource
        present = registry.existing(metadata.get("namespace", ""), metadata["name"])
        if metadata["resourceVersion"] != str(present.revision):
            raise registry.conflict(metadata["name"], status.MODIFIED)
        entries = managed.updated(
            registry.tree(present.value), tree, registry.node, metadata.get("managedFields") or (),
            manager="kube-apiserver", api_version=resource.api_version, now=times.seconds(services.clock.now()),
            subresource="status", reset=reset.fields(resource.group, resource.kind, "status"),
        )  # fmt: skip
        written = trees.edited(tree, entries, "metadata", "managedFields") if entries else tree
        head, tail = registry.packed(written)
        try:
            entry = await services.store.put(present.key, head, tail, expect=present.revision, author=AUTHOR)
        except protocol.Mismatch as error:
            raise registry.conflict(metadata["name"], status.MODIFIED) from error
        return registry.answer(written, entry.revision)

    return write
