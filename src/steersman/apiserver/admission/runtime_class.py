"""RuntimeClass: a pod gets the overhead and the placement of the runtime that it names."""

from typing import Any

from steersman.api import quantity
from steersman.api.tree import Tree, at
from steersman.apiserver.admission.attributes import Attributes
from steersman.apiserver.admission.plugin import CREATES, Plugin

CLASSES = "runtimeclasses.node.k8s.io"


class RuntimeClass(Plugin):
    name = "RuntimeClass"
    resources = frozenset({"pods"})
    operations = CREATES

    async def mutate(self, a: Attributes) -> None:
        found = self._class(a)
        if found is None:
            return
        overhead = at(found, "overhead", "podFixed")
        if overhead:
            given = a.at("spec", "overhead")
            if given is not None and not _same(given, overhead):
                raise a.forbidden("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
            a.put(overhead, "spec", "overhead")
        self._place(a, found.get("scheduling") or {})

    def _class(self, a: Attributes) -> Tree | None:
        name = a.at("spec", "runtimeClassName")
        if name is None:
            return None
        found = self.reader.get(CLASSES, "", name)
        if found is None:
            raise a.forbidden(f'pod rejected: RuntimeClass "{name}" not found')
        return found

    def _place(self, a: Attributes, scheduling: Tree) -> None:
        selector = dict(a.at("spec", "nodeSelector", default={}))
        for key, value in (scheduling.get("nodeSelector") or {}).items():
            if selector.get(key, value) != value:
                raise a.forbidden(
                    f"conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; "
                    f"pod.spec.nodeSelector[{key}] = {selector[key]}"
                )
            selector[key] = value
        if scheduling.get("nodeSelector"):
            a.put(selector, "spec", "nodeSelector")
        tolerations = a.at("spec", "tolerations", default=[])
        added = [each for each in scheduling.get("tolerations") or () if each not in tolerations]
        if added:
            a.put([*tolerations, *added], "spec", "tolerations")

    async def validate(self, a: Attributes) -> None:
        found = self._class(a)
        overhead = at(found, "overhead", "podFixed") if found else None
        given = a.at("spec", "overhead")
        if overhead:
            if not _same(given or {}, overhead):
                raise a.forbidden("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
        elif given:
            raise a.forbidden("pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead")


def _same(left: Tree, right: Tree) -> bool:
    """The same amounts, however they are written."""
    return left.keys() == right.keys() and all(_equal(left[key], right[key]) for key in left)


def _equal(left: Any, right: Any) -> bool:
    return left == right or quantity.compare(str(left), str(right)) == 0
