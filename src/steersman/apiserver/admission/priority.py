"""Priority: a pod's class becomes its number, and there is one default class at most."""

from collections.abc import Iterable

from steersman.api.tree import Tree, at
from steersman.apiserver.admission.attributes import Attributes, Operation
from steersman.apiserver.admission.plugin import Plugin

CLASSES = "priorityclasses.scheduling.k8s.io"


class Priority(Plugin):
    name = "Priority"
    resources = frozenset({"pods", CLASSES})

    async def mutate(self, a: Attributes) -> None:
        if a.resource.name == CLASSES:
            return
        if a.operation is Operation.UPDATE:
            self._keep(a)
            return
        name = a.at("spec", "priorityClassName", default="")
        if name:
            found = self.reader.get(CLASSES, "", name)
            if found is None:
                raise a.forbidden(f"no PriorityClass with name {name} was found")
        else:
            found = default(self.reader.list(CLASSES))
            if found is not None:
                name = found["metadata"]["name"]
        value = int(found.get("value", 0)) if found else 0
        policy = str(found.get("preemptionPolicy") or "") if found else "PreemptLowerPriority"
        given = a.at("spec", "priority")
        if given is not None and given != value:
            raise a.forbidden(
                f"the integer value of priority ({given}) must not be provided in pod spec; priority admission "
                f"controller computed {value} from the given PriorityClass name"
            )
        spec = {**a.at("spec", default={}), "priority": value}
        if name:
            spec["priorityClassName"] = name
        if policy:
            given = a.at("spec", "preemptionPolicy")
            if given is not None and given != policy:
                raise a.forbidden(
                    f"the string value of PreemptionPolicy ({given}) must not be provided in pod spec; priority "
                    f"admission controller computed {policy} from the given PriorityClass name"
                )
            spec["preemptionPolicy"] = policy
        a.put(spec, "spec")

    def _keep(self, a: Attributes) -> None:
        """What was computed on creation stays when an update leaves it out."""
        for field in ("priority", "preemptionPolicy"):
            before = at(a.old or {}, "spec", field)
            if before is not None and a.at("spec", field) is None:
                a.put(before, "spec", field)

    async def validate(self, a: Attributes) -> None:
        if a.resource.name != CLASSES or not a.at("globalDefault"):
            return
        present = default(self.reader.list(CLASSES))
        if present is None:
            return
        name = present["metadata"]["name"]
        if a.operation is Operation.CREATE or name != a.at("metadata", "name"):
            raise a.forbidden(f"PriorityClass {name} is already marked as default. Only one default can exist")


def default(classes: Iterable[Tree]) -> Tree | None:
    """The class marked as global default; of several, the one with the lowest value."""
    marked = [each for each in classes if each.get("globalDefault")]
    return min(marked, key=lambda each: int(each.get("value", 0))) if marked else None
