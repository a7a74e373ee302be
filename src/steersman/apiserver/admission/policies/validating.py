"""ValidatingAdmissionPolicy: expressions that refuse a write, warn of it, or leave a note.

All policies that mean the write are evaluated; the client is told the first refusal, and every warning.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from steersman.api import resources, status
from steersman.api.tree import Tree
from steersman.apiserver.admission import expressions
from steersman.apiserver.admission.attributes import Attributes, Operation
from steersman.apiserver.admission.plugin import Context, Plugin
from steersman.apiserver.admission.policies import configurations, decisions, inputs, matching, params
from steersman.apiserver.admission.policies.configurations import Binding, Policy
from steersman.apiserver.admission.webhooks import rules, versions

if TYPE_CHECKING:
    from steersman.apiserver.admission.policies.validators import Validator


def _compiled(tree: Tree) -> "Validator":
    from steersman.apiserver.admission.policies import validators

    return validators.Validator(tree)


class ValidatingAdmissionPolicy(Plugin):
    name = "ValidatingAdmissionPolicy"
    subresources = None
    operations = frozenset(Operation)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._policies = configurations.Policies(
            context.reader, configurations.VALIDATING, configurations.VALIDATING_BINDINGS, _compiled
        )
        self._versions = versions.Versions(context)
        self._matcher = matching.Matcher(context, self._versions)

    def wants(self, resource: str, subresource: str, operation: Operation) -> bool:
        return resource not in configurations.EXEMPT

    async def validate(self, a: Attributes) -> None:
        policies = self._policies.in_force()
        if not policies:
            return
        meant: Sequence[Policy[Validator]] = self._matcher.meant(policies, a)
        if not meant:
            return
        write = _Write(self.context, self._versions, self._matcher, a)
        for policy in meant:
            await write.ask(policy)
        if write.denied:
            raise decisions.refusal(a, *write.denied[0])


class _Write:
    """One write on its way past the policies."""

    def __init__(
        self, context: Context, versions_: versions.Versions, matcher: matching.Matcher, a: Attributes
    ) -> None:
        self.denied: list[tuple[str, decisions.Decision]] = []
        """Who denies, and why."""
        self._context = context
        self._versions = versions_
        self._matcher = matcher
        self._a = a
        self._new, self._old = versions.shown(a, a.object), versions.shown(a, a.old)
        self._seen: dict[tuple[str, str], inputs.Input] = {}

    async def ask(self, policy: "Policy[Validator]") -> None:
        try:
            target = self._matcher.meets(policy.criteria, self._a, self._new, self._old)
            if target is None:
                return
            resource = params.resource_of(self._context, policy)
        except (params.Misconfigured, status.StatusError) as error:
            self._misconfigured(policy, None, str(error))
            return
        for binding in policy.bindings:
            try:
                if self._matcher.meets(binding.criteria, self._a, self._new, self._old) is None:
                    continue
                namespace = rules.namespace_of(self._a)
                given = await params.collect(self._context, self._versions, resource, binding, namespace)
            except (params.Misconfigured, status.StatusError) as error:
                self._misconfigured(policy, binding, str(error))
                continue
            if given:
                try:
                    seen = await self._input(target)
                except status.StatusError as error:
                    self._misconfigured(policy, binding, f"failed to convert object version: {error}")
                    continue
                await self._evaluate(policy, binding, seen, given)

    async def _evaluate(
        self, policy: "Policy[Validator]", binding: Binding, seen: inputs.Input, given: Sequence[Tree | None]
    ) -> None:
        who = f"ValidatingAdmissionPolicy '{policy.name}' with binding '{binding.name}'"
        for param in given:
            verdict = await expressions.evaluated(self._context, policy.compiled().validate, seen, param)
            for decision in verdict.decisions:
                if "Deny" in binding.actions:
                    self.denied.append((who, decision))
                if "Warn" in binding.actions:
                    self._warn(f"Validation failed for {who}: {decision.message}")
            self.denied += [(who, fault) for fault in verdict.faults]

    async def _input(self, target: resources.Resource) -> inputs.Input:
        key = (target.api_version, target.name)
        if key not in self._seen:
            a, convert = self._a, self._versions.converted
            new = await convert(self._new, a.resource, target, a.subresource)
            old = await convert(self._old, a.resource, target, a.subresource)
            namespace = inputs.namespace_of(a, self._context.reader)
            self._seen[key] = inputs.made(a, target, new, old, namespace, self._context.authorizer)
        return self._seen[key]

    def _misconfigured(self, policy: "Policy[Validator]", binding: Binding | None, why: str) -> None:
        if policy.fails_open:
            return
        who = f"ValidatingAdmissionPolicy '{policy.name}'"
        if binding is None:
            self.denied.append((who, decisions.Decision(f"failed to configure policy: {why}")))
        else:
            decision = decisions.Decision(f"failed to configure binding: {why}")
            self.denied.append((f"{who} with binding '{binding.name}'", decision))

    def _warn(self, text: str) -> None:
        if text not in self._a.warnings:
            self._a.warnings.append(text)
