"""Which Services select which pods, both ways: what both endpoint controllers follow."""

from collections.abc import Callable, Sequence

from steersman.api import labels
from steersman.api.semantics import pods, services
from steersman.api.tree import Tree
from steersman.client.informers import Informer, key_of

_FIELDS = ("phase", "podIP", "podIPs")


def _relevant(pod: Tree) -> tuple[object, ...]:
    """What of a pod its endpoints show."""
    status, spec, meta = pod.get("status") or {}, pod["spec"], pod["metadata"]
    return (
        *(status.get(name) for name in _FIELDS),
        pods.is_ready(pod),
        bool(meta.get("deletionTimestamp")),
        spec.get("nodeName"),
        meta.get("labels"),
    )


class Selection:
    def __init__(self, service_informer: Informer, pod_informer: Informer) -> None:
        self._services = service_informer
        self._pods = pod_informer

    def on_change(self, enqueue: Callable[[str], None]) -> None:
        """Name every Service that a change concerns."""

        def service_changed(old: Tree | None, new: Tree | None) -> None:
            tree = new or old
            if tree is not None:
                enqueue(key_of(tree))

        def pod_changed(old: Tree | None, new: Tree | None) -> None:
            if old is not None and new is not None and _relevant(old) == _relevant(new):
                return
            for tree in (old, new):
                if tree is None:
                    continue
                own = labels.of(tree)
                for service in self._services.list(tree["metadata"]["namespace"]):
                    if services.selects(service, own):
                        enqueue(key_of(service))

        self._services.on_change(service_changed)
        self._pods.on_change(pod_changed)

    def pods_of(self, service: Tree) -> Sequence[Tree]:
        """The pods that a Service selects, in the order of their names."""
        everything = self._pods.list(service["metadata"]["namespace"])
        found = [pod for pod in everything if services.selects(service, labels.of(pod))]
        return sorted(found, key=lambda pod: str(pod["metadata"]["name"]))
