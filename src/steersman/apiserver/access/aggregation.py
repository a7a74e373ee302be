"""ClusterRoles made of other ClusterRoles: what `admin`, `edit` and `view` consist of.

Pure.  A controller writes the result into the role; the authoriser reads only what is written there, so a
cluster without that controller has an empty `admin`, as the reference has.
"""

from collections.abc import Sequence

from steersman.api import labels
from steersman.api.tree import Tree


def rules(role: Tree, others: Sequence[Tree]) -> list[Tree]:
    """The rules of every other role that one of the role's selectors takes, in the order of names, each once."""
    selectors = [
        labels.from_object(selector)
        for selector in (role.get("aggregationRule") or {}).get("clusterRoleSelectors") or ()
    ]
    found: list[Tree] = []
    for other in sorted(others, key=lambda each: str(each["metadata"]["name"])):
        if other["metadata"]["name"] == role["metadata"]["name"]:
            continue
        if any(selector.matches(other["metadata"].get("labels") or {}) for selector in selectors):
            found.extend(rule for rule in other.get("rules") or () if rule not in found)
    return found
