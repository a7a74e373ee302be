"""From one table to another in one transaction.

The kernel takes a transaction whole or not at all, and packets meet either the old table or the new one.
The order inside is what nft demands of each line as it comes: a thing is there before it is named, and no
longer named when it is deleted.  What a set or map is (type, flags, time-out) and what a chain hangs on
cannot be changed in place, so such a one is deleted and made anew, after the rules that name it are flushed.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Protocol

from steersman.nft import objects
from steersman.nft.objects import Map, Set, Table

CHUNK = 200
"""Elements a line, so that no line grows without bound."""


class Say(Protocol):
    """Appends one command for the table at hand."""

    def __call__(
        self, verb: str, what: str, name: str = "", text: str = "", elements: Iterable[tuple[str, str]] = ()
    ) -> None: ...


@dataclasses.dataclass(frozen=True, slots=True)
class Command:
    """One line of `nft -f`: verb (add, flush, delete), what (table, chain, rule, set, map, element)."""

    verb: str
    what: str
    table: str
    family: str = "ip"
    name: str = ""
    text: str = ""
    elements: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        parts = [self.verb, self.what, self.family, self.table, self.name, self.text]
        line = " ".join(part for part in parts if part)
        if self.elements:
            inner = ", ".join(f"{key} : {value}" if value else key for key, value in self.elements)
            line += f" {{ {inner} }}"
        return line


def between(old: Table | None, new: Table) -> list[Command]:
    """What makes `old` into `new`; empty where nothing differs.  `old` None: whatever is there is replaced."""
    commands: list[Command] = []

    def say(verb: str, what: str, name: str = "", text: str = "", elements: Iterable[tuple[str, str]] = ()) -> None:
        commands.append(Command(verb, what, new.name, new.family, name, text, tuple(elements)))

    if old is None or _changes_nature(old, new):
        say("add", "table")
        say("delete", "table")
        say("add", "table")
        old = Table(new.name, new.family)
    remade = {name for name, found in old.containers.items() if _differs(found, new.containers.get(name))}
    rehung = {name for name in new.chains if name in old.chains and old.chains[name].hook != new.chains[name].hook}
    flushed = rehung | _naming(old, remade)

    for name in sorted(flushed):
        say("flush", "chain", name)
    for name in sorted(remade & set(new.containers)):
        say("delete", _kind(old.containers[name]), name)
    for name, found in new.containers.items():
        if name not in old.containers or name in remade:
            say("add", _kind(found), name, found.definition)
    for name in sorted(rehung):
        say("delete", "chain", name)
    for name, chain in new.chains.items():
        if name not in old.chains or name in rehung:
            say("add", "chain", name, str(chain.hook) if chain.hook else "")
    _write_rules(old, new, flushed, say)
    for name, found in new.containers.items():
        if "dynamic" not in found.flags:
            before = old.containers.get(name) if name not in remade else None
            _write_elements(name, before.contents if before else {}, found.contents, say)
    _delete_gone(old, new, say)
    return commands


def _kind(found: Set | Map) -> str:
    return "set" if isinstance(found, Set) else "map"


def _differs(old: Set | Map, new: Set | Map | None) -> bool:
    return new is not None and (_kind(old), old.definition) != (_kind(new), new.definition)


def _changes_nature(old: Table, new: Table) -> bool:
    """Whether a chain that may be jumped to becomes one that hangs on a hook, or the other way round."""
    both = ((old.chains[name].hook, chain.hook) for name, chain in new.chains.items() if name in old.chains)
    return any((before is None) != (after is None) for before, after in both)


def _naming(table: Table, names: set[str]) -> set[str]:
    """The chains with a rule that looks into one of these sets or maps."""
    if not names:
        return set()
    return {
        name
        for name, chain in table.chains.items()
        if any(not names.isdisjoint(objects.containers(rule)) for rule in chain.rules)
    }


def _write_rules(old: Table, new: Table, flushed: set[str], say: Say) -> None:
    for name, chain in new.chains.items():
        before = old.chains.get(name)
        if before is not None and name not in flushed:
            if before is chain or tuple(before.rules) == tuple(chain.rules):
                continue
            if before.rules:
                say("flush", "chain", name)
        for rule in chain.rules:
            say("add", "rule", name, rule)


def _write_elements(name: str, old: Mapping[str, str], new: Mapping[str, str], say: Say) -> None:
    gone = sorted((key, value) for key, value in old.items() if new.get(key) != value)
    come = sorted((key, value) for key, value in new.items() if old.get(key) != value)
    for verb, elements in (("delete", gone), ("add", come)):
        for start in range(0, len(elements), CHUNK):
            say(verb, "element", name, "", elements[start : start + CHUNK])


def _delete_gone(old: Table, new: Table, say: Say) -> None:
    chains = [name for name in old.chains if name not in new.chains]
    for name, found in old.containers.items():
        if name not in new.containers and isinstance(found, Map) and found.elements:
            say("flush", "map", name)
    for name in chains:
        say("flush", "chain", name)
    for name in chains:
        say("delete", "chain", name)
    for name, found in old.containers.items():
        if name not in new.containers:
            say("delete", _kind(found), name)
