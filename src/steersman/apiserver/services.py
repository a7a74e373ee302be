"""What the verbs of one API server share: its store, clock, readers and rules.

`registry(resource)` gives the registry of a resource in a version, made once; `resources` is the table of
what is served now, replaced as a whole when custom resources come and go.  A replacement ends the watches of what
is served otherwise from now on, or no more: their clients begin anew with what there is.
"""

import functools
from typing import Any

from steersman.api import resources as apis
from steersman.api.tree import Tree
from steersman.apiserver import config as configs
from steersman.apiserver import dialer as dialers
from steersman.apiserver import watching
from steersman.apiserver.custom import conversion_cache, conversion_webhook, table
from steersman.apiserver.custom import definition as definitions
from steersman.apiserver.registry import kinds, reader
from steersman.apiserver.registry import registry as registries
from steersman.kit import aside as asides
from steersman.kit import clock as clocks
from steersman.kit import entropy as entropies
from steersman.store import protocol


class Services:
    def __init__(
        self,
        store: protocol.Store,
        clock: clocks.Clock,
        entropy: entropies.Entropy,
        config: configs.Config,
        dialer: dialers.Dialer,
    ) -> None:
        self.store = store
        self.clock = clock
        self.entropy = entropy
        self.config = config
        self.dialer = dialer
        self.aside = asides.Aside(clock, "apiserver")
        self._resources = apis.BUILTIN
        self.definitions = table.Definitions(store, self.serve)
        self.reader = reader.StoreReader(store)
        self.hubs = watching.Hubs(store, clock)
        self.allocators: dict[str, Any] = {}
        """Addresses and ports in use, by the strategy that keeps them."""
        self.authenticator: Any = None
        self.authorizer: Any = None
        self.chain: Any = None
        self.issuer: Any = None
        self.resolver: Any = None
        self._registries: dict[tuple[str, str, str], registries.Registry] = {}

    @property
    def resources(self) -> apis.Table:
        return self._resources

    def serve(self, table: apis.Table) -> None:
        """Serve this table instead of the present one."""
        before, self._resources = _custom(self._resources), table
        after = _custom(table)
        for prefix, definition in before.items():
            if prefix not in after or definitions.is_served_otherwise(definition, after[prefix]):
                self.hubs.end(prefix)
        for key in [key for key, known in self._registries.items() if known.resource is not table.find(*key)]:
            del self._registries[key]

    def registry(self, resource: apis.Resource) -> registries.Registry:
        key = (resource.group, resource.version, resource.plural)
        found = self._registries.get(key)
        if found is None or found.resource is not resource:
            strategy = kinds.strategy_of(resource)
            version = definitions.version_of(resource)
            node = version.node if version is not None else None
            found = self._registries[key] = registries.Registry(resource, strategy, self.store, node)
            if version is not None and version.reshapes:
                found.reshape(version.node.shaped)
            if version is not None and conversion_webhook.has_webhook(version.definition):
                found.reshape(version.node.shaped)
                convert = functools.partial(
                    conversion_webhook.convert, self.dialer, self.clock, self.entropy, version.definition
                )
                found.conversions = conversion_cache.Conversions(
                    convert, resource.kind, resource.api_version, resource.storage
                )
        return found

    def registry_of(self, name: str) -> registries.Registry:
        """By `pods` or `deployments.apps`, in the preferred version."""
        resource = self.resources.get(name)
        assert resource is not None, name
        return self.registry(resource)


def _custom(table: apis.Table) -> dict[str, Tree]:
    """The definitions of a table's custom resources, by the prefix of their objects."""
    versions = ((resource.storage_prefix, definitions.version_of(resource)) for resource in table.all())
    return {prefix: version.definition for prefix, version in versions if version is not None}
