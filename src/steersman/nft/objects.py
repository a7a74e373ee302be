"""A table of nftables as one value.

The proxy computes the whole table that should be; `transaction.between` finds what must change.  Rules and
element keys are nft's own text (one line each, without `add rule`): their order in a chain is part of the
value, elements of sets and maps have none.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence


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

    @property
    def definition(self) -> str:
        """What cannot be changed while it lives."""
        flags = f" flags {','.join(self.flags)} ;" if self.flags else ""
        timeout = f" timeout {self.timeout}s ;" if self.timeout else ""
        return f"{{ type {self.type} ;{flags}{timeout} }}"

    @property
    def contents(self) -> Mapping[str, str]:
        """Elements in the form that a map's have."""
        return dict.fromkeys(self.elements, "")


@dataclasses.dataclass(frozen=True, slots=True)
class Map:
    type: str
    """Key and value: `ipv4_addr . inet_proto . inet_service : verdict`."""
    elements: Mapping[str, str] = dataclasses.field(default_factory=dict)
    flags: Sequence[str] = ()

    @property
    def definition(self) -> str:
        flags = f" flags {','.join(self.flags)} ;" if self.flags else ""
        return f"{{ type {self.type} ;{flags} }}"

    @property
    def contents(self) -> Mapping[str, str]:
        return self.elements


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """Invariant: every chain, set and map that a rule or a verdict names is in the table, no set has the name of
    a map, and no rule goes to a chain that hangs on a hook (`check`).
    """

    name: str
    family: str = "ip"
    chains: Mapping[str, Chain] = dataclasses.field(default_factory=dict)
    sets: Mapping[str, Set] = dataclasses.field(default_factory=dict)
    maps: Mapping[str, Map] = dataclasses.field(default_factory=dict)

    @property
    def containers(self) -> Mapping[str, Set | Map]:
        """Sets and maps: the kernel keeps them under one roof."""
        return {**self.sets, **self.maps}

    def check(self) -> None:
        """Assert the invariant."""
        assert not set(self.sets) & set(self.maps)
        for word in {word for text in self._texts() for word in targets(text)}:
            assert word in self.chains, f"no chain {word}"
            assert self.chains[word].hook is None, f"{word} hangs on a hook"
        for word in {word for text in self._texts() for word in containers(text)}:
            assert word in self.sets or word in self.maps, f"no set or map {word}"

    def _texts(self) -> Iterator[str]:
        for chain in self.chains.values():
            yield from chain.rules
        for mapped in self.maps.values():
            yield from mapped.elements.values()

    def render(self) -> str:
        """The table as a person reads it, stable from run to run: for golden tests and diagnosis."""
        lines = [f"table {self.family} {self.name} {{"]
        for name, found in sorted(self.sets.items()):
            lines.append(f"  set {name} {found.definition}")
            lines += [f"    {element}" for element in sorted(found.elements)]
        for name, mapped in sorted(self.maps.items()):
            lines.append(f"  map {name} {mapped.definition}")
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
