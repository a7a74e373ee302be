"""Nodes that have a pod's images already score a little higher, by the images' sizes."""

from collections.abc import Mapping

from steersman.scheduler.framework import MOST, Concern, Cycle
from steersman.scheduler.table import Node

_LEAST = 23 * 1024 * 1024
_MOST = 1000 * 1024 * 1024
"""Sizes per container below and above which nothing more is gained."""


def _normal(image: str) -> str:
    """With a tag, as nodes name their images."""
    return image if ":" in image.rsplit("/", 1)[-1] or "@" in image else f"{image}:latest"


class ImageLocality:
    name = "ImageLocality"
    weight = 1

    def concern(self, cycle: Cycle) -> Concern:
        return Concern.LOCAL

    def score(self, cycle: Cycle, node: Node) -> int:
        if not node.images:
            return 0
        images = [_normal(image) for image in cycle.pod.shape.images]
        # How many nodes have an image counts too, so that a rare one does not draw all pods to one node; here
        # an image on this node alone counts for one node of all.
        total = 0.0
        nodes = cycle.table.known
        for image in images:
            size = node.images.get(image)
            if size:
                total += size / len(nodes) * sum(image in other.images for other in nodes.values())
        least, most = _LEAST, _MOST * max(len(images), 1)
        return int(MOST * (min(max(total, least), most) - least) / (most - least))

    def normalise(self, cycle: Cycle, scores: Mapping[str, int]) -> Mapping[str, int]:
        return scores
