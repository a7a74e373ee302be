"""The Node object of this node: its labels, its status.  Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from steersman.api import quantity, times
from steersman.api.tree import MutableTree, Tree
from steersman.cri import runtime as cri
from steersman.kubelet.config import KubeletConfig
from steersman.kubelet.machine import Machine

KUBELET_VERSION = "v1.36.2"
MAX_IMAGES = 50
ATTACH = "volumes.kubernetes.io/controller-managed-attach-detach"

_FINE = (
    ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
)


def capacity(config: KubeletConfig, machine: Machine) -> dict[str, str]:
    made = {
        "cpu": str(machine.cpus),
        "ephemeral-storage": f"{machine.disk // 1024}Ki",
        "hugepages-1Gi": "0",
        "hugepages-2Mi": "0",
        "memory": f"{machine.memory // 1024}Ki",
        "pods": str(config.max_pods),
    }
    return {**made, **config.capacity}


def allocatable(config: KubeletConfig, machine: Machine) -> dict[str, str]:
    made = capacity(config, machine)
    for name, amount in config.reserved.items():
        if name in made:
            made[name] = quantity.subtract(made[name], amount)
    return made


def labels(config: KubeletConfig, machine: Machine) -> dict[str, str]:
    return {
        "beta.kubernetes.io/arch": machine.architecture,
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": machine.architecture,
        "kubernetes.io/hostname": config.node_name,
        "kubernetes.io/os": "linux",
        **config.labels,
    }


def node(config: KubeletConfig, machine: Machine, status: Tree) -> MutableTree:
    """The object that registers the node."""
    body: MutableTree = {}
    if config.taints:
        body["taints"] = list(config.taints)
    if config.provider_id:
        body["providerID"] = config.provider_id
    if config.pod_cidr:
        body |= {"podCIDR": config.pod_cidr, "podCIDRs": [config.pod_cidr]}
    return {
        "kind": "Node",
        "apiVersion": "v1",
        "metadata": {
            "name": config.node_name, "labels": labels(config, machine), "annotations": {ATTACH: "true"},
        },
        "spec": body,
        "status": status,
    }  # fmt: skip


def conditions(fault: str, before: Sequence[Tree], now: float) -> list[MutableTree]:
    """`fault`: why containers cannot be run now."""
    stamp = times.seconds(now)
    made: list[MutableTree] = [
        {"type": type, "status": "False", "reason": reason, "message": message} for type, reason, message in _FINE
    ]
    if fault:
        made.append({"type": "Ready", "status": "False", "reason": "KubeletNotReady", "message": fault})
    else:
        made.append(
            {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "kubelet is posting ready status"}
        )
    old = {c.get("type"): c for c in before}
    for one in made:
        earlier = old.get(one["type"])
        same = earlier is not None and earlier.get("status") == one["status"]
        one["lastHeartbeatTime"] = stamp
        one["lastTransitionTime"] = (earlier or {}).get("lastTransitionTime") or stamp if same else stamp
    owned = {one["type"] for one in made}
    return [*[dict(c) for c in before if c.get("type") not in owned], *made]


def status(
    config: KubeletConfig,
    machine: Machine,
    version: cri.Version | None,
    images: Sequence[cri.ImageStatus],
    fault: str,
    before: Tree,
    now: float,
) -> MutableTree:
    addresses: list[Mapping[str, str]] = [{"type": "InternalIP", "address": ip} for ip in config.node_ips]
    addresses.append({"type": "Hostname", "address": config.node_name})
    info: dict[str, Any] = {
        "architecture": machine.architecture,
        "bootID": machine.boot_id,
        "containerRuntimeVersion": f"{version.name}://{version.version}"
        if version is not None
        else (before.get("nodeInfo") or {}).get("containerRuntimeVersion") or "",
        "kernelVersion": machine.kernel,
        "kubeProxyVersion": "",
        "kubeletVersion": KUBELET_VERSION,
        "machineID": machine.machine_id,
        "operatingSystem": "linux",
        "osImage": machine.os_image,
        "systemUUID": machine.system_uuid,
    }
    made: MutableTree = {
        **{k: v for k, v in before.items() if k in ("volumesAttached", "volumesInUse", "phase", "config")},
        "capacity": capacity(config, machine),
        "allocatable": allocatable(config, machine),
        "addresses": addresses,
        "daemonEndpoints": {"kubeletEndpoint": {"Port": config.port}},
        "nodeInfo": info,
        "conditions": conditions(fault, before.get("conditions") or (), now),
    }
    shown = [_image(image) for image in sorted(images, key=lambda i: -i.size)[:MAX_IMAGES]]
    if shown:
        made["images"] = shown
    return made


def _image(image: cri.ImageStatus) -> MutableTree:
    return {"names": [*list(image.digests)[:5], *list(image.tags)[:5]], "sizeBytes": image.size}


def differs(before: Tree, after: Tree) -> bool:
    """Whether more than the heartbeat is new."""
    return _without_beat(before) != _without_beat(after)


def _without_beat(status: Tree) -> MutableTree:
    made = dict(status)
    made["conditions"] = [
        {k: v for k, v in c.items() if k != "lastHeartbeatTime"} for c in status.get("conditions") or ()
    ]
    return made
