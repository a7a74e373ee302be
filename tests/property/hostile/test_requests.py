"""Paths, parameters, selectors, tokens and headers of any form."""

import base64
import json

import hypothesis
from hypothesis import strategies as st

from property.hostile import shots
from property.hostile.target import CONFIG_MAPS, GIZMOS, OBJECTS, Target
from steersman.apiserver.server import SELF
from steersman.kit import http

SEGMENTS = st.sampled_from([
    "api", "apis", "v1", "apps", "namespaces", "default", "pods", "a", "configmaps", "watch", "status", "scale",
    "..", ".",
    "%2e%2e", "%2f", "a%2fb", "%00", "%", "%zz", "é", "%ff", "a" * 300, "", "*", "deployments", "nodes", "proxy", "log",
    "exec", "attach", "portforward", "eviction", "binding", "token", "finalize", "ephemeralcontainers", "resize",
    "x.example.com", "gizmos", "secrets", "services", "openapi", "v2", "v3", "healthz", "readyz", "livez", "metrics",
    "version", ".well-known", "openid-configuration", "jwks", "nodes:80", "https:a:80", "a:b:c:d", ":::",
])  # fmt: skip
METHODS = st.sampled_from(
    ["GET", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO", "get", ""]
)
PARAMETERS = st.sampled_from([
    "limit", "continue", "resourceVersion", "resourceVersionMatch", "watch", "timeoutSeconds", "timeout",
    "labelSelector",
    "fieldSelector", "dryRun", "fieldManager", "fieldValidation", "force", "pretty", "includeObject",
    "allowWatchBookmarks",
    "sendInitialEvents", "gracePeriodSeconds", "propagationPolicy", "orphanDependents", "container", "tailLines",
    "sinceSeconds", "sinceTime", "limitBytes", "follow", "command", "path", "ports", "exclude", "verbose",
])  # fmt: skip
VALUES = shots.TEXTS | shots.NUMBERS.map(str) | st.text(max_size=8) | st.sampled_from([
    "Exact", "NotOlderThan", "All", "Strict", "Foreground", "Orphan", "Object", "Metadata", "٣", "+5", "1_000",
    "9" * 5000,
    "1s", "1000h", "-1s", "1e9h",
])  # fmt: skip
HEADERS = st.dictionaries(
    st.sampled_from([
        "accept", "content-type", "authorization", "impersonate-user", "impersonate-group", "impersonate-uid",
        "impersonate-extra-x", "impersonate-extra-", "impersonate-extra-%2f", "user-agent", "sec-websocket-protocol",
        "upgrade", "connection", "if-none-match", "x-forwarded-for",
    ]),
    VALUES | st.sampled_from([
        "application/yaml", "application/vnd.kubernetes.protobuf", "application/json;as=Table;v=v1;g=meta.k8s.io",
        "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io", "application/json;q=nan,*/*;q=inf",
        ";;;", ",,,",
        "application/json;as=APIGroupDiscoveryList;v=v2;g=apidiscovery.k8s.io", "Bearer x", "Bearer a.b.c",
        "Basic eDp5",
        "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer abcdef.0123456789abcdef", "system:serviceaccount:a:b",
        "system:serviceaccount::", "system:node:a", "base64url.bearer.authorization.k8s.io.AA", "websocket", "spdy/3.1",
    ]),
    max_size=3,
)  # fmt: skip
USERS = st.sampled_from([
    SELF, SELF, None, http.User("u", ("system:authenticated",)), http.User("system:node:a", ("system:nodes",)),
])  # fmt: skip
COLLECTIONS = st.sampled_from([path for path, _ in OBJECTS] + [GIZMOS])


@st.composite
def places(draw: st.DrawFn) -> str:
    match draw(st.integers(0, 3)):
        case 0:
            return "/" + "/".join(draw(st.lists(SEGMENTS, max_size=8)))
        case 1:
            return draw(COLLECTIONS)
        case 2:
            return "/".join([draw(COLLECTIONS), "a", *draw(st.lists(SEGMENTS, max_size=2))])
    return draw(COLLECTIONS) + draw(st.sampled_from(["/", "//", "/a//b", "/./a", "/../a", "/%2e%2e/a"]))


@shots.SETTINGS
@hypothesis.given(METHODS, places(), st.lists(st.tuples(PARAMETERS, VALUES), max_size=3), HEADERS, USERS)
def test_any_request(
    target: Target,
    method: str,
    path: str,
    query: list[tuple[str, str]],
    headers: dict[str, str],
    user: http.User | None,
) -> None:
    target.shoot(method, path, query=[*query, ("dryRun", "All")], headers=headers, user=user)


@shots.SETTINGS
@hypothesis.given(COLLECTIONS, st.lists(st.tuples(PARAMETERS, VALUES), min_size=1, max_size=4))
def test_any_parameters_of_a_list(target: Target, path: str, query: list[tuple[str, str]]) -> None:
    target.shoot("GET", path, query=query)


SIGNS = st.text(st.sampled_from("ab=!,()<> in\\/.é\0"), max_size=16)
TERMS = st.sampled_from([
    "a=b", "a in (b,c)", "a notin ()", "!a", "a>1", "a<x", "a==", "a!=b,", "(", "a in (", "a in (b", "=b", ",,", "a b",
    "a" * 400 + "=b", "x/y/z=1", "a in (,)", "a>99999999999999999999", "in in (in)", "notin", "metadata.name=a",
    "metadata.name!=a", "metadata.name=a\\,b", "metadata.name=a\\", "spec.foo=bar", "metadata.name=../x",
    "metadata.name=a/b", "metadata.namespace=../x", "status.phase=Running", "spec.nodeName=",
])  # fmt: skip


@shots.SETTINGS
@hypothesis.given(
    COLLECTIONS, st.sampled_from(["labelSelector", "fieldSelector"]), SIGNS | st.lists(TERMS).map(",".join)
)
def test_any_selector(target: Target, path: str, kind: str, text: str) -> None:
    target.shoot("GET", path, query=[(kind, text)])
    target.shoot("GET", path, query=[(kind, text), ("watch", "1"), ("timeoutSeconds", "1")])
    target.shoot("DELETE", path, query=[(kind, text), ("dryRun", "All")])


TOKENS = st.one_of(
    shots.TEXTS,
    st.binary(max_size=40).map(lambda raw: base64.urlsafe_b64encode(raw).decode()),
    st.builds(
        lambda version, revision, start: base64.urlsafe_b64encode(
            json.dumps({"v": version, "rv": revision, "start": start}).encode()
        ).decode().rstrip("="),
        st.sampled_from(["meta.k8s.io/v1", "meta.k8s.io/v1", "meta.k8s.io/v1", "x", None, 1]),
        st.sampled_from([-1, 0, 1, 5, 200, 10**30, None, "x", 1.5, True, -5]),
        st.sampled_from(["a\0", "a", "", "/", "../x", "\0", "é", None, 1, "x/../y", "\ud800", "a" * 5000,
        "default/a\0"]),
    ),
    st.just(base64.urlsafe_b64encode(b"[" * 2000).decode()),
)  # fmt: skip


@shots.SETTINGS
@hypothesis.given(COLLECTIONS, TOKENS, st.sampled_from(["", "1", "5"]))
def test_any_continue_token(target: Target, path: str, token: str, limit: str) -> None:
    code, listed = target.shoot("GET", path, query=[("continue", token), ("limit", limit)])
    if code == 200:
        kinds = {item.get("kind") for item in listed["items"]}
        assert len(kinds) <= 1, "a token led out of its collection"


def test_a_token_of_one_list_shows_nothing_of_another(target: Target) -> None:
    for name in ("t1", "t2", "t3"):
        target.shoot("POST", CONFIG_MAPS, {"metadata": {"name": name}})
    code, listed = target.shoot("GET", f"{CONFIG_MAPS}?limit=1")
    assert code == 200
    token = listed["metadata"]["continue"]
    for path, tree in OBJECTS:
        code, other = target.shoot("GET", path, query=[("continue", token)])
        assert code in (200, 410)
        if code == 200 and "configmaps" not in path:
            assert all("data" not in item or "configmaps" in path or tree.get("data") for item in other["items"])
