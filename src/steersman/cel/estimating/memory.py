"""What the walk remembers: paths, sizes of entries, local variables."""

import dataclasses

from steersman.cel.amounts import Size


class Path:
    """A path as Go's slices make it, down to the room they share.

    cel-go extends a path by `append`, which writes into the room behind a shorter path if there is any.  Two
    extensions of one path may therefore be the same memory, and the later one overwrites the earlier one's last
    step; a list's size is looked up after its loop's body has done so.  Estimates in the field depend on it.
    """

    __slots__ = ("length", "room", "steps")

    def __init__(self, steps: list[str], length: int, room: int) -> None:
        self.steps, self.length, self.room = steps, length, room

    @classmethod
    def start(cls, step: str) -> "Path":
        return cls([step], 1, 1)

    def append(self, step: str) -> "Path":
        if self.length < self.room:
            self.steps[self.length :] = [step]
            return Path(self.steps, self.length + 1, self.room)
        return Path([*self.steps[: self.length], step], self.length + 1, max(2 * self.room, 1))

    def now(self) -> tuple[str, ...]:
        return tuple(self.steps[: self.length])


NOWHERE = Path([], 0, 0)


@dataclasses.dataclass(frozen=True, slots=True)
class Entries:
    """How large the keys and the values of a list or map are."""

    list: bool
    key: Size
    value: Size

    def union(self, other: "Entries | None") -> "Entries | None":
        if other is None:
            return None
        return Entries(self.list, self.key.union(other.key), self.value.union(other.value))


@dataclasses.dataclass(frozen=True, slots=True)
class Local:
    path: Path
    size: Size | None
    entries: Entries | None
