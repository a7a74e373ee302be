"""Addresses and ports that only one Service may hold: who has what, in memory.

What is taken is read from the Services themselves when the first one is written, so nothing can leak: the
Services are the record, this is an index of it.  A reservation that the write does not keep is given back by
the undo that `Services.begin` returns.

An IPAddress object that somebody else made holds its address too, and every ServiceCIDR that is ready adds to
the addresses that can be given: the server's own range first, the others when it is full or by name.
"""

import ipaddress
from collections.abc import Callable, Iterable, Sequence

from steersman.kit import entropy as entropies

RANDOM_TRIES = 32


class Refused(Exception):
    """The text is the reference's, without the field."""


class Addresses:
    """The service range.  The lower part is left for those who ask for an address by name."""

    def __init__(
        self, cidr: str, entropy: entropies.Entropy, held: Callable[[str], bool] = lambda address: False
    ) -> None:
        self.network = ipaddress.ip_network(cidr)
        self._held = held
        self._entropy = entropy
        self._first = int(self.network.network_address) + 1
        size = self.network.num_addresses - 2
        self._size = size
        self._reserved = min(max(16, self.network.num_addresses // 16), 256) if size > 16 else 0
        self.taken: set[str] = set()

    def contains(self, address: str) -> bool:
        try:
            number = int(ipaddress.ip_address(address))
        except ValueError:
            return False
        return self._first <= number < self._first + self._size

    def take(self, address: str) -> None:
        if not self.contains(address):
            raise Refused(
                f"the provided IP ({address}) is not in the valid range. The range of valid IPs is {self.network}"
            )
        if address in self.taken or self._held(address):
            raise Refused("provided IP is already allocated")
        self.taken.add(address)

    def next(self) -> str:
        """A free address, by chance so that one just given back does not come again at once."""
        upper = self._size - self._reserved
        for _ in range(RANDOM_TRIES):
            address = self._at(self._reserved + self._entropy.below(upper))
            if address not in self.taken and not self._held(address):
                self.taken.add(address)
                return address
        for place in [*range(self._reserved, self._size), *range(self._reserved)]:
            address = self._at(place)
            if address not in self.taken and not self._held(address):
                self.taken.add(address)
                return address
        raise Refused("range is full")

    def release(self, addresses: Iterable[str]) -> None:
        self.taken.difference_update(addresses)

    def _at(self, place: int) -> str:
        return str(ipaddress.ip_address(self._first + place))


class Ranges:
    """The server's own range, and those of other ServiceCIDRs.  All share what is taken."""

    def __init__(
        self,
        cidr: str,
        entropy: entropies.Entropy,
        held: Callable[[str], bool],
        others: Callable[[], Sequence[str]],
    ) -> None:
        self.own = Addresses(cidr, entropy, held)
        self.taken = self.own.taken
        self._others = others
        self._made: dict[str, Addresses] = {cidr: self.own}
        self._entropy = entropy
        self._held = held

    def take(self, address: str) -> None:
        for each in self._ranges():
            if each.contains(address):
                each.take(address)
                return
        self.own.take(address)

    def next(self) -> str:
        for each in self._ranges():
            try:
                return each.next()
            except Refused:
                continue
        raise Refused("range is full")

    def release(self, addresses: Iterable[str]) -> None:
        self.own.release(addresses)

    def _ranges(self) -> list[Addresses]:
        found = [self.own]
        for cidr in self._others():
            if cidr not in self._made:
                made = self._made[cidr] = Addresses(cidr, self._entropy, self._held)
                made.taken = self.taken
            if self._made[cidr] is not self.own:
                found.append(self._made[cidr])
        return found


class Ports:
    """Node ports: one number may serve several protocols of one Service."""

    def __init__(self, first: int, last: int, entropy: entropies.Entropy) -> None:
        self.first = first
        self.last = last
        self._entropy = entropy
        self.taken: set[int] = set()

    def take(self, port: int) -> None:
        if not self.first <= port <= self.last:
            raise Refused(
                f"provided port is not in the valid range. The range of valid ports is {self.first}-{self.last}"
            )
        if port in self.taken:
            raise Refused("provided port is already allocated")
        self.taken.add(port)

    def next(self) -> int:
        size = self.last - self.first + 1
        for _ in range(RANDOM_TRIES):
            port = self.first + self._entropy.below(size)
            if port not in self.taken:
                self.taken.add(port)
                return port
        for port in range(self.first, self.last + 1):
            if port not in self.taken:
                self.taken.add(port)
                return port
        raise Refused("range is full")

    def release(self, ports: Iterable[int]) -> None:
        self.taken.difference_update(ports)


class NoPorts(Ports):
    """For a dry run: everything is free, and what is given are numbers that no range holds."""

    _given = 0

    def take(self, port: int) -> None:
        return

    def next(self) -> int:
        self._given += 1
        return self.last + 1 + self._given

    def release(self, ports: Iterable[int]) -> None:
        return
