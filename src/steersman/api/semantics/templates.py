"""Pods of one template: what was found out about one spec holds for the next pod that has the same.

Pods come by the dozen from a Deployment, a Job, a test's loop.  Their specs differ in nothing but the name of the
volume that the server itself mounts, and walking each of them again is a third of the work of creating a pod.
`text` and `key` name a spec by what is in it, and a `Memory` keeps what was found out about it.

Promised: equal names, equal specs, but for that of the one volume, wherever it stands.
Not promised: that a rule may look at more than the spec.  One that does must not be left out because of a key.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

from steersman.kit import entropy

T = TypeVar("T")
LONGEST = 8192
"""Bytes of a spec that is remembered."""
MOST = 256
PATIENCE, SELDOM = 32, 8
_NAME = b'"kube-api-access-'
_LENGTH = len(_NAME) + 6
_LETTERS = frozenset(entropy.ALPHABET.encode())


def text(spec: Any) -> bytes | None:
    """Equal for equal specs; None for one that is not worth remembering."""
    if not spec:
        return None
    try:
        made = msgspec.json.encode(spec)
    except (TypeError, ValueError, RecursionError):
        return None
    return made if len(made) <= LONGEST else None


def key(spec: Any) -> bytes | None:
    """Equal for specs that differ in nothing but the name of the server's volume; None for one that is not worth
    remembering, or whose soundness depends on the name of its pod."""
    made = text(spec)
    if made is None or b'"ephemeral"' in made:
        return None
    at = made.find(_NAME)
    if at >= 0:
        name = made[at : at + _LENGTH]
        if name[-1:] == b'"' and _LETTERS.issuperset(name[len(_NAME) : -1]):
            made = made.replace(name, b"\0")  # which no JSON text has
    return made


class Memory(Generic[T]):
    """What was found out, by what `name` calls the spec; as many as `MOST`.

    Where specs all differ, asking costs and brings nothing: after `PATIENCE` of them in a row only every `SELDOM`th
    is asked about, until one is known again.
    """

    def __init__(self, name: Callable[[Any], bytes | None] = key) -> None:
        self._name = name
        self._found: dict[bytes, T] = {}
        self._patience = PATIENCE
        self._turn = 0

    def ask(self, spec: Any) -> tuple[T | None, bytes | None]:
        """What is known, and the name under which to `keep` what is found out now; None where not to."""
        if not self._patience:
            self._turn = (self._turn + 1) % SELDOM
            if self._turn:
                return None, None
        name = self._name(spec)
        if name is None:
            return None, None
        found = self._found.get(name)
        if found is not None:
            self._patience = PATIENCE
        elif self._patience:
            self._patience -= 1
        return found, name

    def keep(self, name: bytes | None, found: T) -> None:
        if name is None:
            return
        if len(self._found) >= MOST:
            self._found.clear()
        self._found[name] = found
