"""Lists and watches against a dumb twin: what was written, row by row, looked through for each answer."""

import asyncio
import dataclasses
import urllib.parse
from collections.abc import Callable
from typing import Any
from unittest import mock

import hypothesis
from hypothesis import stateful
from hypothesis import strategies as st

from steersman.apiserver import watchers
from steersman.apiserver.config import Config
from unit.apiserver.serving import MERGE, TABLE, Api, Watching

CAPACITY = 6
NAMESPACES, NAMES = ["n", "m"], ["a", "b", "c", "d"]
PLACES = st.tuples(st.sampled_from(NAMESPACES), st.sampled_from(NAMES))
METADATA = TABLE.replace("Table", "PartialObjectMetadata")
SELECTORS: dict[str, Callable[[str, str, str], bool]] = {
    "": lambda *_: True,
    "labelSelector=x=1": lambda _, __, label: label == "1",
    "labelSelector=x notin (1)": lambda _, __, label: label != "1",
    "labelSelector=x in (1,2)&fieldSelector=metadata.name!=a": lambda _, name, label: name != "a" and label in "12",
    "fieldSelector=metadata.name=b": lambda _, name, __: name == "b",
    "fieldSelector=metadata.namespace=m": lambda namespace, *_: namespace == "m",
}

Key = tuple[str, str]
Event = tuple[str, Key, str, int]
"""Type, place, label and revision."""


@dataclasses.dataclass
class Row:
    revision: int
    key: Key
    label: str | None
    """None: deleted."""


