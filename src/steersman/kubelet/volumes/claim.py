"""`persistentVolumeClaim` and `ephemeral`: a claim's volume, where it is a path of this node.

Looked up anew at each `prepare`: claim, then volume; a claim that is not bound (yet) is a fault that is
retried.
"""

import pathlib

from steersman.api.tree import Tree
from steersman.client import errors
from steersman.kubelet.pods import spec
from steersman.kubelet.volumes import disk, hostpath
from steersman.kubelet.volumes.base import Asked, MountFault, Surroundings


class Claim:
    async def prepare(self, around: Surroundings, asked: Asked) -> str:
        namespace = spec.namespace(asked.pod)
        own = asked.volume.get("persistentVolumeClaim")
        name = own["claimName"] if own else f"{spec.name(asked.pod)}-{asked.name}"
        claim = await _get(around, "persistentvolumeclaims", name, namespace)
        bound = claim["spec"].get("volumeName")
        if not bound or (claim.get("status") or {}).get("phase") != "Bound":
            raise MountFault(f"error processing PVC {namespace}/{name}: PVC is not bound")
        if claim["metadata"].get("deletionTimestamp"):
            raise MountFault(f"error processing PVC {namespace}/{name}: PVC is being deleted")
        if own is None and not _owned(claim, asked.pod):
            raise MountFault(f'PVC {namespace}/{name} was not created for pod "{spec.name(asked.pod)}"')
        volume = await _get(around, "persistentvolumes", bound, "")
        reference = volume["spec"].get("claimRef") or {}
        if reference.get("uid") != claim["metadata"]["uid"]:
            raise MountFault(f"error processing PVC {namespace}/{name}: PV {bound} is bound to another claim")
        return _path(around, asked, volume)


def _owned(claim: Tree, pod: Tree) -> bool:
    return any(owner.get("uid") == spec.uid(pod) for owner in claim["metadata"].get("ownerReferences") or ())


async def _get(around: Surroundings, kind: str, name: str, namespace: str) -> Tree:
    try:
        return await around.client.get(kind, name, namespace)
    except errors.NotFound as error:
        raise MountFault(f'{kind.removesuffix("s")} "{name}" not found') from error
    except (errors.ApiError, ConnectionError) as error:
        raise MountFault(str(error)) from error


def _path(around: Surroundings, asked: Asked, volume: Tree) -> str:
    given = volume["spec"]
    if given.get("hostPath"):
        type = str(given["hostPath"].get("type") or "DirectoryOrCreate")
        return hostpath.check(str(given["hostPath"]["path"]), type)
    if given.get("local"):
        path = pathlib.Path(given["local"]["path"])
        if not path.exists():
            raise MountFault(f'path "{path}" does not exist')
        if asked.fs_group is not None and around.root and path.is_dir():
            disk.own(path, asked.fs_group)
        return str(path)
    kind = next((key for key in given if key in UNSUPPORTED), "unknown")
    raise MountFault(f'volumes of type "{kind}" are not supported by this kubelet')


UNSUPPORTED = ("nfs", "csi", "iscsi", "rbd", "cephfs", "fc", "glusterfs", "azureFile", "azureDisk",
               "awsElasticBlockStore", "gcePersistentDisk", "flexVolume", "cinder", "vsphereVolume")  # fmt: skip
