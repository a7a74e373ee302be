"""schemathesis reads the OpenAPI v3 that is served, and shoots at what it finds there.

A chosen part of the operations, each with requests that fit the document and requests that do not.  The requests go to
an API server in the same process, so that thousands cost seconds.  Checked: never a server error (but those that the
reference has, see `property.hostile.target`), and a success has a code and a content type that the document names.
Refusals it does not name; Kubernetes' own document does not either.
"""

import urllib.parse
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import requests
import schemathesis
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from property.hostile.target import Target

CORE, APPS, CUSTOM = "/openapi/v3/api/v1", "/openapi/v3/apis/apps/v1", "/openapi/v3/apis/x.example.com/v1"
IN = "/namespaces/{namespace}"
FITTING = [
    (CORE, "get", f"/api/v1{IN}/pods"),
    (CORE, "post", f"/api/v1{IN}/pods"),
    (CORE, "delete", f"/api/v1{IN}/configmaps"),
    (CORE, "put", f"/api/v1{IN}/pods/{{name}}"),
    (CORE, "patch", f"/api/v1{IN}/pods/{{name}}"),
    (CORE, "delete", f"/api/v1{IN}/services/{{name}}"),
    (CORE, "put", f"/api/v1{IN}/pods/{{name}}/ephemeralcontainers"),
    (CORE, "post", f"/api/v1{IN}/pods/{{name}}/eviction"),
    (CORE, "post", f"/api/v1{IN}/serviceaccounts/{{name}}/token"),
    (CORE, "post", f"/api/v1{IN}/services"),
    (CORE, "post", "/api/v1/nodes"),
    (CORE, "patch", "/api/v1/persistentvolumes/{name}"),
    (APPS, "post", f"/apis/apps/v1{IN}/deployments"),
    (APPS, "patch", f"/apis/apps/v1{IN}/statefulsets/{{name}}"),
    (APPS, "put", f"/apis/apps/v1{IN}/deployments/{{name}}/scale"),
    (CUSTOM, "post", f"/apis/x.example.com/v1{IN}/gizmos"),
    (CUSTOM, "patch", f"/apis/x.example.com/v1{IN}/gizmos/{{name}}"),
]
UNFITTING = [
    (CORE, "get", f"/api/v1{IN}/pods"),
    (CORE, "delete", f"/api/v1{IN}/configmaps"),
    (CORE, "post", f"/api/v1{IN}/configmaps"),
    (CORE, "post", f"/api/v1{IN}/serviceaccounts/{{name}}/token"),
    (CORE, "post", f"/api/v1{IN}/services"),
    (CORE, "patch", f"/api/v1{IN}/pods/{{name}}"),
    (APPS, "put", f"/apis/apps/v1{IN}/deployments/{{name}}/scale"),
    (CUSTOM, "post", f"/apis/x.example.com/v1{IN}/gizmos"),
]
"""Of kinds that are not large: breaking a pod's schema takes seconds to think of."""
SETTINGS = hypothesis.settings(
    max_examples=6, deadline=None, derandomize=True, database=None, phases=[hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)  # fmt: skip
CHECKED = [checks.status_code_conformance, checks.content_type_conformance]


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    made = Target()
    yield made
    made.alive()
    made.close()


@pytest.fixture(scope="module")
def documents(target: Target) -> dict[str, Any]:
    found = {}
    for path in (CORE, APPS, CUSTOM):
        code, document = target.shoot("GET", path)
        assert code == 200, path
        found[path] = schemathesis.openapi.from_dict(document)
    return found


@pytest.mark.parametrize(("document", "method", "path"), FITTING)
def test_requests_that_fit(target: Target, documents: dict[str, Any], document: str, method: str, path: str) -> None:
    shoot(target, documents[document][path][method.upper()], GenerationMode.POSITIVE)


@pytest.mark.parametrize(("document", "method", "path"), UNFITTING)
def test_requests_that_do_not(target: Target, documents: dict[str, Any], document: str, method: str, path: str) -> None:
    shoot(target, documents[document][path][method.upper()], GenerationMode.NEGATIVE)


def shoot(target: Target, operation: Any, mode: GenerationMode) -> None:
    @SETTINGS
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def each(case: Any) -> None:
        case.path_parameters = {"namespace": "default", "name": "a"}
        given = case.as_transport_kwargs(base_url="http://in.process")
        prepared = requests.Request(**{name: given[name] for name in given if name in _WANTED}).prepare()
        url = urllib.parse.urlsplit(str(prepared.url))
        body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body or b""
        headers = {name.lower(): value for name, value in prepared.headers.items()}
        code, content, media = target.answered(
            str(prepared.method), f"{url.path}?{url.query}", body, headers=headers, type=headers.get("content-type", "")
        )
        if code < 400:
            case.validate_response(_response(prepared, code, content, media), checks=CHECKED)

    each()


_WANTED = ("method", "url", "headers", "params", "data", "json", "files")


def _response(request: requests.PreparedRequest, code: int, content: bytes, media: str) -> schemathesis.Response:
    return schemathesis.Response(code, {"content-type": [media]}, content, request, elapsed=0.0, verify=True)
