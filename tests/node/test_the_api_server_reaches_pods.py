"""From the hub's namespace the API server reaches what stands behind services: webhooks and proxied pods."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from node.netlab import Lab
from steersman.apiserver.server import ApiServer
from steersman.cluster import dialing
from steersman.kit import http, netns, serve
from steersman.kit.clock import RealClock
from steersman.kit.entropy import SeededEntropy
from unit.apiserver.admission.webhooks import hooks
from unit.apiserver.serving import CONFIG_MAPS, PODS, Api

SERVICES = "/api/v1/namespaces/default/services"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    made = Lab(tmp_path)
    await made.start()
    try:
        yield made
    finally:
        await made.close()


@pytest.fixture
async def api(lab: Lab) -> AsyncIterator[Api]:
    made = Api()
    entropy = SeededEntropy(7)
    dialer = dialing.Dialing(made.store, RealClock(), entropy, str(lab.plan.hub))
    made.server = ApiServer.build(store=made.store, clock=made.clock, entropy=entropy, dialer=dialer)
    await made.server.start()
    yield made
    await made.server.close()


async def behind(api: Api, name: str, port: int, address: str, target: int) -> None:
    """A service with one ready endpoint."""
    await api.make(SERVICES, {"metadata": {"name": name}, "spec": {"ports": [{"port": port, "targetPort": target}]}})
    await api.make(SLICES, {
        "metadata": {"name": name, "labels": {"kubernetes.io/service-name": name}}, "addressType": "IPv4",
        "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
        "ports": [{"name": "", "port": target, "protocol": "TCP"}],
    })  # fmt: skip


async def test_a_webhook_in_a_pod_is_asked_through_its_service(lab: Lab, api: Api) -> None:
    pod = await lab.add_pod(1, listens=False)
    hook = hooks.Hook()
    hook.answers["/deny"] = hooks.deny("not here")
    listening = await netns.listen(str(pod.namespace), pod.address, 8443, RealClock())
    await hook._server.start([listening], hooks.context())
    await behind(api, "hook", 443, pod.address, 8443)
    client = {
        "service": {"namespace": "default", "name": "hook", "path": "/deny"},
        "caBundle": hook.client("/deny")["caBundle"],
    }
    webhook = hook.webhook("/deny", clientConfig=client)
    await api.make(hooks.VALIDATING, hook.configuration("deny", webhook))
    code, body = await api.call("POST", CONFIG_MAPS, {"metadata": {"name": "a"}})
    assert (code, body["message"]) == (400, 'admission webhook "deny.example.com" denied the request: not here')
    assert hook.asked[0].headers["host"] == "hook.default.svc:443"
    await hook.close()


async def test_pods_and_services_are_proxied_to(lab: Lab, api: Api) -> None:
    async def answer(request: http.Request) -> http.Answer:
        return http.Response(200, "text/plain", (f"{request.path} for {request.headers['host']}".encode(),))

    pod = await lab.add_pod(0, listens=False)
    web = serve.Server(answer)
    await web.start([await netns.listen(str(pod.namespace), pod.address, 8080, RealClock())])
    await behind(api, "web", 80, pod.address, 8080)
    await api.make("/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
    await api.pod("web")
    state = {"status": {"podIP": pod.address, "podIPs": [{"ip": pod.address}]}}
    code, _ = await api.call("PATCH", f"{PODS}/web/status", state, type="application/merge-patch+json")
    assert code == 200
    for target in (f"{SERVICES}/web/proxy/x", f"{SERVICES}/web:80/proxy/x", f"{PODS}/web:8080/proxy/x"):
        found = await api.send("GET", target)
        assert isinstance(found, http.Response)
        assert found.body == f"/x for {pod.address}:8080".encode()
    code, body = await api.call("GET", f"{PODS}/web:81/proxy/")
    assert (code, body["message"]) == (
        503, f"error trying to reach service: dial tcp {pod.address}:81: connect: connection refused",
    )  # fmt: skip
    await web.close(0.1)
