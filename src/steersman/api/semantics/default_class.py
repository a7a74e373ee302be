"""Which class is the default: what storage classes and ingress classes have in common."""

from collections.abc import Iterable

from steersman.api.tree import Tree


def chosen(classes: Iterable[Tree], *annotations: str) -> str | None:
    """The name of the newest class that one of the annotations marks, of those equally new the first by name."""
    marked = [
        each
        for each in classes
        if any((each["metadata"].get("annotations") or {}).get(key) == "true" for key in annotations)
    ]
    if not marked:
        return None
    newest = max(each["metadata"].get("creationTimestamp", "") for each in marked)
    return min(
        str(each["metadata"]["name"]) for each in marked if each["metadata"].get("creationTimestamp", "") == newest
    )
