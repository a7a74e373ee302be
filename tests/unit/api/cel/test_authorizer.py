"""What an expression asks the authorizer, and what it learns."""

from typing import Any

import pytest

from steersman.api.cel import authorizer, requests
from steersman.cel import values
from steersman.kit import http

_ENVIRONMENT = requests.environment()
_REQUEST = {
    "requestResource": {"group": "apps", "version": "v1", "resource": "deployments"},
    "requestSubResource": "scale",
    "namespace": "web",
    "name": "front",
}


class _Recorder:
    def __init__(self) -> None:
        self.asked: list[authorizer.Attributes] = []

    def __call__(self, attributes: authorizer.Attributes) -> authorizer.Decision:
        self.asked.append(attributes)
        if attributes.verb == "fail":
            return authorizer.Decision(False, error="no idea")
        return authorizer.Decision(attributes.verb == "get", reason="because")


def _value(text: str, recorder: _Recorder | None = None) -> Any:
    who = authorizer.Authorizer(http.User("ann", ("devs",)), recorder or _Recorder())
    variables = {"object": None, **requests.authorizer_variables(who, _REQUEST)}
    return _ENVIRONMENT.program(_ENVIRONMENT.compile(text)).evaluate(variables)


def test_a_resource_is_asked_for_with_all_that_was_said_of_it() -> None:
    recorder = _Recorder()
    text = (
        "authorizer.group('').resource('pods').subresource('log').namespace('a').name('b')"
        ".fieldSelector('spec.nodeName=n').labelSelector('x=y').check('get').allowed()"
    )
    assert _value(text, recorder) is True
    assert recorder.asked == [
        authorizer.Attributes(
            http.User("ann", ("devs",)),
            "get",
            resource="pods",
            subresource="log",
            namespace="a",
            name="b",
            field_selector="spec.nodeName=n",
            label_selector="x=y",
        )
    ]


def test_the_resource_of_the_request_is_there_at_once() -> None:
    recorder = _Recorder()
    assert _value("authorizer.requestResource.check('delete').allowed()", recorder) is False
    (asked,) = recorder.asked
    assert (asked.group, asked.resource, asked.subresource) == ("apps", "deployments", "scale")
    assert (asked.namespace, asked.name, asked.verb) == ("web", "front", "delete")


def test_a_service_account_is_asked_for_by_its_name_and_groups() -> None:
    recorder = _Recorder()
    _value("authorizer.serviceAccount('a', 'b').path('/healthz').check('get').reason()", recorder)
    (asked,) = recorder.asked
    assert asked.user.name == "system:serviceaccount:a:b"
    assert asked.user.groups == ("system:serviceaccounts", "system:serviceaccounts:a")
    assert asked.path == "/healthz"


def test_a_decision_tells_its_reason_and_its_error() -> None:
    assert _value("authorizer.path('/x').check('get').reason()") == "because"
    assert _value("authorizer.path('/x').check('fail').errored()") is True
    assert _value("authorizer.path('/x').check('fail').error()") == "no idea"
    assert _value("authorizer.path('/x').check('get').error()") == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("authorizer.path(' ')", "path must not be empty"),
        ("authorizer.group('').resource('')", "resource must not be empty"),
        ("authorizer.serviceAccount('a', 'b!')", "Invalid service account name"),
        ("authorizer.serviceAccount('a.b', 'c')", "Invalid service account namespace"),
    ],
)
def test_what_cannot_be_asked_is_an_error(text: str, message: str) -> None:
    with pytest.raises(values.EvaluationError, match=message):
        _value(text)
