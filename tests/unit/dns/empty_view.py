"""A view of an empty cluster."""

from collections.abc import Sequence

from steersman.api.tree import Tree


class NoView:
    def service(self, namespace: str, name: str) -> Tree | None:
        return None

    def slices(self, namespace: str, name: str) -> Sequence[Tree]:
        return ()

    def has_namespace(self, name: str) -> bool:
        return False

    def services_by_address(self, address: str) -> Sequence[Tree]:
        return ()

    def slices_by_address(self, address: str) -> Sequence[Tree]:
        return ()
