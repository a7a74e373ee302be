"""What expressions see of a write, apart from parameters and variables."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from steersman.api import resources, status
from steersman.api.tree import Tree
from steersman.apiserver.access import authorization, reading
from steersman.apiserver.admission import expressions
from steersman.apiserver.admission.attributes import Attributes
from steersman.apiserver.admission.webhooks import review, rules


@dataclasses.dataclass(frozen=True, slots=True)
class Input:
    """A write in the version that a policy named."""

    request: Tree
    new: Tree | None
    old: Tree | None
    namespace: Tree | None
    """The object of the write's namespace, where it has one."""
    authorizer: Mapping[str, Any]
    """`authorizer` and what begins so."""

    def variables(self, param: Tree | None, *, authorizer: bool = True) -> dict[str, Any]:
        found = {
            "object": self.new,
            "oldObject": self.old,
            "request": self.request,
            "namespaceObject": self.namespace,
            "params": param,
        }
        return {**found, **self.authorizer} if authorizer else found


def made(
    a: Attributes,
    target: resources.Resource,
    new: Tree | None,
    old: Tree | None,
    namespace: Tree | None,
    authorizer: authorization.Authorizer,
) -> Input:
    """`new` and `old` are in the version of `target`."""
    from steersman.api.cel import requests

    asked = review.request(a, "", "v1", target, None, None)["request"]
    request = {key: value for key, value in asked.items() if key not in ("uid", "object", "oldObject")}
    found = requests.authorizer_variables(expressions.authorizer_of(a.user, authorizer), request)
    return Input(request, typed(a, target, new), typed(a, target, old), namespace, found)


def typed(a: Attributes, target: resources.Resource, tree: Tree | None) -> Tree | None:
    """With its kind, which the body of some writes does not have."""
    if tree is None:
        return None
    group, version, kind = review.kind_of(target, a.subresource)
    api_version = resources.api_version(group, version)
    if tree.get("kind") == kind and tree.get("apiVersion") == api_version:
        return tree
    return {**tree, "kind": kind, "apiVersion": api_version}


def namespace_of(a: Attributes, reader: reading.Reader) -> Tree | None:
    """The Namespace that a write is in; a Namespace is in none.  Raises StatusError where it is gone."""
    name = rules.namespace_of(a)
    if not name or review.kind_of(a.resource, a.subresource) == ("", "v1", "Namespace"):
        return None
    found = reader.get(reading.NAMESPACES, "", name)
    if found is None:
        raise status.not_found("namespaces", "", name)
    return found
