"""What a fresh API server has before anybody asked: namespaces, the service to itself, priorities, roles.

Everything is made where it is missing and left alone where it is there, except that roles get back what an
administrator took from them (see `access.bootstrap.reconciled`).

Objects that do not need each other are made side by side, so that the store writes them in a few commits: a
commit each would be most of a start.
"""

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any

from steersman.api import times
from steersman.api.apply import managed
from steersman.api.tree import MutableTree, Tree
from steersman.apiserver.access import bootstrap as access
from steersman.apiserver.bootstrap import apiservices, flowcontrol
from steersman.apiserver.registry import ipaddresses, layout, own
from steersman.apiserver.services import Services
from steersman.kit import http
from steersman.store import protocol

log = logging.getLogger(__name__)
NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
AUTHOR = own.AUTHOR
STATUSES = {
    "servicecidrs.networking.k8s.io": "kubernetes-service-cidr-controller",
    "flowschemas.flowcontrol.apiserver.k8s.io": "api-priority-and-fairness-config-consumer-v1",
}
"""Who applies the status of what is made here."""
PRIORITIES = {
    "system-node-critical": (
        2000001000,
        "Used for system critical pods that must not be moved from their current node.",
    ),
    "system-cluster-critical": (
        2000000000,
        "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
    ),
}


async def run(services: Services, handle: http.Handler, user: http.User) -> None:
    """`handle` is the server's own handler: objects are made the way that clients make them."""

    async def make(path: str, tree: Tree) -> None:
        request = http.Request(
            "POST", path, headers={"user-agent": "kube-apiserver"}, user=user, tree=tree, remote="in-process"
        )
        answer = await handle(request)
        if isinstance(answer, http.Response) and answer.status not in (201, 409):
            raise RuntimeError(f"the API server cannot make {path}: {answer.body.decode()}")

    making: list[Awaitable[None]] = []
    for name in NAMESPACES:
        if services.reader.get("namespaces", "", name) is None:
            making.append(
                make("/api/v1/namespaces", {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": name}})
            )
    classes = "priorityclasses.scheduling.k8s.io"
    for name, (value, description) in PRIORITIES.items():
        if services.reader.get(classes, "", name) is None:
            cls: MutableTree = {
                "kind": "PriorityClass", "apiVersion": "scheduling.k8s.io/v1", "metadata": {"name": name},
                "value": value, "description": description,
            }  # fmt: skip
            making.append(make("/apis/scheduling.k8s.io/v1/priorityclasses", cls))
    now = times.seconds(services.clock.now())
    for prefix, manager, wanted in (
        *apiservices.objects(services.resources, now), *flowcontrol.objects(now), _range(services, now),
    ):  # fmt: skip
        if services.reader.get(prefix, "", wanted["metadata"]["name"]) is None:
            making.append(own.make(services, prefix, manager, wanted, now, status_manager=STATUSES.get(prefix, "")))
    making += [_role(services, tree) for tree in access.objects()]
    await asyncio.gather(*making)
    for path, prefix, tree in _itself(services):
        metadata = tree["metadata"]
        if services.reader.get(prefix, metadata.get("namespace", ""), metadata["name"]) is None:
            await make(path, tree)
    await ipaddresses.repaired(services, now)


def _range(services: Services, now: str) -> tuple[str, str, MutableTree]:
    """The range that services get their addresses from, as an object."""
    condition = {
        "type": "Ready", "status": "True", "lastTransitionTime": now, "reason": "",
        "message": "Kubernetes default Service CIDR is ready",
    }  # fmt: skip
    tree = {
        "kind": "ServiceCIDR", "apiVersion": "networking.k8s.io/v1", "metadata": {"name": "kubernetes"},
        "spec": {"cidrs": [services.config.service_range]}, "status": {"conditions": [condition]},
    }  # fmt: skip
    return "servicecidrs.networking.k8s.io", "kube-apiserver", tree


async def _role(services: Services, wanted: MutableTree) -> None:
    plural = wanted["kind"].lower() + "s"
    registry = services.registry_of(f"{plural}.rbac.authorization.k8s.io")
    metadata = wanted["metadata"]
    entry = registry.entry(metadata.get("namespace", ""), metadata["name"])
    key = registry.key(metadata.get("namespace", ""), metadata["name"])
    if entry is not None:
        mended = access.reconciled(wanted, layout.decode(entry.value))
        if mended is None or "resourceVersion" not in mended.get("metadata", {}):
            return
        head, tail = registry.packed(mended)
        await services.store.put(key, head, tail, expect=entry.revision, author=AUTHOR)
        return
    now = times.seconds(services.clock.now())
    tree: dict[str, Any] = dict(wanted)
    tree["metadata"] = {**metadata, "uid": services.entropy.uuid(), "creationTimestamp": now}
    if metadata.get("namespace"):  # the reference makes these as a client of itself, the others in its store
        tree["metadata"]["managedFields"] = managed.updated(
            None, tree, registry.node, (), manager="kube-apiserver", api_version=wanted["apiVersion"], now=now
        )
    head, tail = registry.packed(tree)
    await services.store.put(key, head, tail, expect=0, author=AUTHOR)


def _itself(services: Services) -> list[tuple[str, str, dict[str, Any]]]:
    """The service `kubernetes` and where it leads: this server."""
    config = services.config
    first = config.service_range.rsplit("/", 1)[0].split(".")
    address = ".".join([*first[:3], str(int(first[3]) + 1)])
    labels = {"component": "apiserver", "provider": "kubernetes"}
    metadata = {"name": "kubernetes", "namespace": "default"}
    port = {"name": "https", "protocol": "TCP"}
    target = config.advertise_port
    objects: list[tuple[str, str, dict[str, Any]]] = [
        (
            "/api/v1/namespaces/default/services", "services",
            {
                "kind": "Service", "apiVersion": "v1", "metadata": {**metadata, "labels": labels},
                "spec": {
                    "type": "ClusterIP", "clusterIP": address, "sessionAffinity": "None",
                    "ipFamilyPolicy": "SingleStack",
                    "ports": [{**port, "port": 443, "targetPort": target}],
                },
            },
        ),
    ]  # fmt: skip
    if not config.advertise_address.startswith("127."):  # endpoints refuse loopback addresses
        piece = {
            "kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1",
            "metadata": {**metadata, "labels": {"kubernetes.io/service-name": "kubernetes"}},
            "addressType": "IPv4", "ports": [{**port, "port": target}],
            "endpoints": [{"addresses": [config.advertise_address], "conditions": {"ready": True}}],
        }  # fmt: skip
        slices = "endpointslices.discovery.k8s.io"
        objects.append(("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", slices, piece))
        tree = {
            "kind": "Endpoints", "apiVersion": "v1",
            "metadata": {**metadata, "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"}},
            "subsets": [{"addresses": [{"ip": config.advertise_address}], "ports": [{**port, "port": target}]}],
        }  # fmt: skip
        objects.append(("/api/v1/namespaces/default/endpoints", "endpoints", tree))
    return objects


async def compaction(services: Services) -> None:
    """Forget history that is older than one interval, as kube-apiserver does with etcd's."""
    before = services.store.revision
    while True:
        await services.clock.sleep(services.config.compaction_interval)
        now = services.store.revision
        try:
            await services.store.compact(before)
        except protocol.Unavailable as error:
            log.warning("the history is not compacted for now: %s", error)
        else:
            before = now
