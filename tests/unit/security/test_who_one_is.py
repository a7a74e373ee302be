"""Nobody becomes somebody else by writing it into a header."""

from typing import Any

import pytest

from steersman.kit import http
from unit.apiserver.serving import CONFIG_MAPS, Api

JANE = http.User("jane", ("system:authenticated",))
BOT = http.User("bot", ("system:authenticated",))


def headers(*pairs: tuple[str, str]) -> http.HeaderMap:
    made = http.HeaderMap()
    for name, value in pairs:
        made.add(name, value)
    return made


async def who(api: Api, given: http.HeaderMap, user: http.User | None) -> tuple[int, Any]:
    answer = await api.server.handle(
        http.Request("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", (), given, b"{}", user=user)
    )
    assert isinstance(answer, http.Response)
    import json

    body = json.loads(answer.body)
    return answer.status, body["status"].get("userInfo") if answer.status == 201 else body["message"]


async def test_a_comma_in_a_group_makes_no_second_group(api: Api) -> None:
    rule = {"apiGroups": [""], "resources": ["users", "groups"], "verbs": ["impersonate"]}
    rule["resourceNames"] = ["jane", "a,system:masters", "devs", "ops"]
    root = "/apis/rbac.authorization.k8s.io/v1"
    await api.make(f"{root}/clusterroles", {"metadata": {"name": "acts"}, "rules": [rule]})
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "acts"}
    subject = {"kind": "User", "name": "bot", "apiGroup": "rbac.authorization.k8s.io"}
    await api.make(
        f"{root}/clusterrolebindings", {"metadata": {"name": "acts"}, "roleRef": reference, "subjects": [subject]}
    )
    acting = ("impersonate-user", "jane")
    code, found = await who(api, headers(acting, ("impersonate-group", "a,system:masters")), BOT)
    assert code == 201
    assert found["groups"] == ["a,system:masters", "system:authenticated"]
    code, found = await who(api, headers(acting, ("impersonate-group", "devs"), ("impersonate-group", "ops")), BOT)
    assert found["groups"] == ["devs", "ops", "system:authenticated"]
    code, told = await who(api, headers(acting, ("impersonate-group", "system:masters")), BOT)
    assert code == 403
    assert "cannot impersonate" in told


@pytest.mark.parametrize(
    "given",
    [
        [("impersonate-user", "system:apiserver")],
        [("impersonate-user", "admin"), ("impersonate-group", "system:masters")],
        [("impersonate-user", "system:serviceaccount:kube-system:admin")],
        [("impersonate-uid", "1")],
        [("impersonate-extra-scopes", "all")],
        [("impersonate-user", "system:node:n1"), ("impersonate-group", "system:nodes")],
    ],
)
async def test_who_may_not_act_for_others_does_not(api: Api, given: list[tuple[str, str]]) -> None:
    for user in (JANE, None):
        code, told = await who(api, headers(*given), user)
        assert code in (400, 403), told
        assert "impersonat" in told


@pytest.mark.parametrize(
    "name", ["x-remote-user", "x-forwarded-user", "x-remote-group", "x-remote-extra-a", "remote-user"]
)
async def test_headers_of_an_authenticating_proxy_mean_nothing_here(api: Api, name: str) -> None:
    code, _ = await who(api, headers((name, "system:apiserver"), ("x-remote-group", "system:masters")), None)
    assert code == 403


@pytest.mark.parametrize(
    "value", ["Bearer x", "Bearer ", "bearer \0", "Bearer a.b.c", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."]
)
async def test_a_token_that_is_not_good_is_told_to_nobody(api: Api, value: str) -> None:
    answer = await api.send("GET", CONFIG_MAPS, headers={"authorization": value}, user=None)
    assert isinstance(answer, http.Response)
    assert answer.status in (401, 403)
    token = value.partition(" ")[2]
    assert len(token) < 2 or token not in answer.body.decode()


async def test_nobody_in_particular_sees_health_and_version_only(api: Api) -> None:
    for path in ("/healthz", "/livez", "/readyz", "/version"):
        answer = await api.send("GET", path, user=None)
        assert isinstance(answer, http.Response)
        assert answer.status == 200
    for path in ("/api", "/apis", "/metrics", "/openapi/v2", "/openapi/v3", "/api/v1/secrets", CONFIG_MAPS, "/logs/x"):
        answer = await api.send("GET", path, user=None)
        assert isinstance(answer, http.Response)
        assert answer.status == 403
