import pytest

from steersman.apiserver.http import info


@pytest.mark.parametrize(
    ("method", "path", "verb", "what"),
    [
        ("GET", "/api/v1/pods", "list", ("", "v1", "", "pods", "", "")),
        ("GET", "/api/v1/namespaces/web/pods/a", "get", ("", "v1", "web", "pods", "a", "")),
        ("GET", "/api/v1/namespaces/web/pods/a/log", "get", ("", "v1", "web", "pods", "a", "log")),
        ("POST", "/apis/apps/v1/namespaces/web/deployments", "create", ("apps", "v1", "web", "deployments", "", "")),
        ("DELETE", "/api/v1/nodes", "deletecollection", ("", "v1", "", "nodes", "", "")),
        ("DELETE", "/api/v1/nodes/n1", "delete", ("", "v1", "", "nodes", "n1", "")),
        ("PUT", "/api/v1/namespaces/web", "update", ("", "v1", "web", "namespaces", "web", "")),
        ("PUT", "/api/v1/namespaces/web/finalize", "update", ("", "v1", "web", "namespaces", "web", "finalize")),
        ("GET", "/api/v1/watch/namespaces/web/pods", "watch", ("", "v1", "web", "pods", "", "")),
        ("GET", "/api/v1/namespaces/default/", "get", ("", "v1", "default", "namespaces", "default", "")),
    ],
)
def test_a_path_says_what_a_request_is_about(method: str, path: str, verb: str, what: tuple[str, ...]) -> None:
    found = info.parse(method, path)
    assert found.is_resource
    assert found.verb == verb
    assert (found.group, found.version, found.namespace, found.resource, found.name, found.subresource) == what


@pytest.mark.parametrize("path", ["/", "/healthz", "/api", "/apis/apps", "/apis/apps/v1", "/version", "/API/v1/pods"])
def test_other_paths_are_no_resource(path: str) -> None:
    found = info.parse("GET", path)
    assert not found.is_resource
    assert found.verb == "get"


@pytest.mark.parametrize(("text", "verb"), [("1", "watch"), ("true", "watch"), ("abc", "watch"), ("false", "list")])
def test_a_watch_is_a_list_with_a_parameter(text: str, verb: str) -> None:
    assert info.parse("GET", "/api/v1/pods", [("watch", text)]).verb == verb


def test_an_encoded_slash_makes_no_segment_and_names_nothing() -> None:
    found = info.parse("GET", "/api/v1/namespaces/a%2Fb/pods/c")
    assert found.namespace == "a/b"
    assert found.name == "c"
    assert found.unknown


def test_what_follows_a_proxy_stays_encoded() -> None:
    found = info.parse("GET", "/api/v1/nodes/n1/proxy/a%20b/c/")
    assert (found.subresource, found.rest) == ("proxy", "/a%20b/c/")
