"""An object in the version that a hook asked for, and what a hook's changes make of it.

A hook's rules may name another version of a resource than the request does.  Then the hook sees the object in that
version, and what it changed there is brought back.  What a hook changed is looked at like a body that a client sent:
its type is checked, unknown fields go, and defaults are filled in again.
"""

from collections.abc import Sequence

from steersman.api import builtin_names, codec, resources, schema, status
from steersman.api.tree import MutableTree, Tree, at
from steersman.apiserver import call as calls
from steersman.apiserver import plugged
from steersman.apiserver.admission.attributes import Attributes
from steersman.apiserver.admission.plugin import Context
from steersman.apiserver.admission.webhooks import review
from steersman.apiserver.custom import conversion_webhook
from steersman.apiserver.custom import definition as definitions
from steersman.apiserver.registry import conversion, kinds


class Versions:
    """The versions of what one server serves."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._table: resources.Table | None = None
        self._equivalents: dict[tuple[str, str], Sequence[resources.Resource]] = {}

    def equivalents(self, resource: resources.Resource, subresource: str) -> Sequence[resources.Resource]:
        """The other resources that are the same objects, with the same sub-resource."""
        table = self._context.resources()
        if table is not self._table:
            self._table, self._equivalents = table, {}
        key = (resource.api_version, resource.name)
        found = self._equivalents.get(key)
        if found is None:
            found = self._equivalents[key] = [
                each
                for each in (table.all() if resource.storage_prefix else ())
                if each.storage_prefix == resource.storage_prefix
                and (each.api_version, each.name) != (resource.api_version, resource.name)
            ]
        if not subresource:
            return found
        return [each for each in found if each.subresource(subresource) is not None]

    async def converted(
        self, tree: Tree | None, source: resources.Resource, target: resources.Resource, subresource: str
    ) -> Tree | None:
        """Raises StatusError where it cannot be converted."""
        if tree is None or source is target:
            return tree
        group, version, kind = review.kind_of(target, subresource)
        if (group, version, kind) == review.kind_of(source, subresource):
            return tree  # of a kind of its own: a Scale is the same of every version
        api_version = resources.api_version(group, version)
        if target.custom:
            definition = definitions.version_of(target)
            assert definition is not None
            context = self._context
            try:
                made = await conversion_webhook.convert(
                    context.dialer, context.clock, context.entropy, definition.definition, [tree], api_version
                )
            except conversion_webhook.ConversionFailed as error:
                raise status.internal(str(error)) from error
            return made[0]
        convert = conversion.find(source.kind, source.api_version, target.api_version)
        return {**(tree if convert is None else convert(tree)), "kind": kind, "apiVersion": api_version}


def shown(a: Attributes, tree: Tree | None) -> Tree | None:
    """What of an object is written: of most all, of a sub-resource `scale` its Scale."""
    if tree is None or a.subresource != "scale":
        return tree
    from steersman.apiserver.verbs.subresources import scale  # which asks admission

    return scale.of(a.resource, tree)


def taken(a: Attributes, tree: Tree | None) -> Tree | None:
    """The object of a write with what hooks made of what they were shown."""
    custom = definitions.version_of(a.resource)
    if tree is not None and a.subresource != "scale" and custom is not None:
        return custom.node.pruned(dict(tree))[0]
    if tree is None or a.subresource != "scale":
        return tree
    from steersman.apiserver.verbs.subresources import scale

    return scale.scaled_to(a.resource, a.new, int(at(tree, "spec", "replicas", default=0)))


def typed(tree: Tree, resource: resources.Resource, subresource: str) -> tuple[MutableTree, MutableTree]:
    """What a hook made of an object, as its type has it: as it is, and with defaults.  Raises StatusError."""
    group, version, kind = review.kind_of(resource, subresource)
    api_version = resources.api_version(group, version)
    own = (group, version, kind) == (resource.group, resource.version, resource.kind)
    mine: MutableTree = calls.copied(tree)
    mine["kind"], mine["apiVersion"] = kind, api_version
    custom = definitions.version_of(resource)
    try:
        if not own:
            node = schema.definition(f"{builtin_names.PACKAGES[group]}.{version}.{kind}")
        elif custom is not None:
            node = custom.node.envelope  # pruned when it is back in its own version: others may know less
        else:
            node = schema.node_of(resource)
        made = dict(plugged.accepted(node, mine, "Ignore").tree)
    except codec.DecodeError as error:
        raise status.internal(str(error)) from error
    except (schema.SchemaMissing, KeyError):
        made = mine  # options of a connection: they have no published type
    made["kind"], made["apiVersion"] = kind, api_version
    if not own:
        return made, made
    defaulted: MutableTree = calls.copied(made)
    plugged.defaults(resource, defaulted)
    if not subresource and custom is None:
        kinds.strategy_of(resource).arrived(defaulted)
    return made, defaulted
