"""Ports of containers, and that two of them do not want the same one of the host."""

from collections.abc import Sequence

from steersman.api import names
from steersman.api.tree import Tree
from steersman.api.validation import addresses
from steersman.api.validation.errors import Errors


def ports(items: Sequence[Tree], at: str, e: Errors) -> None:
    seen: set[str] = set()
    for index, port in enumerate(items):
        name, number, host = port.get("name"), port.get("containerPort") or 0, port.get("hostPort") or 0
        if name:
            complaints = names.port_name(name)
            for text in complaints:
                e.invalid(f"{at}[{index}].name", name, text)
            if not complaints:
                if name in seen:
                    e.duplicate(f"{at}[{index}].name", name)
                seen.add(name)
        if not number:
            e.required(f"{at}[{index}].containerPort")
        elif not 1 <= number <= 65535:
            addresses.port(number, f"{at}[{index}].containerPort", e)
        if host and not 1 <= host <= 65535:
            addresses.port(host, f"{at}[{index}].hostPort", e)
        protocol = port.get("protocol")
        if protocol not in addresses.PROTOCOLS:
            e.required_one_of(f"{at}[{index}].protocol", protocol, addresses.PROTOCOLS)


def conflicts(containers: Sequence[Tree], at: str, e: Errors) -> None:
    taken: set[str] = set()
    for index, container in enumerate(containers):
        for place, port in enumerate(container.get("ports") or ()):
            if port.get("hostPort"):
                key = f"{port.get('protocol', '')}/{port.get('hostIP', '')}/{port['hostPort']}"
                if key in taken:
                    e.duplicate(f"{at}[{index}].ports[{place}].hostPort", key)
                taken.add(key)


def on_host_network(spec: Tree, at: str, e: Errors, *, pod: bool) -> None:
    for index, container in enumerate(spec.get("containers") or ()):
        for place, port in enumerate(container.get("ports") or ()):
            host, number = port.get("hostPort") or 0, port.get("containerPort") or 0
            if (pod or host) and host != number:
                where = f"{at}.containers[{index}].ports[{place}].hostPort"
                e.invalid(where, host, "must match `containerPort` when `hostNetwork` is true")
