"""What becomes of a packet: an evaluator of the rendered rules.

It knows exactly the words that the proxy writes and refuses any other, so that a rule nobody thought about
cannot pass a test by being ignored.  Hooks run in the kernel's order; every packet begins a connection.
"""

import dataclasses
import ipaddress
from collections.abc import Collection, Mapping

from steersman.nft.objects import Table


@dataclasses.dataclass
class Packet:
    source: str
    target: str
    port: int
    protocol: str = "tcp"
    mark: int = 0
    masqueraded: bool = False


class Unknown(Exception):
    """A rule with words that are not known here."""


class _Ended(Exception):
    """A verdict that ends the packet, or its way through this hook."""

    def __init__(self, verdict: str) -> None:
        self.verdict = verdict


class Tracer:
    """One node: its table, its own addresses, and what its dynamic sets have learnt."""

    def __init__(self, table: Table, own: Collection[str]) -> None:
        table.check()
        self.table = table
        self.own = own
        self.learnt: dict[str, set[str]] = {name: set() for name in table.sets}
        self.pick = 0

    def send(self, source: str, target: str, port: int, protocol: str = "tcp") -> str:
        """Where one packet comes out, by the first endpoint of each choice:
        `10.244.0.5:8080`, with ` masqueraded` behind it where the sender is replaced; or `drop`, `reject`."""
        packet = Packet(source, target, port, protocol)
        if source in self.own:
            hooks = ["output", "input" if target in self.own else "postrouting"]
        else:
            hooks = ["prerouting", "", "postrouting"]
        for hook in hooks:
            arrived = packet.target in self.own
            if not hook:
                hook = "input" if arrived else "forward"
            elif hook == "input" and not arrived:
                hook = "postrouting"
            elif hook == "postrouting" and arrived:
                continue
            verdict = self._hook(hook, packet)
            if verdict in ("drop", "reject"):
                return verdict
        return f"{packet.target}:{packet.port}" + (" masqueraded" if packet.masqueraded else "")

    def every(self, source: str, target: str, port: int, protocol: str = "tcp") -> set[str]:
        """All outcomes, whatever chance says."""
        found = set()
        for self.pick in range(16):
            found.add(self.send(source, target, port, protocol))
        self.pick = 0
        return found

    def _hook(self, hook: str, packet: Packet) -> str:
        bases = [
            (chain.hook.priority, name)
            for name, chain in self.table.chains.items()
            if chain.hook is not None and chain.hook.hook == hook
        ]
        for _, name in sorted(bases):
            try:
                self._chain(name, packet)
            except _Ended as ended:
                if ended.verdict != "accept":
                    return ended.verdict
        return "accept"

    def _chain(self, name: str, packet: Packet) -> None:
        for rule in self.table.chains[name].rules:
            if self._rule(rule.split(), packet):
                break

    def _rule(self, words: list[str], packet: Packet) -> bool:
        """Whether the chain ends here.  Matches and statements are taken from the left."""
        while words:
            taken, goes_on, ends = self._word(words, packet)
            if not goes_on:
                return ends
            words = words[taken:]
        return False

    def _word(self, words: list[str], packet: Packet) -> tuple[int, bool, bool]:
        """(words used, whether the rule goes on, whether the chain ends)."""
        line = " ".join(words)
        if line == "drop" or line == "reject":
            raise _Ended(line)
        if line == "return":
            return 1, False, True
        if line == "masquerade fully-random":
            packet.masqueraded = True
            raise _Ended("accept")
        if line.startswith("ct state new"):
            return 3, True, False
        if line.startswith("fib saddr type local"):
            return 4, packet.source in self.own, False
        if line.startswith("ip daddr . meta l4proto . th dport vmap @"):
            return self._look(words[9], f"{packet.target} . {packet.protocol} . {packet.port}", packet)
        if line.startswith("meta l4proto . th dport vmap @"):
            return self._look(words[6], f"{packet.protocol} . {packet.port}", packet)
        if words[:2] in (["ip", "daddr"], ["ip", "saddr"]):
            return self._address(words, packet.target if words[1] == "daddr" else packet.source)
        if line.startswith("meta l4proto "):
            return 3, packet.protocol == words[2], False
        if words[0] in ("tcp", "udp", "sctp") and words[1] == "dport":
            return 3, (packet.protocol, packet.port) == (words[0], int(words[2])), False
        if line.startswith("meta mark set meta mark "):
            bits = int(words[6], 16)
            packet.mark = {"or": packet.mark | bits, "xor": packet.mark ^ bits}[words[5]]
            return 7, True, False
        if line.startswith("meta mark and "):
            assert words[4:6] == ["==", "0"]
            return 6, packet.mark & int(words[3], 16) == 0, False
        if words[0] == "update":
            assert words[2:] == ["{", "ip", "saddr", "}"]
            self.learnt[words[1][1:]].add(packet.source)
            return 6, True, False
        return self._statement(words, packet)

    def _statement(self, words: list[str], packet: Packet) -> tuple[int, bool, bool]:
        if words[0] == "jump":
            self._chain(words[1], packet)
            return 2, True, False
        if words[0] == "goto":
            self._chain(words[1], packet)
            return 2, False, True
        if words[:2] == ["dnat", "to"]:
            address, _, port = words[2].partition(":")
            packet.target, packet.port = address, int(port)
            raise _Ended("accept")
        if words[:3] == ["numgen", "random", "mod"] and words[4:6] == ["vmap", "{"]:
            pairs = " ".join(words[6:-1]).split(" , ")
            assert len(pairs) == int(words[3])
            verdicts = dict(pair.split(" : ") for pair in pairs)
            return self._verdict(verdicts[str(self.pick % len(pairs))], packet)
        raise Unknown(" ".join(words))

    def _address(self, words: list[str], address: str) -> tuple[int, bool, bool]:
        negated = words[2] == "!="
        at = 3 if negated else 2
        if words[at] == "{":
            end = words.index("}")
            matches = any(_inside(address, word) for word in words[at + 1 : end] if word != ",")
            at = end
        elif words[at].startswith("@"):
            name = words[at][1:]
            matches = address in self.table.sets[name].elements or address in self.learnt[name]
        else:
            matches = _inside(address, words[at])
        return at + 1, matches != negated, False

    def _look(self, name: str, key: str, packet: Packet) -> tuple[int, bool, bool]:
        verdicts: Mapping[str, str] = self.table.maps[name.removeprefix("@")].elements
        return self._verdict(verdicts[key], packet) if key in verdicts else (0, False, False)

    def _verdict(self, verdict: str, packet: Packet) -> tuple[int, bool, bool]:
        return self._word(verdict.split(), packet)


def _inside(address: str, network: str) -> bool:
    return ipaddress.IPv4Address(address) in ipaddress.IPv4Network(network)
