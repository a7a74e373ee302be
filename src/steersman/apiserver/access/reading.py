"""What access and admission may read: the registry's objects, in memory, without waiting.

`resource` is a storage prefix as `api.resources` has it: `pods`, `clusterroles.rbac.authorization.k8s.io`.
The registry implements `Reader` over the store; `Memory` holds what it is given, for tests and for asking what
would be allowed if.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from steersman.api.tree import Tree

SECRETS = "secrets"
SERVICE_ACCOUNTS = "serviceaccounts"
PODS = "pods"
NODES = "nodes"
NAMESPACES = "namespaces"
ROLES = "roles.rbac.authorization.k8s.io"
ROLE_BINDINGS = "rolebindings.rbac.authorization.k8s.io"
CLUSTER_ROLES = "clusterroles.rbac.authorization.k8s.io"
CLUSTER_ROLE_BINDINGS = "clusterrolebindings.rbac.authorization.k8s.io"


class Reader(Protocol):
    """Trees that come out of it are never changed by anybody."""

    def get(self, resource: str, namespace: str, name: str, /) -> Tree | None: ...

    def list(self, resource: str, namespace: str = "", /) -> Sequence[Tree]:
        """Of one namespace, or of all, in the order of their keys."""
        ...

    def version(self, resource: str, /) -> int:
        """A number that changes whenever any object of the resource does."""
        ...


class Memory:
    """A reader of the trees put into it."""

    def __init__(self) -> None:
        self._objects: dict[str, dict[tuple[str, str], Tree]] = {}
        self._version = 0

    def put(self, resource: str, *trees: Tree) -> None:
        self._version += 1
        for tree in trees:
            meta = tree["metadata"]
            self._objects.setdefault(resource, {})[meta.get("namespace", ""), meta["name"]] = tree

    def remove(self, resource: str, namespace: str, name: str) -> None:
        self._version += 1
        del self._objects[resource][namespace, name]

    def get(self, resource: str, namespace: str, name: str, /) -> Tree | None:
        return self._objects.get(resource, {}).get((namespace, name))

    def list(self, resource: str, namespace: str = "", /) -> Sequence[Tree]:
        found: Iterable[tuple[tuple[str, str], Tree]] = sorted(self._objects.get(resource, {}).items())
        return [tree for (where, _), tree in found if not namespace or where == namespace]

    def version(self, resource: str, /) -> int:
        return self._version
