"""What the server serves, asked of the server: for those who must act on every kind there is.

One request for the core group and one for all others, in the aggregated form.  A group that is stale (an
aggregated API that does not answer) is reported, because whoever deletes everything must know what he
cannot see.
"""

import dataclasses
from collections.abc import Iterable, Sequence

from steersman.api import resources as table
from steersman.api.tree import Tree
from steersman.client.client import Client

ACCEPT = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"


@dataclasses.dataclass(frozen=True, slots=True)
class Discovered:
    """Every resource in the preferred version that has it, and the group versions that could not be asked."""

    resources: Sequence[table.Resource]
    stale: Sequence[str] = ()

    def with_verbs(self, *verbs: str) -> list[table.Resource]:
        return [each for each in self.resources if all(verb in each.verbs for verb in verbs)]


async def discover(client: Client) -> Discovered:
    found: list[table.Resource] = []
    stale: list[str] = []
    for path in ("/api", "/apis"):
        tree = await client.raw("GET", path, accept=ACCEPT)
        for group in tree.get("items") or ():
            found.extend(_group(group, stale))
    return Discovered(found, stale)


def _group(tree: Tree, stale: list[str]) -> Iterable[table.Resource]:
    name = tree["metadata"].get("name") or ""
    seen: set[str] = set()
    for version in tree.get("versions") or ():
        if version.get("freshness") == "Stale":
            stale.append(table.api_version(name, version["version"]))
            continue
        for each in version.get("resources") or ():
            plural = each["resource"]
            if plural in seen or not each.get("verbs"):
                continue
            seen.add(plural)
            known = table.find(name, version["version"], plural)
            yield (
                known
                if known is not None
                else table.Resource(
                    group=name,
                    version=version["version"],
                    plural=plural,
                    kind=(each.get("responseKind") or {}).get("kind") or "",
                    namespaced=each.get("scope") == "Namespaced",
                    verbs=tuple(each["verbs"]),
                    singular=each.get("singularResource") or "",
                    custom=True,
                )
            )
