"""One object, several versions: what has to change when bytes of one are served as another.

Most resources have one version, or versions of one shape, for which the apiVersion in front is all that
differs.  Only the kinds here need more.  A conversion is pure, keeps what the other version cannot say where
the reference keeps it (annotations), and takes and returns whole objects without kind and apiVersion.
"""

from collections.abc import Callable, Mapping
from typing import Any

from steersman.api.tree import Tree
from steersman.apiserver.registry import conversion_autoscaling

Convert = Callable[[Tree], dict[str, Any]]

_CORE_TO_EVENTS = {
    "involvedObject": "regarding",
    "message": "note",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
    "reportingComponent": "reportingController",
}
_EVENTS_TO_CORE = {new: old for old, new in _CORE_TO_EVENTS.items()}


def _renamed(names: Mapping[str, str]) -> Convert:
    def convert(tree: Tree) -> dict[str, Any]:
        return {names.get(key, key): value for key, value in tree.items()}

    return convert


_CONVERSIONS: dict[tuple[str, str, str], Convert] = {
    ("Event", "v1", "events.k8s.io/v1"): _renamed(_CORE_TO_EVENTS),
    ("Event", "events.k8s.io/v1", "v1"): _renamed(_EVENTS_TO_CORE),
    ("HorizontalPodAutoscaler", "autoscaling/v2", "autoscaling/v1"): conversion_autoscaling.to_v1,
    ("HorizontalPodAutoscaler", "autoscaling/v1", "autoscaling/v2"): conversion_autoscaling.to_v2,
}


def find(kind: str, source: str, target: str) -> Convert | None:
    """None where only the apiVersion differs."""
    return _CONVERSIONS.get((kind, source, target))
