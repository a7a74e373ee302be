"""Server-side apply and updates against a twin that keeps every path by itself.

The twin knows an object as a flat table from path to value, and ownership as a set of paths a manager.  The
type: fields `a` and `b`, a map `m`, a list `l` by `name` with a field `v`, a set `s`, an atomic list `t`.
"""

import copy
from typing import Any

import hypothesis
from hypothesis import strategies as st

from steersman.api.apply import elements, fieldset, managed, server_side
from steersman.api.apply.conflict import ApplyConflict
from steersman.api.schema.node import Node


def made(kind: str, **attributes: Any) -> Node:
    node = Node(kind)
    for name, value in attributes.items():
        setattr(node, name, value)
    return node


TEXT = Node("string")
ITEM = made("object", fields={"name": TEXT, "v": TEXT})
NODE = made(
    "object",
    fields={
        "a": TEXT,
        "b": TEXT,
        "m": made("map", item=TEXT),
        "l": made("list", item=ITEM, list_type="map", list_keys=("name",)),
        "s": made("list", item=TEXT, list_type="set"),
        "t": made("list", item=TEXT, list_type="atomic"),
    },
)

SETTINGS = hypothesis.settings(max_examples=150, deadline=None, derandomize=True)
TEXTS = st.sampled_from(["1", "2"])
NAMES = st.sampled_from(["x", "y"])


def items(found: dict[str, str | None]) -> list[dict[str, str]]:
    return [{"name": name} if v is None else {"name": name, "v": v} for name, v in found.items()]


CONFIGURATIONS = st.fixed_dictionaries(
    {},
    optional={
        "a": TEXTS,
        "b": TEXTS,
        "m": st.dictionaries(NAMES, TEXTS, min_size=1),
        "l": st.dictionaries(NAMES, st.none() | TEXTS, min_size=1).map(items),
        "s": st.lists(NAMES, min_size=1, max_size=2, unique=True),
        "t": st.lists(NAMES, min_size=1, max_size=2),
    },
)
WRITES = st.lists(st.tuples(st.sampled_from("XYZ"), CONFIGURATIONS, st.booleans()), min_size=1, max_size=5)

Path = tuple[str, ...]
Table = dict[Path, Any]


def table(tree: Any) -> Table:
    """Every path that can be owned, with its value."""
    found: Table = {}
    for name, value in tree.items():
        if name in ("a", "b", "t"):
            found["f:" + name,] = value
        elif name == "m":
            found.update({("f:m", "f:" + key): item for key, item in value.items()})
        elif name == "s":
            found.update({("f:s", elements.value(item)): None for item in value})
        else:
            for item in value:
                step = elements.key(["name"], [item["name"]])
                found["f:l", step] = None
                found.update({("f:l", step, "f:" + key): part for key, part in item.items()})
    return found


class Twin:
    def __init__(self) -> None:
        self.live: Table = {}
        self.owned: dict[str, set[Path]] = {}

    def apply(self, manager: str, configuration: Any, force: bool) -> bool:
        """False for a conflict, which changes nothing."""
        claimed = table(configuration)
        last = self.owned.get(manager, set())
        merged = {**self.live, **claimed}
        others = set().union(*[paths for who, paths in self.owned.items() if who != manager], claimed)
        for path in sorted(last - others):
            for below in [p for p in merged if p[: len(path)] == path]:
                del merged[below]
        changed = {p for p, value in merged.items() if p not in self.live or self.live[p] != value}
        conflicts = any(changed & paths for who, paths in self.owned.items() if who != manager)
        if conflicts and not force:
            return False
        gone = self.live.keys() - merged.keys()
        self.owned = {who: paths - changed - gone for who, paths in self.owned.items()}
        self.owned[manager] = set(claimed)
        self.owned = {who: paths for who, paths in self.owned.items() if paths}
        self.live = merged
        return True


@SETTINGS
@hypothesis.given(WRITES)
def test_applies_do_what_the_twin_does(writes: list[tuple[str, Any, bool]]) -> None:
    twin = Twin()
    live: Any = None
    entries: list[Any] = []
    for manager, configuration, force in writes:
        before = copy.deepcopy((live, configuration, entries))
        try:
            result = server_side.apply(
                live, configuration, NODE, entries, manager=manager, force=force, api_version="v1", now=""
            )
        except ApplyConflict:
            assert not twin.apply(manager, configuration, force)
            continue
        finally:
            assert (live, configuration, entries) == before
        assert twin.apply(manager, configuration, force)
        live, entries = result.tree, result.entries
        assert table({name: value for name, value in live.items() if value is not None}) == twin.live
        assert {e["manager"]: set(fieldset.paths(e["fieldsV1"])) for e in entries} == twin.owned
        for entry in entries:
            fieldset.check(entry["fieldsV1"])
        again = server_side.apply(
            live, configuration, NODE, entries, manager=manager, force=False, api_version="v1", now="later"
        )
        assert again.tree is live
        assert again.entries == entries


@SETTINGS
@hypothesis.given(CONFIGURATIONS, CONFIGURATIONS, CONFIGURATIONS)
def test_updates_give_each_path_to_who_last_changed_it(first: Any, second: Any, third: Any) -> None:
    entries = managed.updated(None, first, NODE, (), manager="A", api_version="v1", now="1")
    if not entries:
        return
    entries = managed.updated(first, second, NODE, entries, manager="B", api_version="v1", now="2")
    if entries:
        entries = managed.updated(second, third, NODE, entries, manager="A", api_version="v1", now="3")
    tables = [table(tree) for tree in (first, second, third)]
    owned = {e["manager"]: set(fieldset.paths(e["fieldsV1"])) for e in entries}
    for path in owned.get("A", set()) | owned.get("B", set()):
        if path in tables[2]:
            changed = [i for i in (0, 1, 2) if i == 0 or tables[i].get(path, "-") != tables[i - 1].get(path, "-")]
            assert path in owned["ABA"[changed[-1]]]
    if len(owned) == 2:
        assert not owned["A"] & owned["B"]
