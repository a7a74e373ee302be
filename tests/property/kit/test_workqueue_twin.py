"""The work queue against a dumb twin: every key that was added is worked on after its last add, never twice at once."""

import asyncio
from typing import Any

import hypothesis
from hypothesis import stateful
from hypothesis import strategies as st

from steersman.kit import backoff, virtual, workqueue

KEYS = st.sampled_from("abcd")


class Machine(stateful.RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.runner.get_loop()
        self.clock = virtual.VirtualClock()
        self.queue = workqueue.WorkQueue[str]("twin", clock=self.clock, backoff=backoff.Backoff(base=1, cap=4))
        # What the queue owes: keys added and not taken since, and when delayed ones fall due.
        self.owed: set[str] = set()
        self.due: dict[str, float] = {}
        self.working: list[str] = []

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    def teardown(self) -> None:
        self.runner.close()

    @stateful.rule(key=KEYS)
    def add(self, key: str) -> None:
        self.queue.add(key)
        self.owed.add(key)

    @stateful.rule(key=KEYS, seconds=st.integers(0, 5))
    def add_after(self, key: str, seconds: int) -> None:
        async def add() -> None:
            self.queue.add_after(key, seconds)

        self.run(add())
        if seconds:
            when = self.clock.monotonic() + seconds
            self.due[key] = min(when, self.due.get(key, when))
        else:
            self.owed.add(key)

    @stateful.rule(seconds=st.integers(1, 3))
    def advance(self, seconds: int) -> None:
        self.run(self.clock.advance(seconds))
        for key, when in list(self.due.items()):
            if when <= self.clock.monotonic():
                del self.due[key]
                self.owed.add(key)

    @stateful.precondition(lambda self: self.owed - set(self.working))
    @stateful.rule()
    def get(self) -> None:
        key = self.run(self.queue.get())
        assert key in self.owed
        assert key not in self.working
        self.owed.remove(key)
        self.working.append(key)

    @stateful.rule()
    def cancelled_get(self) -> None:
        async def attempt() -> None:
            getter = asyncio.get_running_loop().create_task(self.queue.get())
            getter.cancel()
            await asyncio.gather(getter, return_exceptions=True)

        self.run(attempt())

    @stateful.precondition(lambda self: self.working)
    @stateful.rule(data=st.data())
    def done(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(self.working))
        self.working.remove(key)
        self.queue.done(key)

    @stateful.invariant()
    def agrees(self) -> None:
        self.queue.check()
        assert len(self.queue) == len(self.owed - set(self.working))
        assert self.queue.delayed == len(self.due)
        assert self.queue.is_idle == (not self.working and not self.owed)


TestQueue = Machine.TestCase
TestQueue.settings = hypothesis.settings(max_examples=30, stateful_step_count=30, deadline=None, derandomize=True)
