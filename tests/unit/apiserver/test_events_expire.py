from unit.apiserver.serving import MERGE, Api

EVENTS = "/api/v1/namespaces/default/events"


async def _names(api: Api) -> list[str]:
    return [item["metadata"]["name"] for item in (await api.get(EVENTS))["items"]]


async def test_an_event_goes_an_hour_after_it_was_last_written(api: Api) -> None:
    about = {"kind": "Pod", "namespace": "default", "name": "a"}
    for name in ("once", "again"):
        await api.make(EVENTS, {"metadata": {"name": name}, "involvedObject": about})
    await api.clock.advance("30m")
    await api.call("PATCH", f"{EVENTS}/again", {"count": 2}, type=MERGE)
    await api.clock.advance("29m")
    assert await _names(api) == ["again", "once"]
    await api.clock.advance("3m")
    assert await _names(api) == ["again"]
    await api.clock.advance("30m")
    assert await _names(api) == []
