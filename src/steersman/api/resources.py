"""Every resource of the API: its names, verbs and sub-resources, as discovery shows them.

`Resource` is a value; custom resources make more of them at run time.  A `Table` finds them; `BUILTIN` holds
those of v1.36 that are served by default, `EVERYTHING` also the alpha and beta versions that are off.

Promised: `groups` come in the order that discovery lists them, a group's versions in the order of
preference, and resources within a version by name.  Not promised: that every resource is stored; those with
an empty `storage_prefix` (reviews, bindings, component statuses) exist only as requests.
"""

import dataclasses
import re
from collections.abc import Iterable, Sequence

from steersman.api import builtin_names

STANDARD = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclasses.dataclass(frozen=True, slots=True)
class Subresource:
    """`group`, `version` and `kind` name what it reads and writes: `deployments/scale` a Scale of autoscaling/v1."""

    name: str
    kind: str
    group: str
    version: str
    verbs: tuple[str, ...]

    @property
    def api_version(self) -> str:
        return api_version(self.group, self.version)


@dataclasses.dataclass(frozen=True, slots=True)
class Resource:
    group: str
    """Empty for the core group."""
    version: str
    plural: str
    kind: str
    namespaced: bool
    verbs: tuple[str, ...] = STANDARD
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[Subresource, ...] = ()
    singular: str = ""
    """The kind in lower case, unless a custom resource says otherwise."""
    list_kind: str = ""
    storage: str = ""
    """The `group/version` (`v1` for core) that its bytes are stored in.  One object, one set of bytes: all
    versions of a resource name the same.  Empty for what is never stored."""
    storage_prefix: str = ""
    """Where its keys begin: `pods`, `deployments.apps`.  Empty for what is never stored."""
    schema: str = ""
    """The name of its definition in `api.schema`; empty for custom resources, which bring their own node."""
    storage_hash: str = ""
    """The version whose hash discovery shows, where the reference stores another one than we do."""
    custom: bool = False
    """Made from a CustomResourceDefinition."""

    def __post_init__(self) -> None:
        put = object.__setattr__
        if not self.singular:
            put(self, "singular", self.kind.lower())
        if not self.list_kind:
            put(self, "list_kind", self.kind + "List")

    @property
    def api_version(self) -> str:
        return api_version(self.group, self.version)

    @property
    def name(self) -> str:
        """`pods`, `deployments.apps`: as messages and keys have it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def subresource(self, name: str) -> Subresource | None:
        for each in self.subresources:
            if each.name == name:
                return each
        return None


def api_version(group: str, version: str) -> str:
    return f"{group}/{version}" if group else version


def split(api_version: str) -> tuple[str, str]:
    """Group and version of an `apiVersion`."""
    group, slash, version = api_version.partition("/")
    return (group, version) if slash else ("", group)


def collection_path(resource: Resource, namespace: str = "") -> str:
    """The URL path of a collection; without a namespace, of all namespaces."""
    root = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
    if namespace and resource.namespaced:
        return f"{root}/namespaces/{namespace}/{resource.plural}"
    return f"{root}/{resource.plural}"


def object_path(resource: Resource, namespace: str, name: str, subresource: str = "") -> str:
    path = f"{collection_path(resource, namespace)}/{name}"
    return f"{path}/{subresource}" if subresource else path


@dataclasses.dataclass(frozen=True, slots=True)
class Group:
    name: str
    versions: tuple[str, ...]
    """In the order of preference; never empty."""

    @property
    def preferred(self) -> str:
        return self.versions[0]


_VERSION = re.compile(r"v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?")
_STAGE = {"alpha": 1, "beta": 2, None: 3}


def version_order(version: str) -> tuple[int, int, int, int, str]:
    """A sort key that puts v2 before v1 before v1beta2 before v1beta1 before v1alpha1 before other names."""
    match = _VERSION.fullmatch(version)
    if match is None:
        return (1, 0, 0, 0, version)
    major, stage, minor = match.groups()
    return (0, -_STAGE[stage], -int(major), -int(minor or 0), "")


class Table:
    """A set of resources with its indexes.  Never changed: `extended` makes another one.

    `generation` differs between tables that differ, for whoever caches what it made from one.
    """

    def __init__(self, resources: Iterable[Resource], generation: int = 0) -> None:
        self.generation = generation
        self._found = {(r.group, r.version, r.plural): r for r in resources}
        self._kinds: dict[tuple[str, str], Resource] = {}
        versions: dict[str, set[str]] = {}
        for r in self._found.values():
            self._kinds.setdefault((r.api_version, r.kind), r)
            versions.setdefault(r.group, set()).add(r.version)
        self._groups = tuple(Group(g, _ordered(g, versions[g])) for g in sorted(versions, key=_group_order))
        self._sorted: tuple[Resource, ...] | None = None
        self._names: dict[str, Resource] | None = None

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        return self._found.get((group, version, plural))

    def get(self, name: str) -> Resource | None:
        """By `pods` or `deployments.apps`, in the first version that has it in the order of preference."""
        if self._names is None:
            names: dict[str, Resource] = {}
            for each in self.all():
                names.setdefault(each.name, each)
            self._names = names
        return self._names.get(name)

    def by_kind(self, api_version: str, kind: str) -> Resource | None:
        return self._kinds.get((api_version, kind))

    def all(self) -> Sequence[Resource]:
        """In the order of discovery."""
        if self._sorted is None:
            rank = {(g.name, v): (i, j) for i, g in enumerate(self._groups) for j, v in enumerate(g.versions)}
            order = sorted(self._found.values(), key=lambda r: (rank[r.group, r.version], r.plural))
            self._sorted = tuple(order)
        return self._sorted

    def of(self, group: str, version: str) -> Sequence[Resource]:
        """The resources of one version of a group, by name."""
        return tuple(r for r in self.all() if r.group == group and r.version == version)

    def groups(self) -> Sequence[Group]:
        """The core group first, then the built-in ones in the reference's order, then others by name."""
        return self._groups

    def group(self, name: str) -> Group | None:
        for each in self._groups:
            if each.name == name:
                return each
        return None

    def versions(self, resource: Resource) -> Sequence[Resource]:
        """The same resource in every version that is served, the preferred one first."""
        group = self.group(resource.group)
        found = [self.find(resource.group, v, resource.plural) for v in (group.versions if group else ())]
        return [each for each in found if each is not None]

    def extended(self, more: Iterable[Resource], generation: int) -> "Table":
        """This table and `more`; where both have one, the one here stays."""
        return Table([*more, *self._found.values()], generation)


