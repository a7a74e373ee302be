"""The roles that every cluster begins with are those of a real server."""

import gzip
import json
import pathlib
from typing import Any

import pytest

from steersman.apiserver.access import bootstrap

CASES = pathlib.Path(__file__).parents[4] / "shared/oracle/cases/auth.jsonl.gz"


def key(tree: Any, kind: str) -> tuple[str, str, str]:
    return (kind, tree["metadata"].get("namespace", ""), tree["metadata"]["name"])


@pytest.mark.oracle
def test_roles_and_bindings_equal_those_of_a_real_server() -> None:
    if not CASES.exists():
        pytest.skip(f"{CASES} is not there")
    with gzip.open(CASES) as file:
        case = json.loads(next(iter(file)))
    real = {}
    for answer in case["answers"]:
        body = answer["body"]
        if not isinstance(body, dict) or not body.get("apiVersion", "").startswith("rbac."):
            continue
        if not body["kind"].endswith("List"):
            continue
        for item in body["items"]:
            meta = {k: v for k, v in item["metadata"].items() if k in ("name", "namespace", "labels", "annotations")}
            if "kubernetes.io/bootstrapping" in meta.get("labels", {}):
                kind = body["kind"].removesuffix("List")
                real[key(item, kind)] = {**item, "metadata": meta}
    ours = {
        key(tree, tree["kind"]): {k: v for k, v in tree.items() if k not in ("kind", "apiVersion")}
        for tree in bootstrap.objects()
        if tree["metadata"].get("namespace", "kube-system") == "kube-system"
    }
    assert len(real) == 135
    assert ours == real


def test_a_binding_refers_to_a_role_that_is_there() -> None:
    objects = bootstrap.objects()
    present = {key(tree, tree["kind"]) for tree in objects}
    for tree in objects:
        if "roleRef" in tree:
            where = "" if tree["roleRef"]["kind"] == "ClusterRole" else tree["metadata"]["namespace"]
            assert (tree["roleRef"]["kind"], where, tree["roleRef"]["name"]) in present


def test_reconciling_adds_what_was_taken_away_and_keeps_what_was_added() -> None:
    wanted = next(tree for tree in bootstrap.objects() if tree["metadata"]["name"] == "system:basic-user")
    found = {**wanted, "rules": [wanted["rules"][0], {"verbs": ["get"], "nonResourceURLs": ["/mine"]}]}
    mended = bootstrap.reconciled(wanted, found)
    assert mended is not None
    assert mended["rules"] == [*found["rules"], wanted["rules"][1]]
    assert bootstrap.reconciled(wanted, mended) is None


def test_an_object_that_says_so_is_left_alone() -> None:
    wanted = bootstrap.objects()[0]
    meta = {**wanted["metadata"], "annotations": {"rbac.authorization.kubernetes.io/autoupdate": "false"}}
    assert bootstrap.reconciled(wanted, {**wanted, "metadata": meta, "rules": []}) is None
