"""Who is tried when."""

from steersman.kit.virtual import VirtualClock
from steersman.scheduler.framework import Event
from steersman.scheduler.queue import Queue
from steersman.scheduler.shapes import Shapes
from unit.scheduler.pods_and_nodes import pod

SHAPES = Shapes()


def queue(clock: VirtualClock) -> Queue:
    return Queue(clock, {"Fit": frozenset({Event.POD_GONE}), "Taints": frozenset({Event.NODE_CHANGED})})


async def test_priority_goes_before_age() -> None:
    waiting = queue(VirtualClock())
    for name, priority in (("old", 0), ("new", 0), ("urgent", 10)):
        waiting.put(SHAPES.pod(pod(name, priority=priority)))
    assert [(await waiting.pop()).pod.name for _ in range(3)] == ["urgent", "old", "new"]


async def test_a_refused_pod_waits_for_what_may_help_it() -> None:
    clock = VirtualClock()
    waiting = queue(clock)
    waiting.put(SHAPES.pod(pod("p")))
    waiting.refused(await waiting.pop(), frozenset({"Fit"}))
    waiting.happened(Event.NODE_CHANGED)
    await clock.advance(20)
    assert list(waiting.unschedulable) == ["uid-p"]
    waiting.happened(Event.POD_GONE)
    assert not waiting.unschedulable
    assert (await waiting.pop()).attempts == 2
    waiting.check()


async def test_help_that_comes_at_once_waits_for_the_back_off() -> None:
    clock = VirtualClock()
    waiting = queue(clock)
    waiting.put(SHAPES.pod(pod("p")))
    for pause in (1, 2, 4, 8, 10, 10):
        waiting.refused(await waiting.pop(), frozenset({"Fit"}))
        waiting.happened(Event.POD_GONE)
        waiting.check()
        await clock.advance(pause - 0.1)
        assert "uid-p" in waiting
        assert not waiting._active
        await clock.advance(0.2)
        assert waiting._active


async def test_after_five_minutes_it_is_tried_in_any_case() -> None:
    clock = VirtualClock()
    waiting = queue(clock)
    waiting.put(SHAPES.pod(pod("p")))
    waiting.refused(await waiting.pop(), frozenset({"Fit"}))
    await clock.advance(301)
    assert (await waiting.pop()).pod.name == "p"


async def test_a_pod_that_goes_is_forgotten_wherever_it_waits() -> None:
    clock = VirtualClock()
    waiting = queue(clock)
    for name in ("a", "b", "c"):
        waiting.put(SHAPES.pod(pod(name)))
    waiting.refused(await waiting.pop(), frozenset({"Fit"}))
    waiting.failed(await waiting.pop())
    for name in ("a", "b", "c"):
        waiting.remove(f"uid-{name}")
    assert len(waiting) == 0
    assert clock.pending == 0