def _ordered(group: str, versions: set[str]) -> tuple[str, ...]:
    return tuple(sorted(versions, key=version_order))


def _group_order(group: str) -> tuple[int, str]:
    order = builtin_names.GROUPS
    return (order[group], "") if group in order else (len(order), group)


def _builtin() -> list[tuple[Resource, bool]]:
    """Every built-in resource, and whether its version is served by default."""
    made = []
    for group, version, served, lines in builtin_names.VERSIONS:
        for line in filter(None, lines.splitlines()):
            made.append((_parsed(group, version, line.split()), served))
    return made


def _parsed(group: str, version: str, words: list[str]) -> Resource:
    plural, kind, scope, verbs, storage, *rest = words
    options = dict(word.split("=", 1) for word in rest)
    subresources = []
    for text in options.get("sub", "").split(",") if "sub" in options else ():
        name, _, of = text.partition(":")
        subresources.append(_subresource(group, version, kind, name, of))
    stored = storage != "-"
    prefix = f"{plural}.{group}" if group else plural
    owner, hash_ = group, ""
    if stored:
        if storage == "core":
            owner, storage, prefix = "", "v1", plural
        storage, _, hash_ = storage.partition("!")
    return Resource(
        group=group,
        version=version,
        plural=plural,
        kind=kind,
        namespaced=scope == "N",
        verbs=STANDARD if verbs == "*" else tuple(verbs.split(",")),
        short_names=tuple(options["short"].split(",")) if "short" in options else (),
        categories=tuple(options["in"].split(",")) if "in" in options else (),
        subresources=tuple(subresources),
        storage=api_version(owner, storage) if stored else "",
        storage_prefix=prefix if stored else "",
        schema=f"{builtin_names.PACKAGES[group]}.{version}.{kind}",
        storage_hash=hash_,
    )


def _subresource(group: str, version: str, kind: str, name: str, of: str) -> Subresource:
    kind, group, version, verbs = builtin_names.SUBRESOURCES[of or name](kind, group, version)
    return Subresource(name, kind, group, version, verbs)


_ALL = _builtin()
EVERYTHING = Table((r for r, _ in _ALL), generation=-1)
BUILTIN = Table(r for r, served in _ALL if served)

find = BUILTIN.find
get = BUILTIN.get
by_kind = BUILTIN.by_kind
all = BUILTIN.all
groups = BUILTIN.groups
