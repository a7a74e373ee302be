"""What the verbs of one API server share: its store, clock, readers and rules.

`registry(resource)` gives the registry of a resource in a version, made once; `resources` is the table of
what is served now, replaced as a whole when custom resources come and go.
"""

from typing import Any

from steersman.api import resources
from steersman.apiserver import config as configs
from steersman.apiserver import dialer as dialers
from steersman.apiserver import watching
from steersman.apiserver.custom import definition as definitions
from steersman.apiserver.custom import table
from steersman.apiserver.registry import kinds, reader
from steersman.apiserver.registry import registry as registries
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
        self.resources = resources.BUILTIN
        self.definitions = table.Definitions(self)
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

    def registry(self, resource: resources.Resource) -> registries.Registry:
        key = (resource.group, resource.version, resource.plural)
        found = self._registries.get(key)
        if found is None or found.resource is not resource:
            strategy = kinds.strategy_of(resource)
            version = definitions.version_of(resource)
            node = version.node if version is not None else None
            found = self._registries[key] = registries.Registry(resource, strategy, self.store, node)
            if version is not None and version.reshapes:
                found.reshape(version.node.shaped)
        return found

    def registry_of(self, name: str) -> registries.Registry:
        """By `pods` or `deployments.apps`, in the preferred version."""
        resource = self.resources.get(name)
        assert resource is not None, name
        return self.registry(resource)
