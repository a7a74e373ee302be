"""Egress by pasta: it starts, is found again, gives a default route, and ends.  Nothing is sent out."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from node import netlab
from steersman.cluster.network import egress, plan, setup
from steersman.kit import command
from steersman.kit.clock import RealClock
from steersman.nft.runner import Nft

pytestmark = pytest.mark.skipif(
    shutil.which("pasta") is None and not os.environ.get("CI"), reason="needs pasta (Debian's package passt)"
)


@pytest.fixture
async def network() -> AsyncIterator[plan.NetworkPlan]:
    made = plan.plan(f"test-{os.getpid()}", ["node1"], netlab.POD_CIDR, netlab.SERVICE_CIDR, egress=True)
    await setup.make(made)
    yield made
    await setup.remove(made.cluster)
    assert netlab.traces(made) == []


async def inside(namespace: Path, words: str) -> str:
    return await command.run(["nsenter", f"--net={namespace}", *words.split()])


async def test_the_hub_has_a_default_route_and_masquerades(network: plan.NetworkPlan, tmp_path: Path) -> None:
    await egress.start(network.hub, tmp_path)
    try:
        assert "default via 169.254.201.1 dev out0" in await inside(network.hub, "ip route")
        assert "default via 172.30.0.1" in await inside(network.nodes[0].namespace, "ip route")
        assert 'oifname "out0" masquerade' in await Nft(network.hub).run(["list", "table", "ip", egress.TABLE])
        # Nothing listens for pasta's sake on the host's side, nor for the host's in the hub.
        assert "LISTEN" not in await inside(network.hub, "ss -tuln")
    finally:
        await egress.stop(tmp_path)
    assert egress.find(network.hub, tmp_path) is None
    assert "out0" not in await inside(network.hub, "ip -o link")


async def test_what_runs_is_found_again(network: plan.NetworkPlan, tmp_path: Path) -> None:
    await egress.start(network.hub, tmp_path)
    try:
        first = egress.find(network.hub, tmp_path)
        await egress.start(network.hub, tmp_path)
        assert egress.find(network.hub, tmp_path) == first is not None
        assert egress.find(network.nodes[0].namespace, tmp_path) is None
    finally:
        await egress.stop(tmp_path)
    await egress.stop(tmp_path)


async def test_it_ends_when_the_hub_is_removed(network: plan.NetworkPlan, tmp_path: Path) -> None:
    await egress.start(network.hub, tmp_path)
    await setup.remove(network.cluster)
    clock = RealClock()
    try:
        async with clock.timeout(5):
            while egress.find(network.hub, tmp_path) is not None:
                await clock.sleep(0.02)
    finally:
        await egress.stop(tmp_path)


async def test_a_stale_process_id_is_not_taken_for_it(network: plan.NetworkPlan, tmp_path: Path) -> None:
    (tmp_path / "pasta.pid").write_text(f"{os.getpid()}\n")
    assert egress.find(network.hub, tmp_path) is None
    await egress.stop(tmp_path)


async def test_without_pasta_the_package_is_named(
    network: plan.NetworkPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(egress, "PROGRAM", "no-such-pasta")
    with pytest.raises(egress.EgressError, match="apt-get install -y passt") as caught:
        await egress.start(network.hub, tmp_path)
    assert "\n" not in str(caught.value)


async def test_a_hub_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(egress.EgressError, match="use --no-egress"):
        await egress.start(tmp_path / "nowhere", tmp_path)
