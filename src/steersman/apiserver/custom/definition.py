"""One version of a CustomResourceDefinition as values that the verbs ask.

`resources_of` turns a stored definition into the resources that it serves.  Each is a `CustomResource`, which
carries its `Version`: type, columns, paths of scale and selectable fields.  What costs time is made when it is
first asked for.
"""

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from steersman.api import codec, resources
from steersman.api.schema.node import Node
from steersman.api.tree import MutableTree, Tree, at
from steersman.api.validation.customresources import extras, shaping
from steersman.apiserver.custom import nodes, rules
from steersman.apiserver.discovery import snapshot

if TYPE_CHECKING:
    from steersman.api.printers.columns import Printer
    from steersman.api.validation.customresources import evaluation

GROUP = "apiextensions.k8s.io"
PREFIX = f"customresourcedefinitions.{GROUP}"
FREE: Mapping[str, Any] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_VIEW = ("get", "patch", "update")
_MAX_PROBLEMS = 100


class Version:
    """What a version of a definition says about its objects."""

    def __init__(self, definition: Tree, version: Tree) -> None:
        self.definition = definition
        self.name: str = version["name"]
        self.schema: Mapping[str, Any] = at(version, "schema", "openAPIV3Schema") or FREE
        self.scale: Tree | None = at(version, "subresources", "scale")
        self.has_status = at(version, "subresources", "status") is not None
        self.selectable = tuple(
            each["jsonPath"].removeprefix(".") for each in version.get("selectableFields") or () if each.get("jsonPath")
        )
        self.deprecated: str = _deprecation(definition, version)
        self._columns: Sequence[Tree] = version.get("additionalPrinterColumns") or ()
        self.is_terminating = is_terminating(definition)
        self.reshapes = (
            not version.get("storage")
            or len(definition["spec"]["versions"]) > 1
            or (at(definition, "metadata", "generation") or 1) > 1
        )
        """Whether stored objects may have been written along another schema."""

    def sibling(self, name: str) -> Mapping[str, Any]:
        """The schema of another version of the definition; its own where there is none of that name."""
        for each in self.definition["spec"]["versions"]:
            if each["name"] == name != self.name:
                return at(each, "schema", "openAPIV3Schema") or FREE
        return self.schema

    @functools.cached_property
    def node(self) -> "CustomNode":
        return CustomNode(self)

    @functools.cached_property
    def printer(self) -> "Printer":
        from steersman.apiserver.custom import columns  # with the first Table

        return columns.printer(self._columns)

    @functools.cached_property
    def rules(self) -> "evaluation.Rules | None":
        return rules.compiled(self.schema)

    @functools.cached_property
    def published(self) -> snapshot.Published:
        if not self.selectable:
            return snapshot.Published(self.schema)
        fields = [{"fieldPath": path} for path in self.selectable]
        return snapshot.Published({**self.schema, "x-kubernetes-selectable-fields": fields})

    @functools.cached_property
    def has_embedded(self) -> bool:
        """Whether other resources may stand inside of its objects."""
        return extras.has_embedded(self.schema)

    @functools.cached_property
    def has_defaults(self) -> bool:
        return shaping.has_defaults(self.schema)


class CustomNode(Node):
    """The type of a custom resource: a node for patches and apply, with its own way to accept a body.

    A body is decoded without regard to the schema, but for its metadata; then it is pruned.  Types are for
    validation to check.
    """

    __slots__ = ("envelope", "version")

    def __init__(self, version: Version) -> None:
        super().__init__("object")
        nodes.fill(self, version.schema, root=True)
        self.version = version
        self.envelope = nodes.envelope()

    def accepted(self, tree: Any, *, strict: bool) -> codec.Accepted:
        """Decoded and pruned; raises DecodeError."""
        found = codec.accept(self.envelope, tree, strict=strict)
        made, unknown = self.pruned(found.tree)
        problems = [*found.problems, *unknown] if strict else []
        return codec.Accepted(made, problems[:_MAX_PROBLEMS])

    def pruned(self, tree: MutableTree) -> tuple[MutableTree, list[str]]:
        """The object without what its schema does not know, and a complaint for each.  Raises DecodeError."""
        if self.version.has_embedded:
            complaint = extras.undecodable(tree, self.version.schema)
            if complaint is not None:
                raise codec.DecodeError(str(complaint))
        unknown: list[str] = []
        made = shaping.plain_numbers(shaping.pruned(tree, self.version.schema, unknown))
        return made, [f'unknown field "{path}"' for path in sorted(unknown)]

    def shaped(self, tree: Tree) -> MutableTree:
        """An object as stored, in this version: with the defaults of the version that it is stored in."""
        stored = self.version.sibling(resources.split(tree["apiVersion"])[1])
        out: MutableTree = shaping.pruned(tree, stored, [])
        out = shaping.defaulted(out, stored)
        if stored is not self.version.schema:
            out = shaping.pruned(out, self.version.schema, [])
        return out


