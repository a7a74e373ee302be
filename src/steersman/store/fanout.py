"""Who hears of a change: subscriptions found by the change's key, not by asking each.

Subscriptions are kept in folders, the part of their prefix up to its last slash.  A change looks into the
folders on its own key's path, so a thousand watches of other namespaces cost it nothing:

    key /registry/pods/a/web   looks into  "", "/", "/registry/", "/registry/pods/", "/registry/pods/a/"

A prefix that does not end in a slash ("/registry/pods/a/w") is one of its folder's ragged ones, found by
length: one look-up for every different length in the folder.

Promised: a sink gets one batch for each `publish` that concerns it, in revision order; all sinks of a prefix
share the batch.  A sink that fails is heard through the loop's exception handler and harms no other.
"""

import asyncio
from collections.abc import Iterator, Sequence

from steersman.store.protocol import Change, Sink


class Subscriber:
    """One subscription, its own handle for cancelling."""

    __slots__ = ("_fanout", "after", "prefix", "sink")

    def __init__(self, fanout: "Fanout", prefix: str, sink: Sink, after: int) -> None:
        self._fanout: Fanout | None = fanout
        self.prefix = prefix
        self.sink = sink
        self.after = after

    @property
    def is_cancelled(self) -> bool:
        return self._fanout is None

    def cancel(self) -> None:
        if self._fanout is not None:
            self._fanout.remove(self)
            self._fanout = None


class _Folder:
    __slots__ = ("lengths", "prefixes")

    def __init__(self) -> None:
        # Invariant: no set of subscribers is empty.
        self.prefixes: dict[str, dict[Subscriber, None]] = {}
        # Invariant: the different lengths of `prefixes`.
        self.lengths: tuple[int, ...] = ()

    def measure(self) -> None:
        self.lengths = tuple(sorted({len(prefix) for prefix in self.prefixes}))


def _folder(prefix: str) -> str:
    return prefix[: prefix.rfind("/") + 1]


class Fanout:
    def __init__(self) -> None:
        # Invariant: no folder without prefixes.
        self._folders: dict[str, _Folder] = {}

    def __len__(self) -> int:
        return sum(len(some) for folder in self._folders.values() for some in folder.prefixes.values())

    def subscribe(self, prefix: str, sink: Sink, after: int) -> Subscriber:
        """Give `sink` every later change of the prefix with a revision greater than `after`."""
        subscriber = Subscriber(self, prefix, sink, after)
        folder = self._folders.setdefault(_folder(prefix), _Folder())
        if prefix in folder.prefixes:
            folder.prefixes[prefix][subscriber] = None
        else:
            folder.prefixes[prefix] = {subscriber: None}
            folder.measure()
        return subscriber

    def remove(self, subscriber: Subscriber) -> None:
        name = _folder(subscriber.prefix)
        folder = self._folders[name]
        some = folder.prefixes[subscriber.prefix]
        del some[subscriber]
        if some:
            return
        del folder.prefixes[subscriber.prefix]
        folder.measure()
        if not folder.prefixes:
            del self._folders[name]

    def publish(self, changes: Sequence[Change]) -> None:
        """Hand one commit's changes out.  Who subscribes meanwhile has them from the index already."""
        if not self._folders:
            return
        batches: dict[str, tuple[list[Subscriber], list[Change]]] = {}
        for change in changes:
            for prefix, subscribers in self._concerned(change.entry.key):
                batch = batches.get(prefix)
                if batch is None:
                    batches[prefix] = list(subscribers), [change]
                else:
                    batch[1].append(change)
        for audience, batched in batches.values():
            for subscriber in audience:
                if not subscriber.is_cancelled:
                    _deliver(subscriber, batched)

    def _concerned(self, key: str) -> Iterator[tuple[str, dict[Subscriber, None]]]:
        folders, end, size = self._folders, 0, len(key)
        while True:
            folder = folders.get(key[:end])
            if folder is not None:
                for length in folder.lengths:
                    prefix = key[:length]
                    if length <= size and prefix in folder.prefixes:
                        yield prefix, folder.prefixes[prefix]
            end = key.find("/", end) + 1
            if not end:
                return


def _deliver(subscriber: Subscriber, changes: Sequence[Change]) -> None:
    if changes[0].revision <= subscriber.after:
        changes = [change for change in changes if change.revision > subscriber.after]
        if not changes:
            return
    try:
        subscriber.sink(changes)
    except Exception as error:  # noqa: BLE001 - heard below; the other watchers must not pay for it
        asyncio.get_running_loop().call_exception_handler(
            {"message": f"the sink of a watch of {subscriber.prefix!r} failed", "exception": error}
        )
