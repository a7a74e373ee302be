"""Which hooks a write meets, and in which version of its object.

The cheap questions come first.  A hook that leaves a write alone for one reason is not asked for another: only a hook
whose rules mean the write can make it fail.
"""

import dataclasses
from collections.abc import Sequence
from typing import TypeAlias

from steersman.api import labels, resources, status
from steersman.api.tree import Tree
from steersman.apiserver.access import reading
from steersman.apiserver.admission import expressions
from steersman.apiserver.admission.attributes import Attributes, Operation
from steersman.apiserver.admission.plugin import Context
from steersman.apiserver.admission.webhooks import matchconditions, review, rules
from steersman.apiserver.admission.webhooks.configurations import Hook
from steersman.apiserver.admission.webhooks.versions import Versions


@dataclasses.dataclass(slots=True)
class Seen:
    """A write's objects as they are now, in the version of `resource`."""

    resource: resources.Resource
    new: Tree | None
    old: Tree | None


Key: TypeAlias = tuple[str, str, str, Operation, bool]
"""What rules look at: a write's resource in its version, sub-resource, operation, and whether it has a namespace."""


class Matcher:
    def __init__(self, context: Context, versions: Versions) -> None:
        self._reader = context.reader
        self._context = context
        self._versions = versions
        self._resources = context.resources
        # Invariant: what `_meant` holds was found among `_hooks` and in `_table`.
        self._hooks: Sequence[Hook] = ()
        self._table: resources.Table | None = None
        self._meant: dict[Key, Sequence[tuple[Hook, resources.Resource]]] = {}

    def meant(self, hooks: Sequence[Hook], a: Attributes) -> Sequence[tuple[Hook, resources.Resource]]:
        """The hooks whose rules mean a write, each with the resource whose version it wants to see.

        A write that no hook means costs one look at a dictionary, however many hooks there are.
        """
        table = self._resources()
        if hooks is not self._hooks or table is not self._table:
            self._hooks, self._table = hooks, table
            self._meant.clear()
        key = (a.resource.api_version, a.resource.plural, a.subresource, a.operation, bool(a.namespace))
        found = self._meant.get(key)
        if found is None:
            wanted = ((hook, self._target(hook, a)) for hook in hooks)
            found = self._meant[key] = [(hook, target) for hook, target in wanted if target is not None]
        return found

    def selects(self, hook: Hook, a: Attributes, new: Tree | None, old: Tree | None) -> bool:
        """Whether a hook whose rules mean the write selects its namespace and its object.  Raises StatusError."""
        return in_namespaces(self._reader, hook.namespaces, a, new) and has_object(hook.objects, new, old)

    async def excepts(self, hook: Hook, a: Attributes, seen: Seen) -> bool:
        """Whether the hook's conditions except a write that it would see so.  Raises StatusError."""
        if not hook.conditions:
            return False
        asked = review.request(a, "", "v1", seen.resource, None, None)["request"]
        request = {key: value for key, value in asked.items() if key not in ("uid", "object", "oldObject")}
        variables = matchconditions.variables(request, seen.new, seen.old, a.user, self._context.authorizer)
        try:
            return not await expressions.evaluated(self._context, matchconditions.hold, hook, variables)
        except matchconditions.NotEvaluated as error:
            raise status.forbidden(a.resource.plural, a.resource.group, a.name, str(error)) from error

    def _target(self, hook: Hook, a: Attributes) -> resources.Resource | None:
        asked = rules.asked(a, a.resource)
        if any(rules.matches(rule, asked) for rule in hook.rules):
            return a.resource
        if not hook.is_equivalent:
            return None
        others = [(each, rules.asked(a, each)) for each in self._versions.equivalents(a.resource, a.subresource)]
        for rule in hook.rules:
            for resource, asked in others:
                if rules.matches(rule, asked):
                    return resource
        return None


def in_namespaces(reader: reading.Reader, selector: labels.Selector, a: Attributes, new: Tree | None) -> bool:
    """Whether a selector of namespaces means a write; `new` is its object.  Raises StatusError."""
    if selector.everything:
        return True
    is_namespace = a.resource.name == reading.NAMESPACES
    name = rules.namespace_of(a)
    if not name and not is_namespace:
        return True  # of the cluster: never excepted by a namespace
    if is_namespace and not a.subresource and new is not None and a.operation is not Operation.DELETE:
        return selector.matches(labels.of(new))
    namespace = reader.get(reading.NAMESPACES, "", name)
    if namespace is None:
        raise status.not_found("namespaces", "", name)
    return selector.matches(labels.of(namespace))


def has_object(selector: labels.Selector, new: Tree | None, old: Tree | None) -> bool:
    """Whether a selector of objects means a write: by what is there after it, or by what was there before."""
    return selector.everything or any(tree is not None and selector.matches(labels.of(tree)) for tree in (new, old))
