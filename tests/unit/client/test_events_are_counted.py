"""Events: repeated ones are counted, similar ones combined, too many dropped."""

from typing import Any

from steersman.client.events import Recorder
from unit.client.world import World

POD: dict[str, Any] = {
    "kind": "Pod",
    "apiVersion": "v1",
    "metadata": {"name": "p", "namespace": "a", "uid": "u", "resourceVersion": "7"},
}


async def test_an_event_that_repeats_is_counted(world: World) -> None:
    recorder = Recorder(world.client, world.clock, world.tasks, "kubelet", host="n1")
    for _ in range(3):
        recorder.event(POD, "Warning", "BackOff", "again", field_path="spec.containers{c}")
        await world.clock.advance(5)
    [event] = world.server.all("events")
    assert event["count"] == 3
    assert event["involvedObject"] == {
        "kind": "Pod",
        "namespace": "a",
        "name": "p",
        "uid": "u",
        "apiVersion": "v1",
        "resourceVersion": "7",
        "fieldPath": "spec.containers{c}",
    }
    assert event["source"] == {"component": "kubelet", "host": "n1"}
    assert event["firstTimestamp"] < event["lastTimestamp"]
    assert event["reportingComponent"] == "kubelet"


async def test_many_that_differ_in_their_message_become_one(world: World) -> None:
    recorder = Recorder(world.client, world.clock, world.tasks, "c")
    for number in range(15):
        recorder.event(POD, "Warning", "Failed", f"message {number}")
        await world.clock.settle()
    messages = [each["message"] for each in world.server.all("events")]
    assert len(messages) == 10
    combined = [each for each in messages if each.startswith("(combined from similar events): ")]
    assert combined == ["(combined from similar events): message 14"]


async def test_one_source_may_not_flood(world: World) -> None:
    recorder = Recorder(world.client, world.clock, world.tasks, "c")
    for _ in range(60):
        recorder.event(POD, "Warning", "Failed", "same")
    await world.clock.settle()
    [event] = world.server.all("events")
    assert event["count"] == 25


async def test_events_of_cluster_wide_objects_are_in_the_default_namespace(world: World) -> None:
    recorder = Recorder(world.client, world.clock, world.tasks, "c")
    recorder.event({"kind": "Node", "metadata": {"name": "n", "uid": "n"}}, "Normal", "Starting", "it starts")
    await world.clock.settle()
    assert [each["metadata"]["namespace"] for each in world.server.all("events")] == ["default"]


async def test_the_schedulers_events_have_the_newer_form(world: World) -> None:
    recorder = Recorder(world.client, world.clock, world.tasks, "default-scheduler", host="h", series=True)
    for _ in range(2):
        recorder.event(POD, "Normal", "Scheduled", "done", action="Binding")
        await world.clock.advance(1)
    [event] = world.server.all("events")
    assert event["action"] == "Binding"
    assert event["reportingInstance"] == "default-scheduler-h"
    assert event["series"]["count"] == 2
    assert "count" not in event
