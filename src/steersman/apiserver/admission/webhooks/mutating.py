"""MutatingAdmissionWebhook: hooks that may change what is written, one after the other.

Each hook sees what those before it made.  When one changed the object, all mutating plug-ins have a second round, and
in it hooks that asked for it (`IfNeeded`) are called again if the object changed after they had seen it.  A hook that
was left alone in the first round is not called in the second.
"""

import dataclasses

from steersman.api import resources, status
from steersman.api.tree import Tree
from steersman.apiserver.admission.attributes import Attributes, Operation, Rounds
from steersman.apiserver.admission.plugin import Context, Plugin
from steersman.apiserver.admission.webhooks import asking, configurations, ownership, patching, rules, versions
from steersman.apiserver.admission.webhooks.configurations import Hook
from steersman.apiserver.admission.webhooks.matching import Matcher, Seen
from steersman.apiserver.admission.webhooks.refusals import CallFailed


@dataclasses.dataclass(slots=True)
class Memory:
    """What is known between the rounds of a write."""

    output: Tree | None = None
    """The object as the hooks left it."""
    called: set[str] = dataclasses.field(default_factory=set)
    """Hooks that want to be called again, called since the object last changed."""
    due: set[str] = dataclasses.field(default_factory=set)
    """Hooks that are to be called again."""

    def changed(self) -> None:
        self.due |= self.called
        self.called.clear()


class MutatingAdmissionWebhook(Plugin):
    name = "MutatingAdmissionWebhook"
    subresources = None
    operations = frozenset(Operation)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._configurations = configurations.Configurations(context.reader, configurations.MUTATING)
        self._versions = versions.Versions(context)
        self.matcher = Matcher(context, self._versions)

    def wants(self, resource: str, subresource: str, operation: Operation) -> bool:
        return resource not in rules.EXEMPT

    async def mutate(self, a: Attributes) -> None:
        meant = self.matcher.meant(self._configurations.hooks(), a)
        if not meant:
            return
        rounds = a.rounds = a.rounds or Rounds()
        memory: Memory = rounds.kept.setdefault(self.name, Memory())
        if rounds.is_second and a.object != memory.output:
            memory.changed()  # by a plug-in of ours, on what the hooks had made
        old = versions.shown(a, a.old)
        seen = Seen(a.resource, versions.shown(a, a.object), old)
        changed = False
        for hook, target in meant:
            if self.matcher.selects(hook, a, seen.new, old) and (not rounds.is_second or hook.uid in memory.due):
                await self._show(a, seen, old, target)
                changed |= await self._ask(hook, a, seen, memory, rounds)
        if changed:
            made = await self._versions.converted(seen.new, seen.resource, a.resource, a.subresource)
            before, a.object = a.object, versions.taken(a, made)
            if before is not None and a.object is not None:
                a.object = ownership.kept(a.object, before, a.warnings)
            check_place(a)
        memory.output = a.object

    async def _show(self, a: Attributes, seen: Seen, old: Tree | None, target: resources.Resource) -> None:
        """Bring what is seen into the version of `target`."""
        if target is not seen.resource:
            seen.new = await self._versions.converted(seen.new, seen.resource, target, a.subresource)
            seen.old = await self._versions.converted(old, a.resource, target, a.subresource)
            seen.resource = target

    async def _ask(self, hook: Hook, a: Attributes, seen: Seen, memory: Memory, rounds: Rounds) -> bool:
        """Ask a hook that is not excepted; True where it answered with a patch.  Raises StatusError."""
        if await self.matcher.excepts(hook, a, seen):
            return False
        before, patched = seen.new, False
        try:
            verdict = await asking.ask(self.context, hook, a, seen, mutating=True)
            patch = patching.operations(hook.name, verdict)
            if patch:
                if before is None:
                    raise status.internal(
                        f"admission webhook {status.quoted(hook.name)} attempted to modify the object, "
                        "which is not supported for this operation"
                    )
                made, seen.new = versions.typed(patching.applied(before, patch), seen.resource, a.subresource)
                patched = True
                if made != before:
                    memory.changed()
                    rounds.again = True
        except CallFailed as error:
            asking.fail(hook, error)
        if hook.is_reinvoked:
            memory.called.add(hook.uid)
        return patched


def check_place(a: Attributes) -> None:
    """No hook moves an object to another namespace.  Raises 400."""
    if not a.resource.namespaced or a.object is None or a.operation is Operation.CONNECT:
        return
    metadata = a.object.get("metadata") or {}
    given = metadata.get("namespace") or ""
    if not given:
        a.put({**metadata, "namespace": a.namespace}, "metadata")
    elif given != a.namespace:
        raise status.bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
