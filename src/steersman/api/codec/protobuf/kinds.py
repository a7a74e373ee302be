"""Which type a kind and version are, for bodies that say themselves what they are."""

import functools

from steersman.api import builtin_names, resources, schema
from steersman.api.codec.protobuf import plan
from steersman.api.schema.node import Node

_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_ANYWHERE = frozenset({"APIResourceList", "APIVersions", "DeleteOptions", "Status"})
"""Kinds of meta/v1 that come under the version of any group, or without one."""


def node(api_version: str, kind: str) -> Node:
    """Raises NoProtobuf where no type of this kind has a protobuf form."""
    found = _node(api_version, kind)
    if found is None:
        raise plan.NoProtobuf(kind)
    return found


@functools.lru_cache(maxsize=512)
def _node(api_version: str, kind: str) -> Node | None:
    if kind == "PartialObjectMetadata":
        return _partial()
    if kind == "PartialObjectMetadataList":
        fields = {"metadata": schema.definition(_META + "ListMeta"), "items": plan.list_of(_partial())}
        return plan.message(_META + kind, fields)
    group, version = resources.split(api_version)
    package = builtin_names.PACKAGES.get(group)
    names = [f"{package}.{version}.{kind}"] if package else []
    if kind in _ANYWHERE or api_version in ("v1", "meta.k8s.io/v1"):
        names.append(_META + kind)
    for name in names:
        try:
            return schema.definition(name)
        except KeyError:
            continue
    return None


@functools.cache
def _partial() -> Node:
    return plan.message(_META + "PartialObjectMetadata", {"metadata": schema.definition(_META + "ObjectMeta")})
