"""Which policies and bindings a write meets, and in which version of its object.

`meant` is the cheap question that most writes are done with: whether any rule could mean the write.  `meets` is the
whole one.  A selector that cannot be asked, because a namespace is gone, only matters where the rules mean the write.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

from steersman.api import resources, status
from steersman.api.tree import Tree
from steersman.apiserver.admission.attributes import Attributes, Operation
from steersman.apiserver.admission.plugin import Context
from steersman.apiserver.admission.policies.configurations import Criteria, Policy, Rule
from steersman.apiserver.admission.webhooks import matching as hooks
from steersman.apiserver.admission.webhooks import rules
from steersman.apiserver.admission.webhooks.versions import Versions

Key: TypeAlias = tuple[str, str, str, Operation, bool]


class Matcher:
    def __init__(self, context: Context, versions: Versions) -> None:
        self._reader = context.reader
        self._resources = context.resources
        self._versions = versions
        # Invariant: what `_meant` holds was found among `_policies` and in `_table`.
        self._policies: Sequence[Policy[Any]] = ()
        self._table: resources.Table | None = None
        self._meant: dict[Key, Sequence[Policy[Any]]] = {}

    def meant(self, policies: Sequence[Policy[Any]], a: Attributes) -> Sequence[Policy[Any]]:
        """The policies whose rules could mean a write, whatever its object is called."""
        table = self._resources()
        if policies is not self._policies or table is not self._table:
            self._policies, self._table = policies, table
            self._meant.clear()
        key = (a.resource.api_version, a.resource.plural, a.subresource, a.operation, bool(a.namespace))
        found = self._meant.get(key)
        if found is None:
            found = self._meant[key] = [
                policy
                for policy in policies
                if self._target(policy.criteria.rules, policy.criteria.is_equivalent, a, named=False) is not None
            ]
        return found

    def meets(
        self, criteria: Criteria | None, a: Attributes, new: Tree | None, old: Tree | None
    ) -> resources.Resource | None:
        """The resource in whose version the write is meant; None where it is not.  Raises StatusError."""
        if criteria is None:
            return a.resource
        failure: status.StatusError | None = None
        try:
            if not hooks.in_namespaces(self._reader, criteria.namespaces, a, new):
                return None
        except status.StatusError as error:
            failure = error
        if not hooks.has_object(criteria.objects, new, old):
            return None
        if self._target(criteria.exclusions, criteria.is_equivalent, a, named=True) is not None:
            return None
        target = a.resource
        if criteria.rules:
            found = self._target(criteria.rules, criteria.is_equivalent, a, named=True)
            if found is None:
                return None
            target = found
        if failure is not None:
            raise failure
        return target

    def _target(
        self, among: Sequence[Rule], is_equivalent: bool, a: Attributes, *, named: bool
    ) -> resources.Resource | None:
        asked = rules.asked(a, a.resource)
        if any(_means(rule, asked, a, named=named) for rule in among):
            return a.resource
        if not is_equivalent or not among:
            return None
        others = [(each, rules.asked(a, each)) for each in self._versions.equivalents(a.resource, a.subresource)]
        for rule in among:
            for resource, asked in others:
                if _means(rule, asked, a, named=named):
                    return resource
        return None


def _means(rule: Rule, asked: rules.Asked, a: Attributes, *, named: bool) -> bool:
    return rules.matches(rule.rule, asked) and (not named or not rule.names or a.name in rule.names)
