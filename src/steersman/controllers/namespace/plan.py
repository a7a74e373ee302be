"""What a namespace on its way out says of itself, and how soon to look again.

Pure.  The texts of the five conditions are Kubernetes'; people and programs wait on them.
"""

import dataclasses
from collections.abc import Mapping, Sequence

from steersman.api import times
from steersman.api.tree import MutableTree, Tree

FINALIZER = "kubernetes"


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """What one pass of deletion came to.  Counts are by resource name (`pods.`, `deployments.apps`)."""

    remaining: Mapping[str, int] = dataclasses.field(default_factory=dict)
    finalizers: Mapping[str, int] = dataclasses.field(default_factory=dict)
    failures: Sequence[str] = ()
    undiscovered: Sequence[str] = ()
    grace: int = 0
    """The longest grace period among the pods that remain."""

    @property
    def is_empty(self) -> bool:
        return not self.remaining and not self.failures and not self.undiscovered


def _condition(type: str, bad: bool, reasons: tuple[str, str], messages: tuple[str, str]) -> MutableTree:
    good = 0 if not bad else 1
    return {"type": type, "status": "True" if bad else "False", "reason": reasons[good], "message": messages[good]}


def conditions(namespace: Tree, found: Found, now: float) -> list[MutableTree]:
    """The five conditions; one whose status is unchanged keeps its time."""
    remaining = ", ".join(sorted(f"{name} has {count} resource instances" for name, count in found.remaining.items()))
    held = ", ".join(sorted(f"{name} in {count} resource instances" for name, count in found.finalizers.items()))
    undiscovered = (
        f"Discovery failed for some groups, {len(found.undiscovered)} failing: unable to retrieve the complete "
        f"list of server APIs: {', '.join(found.undiscovered)}"
    )
    made = [
        _condition(
            "NamespaceDeletionDiscoveryFailure",
            bool(found.undiscovered),
            ("ResourcesDiscovered", "DiscoveryFailed"),
            (
                "All resources successfully discovered",
                undiscovered,
            ),
        ),
        _condition(
            "NamespaceDeletionGroupVersionParsingFailure",
            False,
            ("ParsedGroupVersions", "GroupVersionParsingFailed"),
            ("All legacy kube types successfully parsed", ""),
        ),
        _condition(
            "NamespaceDeletionContentFailure",
            bool(found.failures),
            ("ContentDeleted", "ContentDeletionFailed"),
            (
                "All content successfully deleted, may be waiting on finalization",
                f"Failed to delete all resource types, {len(found.failures)} remaining: {', '.join(found.failures)}",
            ),
        ),
        _condition(
            "NamespaceContentRemaining",
            bool(remaining),
            ("ContentRemoved", "SomeResourcesRemain"),
            ("All content successfully removed", f"Some resources are remaining: {remaining}"),
        ),
        _condition(
            "NamespaceFinalizersRemaining",
            bool(held),
            ("ContentHasNoFinalizers", "SomeFinalizersRemain"),
            (
                "All content-preserving finalizers finished",
                f"Some content in the namespace has finalizers remaining: {held}",
            ),
        ),
    ]
    old = {each["type"]: each for each in (namespace.get("status") or {}).get("conditions") or ()}
    for each in made:
        present = old.get(each["type"])
        same = present is not None and present["status"] == each["status"] and present.get("reason") == each["reason"]
        each["lastTransitionTime"] = (
            present["lastTransitionTime"] if same and present is not None else times.seconds(now)
        )
    types = {each["type"] for each in made}
    return [*(dict(each) for type, each in old.items() if type not in types), *made]


def look_again(found: Found) -> float:
    """Seconds until the next pass: pods bring news of their own, the rest is asked for."""
    return min(max(found.grace / 10, 0.2), 5.0) if found.grace else 1.0
