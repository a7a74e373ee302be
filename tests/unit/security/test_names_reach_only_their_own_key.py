"""A name is one part of a key.  Nothing that can be written in a URL or an object makes it more.

(CVE-2022-3162: with a name like `../other/x` whoever may read one custom resource could read another.)
"""

import pytest

from steersman.api import resources
from unit.apiserver.serving import CONFIG_MAPS, Api

BAD = ["..", ".", "a/b", "/", "../x", "../../secrets/default/s", "a%2fb", "%2e%2e", "a//b", "x/../y"]
ENCODED = ["..%2f..%2fsecrets%2fdefault%2fs", "%2e%2e%2fsecrets", "a%2f..%2fs", "..%5cs", "%2e%2e", "..", "."]


def keys(api: Api) -> list[str]:
    return [entry.key for entry in api.store.range("/").entries]


async def test_no_object_is_stored_under_a_name_that_is_a_path(api: Api) -> None:
    before = set(keys(api))
    for kind in resources.BUILTIN.all():
        if "create" not in kind.verbs or not kind.storage_prefix:
            continue
        for name in BAD:
            for body in ({"metadata": {"name": name}}, {"metadata": {"generateName": name}}):
                code, told = await api.call("POST", resources.collection_path(kind, "default"), body)
                assert code in (400, 403, 404, 422, 500), (kind.name, name, told)
                assert code != 500 or "generate" in told["message"]
    assert set(keys(api)) == before


@pytest.mark.parametrize("name", ENCODED)
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "POST"])
async def test_an_encoded_path_in_a_url_finds_nothing(api: Api, method: str, name: str) -> None:
    await api.make("/api/v1/namespaces/default/secrets", {"metadata": {"name": "s"}, "stringData": {"k": "canary"}})
    await api.config_map("a")
    before = keys(api)
    merge = "application/merge-patch+json"
    for path in (f"{CONFIG_MAPS}/{name}", f"/api/v1/namespaces/{name}/configmaps/a", f"{CONFIG_MAPS}/{name}/s"):
        code, told = await api.call(method, path, {"metadata": {"name": "s"}}, type=merge if method == "PATCH" else "")
        assert code in (400, 404, 405), (path, told)
        assert "canary" not in str(told)
    assert keys(api) == before


async def test_an_encoded_slash_in_a_namespace_is_no_way_into_another(api: Api) -> None:
    await api.make("/api/v1/namespaces", {"metadata": {"name": "other"}})
    for namespace in ("default%2f..%2fother", "..%2fother", "other%2f", "%6fther%2f.."):
        code, _ = await api.call("POST", f"/api/v1/namespaces/{namespace}/configmaps", {"metadata": {"name": "a"}})
        assert code in (400, 404)
    listed = await api.get("/api/v1/namespaces/other/configmaps")
    assert listed["items"] == []


async def test_a_namespace_in_a_body_is_that_of_the_url(api: Api) -> None:
    await api.make("/api/v1/namespaces", {"metadata": {"name": "other"}})
    code, told = await api.call("POST", CONFIG_MAPS, {"metadata": {"name": "a", "namespace": "other"}})
    assert code == 400
    assert "namespace of the provided object does not match" in told["message"]


async def test_a_list_of_one_namespace_does_not_see_another_that_begins_alike(api: Api) -> None:
    for name in ("team", "team-a", "team0"):
        await api.make("/api/v1/namespaces", {"metadata": {"name": name}})
        await api.make(f"/api/v1/namespaces/{name}/configmaps", {"metadata": {"name": f"of-{name}"}})
    listed = await api.get("/api/v1/namespaces/team/configmaps")
    assert [item["metadata"]["name"] for item in listed["items"]] == ["of-team"]


@pytest.mark.parametrize(
    ("field", "path"),
    [("hostPath", "/a/../b"), ("hostPath", "../b")],
)
async def test_a_path_of_the_host_has_no_steps_back(api: Api, field: str, path: str) -> None:
    volume = {"name": "v", field: {"path": path}}
    spec = {"containers": [{"name": "c", "image": "i"}], "volumes": [volume]}
    code, told = await api.call("POST", "/api/v1/namespaces/default/pods", {"metadata": {"name": "p"}, "spec": spec})
    assert code == 422
    assert "must not contain '..'" in told["message"]


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc"])
async def test_a_sub_path_stays_in_its_volume(api: Api, path: str) -> None:
    """CVE-2017-1002101, CVE-2021-25741: what the API can refuse of them."""
    mount = {"name": "v", "mountPath": "/v", "subPath": path}
    container = {"name": "c", "image": "i", "volumeMounts": [mount]}
    spec = {"containers": [container], "volumes": [{"name": "v", "emptyDir": {}}]}
    code, told = await api.call("POST", "/api/v1/namespaces/default/pods", {"metadata": {"name": "p"}, "spec": spec})
    assert code == 422
    assert "subPath" in told["message"]
