"""Leader election on virtual time."""

import asyncio

from steersman.client.election import Election
from unit.client.world import World


def election(world: World, identity: str) -> Election:
    return Election(world.client, world.clock, name="it", identity=identity)


async def test_one_leads_and_another_takes_over_when_it_stops(world: World) -> None:
    leading: list[str] = []

    def work(identity: str) -> object:
        async def run() -> None:
            leading.append(identity)
            try:
                await asyncio.Event().wait()
            finally:
                leading.remove(identity)

        return run

    first = world.tasks.spawn(election(world, "a").lead(work("a")), "a")  # type: ignore[arg-type]
    await world.clock.settle()
    world.tasks.spawn(election(world, "b").lead(work("b")), "b")  # type: ignore[arg-type]
    await world.clock.advance(60)
    assert leading == ["a"]
    first.cancel()
    await world.clock.advance(10)
    assert leading == []
    await world.clock.advance(10)
    assert leading == ["b"]
    lease = world.server.get("leases.coordination.k8s.io", "kube-system", "it")
    assert lease["spec"]["holderIdentity"] == "b"
    assert lease["spec"]["leaseTransitions"] == 1


async def test_who_cannot_renew_stops_before_another_may_begin(world: World) -> None:
    from steersman.api import status

    stopped: list[float] = []

    async def run() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.append(world.clock.monotonic())

    async def lead() -> None:
        from steersman.client.election import Lost

        try:
            await election(world, "a").lead(run)
        except Lost:
            return

    world.tasks.spawn(lead(), "a")
    await world.clock.advance(3)
    world.server.refuse["PUT", "leases"] = status.unavailable("no")
    await world.clock.advance(14)
    assert stopped
    assert stopped[0] <= 15
