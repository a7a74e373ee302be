"""A kernel for tests: applies transactions to tables in memory and refuses what nft would refuse."""

import copy
import dataclasses
from collections.abc import Sequence

from steersman.nft import objects
from steersman.nft.runner import NftError
from steersman.nft.transaction import Command


@dataclasses.dataclass
class _Chain:
    text: str
    rules: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class _Table:
    chains: dict[str, _Chain] = dataclasses.field(default_factory=dict)
    sets: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict)
    maps: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict)

    def container(self, name: str) -> dict[str, str]:
        found = self.sets.get(name, self.maps.get(name))
        if found is None:
            raise NftError(f"No such file or directory: no set or map {name}")
        return found


class FakeNft:
    """Invariant: after every transaction nothing is named that is not there."""

    def __init__(self) -> None:
        self.tables: dict[str, _Table] = {}
        self.transactions: list[Sequence[Command]] = []

    async def apply(self, commands: Sequence[Command]) -> None:
        kept = copy.deepcopy(self.tables)
        try:
            for command in commands:
                self._do(command)
            self._check()
        except NftError:
            self.tables = kept
            raise
        self.transactions.append(commands)

    def _do(self, command: Command) -> None:
        verb, what, name = command.verb, command.what, command.name
        if what == "table":
            if verb == "add":
                self.tables.setdefault(command.table, _Table())
            elif self.tables.pop(command.table, None) is None:
                raise NftError(f"No such file or directory: no table {command.table}")
            return
        table = self.tables.get(command.table)
        if table is None:
            raise NftError(f"No such file or directory: no table {command.table}")
        if what == "chain":
            self._chain(table, verb, name, command.text)
        elif what == "rule":
            self._existing(table, name).rules.append(command.text)
        elif what == "element":
            self._elements(table.container(name), command)
        elif verb == "add":
            (table.sets if what == "set" else table.maps).setdefault(name, {})
        elif verb == "flush":
            table.container(name).clear()
        else:
            table.container(name)
            (table.sets if what == "set" else table.maps).pop(name)

    def _chain(self, table: _Table, verb: str, name: str, text: str) -> None:
        if verb == "add":
            table.chains.setdefault(name, _Chain(text))
        elif verb == "flush":
            self._existing(table, name).rules.clear()
        elif self._existing(table, name).rules:
            raise NftError(f"Device or resource busy: chain {name} has rules")
        else:
            del table.chains[name]

    @staticmethod
    def _existing(table: _Table, name: str) -> _Chain:
        found = table.chains.get(name)
        if found is None:
            raise NftError(f"No such file or directory: no chain {name}")
        return found

    @staticmethod
    def _elements(container: dict[str, str], command: Command) -> None:
        for key, value in command.elements:
            if command.verb == "add":
                if container.get(key, value) != value:
                    raise NftError(f"File exists: {key}")
                container[key] = value
            elif container.pop(key, None) is None:
                raise NftError(f"No such file or directory: no element {key}")

    def _check(self) -> None:
        for table in self.tables.values():
            texts = [rule for chain in table.chains.values() for rule in chain.rules]
            texts += [verdict for mapped in table.maps.values() for verdict in mapped.values()]
            for text in texts:
                for target in objects.targets(text):
                    if target not in table.chains:
                        raise NftError(f"Device or resource busy: {text} names the chain {target}")
                for container in objects.containers(text):
                    table.container(container)
