"""Randomness and identifiers as an argument: real ones for a cluster, seeded ones for a test.

Names are made as Kubernetes makes them (`k8s.io/apimachinery/pkg/util/rand`): from an alphabet without
vowels and without the digits that read like letters, so that no suffix spells a word.
"""

import os
import random
import uuid
from typing import Protocol

ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
PIECE = 4096
"""Bytes that the system is asked for at a time, for what is no secret."""
_LIMIT = 256 - 256 % len(ALPHABET)
"""Bytes from here on would favour the alphabet's first letters."""


class Entropy(Protocol):
    def uuid(self) -> str:
        """A version 4 UUID in its 36-character form."""
        ...

    def suffix(self, length: int = 5) -> str:
        """`length` characters of `ALPHABET`, as `generateName` appends them."""
        ...

    def uniform(self, low: float, high: float) -> float: ...

    def below(self, limit: int) -> int:
        """An integer in [0, limit)."""
        ...

    def secret(self, length: int) -> bytes:
        """`length` bytes that an attacker cannot foresee (foreseeable from a seeded source)."""
        ...


class _Source:
    def __init__(self, source: random.Random) -> None:
        self._source = source

    def uuid(self) -> str:
        return str(uuid.UUID(bytes=self._source.randbytes(16), version=4))

    def suffix(self, length: int = 5) -> str:
        return "".join(self._source.choices(ALPHABET, k=length))

    def uniform(self, low: float, high: float) -> float:
        return self._source.uniform(low, high)

    def below(self, limit: int) -> int:
        return self._source.randrange(limit)

    def secret(self, length: int) -> bytes:
        return self._source.randbytes(length)


class SystemEntropy(_Source):
    """The operating system's randomness, for one thread.

    Every object gets a UUID and every pod a suffix.  Asking the kernel for each costs more than the rest of making
    them; asking it for some thousand bytes at a time costs next to nothing.  Names and UUIDs are no secrets, so it
    does no harm that the bytes of the next ones lie in memory.  What is secret is asked for one by one.
    """

    def __init__(self) -> None:
        super().__init__(random.SystemRandom())
        self._bytes = b""
        self._at = 0

    def secret(self, length: int) -> bytes:
        import secrets

        return secrets.token_bytes(length)

    def uuid(self) -> str:
        drawn = self._take(16).hex()  # making a `uuid.UUID` to print it takes three times as long
        variant = "89ab"[int(drawn[16], 16) & 3]
        return f"{drawn[:8]}-{drawn[8:12]}-4{drawn[13:16]}-{variant}{drawn[17:20]}-{drawn[20:]}"

    def suffix(self, length: int = 5) -> str:
        letters = ""
        while len(letters) < length:
            # A twentieth of the bytes is of no use, so a few more than needed mostly do.
            usable = [byte for byte in self._take(length + 3) if byte < _LIMIT]
            letters += "".join([ALPHABET[byte % len(ALPHABET)] for byte in usable])
        return letters[:length]

    def _take(self, count: int) -> bytes:
        if self._at + count > len(self._bytes):
            self._bytes, self._at = os.urandom(max(PIECE, count)), 0
        begin = self._at
        self._at = begin + count
        return self._bytes[begin : self._at]


class SeededEntropy(_Source):
    """The same values for the same seed, in the order asked."""

    def __init__(self, seed: int) -> None:
        super().__init__(random.Random(seed))
