"""Ports of one pod's containers that stand in each other's way."""

from typing import Any

from steersman.api import field
from steersman.api.field import Path
from steersman.api.tree import Tree


def clashes(spec: Tree, path: Path) -> list[str]:
    """Numbers first, then names, each in the order of the containers."""
    listed = [port for group in _GROUPS for container in spec.get(group) or () for port in container.get("ports") or ()]
    if not listed or (len(listed) == 1 and not listed[0].get("hostIP")):
        return []
    found = _all(spec, path)
    return _numbers(found) + _names(found)


_GROUPS = ("initContainers", "containers", "ephemeralContainers")
_Port = tuple[Any, Path, bool]
"""The port, where it stands, and whether its container runs as long as the pod does."""


def _all(spec: Tree, path: Path) -> list[_Port]:
    found = []
    for group in _GROUPS:
        for at, container in enumerate(spec.get(group) or ()):
            stays = group == "containers" or container.get("restartPolicy") == "Always"
            for index, port in enumerate(container.get("ports") or ()):
                found.append((port, path.child(group).index(at).child("ports").index(index), stays))
    return found


def _numbers(found: list[_Port]) -> list[str]:
    warnings = []
    seen: dict[tuple[int, str], list[_Port]] = {}
    for each in found:
        port, where, _ = each
        if port.get("hostIP") and not port.get("hostPort"):
            warnings.append(f"{where}: hostIP set without hostPort: {_shown(port)}")
        others = seen.setdefault((port.get("containerPort", 0), port.get("protocol", "TCP")), [])
        for other, there, _ in others:
            clash = _clash(port, other)
            if clash:
                warnings.append(f"{where}: {clash} port definition with {there}")
        others.append(each)
    return warnings


def _clash(port: Tree, other: Tree) -> str:
    address, others_address = port.get("hostIP") or "", other.get("hostIP") or ""
    number, others_number = port.get("hostPort") or 0, other.get("hostPort") or 0
    if address == others_address and number == others_number:
        return "duplicate"
    if not number or not others_number:
        return "overlapping"
    return "dangerously ambiguous" if number == others_number and bool(address) != bool(others_address) else ""


def _names(found: list[_Port]) -> list[str]:
    warnings = []
    first: dict[str, Path] = {}
    for port, where, stays in found:
        name = port.get("name")
        if not name or not stays:
            continue
        if name not in first:
            first[name] = where
            continue
        there = first[name]
        text = f"duplicate port name {field.quoted(name)} with {there}"
        warnings.append(f"{where}: {text}, services and probes that select ports by name will use {there}")
    return warnings


def _shown(port: Tree) -> str:
    """The port as Go prints a struct."""
    fields = (
        ("Name", "name", ""), ("HostPort", "hostPort", 0), ("ContainerPort", "containerPort", 0),
        ("Protocol", "protocol", ""), ("HostIP", "hostIP", ""),
    )  # fmt: skip
    return "{" + " ".join(f"{name}:{port.get(key, zero)}" for name, key, zero in fields) + "}"
