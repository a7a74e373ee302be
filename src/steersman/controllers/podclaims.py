"""Which pods name which claims: an index over the pods' informer that several controllers share."""

from collections.abc import Sequence

from steersman.api.semantics import pods as podlib
from steersman.api.tree import Tree
from steersman.client.informers import Informer

INDEX = "claim"


def _keys(pod: Tree) -> list[str]:
    return [f"{pod['metadata']['namespace']}/{name}" for name in podlib.claim_names(pod)]


class PodClaims:
    """Of an ephemeral volume's claim it knows the name; whether that claim is the pod's, ask `claims.used_by`."""

    def __init__(self, pods: Informer) -> None:
        self.pods = pods
        pods.add_index(INDEX, _keys)

    def named_by(self, pod: Tree) -> list[str]:
        """Keys of the claims that a pod names."""
        return _keys(pod)

    def naming(self, key: str) -> Sequence[Tree]:
        """The pods that name a claim (`namespace/name`)."""
        return self.pods.by_index(INDEX, key)
