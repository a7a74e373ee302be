"""The records' view over informers: Services, EndpointSlices and Namespaces, indexed by what is asked."""

from collections.abc import Iterable, Sequence

from steersman.api.tree import Tree, at
from steersman.client import informers
from steersman.dns import records

SERVICE = "kubernetes.io/service-name"


def _service_of(piece: Tree) -> Iterable[str]:
    name = at(piece, "metadata", "labels", SERVICE, default="")
    return (f"{piece['metadata']['namespace']}/{name}",) if name else ()


def _addresses(piece: Tree) -> Iterable[str]:
    return {address for endpoint in piece.get("endpoints") or () for address in endpoint.get("addresses") or ()}


class InformerView:
    def __init__(self, shared: informers.InformerSet) -> None:
        self._services = shared.informer("services")
        self._slices = shared.informer("endpointslices.discovery.k8s.io")
        self._namespaces = shared.informer("namespaces")
        self._services.add_index("address", records.cluster_ips)
        self._slices.add_index("service", _service_of)
        self._slices.add_index("address", _addresses)

    async def wait_synced(self) -> None:
        for informer in (self._services, self._slices, self._namespaces):
            await informer.wait_synced()

    def service(self, namespace: str, name: str) -> Tree | None:
        return self._services.get(f"{namespace}/{name}")

    def slices(self, namespace: str, name: str) -> Sequence[Tree]:
        return self._slices.by_index("service", f"{namespace}/{name}")

    def has_namespace(self, name: str) -> bool:
        return self._namespaces.get(name) is not None

    def services_by_address(self, address: str) -> Sequence[Tree]:
        return self._services.by_index("address", address)

    def slices_by_address(self, address: str) -> Sequence[Tree]:
        return self._slices.by_index("address", address)
