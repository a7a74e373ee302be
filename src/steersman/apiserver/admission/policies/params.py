"""The objects that a binding gives to a policy: `params` in its expressions, one evaluation for each.

A policy without a kind of parameters, or a binding without a reference to some, is evaluated once, with none.
"""

from collections.abc import Sequence
from typing import Any

from steersman.api import labels, resources
from steersman.api.tree import Tree
from steersman.apiserver.admission.plugin import Context
from steersman.apiserver.admission.policies.configurations import Binding, Policy
from steersman.apiserver.admission.webhooks.versions import Versions


class Misconfigured(Exception):
    """A policy or a binding that cannot be evaluated; whether writes fail for it is the policy's choice."""


def resource_of(context: Context, policy: Policy[Any]) -> resources.Resource | None:
    """What a policy's parameters are; None for one without.  Raises Misconfigured."""
    if policy.param_kind is None:
        return None
    api_version, kind = policy.param_kind
    found = context.resources().by_kind(api_version, kind)
    if found is None:
        group, version = resources.split(api_version)
        raise Misconfigured(f"failed to find resource referenced by paramKind: '{group}/{version}, Kind={kind}'")
    return found


async def collect(
    context: Context, versions: Versions, resource: resources.Resource | None, binding: Binding, namespace: str
) -> Sequence[Tree | None]:
    """`namespace` is the write's own.  Raises Misconfigured; StatusError where one cannot be converted."""
    ref = binding.params
    if resource is None or ref is None:
        return (None,)
    if resource.namespaced:
        where = ref.namespace or namespace
        if not where:
            raise Misconfigured(
                "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources"
            )
    elif ref.namespace:
        raise Misconfigured("paramRef.namespace must not be provided for a cluster-scoped `paramKind`")
    else:
        where = ""
    prefix = resource.storage_prefix
    if ref.name:
        one = context.reader.get(prefix, where, ref.name)
        found = [] if one is None else [one]
    else:
        found = [tree for tree in context.reader.list(prefix, where) if ref.selector.matches(labels.of(tree))]
    if not found and ref.is_needed:
        raise Misconfigured("no params found for policy binding with `Deny` parameterNotFoundAction")
    return [await _shown(context, versions, tree, resource) for tree in found]


async def _shown(context: Context, versions: Versions, tree: Tree, resource: resources.Resource) -> Tree:
    """An object as it is read in the version of `resource`."""
    stored = context.resources().by_kind(str(tree.get("apiVersion") or ""), str(tree.get("kind") or ""))
    if stored is None or stored.api_version == resource.api_version:
        return tree
    made = await versions.converted(tree, stored, resource, "")
    assert made is not None
    return made
