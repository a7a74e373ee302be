"""MutatingAdmissionPolicy: expressions that change what is written, one after the other.

Which policies, bindings and parameters meet the write is settled first; then each mutation sees what those before it
made.  When one changed the object, all mutating plug-ins have a second round, and in it those that asked for it
(`IfNeeded`) come again if the object changed after them.

Whatever goes wrong in a policy that must not fail (`Fail`) refuses the write, when all have been evaluated.
"""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from steersman.api import builtin_names, resources, schema, status
from steersman.api.schema.node import Node
from steersman.api.tree import Tree
from steersman.apiserver.admission import expressions
from steersman.apiserver.admission.attributes import Attributes, Operation, Rounds
from steersman.apiserver.admission.plugin import Context, Plugin
from steersman.apiserver.admission.policies import configurations, decisions, inputs, matching, params
from steersman.apiserver.admission.policies.configurations import Binding, Policy
from steersman.apiserver.admission.webhooks import mutating as hooks
from steersman.apiserver.admission.webhooks import ownership, review, rules, versions
from steersman.apiserver.custom import definition as definitions

if TYPE_CHECKING:
    from steersman.apiserver.admission.policies.mutators import Mutator

Key: TypeAlias = tuple[str, str, str, str]
"""Policy, binding, and the parameter's namespace and name."""


def _compiled(tree: Tree) -> "Mutator":
    from steersman.apiserver.admission.policies import mutators

    return mutators.Mutator(tree)


@dataclasses.dataclass(slots=True)
class Memory:
    """What is known between the rounds of a write."""

    output: Tree | None = None
    """The object as the policies left it."""
    invoked: set[Key] = dataclasses.field(default_factory=set)
    """Those that want to come again, evaluated since the object last changed."""
    due: set[Key] = dataclasses.field(default_factory=set)
    """Those that are to come again."""

    def changed(self) -> None:
        self.due |= self.invoked
        self.invoked.clear()


@dataclasses.dataclass(frozen=True, slots=True)
class _Invocation:
    policy: "Policy[Mutator]"
    binding: Binding
    param: Tree | None
    target: resources.Resource

    @property
    def key(self) -> Key:
        metadata = (self.param or {}).get("metadata") or {}
        return self.policy.name, self.binding.name, metadata.get("namespace") or "", metadata.get("name") or ""

    @property
    def who(self) -> str:
        return f"policy '{self.policy.name}' with binding '{self.binding.name}'"


class MutatingAdmissionPolicy(Plugin):
    name = "MutatingAdmissionPolicy"
    subresources = None
    operations = frozenset(Operation)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._policies = configurations.Policies(
            context.reader, configurations.MUTATING, configurations.MUTATING_BINDINGS, _compiled
        )
        self._versions = versions.Versions(context)
        self._matcher = matching.Matcher(context, self._versions)

    def wants(self, resource: str, subresource: str, operation: Operation) -> bool:
        return resource not in configurations.EXEMPT

    async def mutate(self, a: Attributes) -> None:
        policies = self._policies.in_force()
        if not policies:
            return
        meant: Sequence[Policy[Mutator]] = self._matcher.meant(policies, a)
        if not meant:
            return
        write = _Write(self.context, self._versions, self._matcher, a)
        invocations = [each for policy in meant for each in await write.invocations(policy)]
        if invocations:
            rounds = a.rounds = a.rounds or Rounds()
            memory: Memory = rounds.kept.setdefault(self.name, Memory())
            if rounds.is_second and a.object != memory.output:
                memory.changed()
            for invocation in invocations:
                await write.invoke(invocation, memory, rounds)
            await write.finish()
            memory.output = a.object
        if write.faults:
            raise _refusal(a, write.faults)


