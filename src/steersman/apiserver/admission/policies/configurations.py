"""Policies with their bindings as values, made once a change.

Only a policy that something binds is in force.  They come in the order of their names, and so do the bindings of one.
A policy is compiled when it is first needed, once for each of its versions.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from steersman.api import labels
from steersman.api.tree import Tree
from steersman.apiserver.access import reading
from steersman.apiserver.admission.webhooks import configurations as hooks

GROUP = "admissionregistration.k8s.io"
VALIDATING = f"validatingadmissionpolicies.{GROUP}"
VALIDATING_BINDINGS = f"validatingadmissionpolicybindings.{GROUP}"
MUTATING = f"mutatingadmissionpolicies.{GROUP}"
MUTATING_BINDINGS = f"mutatingadmissionpolicybindings.{GROUP}"
EXEMPT = frozenset({
    VALIDATING, VALIDATING_BINDINGS, MUTATING, MUTATING_BINDINGS,
    "selfsubjectreviews.authentication.k8s.io", "tokenreviews.authentication.k8s.io",
    "localsubjectaccessreviews.authorization.k8s.io", "selfsubjectaccessreviews.authorization.k8s.io",
    "selfsubjectrulesreviews.authorization.k8s.io", "subjectaccessreviews.authorization.k8s.io",
})  # fmt: skip
"""What no policy is asked about: itself, so that it can be mended, and the questions on which a cluster runs.

Webhook configurations are not among them: a policy may guard those.
"""

E = TypeVar("E")


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    rule: hooks.Rule
    names: frozenset[str]
    """Of objects; empty for all."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Criteria:
    """Which writes are meant: those of a rule, without those of an exclusion.  A binding may leave out the rules."""

    rules: tuple[Rule, ...]
    exclusions: tuple[Rule, ...]
    namespaces: labels.Selector
    objects: labels.Selector
    is_equivalent: bool


@dataclasses.dataclass(frozen=True, slots=True)
class ParamRef:
    name: str
    namespace: str
    selector: labels.Selector
    is_needed: bool
    """Whether a write is refused where there are none."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Binding:
    name: str
    criteria: Criteria | None
    params: ParamRef | None
    actions: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Policy(Generic[E]):
    name: str
    tree: Tree
    criteria: Criteria
    param_kind: tuple[str, str] | None
    """API version and kind."""
    fails_open: bool
    is_reinvoked: bool
    bindings: Sequence[Binding]
    compiled: Callable[[], E]


class Policies(Generic[E]):
    """The policies of one kind."""

    def __init__(self, reader: reading.Reader, policies: str, bindings: str, compile: Callable[[Tree], E]) -> None:
        self._reader = reader
        self._resources = (policies, bindings)
        self._compile = compile
        self._versions = (-1, -1)
        self._policies: Sequence[Policy[E]] = ()
        self._compiled: dict[tuple[str, str], E] = {}

    def in_force(self) -> Sequence[Policy[E]]:
        """The same sequence until something changes."""
        policies, bindings = self._resources
        bound = self._reader.version(bindings)
        if bound == self._versions[1] and not self._policies and self._versions[0] < 0:
            return self._policies  # without a binding nobody looks at policies
        versions = (self._reader.version(policies), bound)
        if versions != self._versions:
            self._policies, self._versions = self._read(*versions)
        return self._policies

    def _read(self, version: int, bound: int) -> tuple[Sequence[Policy[E]], tuple[int, int]]:
        by_policy: dict[str, list[Binding]] = {}
        for tree in _by_name(self._reader.list(self._resources[1])):
            by_policy.setdefault(str(tree["spec"].get("policyName") or ""), []).append(binding(tree))
        if not by_policy:
            self._compiled.clear()
            return (), (-1, bound)
        found = [
            self._policy(tree, by_policy[tree["metadata"]["name"]])
            for tree in _by_name(self._reader.list(self._resources[0]))
            if tree["metadata"]["name"] in by_policy
        ]
        used = {_identity(policy.tree) for policy in found}
        self._compiled = {key: made for key, made in self._compiled.items() if key in used}
        return found, (version, bound)

    def _policy(self, tree: Tree, bindings: Sequence[Binding]) -> Policy[E]:
        key = _identity(tree)

        def compiled() -> E:
            if key not in self._compiled:
                self._compiled[key] = self._compile(tree)
            return self._compiled[key]

        spec = tree.get("spec") or {}
        kind = spec.get("paramKind")
        return Policy(
            name=str(tree["metadata"]["name"]),
            tree=tree,
            criteria=criteria(spec.get("matchConstraints") or {}),
            param_kind=None if kind is None else (str(kind.get("apiVersion") or ""), str(kind.get("kind") or "")),
            fails_open=spec.get("failurePolicy", "Fail") == "Ignore",
            is_reinvoked=spec.get("reinvocationPolicy") == "IfNeeded",
            bindings=bindings,
            compiled=compiled,
        )


def _by_name(trees: Sequence[Tree]) -> Sequence[Tree]:
    return sorted(trees, key=lambda tree: str(tree["metadata"]["name"]))


def _identity(tree: Tree) -> tuple[str, str]:
    metadata = tree["metadata"]
    return str(metadata.get("uid") or metadata["name"]), str(metadata.get("resourceVersion") or "")


def binding(tree: Tree) -> Binding:
    spec = tree.get("spec") or {}
    resources, ref = spec.get("matchResources"), spec.get("paramRef")
    return Binding(
        name=str(tree["metadata"]["name"]),
        criteria=None if resources is None else criteria(resources),
        params=None if ref is None else _param_ref(ref),
        actions=tuple(spec.get("validationActions") or ()),
    )


def _param_ref(tree: Mapping[str, Any]) -> ParamRef:
    return ParamRef(
        name=str(tree.get("name") or ""),
        namespace=str(tree.get("namespace") or ""),
        selector=labels.from_object(tree.get("selector") or {}),
        is_needed=tree.get("parameterNotFoundAction") == "Deny",
    )


def criteria(tree: Mapping[str, Any]) -> Criteria:
    return Criteria(
        rules=_rules(tree.get("resourceRules")),
        exclusions=_rules(tree.get("excludeResourceRules")),
        namespaces=labels.from_object(tree.get("namespaceSelector") or {}),
        objects=labels.from_object(tree.get("objectSelector") or {}),
        is_equivalent=tree.get("matchPolicy", "Equivalent") == "Equivalent",
    )


def _rules(trees: Any) -> tuple[Rule, ...]:
    return tuple(Rule(hooks.rule(tree), frozenset(tree.get("resourceNames") or ())) for tree in trees or ())
