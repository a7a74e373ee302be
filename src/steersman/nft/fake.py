"""A kernel for tests: applies transactions to tables in memory and refuses what nft would refuse.

It looks at each line when it comes, as nft does: a rule may name only what is there by then, and what is
still named cannot be deleted.  What a rule says beyond the names in it is not understood here.
"""

import copy
import dataclasses
import re
from collections.abc import Iterator, Sequence

from steersman.nft import objects
from steersman.nft.runner import NftError
from steersman.nft.transaction import Command

_HOOK = re.compile(r"\{ type (\w+) hook (\w+) priority (-?\d+) ; policy (\w+) ; \}")
_DEFINITION = re.compile(r"\{ type ([^;]+?) ;(?: flags ([\w,]+) ;)?(?: timeout (\d+)s ;)? \}")


@dataclasses.dataclass
class _Chain:
    text: str
    rules: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class _Container:
    kind: str
    definition: str
    elements: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class _Table:
    family: str
    chains: dict[str, _Chain] = dataclasses.field(default_factory=dict)
    containers: dict[str, _Container] = dataclasses.field(default_factory=dict)

    def texts(self) -> Iterator[str]:
        for chain in self.chains.values():
            yield from chain.rules
        for container in self.containers.values():
            yield from container.elements.values()


class FakeNft:
    """Invariant: after every command nothing is named that is not there."""

    def __init__(self) -> None:
        self.transactions: list[Sequence[Command]] = []
        self._tables: dict[str, _Table] = {}

    async def apply(self, commands: Sequence[Command]) -> None:
        self.apply_nowait(commands)

    def apply_nowait(self, commands: Sequence[Command]) -> None:
        """All or nothing.  Raises NftError."""
        kept = copy.deepcopy(self._tables)
        try:
            for command in commands:
                self._do(command)
        except NftError:
            self._tables = kept
            raise
        self.transactions.append(commands)

    def table(self, name: str) -> objects.Table | None:
        """What is there, as the value that a transaction leads to."""
        found = self._tables.get(name)
        if found is None:
            return None
        chains = {key: objects.Chain(tuple(chain.rules), _hook(chain.text)) for key, chain in found.chains.items()}
        sets: dict[str, objects.Set] = {}
        maps: dict[str, objects.Map] = {}
        for key, container in found.containers.items():
            match = _DEFINITION.fullmatch(container.definition)
            assert match is not None, container.definition
            flags = tuple(match[2].split(",")) if match[2] else ()
            if container.kind == "map":
                maps[key] = objects.Map(match[1], dict(container.elements), flags)
            else:
                sets[key] = objects.Set(match[1], frozenset(container.elements), flags, int(match[3] or 0))
        return objects.Table(name, found.family, chains, sets, maps)

    def _do(self, command: Command) -> None:
        if command.what == "table":
            if command.verb == "add":
                self._tables.setdefault(command.table, _Table(command.family))
            elif self._tables.pop(command.table, None) is None:
                raise NftError(f"No such file or directory: no table {command.table}")
            return
        table = self._tables.get(command.table)
        if table is None:
            raise NftError(f"No such file or directory: no table {command.table}")
        if command.what == "chain":
            _chain(table, command)
        elif command.what == "rule":
            _may_name(table, command.text)
            _existing(table, command.name).rules.append(command.text)
        elif command.what == "element":
            _elements(table, command)
        else:
            _container(table, command)


def _chain(table: _Table, command: Command) -> None:
    name = command.name
    if command.verb == "add":
        if table.chains.setdefault(name, _Chain(command.text)).text != command.text:
            raise NftError(f"File exists: chain {name} is of another kind")
    elif command.verb == "flush":
        _existing(table, name).rules.clear()
    else:
        if _existing(table, name).rules:
            raise NftError(f"Device or resource busy: chain {name} has rules")
        for text in table.texts():
            if name in objects.targets(text):
                raise NftError(f"Device or resource busy: {text} names the chain {name}")
        del table.chains[name]


def _container(table: _Table, command: Command) -> None:
    name = command.name
    if command.verb == "add":
        made = _Container(command.what, command.text)
        found = table.containers.setdefault(name, made)
        if (found.kind, found.definition) != (made.kind, made.definition):
            raise NftError(f"File exists: {name} is another {found.kind}")
        return
    found = _contained(table, name)
    if found.kind != command.what:
        raise NftError(f"Invalid argument: {name} is a {found.kind}")
    if command.verb == "flush":
        found.elements.clear()
        return
    for text in table.texts():
        if name in objects.containers(text):
            raise NftError(f"Device or resource busy: {text} looks into {name}")
    del table.containers[name]


def _elements(table: _Table, command: Command) -> None:
    elements = _contained(table, command.name).elements
    for key, value in command.elements:
        if command.verb == "add":
            _may_name(table, value)
            if elements.get(key, value) != value:
                raise NftError(f"File exists: {key}")
            elements[key] = value
        elif elements.pop(key, None) is None:
            raise NftError(f"No such file or directory: no element {key}")


def _may_name(table: _Table, text: str) -> None:
    for target in objects.targets(text):
        if _existing(table, target).text:
            raise NftError(f"Operation not supported: {text} goes to a chain on a hook")
    for name in objects.containers(text):
        _contained(table, name)


def _existing(table: _Table, name: str) -> _Chain:
    found = table.chains.get(name)
    if found is None:
        raise NftError(f"No such file or directory: no chain {name}")
    return found


def _contained(table: _Table, name: str) -> _Container:
    found = table.containers.get(name)
    if found is None:
        raise NftError(f"No such file or directory: no set or map {name}")
    return found


def _hook(text: str) -> objects.Hook | None:
    match = _HOOK.fullmatch(text)
    return objects.Hook(match[1], match[2], int(match[3]), match[4]) if match else None
