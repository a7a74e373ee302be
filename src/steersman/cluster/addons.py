"""What a fresh cluster has beyond what its API server makes: DNS's Service, the class `standard`.

Made when they are missing, and left alone after: a user may change or delete them, deletion lasting until
the next `up`.
"""

from collections.abc import Iterator, Sequence

from steersman.api.tree import MutableTree
from steersman.client import client as clients
from steersman.client import errors

PROVISIONER = "steersman.dev/local-path"
DNS_ADDRESS = 10
"""The DNS Service has the tenth address of the service range."""


def objects(dns_ip: str, dns_endpoint: str | None) -> Iterator[tuple[str, MutableTree]]:
    """Pairs of a resource's name and an object.  `dns_endpoint` None: no DNS server runs."""
    yield (
        "storageclasses.storage.k8s.io",
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {
                "name": "standard",
                "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
            },
            "provisioner": PROVISIONER,
            "reclaimPolicy": "Delete",
            "volumeBindingMode": "WaitForFirstConsumer",
        },
    )
    if dns_endpoint is None:
        return
    labels = {"k8s-app": "kube-dns", "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS"}
    ports = [("dns", "UDP"), ("dns-tcp", "TCP")]
    yield (
        "services",
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "kube-dns", "namespace": "kube-system", "labels": labels},
            "spec": {
                "clusterIP": dns_ip,
                "ports": [{"name": name, "port": 53, "protocol": protocol} for name, protocol in ports],
            },
        },
    )
    yield (
        "endpointslices.discovery.k8s.io",
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": "kube-dns-steersman",
                "namespace": "kube-system",
                "labels": {
                    "kubernetes.io/service-name": "kube-dns",
                    "endpointslice.kubernetes.io/managed-by": "steersman.dev",
                },
            },
            "addressType": "IPv4",
            "endpoints": [{"addresses": [dns_endpoint], "conditions": {"ready": True}}],
            "ports": [{"name": name, "port": 53, "protocol": protocol} for name, protocol in ports],
        },
    )


async def ensure(client: clients.Client, wanted: Sequence[tuple[str, MutableTree]]) -> None:
    """Create what is missing."""
    for resource, tree in wanted:
        meta = tree["metadata"]
        try:
            await client.get(resource, meta["name"], meta.get("namespace", ""))
        except errors.NotFound:
            await client.create(resource, tree, meta.get("namespace", ""))
