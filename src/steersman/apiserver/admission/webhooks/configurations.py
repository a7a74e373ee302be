"""Webhook configurations as values: what a write must know of each hook, made once a change.

Hooks come in the order of their configurations' names, and in a configuration as they stand there.
"""

import base64
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from steersman.api import labels
from steersman.api.tree import Tree
from steersman.apiserver.access import reading

MUTATING = "mutatingwebhookconfigurations.admissionregistration.k8s.io"
VALIDATING = "validatingwebhookconfigurations.admissionregistration.k8s.io"
DEFAULT_SECONDS = 10
HTTPS = 443


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    operations: frozenset[str]
    groups: frozenset[str]
    versions: frozenset[str]
    resources: tuple[tuple[str, str], ...]
    """Pairs of resource and sub-resource; `pods` has an empty one."""
    scope: str


@dataclasses.dataclass(frozen=True, slots=True)
class Client:
    """Where a hook is: at a URL, or behind a service."""

    url: str = ""
    namespace: str = ""
    service: str = ""
    port: int = HTTPS
    path: str = ""
    ca: bytes = b""


@dataclasses.dataclass(frozen=True, slots=True)
class Condition:
    name: str
    expression: str


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Hook:
    uid: str
    """The same hook of the same configuration has the same one."""
    name: str
    configuration: str
    client: Client
    rules: tuple[Rule, ...]
    namespaces: labels.Selector
    objects: labels.Selector
    is_equivalent: bool
    """Also meets a write of another version of what its rules name."""
    fails_open: bool
    seconds: int
    side_effects: str
    is_reinvoked: bool
    reviews: tuple[str, ...]
    """The versions of AdmissionReview that it understands, the best first."""
    conditions: tuple[Condition, ...]


class Configurations:
    """The hooks of one kind of configuration."""

    def __init__(self, reader: reading.Reader, resource: str) -> None:
        self._reader = reader
        self._resource = resource
        self._version = -1
        self._hooks: Sequence[Hook] = ()

    def hooks(self) -> Sequence[Hook]:
        version = self._reader.version(self._resource)
        if version != self._version:
            trees = sorted(self._reader.list(self._resource), key=lambda tree: str(tree["metadata"]["name"]))
            self._hooks = [hook for tree in trees for hook in parsed(tree)]
            self._version = version
        return self._hooks


def parsed(tree: Tree) -> list[Hook]:
    """The hooks of a configuration as it is stored: valid and defaulted."""
    found: list[Hook] = []
    configuration = str(tree["metadata"]["name"])
    counts: dict[str, int] = {}
    for each in tree.get("webhooks") or ():
        name = str(each["name"])
        number = counts[name] = counts.get(name, -1) + 1
        hook = Hook(
            uid=f"{configuration}/{name}/{number}",
            name=name,
            configuration=configuration,
            client=client(each.get("clientConfig") or {}),
            rules=tuple(map(rule, each.get("rules") or ())),
            namespaces=labels.from_object(each.get("namespaceSelector") or {}),
            objects=labels.from_object(each.get("objectSelector") or {}),
            is_equivalent=each.get("matchPolicy", "Equivalent") == "Equivalent",
            fails_open=each.get("failurePolicy", "Fail") == "Ignore",
            seconds=int(each.get("timeoutSeconds") or DEFAULT_SECONDS),
            side_effects=str(each.get("sideEffects") or ""),
            is_reinvoked=each.get("reinvocationPolicy") == "IfNeeded",
            reviews=tuple(each.get("admissionReviewVersions") or ()),
            conditions=tuple(Condition(c["name"], c["expression"]) for c in each.get("matchConditions") or ()),
        )
        found.append(hook)
    return found


def rule(tree: Mapping[str, Any]) -> Rule:
    resources = []
    for each in tree.get("resources") or ():
        resource, _, subresource = str(each).partition("/")
        resources.append((resource, subresource))
    return Rule(
        frozenset(tree.get("operations") or ()),
        frozenset(tree.get("apiGroups") or ()),
        frozenset(tree.get("apiVersions") or ()),
        tuple(resources),
        str(tree.get("scope") or "*"),
    )


def client(tree: Mapping[str, Any]) -> Client:
    """A `clientConfig`, of an admission webhook or a conversion webhook."""
    ca = base64.b64decode(tree.get("caBundle") or "")
    service = tree.get("service")
    if service is None:
        return Client(url=str(tree.get("url") or ""), ca=ca)
    return Client(
        namespace=str(service.get("namespace") or ""),
        service=str(service.get("name") or ""),
        port=int(service.get("port") or HTTPS),
        path=str(service.get("path") or ""),
        ca=ca,
    )
