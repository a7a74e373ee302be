"""For whom a pod's tokens are: the audiences that its node may ask for.

A node asks for a token in the name of a pod that runs on it.  Without a limit it could have one for any audience, and
be that pod's account before any service that trusts the cluster.  So only those count that the pod says itself, by a
projected volume, or by the driver of a volume of its own, of a claim or of a claim's volume.
"""

from collections.abc import Iterator

from steersman.api.tree import Tree, at
from steersman.apiserver.access import node, reading

DRIVERS = "csidrivers.storage.k8s.io"
_MIGRATED = {
    "awsElasticBlockStore": "ebs.csi.aws.com",
    "azureDisk": "disk.csi.azure.com",
    "azureFile": "file.csi.azure.com",
    "cinder": "cinder.csi.openstack.org",
    "gcePersistentDisk": "pd.csi.storage.gke.io",
    "portworxVolume": "pxd.portworx.com",
    "vsphereVolume": "csi.vsphere.vmware.com",
}
"""Volume types that are served by a driver of another name."""


def of(pod: Tree, reader: reading.Reader) -> Iterator[str]:
    """Audiences; the empty one is the API server itself.  Doubles are included."""
    for volume in at(pod, "spec", "volumes", default=()):
        for source in at(volume, "projected", "sources", default=()):
            if source.get("serviceAccountToken") is not None:
                yield source["serviceAccountToken"].get("audience") or ""
        for driver in _drivers(volume, pod["metadata"], reader):
            found = reader.get(DRIVERS, "", driver)
            for request in at(found or {}, "spec", "tokenRequests", default=()):
                yield request.get("audience") or ""


def _drivers(volume: Tree, metadata: Tree, reader: reading.Reader) -> Iterator[str]:
    yield from _named(volume)
    claim_name = at(volume, "persistentVolumeClaim", "claimName")
    if "ephemeral" in volume:
        claim_name = f"{metadata.get('name', '')}-{volume.get('name', '')}"
    if not claim_name:
        return
    claim = reader.get(node.CLAIMS, metadata.get("namespace") or "", claim_name)
    bound = at(claim or {}, "spec", "volumeName")
    persistent = reader.get(node.VOLUMES, "", bound) if bound else None
    if persistent is not None:
        yield from _named(persistent.get("spec") or {})


def _named(source: Tree) -> Iterator[str]:
    driver = at(source, "csi", "driver")
    if driver:
        yield driver
    yield from (name for kind, name in _MIGRATED.items() if source.get(kind) is not None)
