"""The types of volume that this kubelet has, by their field in a pod's spec."""

from collections.abc import Mapping

from steersman.api.tree import Tree
from steersman.kubelet.volumes.base import VolumeType
from steersman.kubelet.volumes.claim import Claim
from steersman.kubelet.volumes.configmap import CONFIG_MAP, SECRET
from steersman.kubelet.volumes.downward import Downward
from steersman.kubelet.volumes.emptydir import EmptyDir
from steersman.kubelet.volumes.hostpath import HostPath
from steersman.kubelet.volumes.projected import Projected
from steersman.kubelet.volumes.tokens import Tokens


def types(tokens: Tokens) -> Mapping[str, VolumeType]:
    return {
        "configMap": CONFIG_MAP,
        "downwardAPI": Downward(),
        "emptyDir": EmptyDir(),
        "ephemeral": Claim(),
        "hostPath": HostPath(),
        "persistentVolumeClaim": Claim(),
        "projected": Projected(tokens),
        "secret": SECRET,
    }


def type_of(volume: Tree) -> str:
    """The field that says what a volume is."""
    return next((key for key, value in volume.items() if key != "name" and value is not None), "emptyDir")
