import json

from steersman.apiserver.config import Config
from steersman.apiserver.server import ApiServer
from steersman.kit import http
from steersman.kit.entropy import SeededEntropy
from unit.apiserver.serving import CONFIG_MAPS, Api


async def _text(api: Api, target: str) -> tuple[int, str]:
    answer = await api.send("GET", target)
    assert isinstance(answer, http.Response)
    return answer.status, answer.body.decode()


async def test_health_is_told_briefly_or_in_full(api: Api) -> None:
    assert await _text(api, "/livez") == (200, "ok")
    assert await _text(api, "/readyz/ping") == (200, "ok")
    code, text = await _text(api, "/readyz?verbose")
    assert (code, text.splitlines()[0], text.splitlines()[-1]) == (200, "[+]ping ok", "readyz check passed")
    assert (await _text(api, "/healthz/nonsense"))[0] == 404


async def test_a_server_that_is_not_started_is_not_ready() -> None:
    made = Api()
    assert (await _text(made, "/readyz"))[0] == 500
    assert (await _text(made, "/readyz?exclude=poststarthook/bootstrap"))[0] == 200


async def test_requests_are_counted(api: Api) -> None:
    await api.get(CONFIG_MAPS)
    _, text = await _text(api, "/metrics")
    assert 'apiserver_request_total{verb="LIST",resource="configmaps",code="200"} 1' in text


async def test_a_fresh_server_has_what_clusters_have(api: Api) -> None:
    names = {item["metadata"]["name"] for item in (await api.get("/api/v1/namespaces"))["items"]}
    assert names == {"default", "kube-node-lease", "kube-public", "kube-system"}
    classes = await api.get("/apis/scheduling.k8s.io/v1/priorityclasses")
    assert [item["value"] for item in classes["items"]] == [2000000000, 2000001000]
    assert len((await api.get("/apis/apiregistration.k8s.io/v1/apiservices"))["items"]) == 21


async def test_the_service_to_itself_leads_to_the_advertised_address() -> None:
    made = Api(Config(advertise_address="192.0.2.7", advertise_port=7443))
    await made.server.start()
    (found,) = (await made.get("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"))["items"]
    assert (found["endpoints"][0]["addresses"], found["ports"][0]["port"]) == (["192.0.2.7"], 7443)
    await made.server.close()


async def test_a_server_started_again_makes_nothing_twice(api: Api) -> None:
    before = api.store.revision
    again = ApiServer.build(store=api.store, clock=api.clock, entropy=SeededEntropy(8))
    await again.start()
    assert api.store.revision == before
    await again.close()


async def test_an_anonymous_stranger_is_refused_what_is_not_public(api: Api) -> None:
    code, body = await api.call("GET", CONFIG_MAPS, user=None)
    assert code == 403
    assert body["message"].startswith('configmaps is forbidden: User "system:anonymous" cannot list')
    assert (await api.call("GET", "/version", user=None))[0] == 200


async def test_somebody_else_is_impersonated(api: Api) -> None:
    code, body = await api.call("GET", CONFIG_MAPS, headers={"impersonate-user": "jane"})
    assert (code, 'User "jane"' in body["message"]) == (403, True)


async def test_a_request_for_a_token_is_answered_with_its_managed_fields(api: Api) -> None:
    accounts = "/api/v1/namespaces/default/serviceaccounts"
    account = await api.make(accounts, {"metadata": {"name": "web"}})
    code, made = await api.call("POST", f"{accounts}/web/token", {"metadata": {"labels": {"a": "b"}}})
    (entry,) = made["metadata"]["managedFields"]
    assert (code, made["metadata"]["uid"]) == (201, account["metadata"]["uid"])
    assert (entry["subresource"], entry["apiVersion"]) == ("token", "authentication.k8s.io/v1")
    assert entry["fieldsV1"] == {
        "f:metadata": {"f:labels": {".": {}, "f:a": {}}},
        "f:spec": {"f:expirationSeconds": {}},
    }
    code, refused = await api.call("POST", f"{accounts}/web/token", {"metadata": {"namespace": "other"}})
    assert (code, refused["message"]) == (
        400,
        "the namespace of the provided object does not match the namespace sent on the request",
    )


async def test_answers_carry_what_clients_look_for(api: Api) -> None:
    answer = await api.send("GET", "/version", user=None)
    headers = dict(answer.headers)
    assert len(headers["Audit-Id"]) == 36
    assert headers["Cache-Control"] == "no-cache, private"


async def test_a_bug_is_an_answer_and_not_a_silence(api: Api, caplog: object) -> None:
    def broken(key: str, *, at: int = 0) -> None:
        raise RuntimeError("a bug")

    api.store.get = broken  # type: ignore[method-assign]
    answer = await api.send("GET", f"{CONFIG_MAPS}/a")
    assert isinstance(answer, http.Response)
    assert (answer.status, json.loads(answer.body)["reason"]) == (500, "InternalError")
    del api.store.get


async def test_a_log_needs_a_node_that_can_be_reached(api: Api) -> None:
    await api.pod("p", nodeName="n1")
    path = "/api/v1/namespaces/default/pods/p/log"
    assert (await api.call("GET", path))[1]["message"] == 'pods "n1" not found'
    await api.make("/api/v1/nodes", {"metadata": {"name": "n1"}})
    assert (await api.call("GET", path))[0] == 503
    code, body = await api.call("GET", f"{path}?container=x")
    assert (code, body["message"]) == (400, "container x is not valid for pod p")
