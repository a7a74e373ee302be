"""Whatever a webhook answers, it is a verdict, a conversion, or a refusal that says why; never a fault of ours."""

import base64
import contextlib
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from steersman.api.status import StatusError
from steersman.apiserver.admission.webhooks import calling, patching, refusals, review
from steersman.apiserver.custom import conversion_review

SCALARS = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=8) | st.sampled_from(["u", "v1"])
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
)
PATHS = st.sampled_from(["", "/", "/a", "/a/b", "/a/-", "/l/0", "/l/-", "/l/9", "/~1", "//", "a"])
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "remove", "replace", "test", "move", "copy", "odd"]), "path": PATHS},
    optional={"from": PATHS, "value": JSON},
)
PATCH = st.lists(OPERATIONS, max_size=5)
ENCODED = (PATCH | JSON).map(lambda tree: base64.b64encode(json.dumps(tree).encode()).decode()) | st.text(max_size=6)
RESPONSES = st.fixed_dictionaries(
    {},
    optional={
        "uid": st.just("u") | JSON, "allowed": st.booleans() | JSON, "patch": ENCODED | JSON,
        "patchType": st.just("JSONPatch") | JSON, "status": JSON | st.dictionaries(
            st.sampled_from(["message", "reason", "code", "status", "details"]), JSON
        ), "warnings": JSON, "auditAnnotations": JSON, "result": JSON | st.just({"status": "Success"}),
        "convertedObjects": JSON | st.lists(
            st.fixed_dictionaries({}, optional={
                "kind": st.just("Host") | JSON, "apiVersion": st.just("x/v2") | JSON,
                "metadata": JSON | st.fixed_dictionaries({}, optional={
                    "name": st.just("a") | JSON, "labels": JSON, "annotations": JSON,
                }),
            }), max_size=2,
        ),
    },
)  # fmt: skip
REVIEWS = JSON | st.fixed_dictionaries(
    {"response": RESPONSES | JSON},
    optional={
        "kind": st.sampled_from(["AdmissionReview", "ConversionReview"]) | JSON,
        "apiVersion": st.sampled_from(["admission.k8s.io/v1", "apiextensions.k8s.io/v1"]) | JSON,
    },
)


@given(REVIEWS, st.sampled_from(["v1", "v1beta1"]), st.booleans())
def test_an_answer_to_a_review(answer: Any, version: str, mutating: bool) -> None:
    try:
        verdict = review.verdict(answer, "u", version, mutating=mutating)
        patch = patching.operations("hook", verdict)
    except refusals.CallFailed:
        return
    assert mutating or not patch
    if not verdict.allowed:
        denial = refusals.denied("hook", verdict.result)
        assert 400 <= denial.code < 600
        json.dumps(denial.tree)
    tree = {"a": {"b": 1}, "l": [1, 2]}
    with contextlib.suppress(StatusError):
        patching.applied(tree, patch)
    assert tree == {"a": {"b": 1}, "l": [1, 2]}


@given(REVIEWS, st.sampled_from(["v1", "v1beta1"]))
def test_an_answer_to_a_conversion(answer: Any, version: str) -> None:
    tree = {"kind": "Host", "apiVersion": "x/v1", "metadata": {"name": "a", "resourceVersion": "1"}}
    try:
        (made,) = conversion_review.converted(answer, [tree], "x/v2", "u", version)
    except conversion_review.ConversionFailed:
        return
    assert (made["kind"], made["apiVersion"]) == ("Host", "x/v2")
    assert made["metadata"]["resourceVersion"] == "1"


CONTENTS = st.binary(max_size=20) | JSON.map(lambda tree: json.dumps(tree).encode())


@given(st.integers(100, 599), st.sampled_from(["", "text/plain", "application/json"]), CONTENTS)
def test_an_answer_that_is_an_error(code: int, media: str, content: bytes) -> None:
    assert isinstance(calling.refusal(code, media, content), str)
