"""A hook on everything that nobody answers for must not keep a server from starting, nor from being mended."""

from steersman.apiserver.server import ApiServer
from steersman.cluster import dialing
from steersman.kit.clock import RealClock
from steersman.kit.entropy import SeededEntropy
from unit.apiserver.admission.webhooks.hooks import ALL, MUTATING, VALIDATING, HookedApi
from unit.apiserver.serving import CONFIG_MAPS, Api


async def test_a_server_starts_whatever_hooks_there_are(api: HookedApi) -> None:
    dead = {**api.hook.webhook("/x", ALL), "clientConfig": {"url": "https://127.0.0.1:1/x"}}
    await api.make(MUTATING, api.hook.configuration("dead", dead))
    await api.make(VALIDATING, api.hook.configuration("dead", dead))
    await api.call("DELETE", "/apis/rbac.authorization.k8s.io/v1/clusterroles/view")
    again = Api()
    again.store, entropy = api.store, SeededEntropy(9)
    again.server = ApiServer.build(
        store=api.store, clock=again.clock, entropy=entropy, dialer=dialing.Dialing(api.store, RealClock(), entropy)
    )  # fmt: skip
    await again.server.start()
    assert again.server.ready
    assert (await again.call("POST", CONFIG_MAPS, {"metadata": {"name": "a"}}))[0] == 500
    for target in (MUTATING, VALIDATING):
        assert (await again.call("DELETE", f"{target}/dead"))[0] == 200
    assert (await again.call("POST", CONFIG_MAPS, {"metadata": {"name": "a"}}))[0] == 201
    await again.server.close()
