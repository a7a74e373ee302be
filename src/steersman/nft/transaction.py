"""From one table to another in one transaction.

The kernel takes a transaction whole or not at all, and packets meet either the old table or the new one.
The order inside is what nft demands: a thing is added before it is named and no longer named when deleted.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Protocol

from steersman.nft.objects import Set, Table

CHUNK = 200
"""Elements a line, so that no line grows without bound."""


class Say(Protocol):
    """Appends one command for the table at hand."""

    def __call__(
        self, verb: str, what: str, name: str = "", text: str = "", elements: Iterable[tuple[str, str]] = ()
    ) -> None: ...


@dataclasses.dataclass(frozen=True, slots=True)
class Command:
    """One line of `nft -f`: verb (add, flush, delete, destroy), what (table, chain, rule, set, map, element)."""

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

    def say_elements(verb: str, name: str, elements: list[tuple[str, str]]) -> None:
        for start in range(0, len(elements), CHUNK):
            say(verb, "element", name, "", elements[start : start + CHUNK])

    if old is None:
        say("add", "table")
        say("delete", "table")
        say("add", "table")
        old = Table(new.name, new.family)
    replaced = {name for name in new.chains if name in old.chains and old.chains[name].hook != new.chains[name].hook}
    for name, found in new.sets.items():
        if name not in old.sets:
            say("add", "set", name, _set_text(found))
    for name, mapped in new.maps.items():
        if name not in old.maps:
            say("add", "map", name, f"{{ type {mapped.type} ; }}")
    for name in sorted(replaced):
        say("flush", "chain", name)
        say("delete", "chain", name)
    for name, chain in new.chains.items():
        if name not in old.chains or name in replaced:
            say("add", "chain", name, str(chain.hook) if chain.hook else "")
    for name, chain in new.chains.items():
        before = old.chains.get(name)
        fresh = before is None or name in replaced
        if before is not None and not fresh:
            if before.rules == chain.rules:
                continue
            say("flush", "chain", name)
        for rule in chain.rules:
            say("add", "rule", name, rule)
    for name, mapped in new.maps.items():
        have: Mapping[str, str] = old.maps[name].elements if name in old.maps else {}
        gone = [(key, value) for key, value in have.items() if mapped.elements.get(key) != value]
        come = [(key, value) for key, value in mapped.elements.items() if have.get(key) != value]
        say_elements("delete", name, gone)
        say_elements("add", name, come)
    for name, found in new.sets.items():
        if "dynamic" in found.flags:
            continue
        had = old.sets[name].elements if name in old.sets else frozenset()
        say_elements("delete", name, [(key, "") for key in sorted(had - found.elements)])
        say_elements("add", name, [(key, "") for key in sorted(found.elements - had)])
    _delete_gone(old, new, say)
    return commands


def _delete_gone(old: Table, new: Table, say: Say) -> None:
    gone = [name for name in old.chains if name not in new.chains]
    for name, mapped in old.maps.items():
        if name not in new.maps and mapped.elements:
            say("flush", "map", name)
    for name in gone:
        say("flush", "chain", name)
    for name in gone:
        say("delete", "chain", name)
    for what, before, after in (("map", old.maps, new.maps), ("set", old.sets, new.sets)):
        for name in before:
            if name not in after:
                say("delete", what, name)


def _set_text(found: Set) -> str:
    flags = f" flags {','.join(found.flags)} ;" if found.flags else ""
    timeout = f" timeout {found.timeout}s ;" if found.timeout else ""
    return f"{{ type {found.type} ;{flags}{timeout} }}"
