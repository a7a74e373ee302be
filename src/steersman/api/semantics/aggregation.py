"""ClusterRoles made of other ClusterRoles: what `admin`, `edit` and `view` consist of.

Pure.  A controller writes the result into the role; the authoriser reads only what is written there, so a
cluster without that controller has an empty `admin`, as the reference has.
"""

from collections.abc import Sequence

from steersman.api import labels
from steersman.api.tree import Tree


def rules(role: Tree, others: Sequence[Tree]) -> list[Tree]:
    """The rules of every other role that the selectors take: selector by selector, in the order of names, each once."""
    found: list[Tree] = []
    named = sorted(others, key=lambda each: str(each["metadata"]["name"]))
    for source in (role.get("aggregationRule") or {}).get("clusterRoleSelectors") or ():
        selector = labels.from_object(source)
        for other in named:
            if other["metadata"]["name"] == role["metadata"]["name"] or not selector.matches(labels.of(other)):
                continue
            found.extend(rule for rule in other.get("rules") or () if rule not in found)
    return found