@dataclasses.dataclass(frozen=True, slots=True)
class CustomResource(resources.Resource):
    served: Any = dataclasses.field(default=None, compare=False, repr=False)
    """Its `Version`."""


def version_of(resource: resources.Resource) -> Version | None:
    """None of a built-in resource."""
    found: Version | None = getattr(resource, "served", None)
    return found


def schema_of(resource: resources.Resource) -> snapshot.Published | None:
    """What OpenAPI shows of a custom resource."""
    version = version_of(resource)
    return None if version is None else version.published


def resources_of(definition: Tree) -> list[resources.Resource]:
    """What an established definition serves; nothing of one that is not."""
    if condition(definition, "Established") != "True":
        return []
    spec, names = definition["spec"], at(definition, "status", "acceptedNames", default={})
    group, plural, kind = spec["group"], names.get("plural") or "", names.get("kind") or ""
    storage = next((each["name"] for each in spec["versions"] if each.get("storage")), "")
    made: list[resources.Resource] = []
    for each in spec["versions"]:
        if not each.get("served") or not plural:
            continue
        version = Version(definition, each)
        made.append(
            CustomResource(
                group=group,
                version=version.name,
                plural=plural,
                kind=kind,
                namespaced=spec.get("scope") == "Namespaced",
                short_names=tuple(names.get("shortNames") or ()),
                categories=tuple(names.get("categories") or ()),
                subresources=_subresources(group, version, kind),
                singular=names.get("singular") or "",
                list_kind=names.get("listKind") or "",
                storage=resources.api_version(group, storage),
                storage_prefix=f"{plural}.{group}",
                custom=True,
                served=version,
            )
        )
    return made


def _subresources(group: str, version: Version, kind: str) -> tuple[resources.Subresource, ...]:
    made = []
    if version.has_status:
        made.append(resources.Subresource("status", kind, group, version.name, _VIEW))
    if version.scale is not None:
        made.append(resources.Subresource("scale", "Scale", "autoscaling", "v1", _VIEW))
    return tuple(made)


def condition(definition: Tree, type: str) -> str:
    """The status of a condition; empty where it is not there."""
    for each in at(definition, "status", "conditions", default=()) or ():
        if each.get("type") == type:
            return each.get("status") or ""
    return ""


def is_terminating(definition: Tree) -> bool:
    return condition(definition, "Terminating") == "True" or bool(at(definition, "metadata", "deletionTimestamp"))


def is_served_otherwise(before: Tree, after: Tree) -> bool:
    """Whether a definition serves its objects in another way than it did, or is another definition."""
    spec, names, uid = ("spec",), ("status", "acceptedNames"), ("metadata", "uid")
    return any(at(before, *path) != at(after, *path) for path in (spec, names, uid))


def _deprecation(definition: Tree, version: Tree) -> str:
    if not version.get("deprecated"):
        return ""
    spec = definition["spec"]
    given: str | None = version.get("deprecationWarning")
    if given is not None:
        return given
    kind, rank = spec["names"]["kind"], resources.version_order
    others = [each["name"] for each in spec["versions"] if each.get("served") and not each.get("deprecated")]
    newer = sorted((name for name in others if rank(name) < rank(version["name"])), key=rank)
    instead = f"; use {spec['group']}/{newer[0]} {kind}" if newer else ""
    return f"{spec['group']}/{version['name']} {kind} is deprecated{instead}"
