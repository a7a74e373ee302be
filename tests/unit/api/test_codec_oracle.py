"""Bodies that the reference was sent, and what it said of them.  Skips where the oracle is not there."""

import gzip
import json
import pathlib
import urllib.parse
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from steersman.api import codec, resources, schema
from steersman.api.status import StatusError

CASES = pathlib.Path(__file__).resolve().parents[4] / "shared" / "oracle" / "cases"
pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not CASES.is_dir(), reason="the oracle is not beside the project"),
]
REFUSALS = ("cannot be handled", "unrecognized", "unknown format", "does not match the expected API")


def steps(category: str) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    with gzip.open(CASES / f"{category}.jsonl.gz", "rt") as lines:
        for line in lines:
            case = msgspec.json.decode(line)
            for step, answer in zip(case["steps"], case["answers"], strict=True):
                yield case["id"], step, answer


def resource_of(path: str) -> resources.Resource | None:
    """Of a collection's or an object's path; None for sub-resources and other paths."""
    parts = path.partition("?")[0].strip("/").split("/")
    group, version, rest = ("", parts[1], parts[2:]) if parts[0] == "api" else (parts[1], parts[2], parts[3:])
    if rest[:1] == ["namespaces"] and len(rest) > 2:
        rest = rest[2:]
    return resources.find(group, version, rest[0]) if 0 < len(rest) < 3 else None


@pytest.mark.parametrize("category", ["create", "update", "lifecycle"])
def test_bodies_are_refused_and_warned_of_as_the_reference_does(category: str) -> None:
    refused = 0
    for id, step, answer in steps(category):
        body, path = step.get("body"), step["path"]
        if step["method"] not in ("POST", "PUT") or body is None or path.count("/") < 3:
            continue
        resource = resource_of(path)
        if resource is None:
            continue
        query = dict(urllib.parse.parse_qsl(path.partition("?")[2]))
        media = (step.get("headers") or {}).get("Content-Type", "application/json")
        message = answer["body"].get("message", "") if answer["code"] == 400 else ""
        sent = (body if isinstance(body, str) else json.dumps(body)).encode()
        how = codec.FieldValidation(query.get("fieldValidation", "Warn"))
        refusal = None
        try:
            received = codec.into(
                resource.api_version, resource.kind, schema.node_of(resource), media, sent, validation=how
            )
        except StatusError as error:
            refusal = error.tree
        if refusal is not None:
            refused += 1
            assert refusal == answer["body"], id
            continue
        assert not any(part in message for part in REFUSALS), f"{id}: {message}"
        if answer["code"] < 300:
            told = [f'299 - "{each}"' for each in received.warnings]
            wanted = [each.replace('\\"', '"') for each in answer["warnings"] if "unknown field" in each]
            assert told == wanted, id
    assert refused > 100


def test_what_the_reference_answers_is_accepted_as_it_is() -> None:
    checked = 0
    for id, _, answer in steps("lifecycle"):
        body = answer["body"]
        if answer["code"] not in (200, 201) or not isinstance(body, dict):
            continue
        resource = resources.by_kind(body.get("apiVersion", ""), body.get("kind", ""))
        if resource is None:
            continue
        checked += 1
        accepted = codec.accept(schema.node_of(resource), body)
        assert (accepted.tree, accepted.problems) == (body, []), id
    assert checked > 500
