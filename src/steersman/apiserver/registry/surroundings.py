"""What a kind's own rules may ask of the server that they run in.

A strategy decides about one object; some need more than the object: which addresses are taken, what else is there,
a number to draw, another object to write.  `Surroundings` names that, and no more, so that strategies know neither
the server nor its verbs; `services.Services` is what stands behind it.
"""

from typing import Any, Protocol

from steersman.api import resources
from steersman.api.schema.node import Node
from steersman.api.tree import Tree
from steersman.apiserver import config as configs
from steersman.apiserver.registry import reader as readers
from steersman.kit import clock as clocks
from steersman.kit import entropy as entropies
from steersman.store import protocol


class Objects(Protocol):
    """The objects of one resource as bytes and trees: a `registry.Registry` without its rules."""

    @property
    def resource(self) -> resources.Resource: ...

    @property
    def node(self) -> Node:
        """The type of an object."""
        ...

    @property
    def generation(self) -> bool:
        """Whether `metadata.generation` is kept."""
        ...

    def key(self, namespace: str, name: str) -> str: ...

    def entry(self, namespace: str, name: str) -> protocol.Entry | None: ...

    def tree(self, value: bytes) -> dict[str, Any]: ...

    def packed(self, tree: Tree) -> tuple[bytes, bytes]:
        """Head and tail as the store takes them."""
        ...


class Surroundings(Protocol):
    @property
    def store(self) -> protocol.Store: ...

    @property
    def clock(self) -> clocks.Clock: ...

    @property
    def entropy(self) -> entropies.Entropy: ...

    @property
    def config(self) -> configs.Config: ...

    @property
    def reader(self) -> readers.Reader: ...

    @property
    def allocators(self) -> dict[str, Any]:
        """Addresses and ports in use, by the strategy that keeps them."""
        ...

    def registry_of(self, name: str) -> Objects:
        """By `pods` or `deployments.apps`, in the preferred version."""
        ...