@dataclasses.dataclass
class View:
    """What somebody asked for: a scope and a selector."""

    namespace: str
    selector: str

    @property
    def path(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/configmaps" if self.namespace else "/api/v1/configmaps"

    @property
    def query(self) -> str:
        return "&".join(
            f"{k}={urllib.parse.quote(v)}" for k, _, v in (p.partition("=") for p in self.selector.split("&"))
        )

    def shows(self, key: Key, label: str | None) -> bool:
        if label is None or (self.namespace and key[0] != self.namespace):
            return False
        return SELECTORS[self.selector](*key, label)


VIEWS = st.builds(View, st.sampled_from(["", *NAMESPACES]), st.sampled_from(list(SELECTORS)))


@dataclasses.dataclass
class Watch:
    view: View
    after: int
    first: list[Event]
    """The present state, where it comes first."""
    watching: Watching
    heard: list[Event] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Paging:
    view: View
    limit: int
    revision: int
    token: str
    names: list[Key]


class Twin:
    """The rows, and nothing else."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def state(self, at: int) -> dict[Key, tuple[str, int]]:
        live: dict[Key, tuple[str, int]] = {}
        for row in self.rows:
            if row.revision <= at:
                live.pop(row.key, None)
                if row.label is not None:
                    live[row.key] = row.label, row.revision
        return dict(sorted(live.items()))

    def events(self, view: View, after: int) -> list[Event]:
        out, labels = [], dict[Key, str | None]()
        for row in self.rows:
            before = labels.get(row.key)
            labels[row.key] = row.label
            if row.revision <= after:
                continue
            was, shown = view.shows(row.key, before), view.shows(row.key, row.label)
            if shown:
                out.append(("MODIFIED" if was else "ADDED", row.key, str(row.label), row.revision))
            elif was:
                out.append(("DELETED", row.key, str(before), row.revision))
        return out


class Machine(stateful.RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.patch = mock.patch.object(watchers, "CAPACITY", CAPACITY)
        self.patch.start()
        self.runner = asyncio.Runner()
        self.api = Api(Config(authorization=False, admission=False))
        self.twin = Twin()
        self.watches: list[Watch] = []
        self.pagings: list[Paging] = []

    def teardown(self) -> None:
        try:
            for watch in self.watches:
                self.compare(watch)
                self.run(watch.watching.close())
            assert self.api.server.services.hubs.watchers == 0
            self.run(self.api.server.close())
        finally:
            self.runner.close()
            self.patch.stop()

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    @property
    def now(self) -> int:
        return self.api.store.revision

    @stateful.rule(key=PLACES, label=st.sampled_from(["1", "2", "3", None]))
    def write(self, key: Key, label: str | None) -> None:
        live = self.twin.state(self.now).get(key)
        path = f"/api/v1/namespaces/{key[0]}/configmaps"
        if live is not None and live[0] == label:
            return
        if label is None:
            if live is None:
                return
            code, _ = self.run(self.api.call("DELETE", f"{path}/{key[1]}"))
        else:
            body = {"metadata": {"name": key[1], "labels": {"x": label}}}
            method, target = ("POST", path) if live is None else ("PATCH", f"{path}/{key[1]}")
            code, _ = self.run(self.api.call(method, target, body, type=MERGE if live else "application/json"))
        assert code in (200, 201)
        self.twin.rows.append(Row(self.now, key, label))

    @stateful.rule(view=VIEWS, back=st.integers(-1, 8), metadata=st.booleans())
    def watch(self, view: View, back: int, metadata: bool) -> None:
        """`back` -1: the present state first."""
        after = self.now if back < 0 else max(self.now - back, 1)
        query = f"{view.query}&watch=1" + ("" if back < 0 else f"&resourceVersion={after}")
        headers = {"accept": METADATA} if metadata else {}
        watching = self.run(self.api.watch(f"{view.path}?{query}", headers=headers))
        if back >= 0 and after < self.api.store.oldest:
            ((type, status),) = watching.seen()
            assert (type, status["code"]) == ("ERROR", 410)
            return
        first: list[Event] = []
        if back < 0:
            first = [("ADDED", k, x, r) for k, (x, r) in self.twin.state(self.now).items() if view.shows(k, x)]
        self.watches.append(Watch(view, after, first, watching))

    @stateful.rule(number=st.integers(0, 20))
    def read(self, number: int) -> None:
        if number < len(self.watches):
            self.hear(self.watches[number])

    @stateful.rule()
    def read_all(self) -> None:
        for watch in self.watches:
            self.hear(watch)

    @stateful.rule(number=st.integers(0, 20))
    def close(self, number: int) -> None:
        if number < len(self.watches):
            watch = self.watches.pop(number)
            self.compare(watch)
            self.run(watch.watching.close())

    @stateful.rule(view=VIEWS, limit=st.integers(1, 3))
    def page(self, view: View, limit: int) -> None:
        body = self.run(self.api.get(f"{view.path}?{view.query}&limit={limit}"))
        self.keep(Paging(view, limit, self.now, "", []), body)

    @stateful.rule(number=st.integers(0, 10))
    def turn(self, number: int) -> None:
        """The next page of a list that has begun."""
        if number >= len(self.pagings):
            return
        paging = self.pagings.pop(number)
        view = paging.view
        target = f"{view.path}?{view.query}&limit={paging.limit}&continue={paging.token}"
        code, body = self.run(self.api.call("GET", target))
        if paging.revision < self.api.store.oldest:
            assert (code, body["reason"]) == (410, "Expired")
            target = f"{view.path}?{view.query}&limit={paging.limit}&continue={body['metadata']['continue']}"
            code, body = self.run(self.api.call("GET", target))
            # From here on at the newest: nothing comes twice, and what is there now and follows is not missed.
            last = max(paging.names, default=("", ""))
            paging = Paging(view, paging.limit, self.now, "", [])
            state = self.twin.state(self.now)
            paging.names = [k for k, (x, _) in state.items() if k <= last and view.shows(k, x)]
        assert code == 200
        self.keep(paging, body)

    @stateful.rule(view=VIEWS, back=st.integers(0, 8))
    def list_at(self, view: View, back: int) -> None:
        at = max(self.now - back, 1)
        query = f"{view.query}&resourceVersion={at}&resourceVersionMatch=Exact"
        code, body = self.run(self.api.call("GET", f"{view.path}?{query}"))
        if at < self.api.store.oldest:
            assert (code, body["reason"]) == (410, "Expired")
            return
        shown = [key for key, (label, _) in self.twin.state(at).items() if view.shows(key, label)]
        assert _keys(body) == shown

    @stateful.rule(back=st.integers(0, 6))
    def compact(self, back: int) -> None:
        self.run(self.api.store.compact(max(self.now - back, 1)))

    @stateful.invariant()
    def bounded(self) -> None:
        for watch in self.watches:
            watch.watching.watcher.check()

    def hear(self, watch: Watch) -> None:
        for type, tree in watch.watching.seen():
            metadata = tree["metadata"]
            key = metadata["namespace"], metadata["name"]
            watch.heard.append((type, key, metadata["labels"]["x"], int(metadata["resourceVersion"])))

    def compare(self, watch: Watch) -> None:
        """All events in order; of a watch that was ended for not reading, those before it was."""
        self.hear(watch)
        due = [*watch.first, *self.twin.events(watch.view, watch.after)]
        if watch.watching.watcher.closed:
            assert watch.heard == due[: len(watch.heard)]
            assert len(due) - len(watch.heard) > 0
            assert len(watch.heard) >= CAPACITY
            return
        assert watch.heard == due
        replayed: dict[Key, str] = {}
        if watch.first:
            for type, key, label, _ in watch.heard:
                replayed.pop(key, None)
                if type != "DELETED":
                    replayed[key] = label
            state = self.twin.state(self.now)
            assert replayed == {key: label for key, (label, _) in state.items() if watch.view.shows(key, label)}

    def keep(self, paging: Paging, body: Any) -> None:
        """A page is as long as asked and carries on where the last one ended; the last one completes the list."""
        paging.names += _keys(body)
        shown = [k for k, (x, _) in self.twin.state(paging.revision).items() if paging.view.shows(k, x)]
        assert paging.names == shown[: len(paging.names)]
        assert body["metadata"]["resourceVersion"] == str(paging.revision)
        paging.token = body["metadata"].get("continue", "")
        if paging.token:
            assert len(body["items"]) == paging.limit
            self.pagings.append(paging)
        else:
            assert paging.names == shown


def _keys(body: Any) -> list[Key]:
    return [(item["metadata"]["namespace"], item["metadata"]["name"]) for item in body["items"]]


TestTwin = Machine.TestCase
TestTwin.settings = hypothesis.settings(max_examples=30, stateful_step_count=40, deadline=None, derandomize=True)
