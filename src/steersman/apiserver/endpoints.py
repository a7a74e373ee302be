"""Which address stands behind a service, or is a pod's: what proxies and webhooks need to know.  Pure.

Only what is ready counts.  A refusal is a `NotReachable` in the reference's words, which whoever asked shows to its
client.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from steersman.api import status
from steersman.api.tree import Tree, at


class NotReachable(ConnectionError):
    """There is nothing to connect to; the text says why."""


class NotAllowed(ConnectionError):
    """There is something, but nobody may be brought there."""


def service_port(service: Tree, port: str) -> Mapping[str, Any]:
    """The service's port by number or name; without either the one that has no name.  Raises NotReachable."""
    ports: Sequence[Mapping[str, Any]] = at(service, "spec", "ports", default=())
    name = service["metadata"]["name"]
    for each in ports:
        if each.get("name", "") == port or (port and str(each.get("port")) == port):
            return each
    if port.isdigit():
        raise NotReachable(f"no service port {port} found for service {status.quoted(name)}")
    raise NotReachable(f"no endpoints available for service {status.quoted(name)}")


def of_service(service: Tree, slices: Sequence[Tree], port: str) -> list[tuple[str, int]]:
    """The ready endpoints of a service's port; never empty.  `slices` are those of its namespace.

    Raises NotReachable.
    """
    name = service["metadata"]["name"]
    wanted = service_port(service, port).get("name") or ""
    found = []
    for slice_ in slices:
        if at(slice_, "metadata", "labels", "kubernetes.io/service-name") != name:
            continue
        numbers = [each.get("port") for each in slice_.get("ports") or () if (each.get("name") or "") == wanted]
        for endpoint in slice_.get("endpoints") or ():
            if at(endpoint, "conditions", "ready") is False or not endpoint.get("addresses"):
                continue
            found += [(str(endpoint["addresses"][0]), int(number)) for number in numbers if number]
    if not found:
        raise NotReachable(f"no endpoints available for service {status.quoted(name)}")
    return found


def of_pod(pod: Tree, port: str) -> tuple[str, int]:
    """A pod's address and port; without a port the first one it names, for TCP.  Raises NotReachable, NotAllowed."""
    address = at(pod, "status", "podIP", default="")
    if not is_public(address):
        raise NotAllowed("address not allowed")
    if not port:
        for container in at(pod, "spec", "containers", default=()):
            for each in container.get("ports") or ():
                if each.get("protocol", "TCP") == "TCP":
                    return str(address), int(each["containerPort"])
        return str(address), 0
    if port.isdigit():
        return str(address), int(port)
    for container in at(pod, "spec", "containers", default=()):
        for each in container.get("ports") or ():
            if each.get("name") == port:
                return str(address), int(each["containerPort"])
    raise NotReachable(f"no port {status.quoted(port)} in pod {status.quoted(pod['metadata']['name'])}")


def is_public(address: str) -> bool:
    """Whether a client may be brought to an address: an ordinary one, not loopback, link-local or multicast."""
    import ipaddress  # with the first proxy

    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not (found.is_loopback or found.is_link_local or found.is_multicast or found.is_unspecified)