class _Write:
    """One write on its way past the policies."""

    def __init__(
        self, context: Context, versions_: versions.Versions, matcher: matching.Matcher, a: Attributes
    ) -> None:
        self.faults: list[decisions.Decision] = []
        """What refuses the write; without a reason it is the way that policies are set up."""
        self._context = context
        self._versions = versions_
        self._matcher = matcher
        self._a = a
        self._new, self._old = versions.shown(a, a.object), versions.shown(a, a.old)
        self._seen: inputs.Input | None = None
        self._target = a.resource
        """In whose version `_seen` is."""
        self._is_changed = False

    async def invocations(self, policy: "Policy[Mutator]") -> list[_Invocation]:
        a, found = self._a, []
        try:
            target = self._matcher.meets(policy.criteria, a, self._new, self._old)
            if target is None:
                return []
            resource = params.resource_of(self._context, policy)
        except (params.Misconfigured, status.StatusError) as error:
            self._fault(policy, f"policy '{policy.name}'", f"failed to configure policy: {error}")
            return []
        for binding in policy.bindings:
            try:
                if self._matcher.meets(binding.criteria, a, self._new, self._old) is None:
                    continue
                namespace = rules.namespace_of(a)
                given = await params.collect(self._context, self._versions, resource, binding, namespace)
            except (params.Misconfigured, status.StatusError) as error:
                who = f"policy '{policy.name}' with binding '{binding.name}'"
                self._fault(policy, who, f"failed to configure binding: {error}")
                continue
            found += [_Invocation(policy, binding, param, target) for param in given]
        return found

    async def invoke(self, invocation: _Invocation, memory: Memory, rounds: Rounds) -> None:
        """All mutations of one policy with one parameter.  Raises StatusError."""
        from steersman.apiserver.admission.policies import patches

        policy, key = invocation.policy, invocation.key
        seen, mutator = await self._input(invocation.target), policy.compiled()
        try:
            if not await expressions.evaluated(self._context, mutator.holds, seen, invocation.param):
                return
        except patches.DoesNotApply as error:
            self._fault(policy, invocation.who, str(error), decisions.INVALID)
            return
        if rounds.is_second and key not in memory.due:
            return
        before = seen.new
        for number in range(len(mutator) if before is not None else 0):
            try:
                node = self._node(invocation.target)
                made = await expressions.evaluated(self._context, mutator.mutated, number, seen, invocation.param, node)
            except patches.DoesNotApply as error:
                self._fault(policy, invocation.who, str(error), decisions.INVALID)
                continue
            if made is not seen.new:
                _, defaulted = versions.typed(made, invocation.target, self._a.subresource)
                seen = self._seen = dataclasses.replace(seen, new=defaulted)
        if seen.new != before:
            self._is_changed = True
            memory.changed()
            rounds.again = True
        if policy.is_reinvoked:
            memory.invoked.add(key)

    async def finish(self) -> None:
        """Give the write what the policies made of its object."""
        if not self._is_changed or self._seen is None:
            return
        a = self._a
        made = await self._versions.converted(self._seen.new, self._target, a.resource, a.subresource)
        before, a.object = a.object, versions.taken(a, made)
        if before is not None and a.object is not None:
            a.object = ownership.kept(a.object, before, a.warnings)
        hooks.check_place(a)

    async def _input(self, target: resources.Resource) -> inputs.Input:
        """The write as it is now, in the version of `target`."""
        if self._seen is None or target is not self._target:
            a, convert = self._a, self._versions.converted
            current = self._new if self._seen is None else self._seen.new
            new = await convert(current, self._target, target, a.subresource)
            old = await convert(self._old, a.resource, target, a.subresource)
            namespace = inputs.namespace_of(a, self._context.reader)
            self._seen = inputs.made(a, target, new, old, namespace, self._context.authorizer)
            self._target = target
        return self._seen

    def _node(self, target: resources.Resource) -> Node:
        """The type of what is written.  Raises StatusError."""
        group, version, kind = review.kind_of(target, self._a.subresource)
        custom = definitions.version_of(target)
        try:
            if (group, version, kind) != (target.group, target.version, target.kind):
                return schema.definition(f"{builtin_names.PACKAGES[group]}.{version}.{kind}")
            return custom.node if custom is not None else schema.node_of(target)
        except (schema.SchemaMissing, KeyError) as error:
            raise status.unavailable(
                f"Resource kind {group}/{version}, Kind={kind} not found. There can be a delay between when "
                "CustomResourceDefinitions are created and when they are available."
            ) from error

    def _fault(self, policy: "Policy[Mutator]", who: str, why: str, reason: str = "") -> None:
        if not policy.fails_open:
            self.faults.append(decisions.Decision(f"{who} denied request: {why}", reason))


def _refusal(a: Attributes, faults: Sequence[decisions.Decision]) -> status.StatusError:
    """The first fault is told, with its reason; all are causes."""
    made = a.forbidden("")
    details = {**made.tree["details"], "causes": [{"message": fault.message} for fault in faults]}
    tree = {**made.tree, "message": faults[0].message, "details": details}
    if faults[0].reason:
        tree["reason"] = faults[0].reason
    return status.StatusError(tree)
