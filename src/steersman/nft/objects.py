"""A table of nftables as one value.

The proxy computes the whole table that should be; `transaction.between` finds what must change.  Rules and
element keys are nft's own text (one line each, without `add rule`): their order in a chain is part of the
value, elements of sets and maps have none.
"""

import dataclasses
from collections.abc import Mapping, Sequence


@dataclasses.dataclass(frozen=True, slots=True)
class Hook:
    """Where a base chain is called.  Numbers, because nft 1.0.6 knows no names in an output hook."""

    type: str
    """nat, filter or route."""
    hook: str
    priority: int
    policy: str = "accept"

    def __str__(self) -> str:
        return f"{{ type {self.type} hook {self.hook} priority {self.priority} ; policy {self.policy} ; }}"


@dataclasses.dataclass(frozen=True, slots=True)
class Chain:
    rules: Sequence[str] = ()
    hook: Hook | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Set:
    type: str
    elements: frozenset[str] = frozenset()
    flags: Sequence[str] = ()
    timeout: int = 0
    """Seconds; the elements of a dynamic set are the kernel's, and not compared."""


@dataclasses.dataclass(frozen=True, slots=True)
class Map:
    type: str
    """Key and value: `ipv4_addr . inet_proto . inet_service : verdict`."""
    elements: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """Invariant: every chain, set and map that a rule or a verdict names is in the table (`check`)."""

    name: str
    family: str = "ip"
    chains: Mapping[str, Chain] = dataclasses.field(default_factory=dict)
    sets: Mapping[str, Set] = dataclasses.field(default_factory=dict)
    maps: Mapping[str, Map] = dataclasses.field(default_factory=dict)

    def check(self) -> None:
        """Assert the invariant."""
        for name, chain in self.chains.items():
            for rule in chain.rules:
                for word in targets(rule):
                    assert word in self.chains, f"{name}: {rule}: no chain {word}"
                for word in containers(rule):
                    assert word in self.sets or word in self.maps, f"{name}: {rule}: no set or map {word}"
        for name, mapped in self.maps.items():
            for verdict in mapped.elements.values():
                for word in targets(verdict):
                    assert word in self.chains, f"map {name}: no chain {word}"

    def render(self) -> str:
        """The table as a person reads it, stable from run to run: for golden tests and diagnosis."""
        lines = [f"table {self.family} {self.name} {{"]
        for name, found in sorted(self.sets.items()):
            flags = f" flags {','.join(found.flags)};" if found.flags else ""
            timeout = f" timeout {found.timeout}s;" if found.timeout else ""
            lines.append(f"  set {name} {{ type {found.type};{flags}{timeout} }}")
            lines += [f"    {element}" for element in sorted(found.elements)]
        for name, mapped in sorted(self.maps.items()):
            lines.append(f"  map {name} {{ type {mapped.type}; }}")
            lines += [f"    {key} : {value}" for key, value in sorted(mapped.elements.items())]
        for name, chain in sorted(self.chains.items()):
            lines.append(f"  chain {name} {chain.hook or ''}".rstrip())
            lines += [f"    {rule}" for rule in chain.rules]
        return "\n".join([*lines, "}", ""])


def targets(text: str) -> list[str]:
    """The chains that a rule or verdict goes to."""
    words = text.replace(",", " ").split()
    return [words[i + 1] for i, word in enumerate(words[:-1]) if word in ("jump", "goto")]


def containers(text: str) -> list[str]:
    """The sets and maps that a rule looks into."""
    return [word[1:] for word in text.split() if word.startswith("@") and len(word) > 1]
