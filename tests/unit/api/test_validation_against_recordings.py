"""Defaults and validation beside what a real API server answered, where its recordings are at hand.

The rest of the suite compares whole answers; this is the quick look at one layer: every recorded create of an
object is either accepted by both or refused by both with the same causes.  What other layers decide
(names, allocation, admission, expressions) is left out.
"""

import collections
import gzip
import json
import pathlib
import urllib.parse
from typing import Any

import msgspec
import pytest

from steersman.api import codec, defaults, meta, resources, schema, validation
from steersman.api.status import StatusError

RECORDINGS = pathlib.Path(__file__).parents[4] / "shared" / "oracle" / "cases"
KINDS = (
    "configmaps", "pods", "podtemplates", "deployments.apps", "daemonsets.apps", "statefulsets.apps", "cronjobs.batch",
    "ingresses.networking.k8s.io", "networkpolicies.networking.k8s.io", "rolebindings.rbac.authorization.k8s.io",
)  # fmt: skip


def cases() -> Any:
    with gzip.open(RECORDINGS / "create.jsonl.gz", "rt") as lines:
        for line in lines:
            yield msgspec.json.decode(line)


def target(path: Any) -> Any:
    parts = urllib.parse.urlsplit(path)
    steps = parts.path.strip("/").split("/")
    group, version, steps = ("", steps[1], steps[2:]) if steps[0] == "api" else (steps[1], steps[2], steps[3:])
    namespace = ""
    if steps[0] == "namespaces" and len(steps) > 2:
        namespace, steps = steps[1], steps[2:]
    return resources.BUILTIN.find(group, version, steps[0]), namespace, dict(urllib.parse.parse_qsl(parts.query))


@pytest.mark.oracle
@pytest.mark.skipif(not RECORDINGS.exists(), reason="no recordings beside the project")
def test_creates_are_refused_where_the_reference_refuses_them() -> None:
    differences: collections.Counter[Any] = collections.Counter()
    compared = 0
    for case in cases():
        for step, answer in zip(case["steps"], case["answers"], strict=True):
            if step["method"] != "POST" or answer["code"] not in (201, 422):
                continue
            resource, namespace, query = target(step["path"])
            if resource is None or resource.name not in KINDS:
                continue
            body = json.dumps(step["body"]).encode()
            try:
                tree = codec.into(
                    resource.api_version, resource.kind, schema.node_of(resource), "application/json", body,
                    validation=codec.FieldValidation(query.get("fieldValidation") or "Warn"),
                ).tree  # fmt: skip
            except StatusError:
                continue
            tree["metadata"] = {**(tree.get("metadata") or {}), "namespace": namespace}
            defaults.apply(resource, tree)
            errors = [e for e in validation.create(resource, tree) if not e.field.startswith("metadata.")]
            errors += [e for e in meta.create(tree["metadata"], namespaced=True, name_rule=lambda name: [])
                       if not e.field.startswith("metadata.name")]  # fmt: skip
            got = sorted((str(e.type), e.field) for e in errors)
            causes = (answer["body"].get("details") or {}).get("causes") or ()
            wanted = sorted(
                (c["reason"], c.get("field", "")) for c in causes
                if not c.get("field", "").startswith(("metadata.name", "metadata.generateName"))
            )  # fmt: skip
            compared += 1
            if got != wanted:
                differences[resource.name, query.get("tag", "")] += 1
    assert compared > 500
    assert not differences
