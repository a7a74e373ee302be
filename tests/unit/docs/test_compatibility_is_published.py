"""The page that says how Steersman compares with kube-apiserver is made from a replay, and hides nothing."""

import gzip
import importlib.machinery
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("compatibility", str(ROOT / "scripts" / "compatibility"))
    spec = importlib.util.spec_from_loader("compatibility", loader)
    assert spec is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules["compatibility"] = made  # dataclasses look there
    loader.exec_module(made)
    return made


def step(case: str, number: int, *differences: str, request: str = "GET /x") -> dict[str, Any]:
    return {"case": case, "step": number, "request": request, "wrong": ["body"], "differences": list(differences)}


CASES = [("create", "create/apps/v1/Deployment/d/0", 10), ("create", "create/v1/Pod/p/1", 5), ("auth", "auth/rbac", 5)]
SIGNING = "create/certificates.k8s.io/v1/CertificateSigningRequest/c/0"


def test_equal_and_total_are_counted_by_kind_and_category(script: ModuleType) -> None:
    text = script.page(CASES, [step("create/v1/Pod/p/1", 2, "code: want 422 got 201")], [])
    assert "**19 of 20 steps are equal (95.00 %).**" in text
    assert "| create | 14 | 15 | 93.33 % |" in text
    assert "| create | v1 Pod | **4** | 5 |" in text
    assert "| create | apps/v1 Deployment | 10 | 10 |" in text
    assert "| auth | rbac | 5 | 5 |" in text


def test_what_no_reason_explains_is_listed_as_unexplained(script: ModuleType) -> None:
    report = [step("auth/rbac", 1, "code: want 200 got 403"), step("auth/rbac", 4, "code: want 200 got 403")]
    text = script.page(CASES, report, script.reasons())
    assert "### Unexplained (2 steps)" in text
    assert "* `auth/rbac` steps 1, 4: `code: want 200 got 403`" in text


def test_a_reason_explains_what_its_patterns_find(script: ModuleType) -> None:
    report = [step(SIGNING, 3, 'body.spec.username: want "admin" got "kubernetes-admin"')]
    text = script.page([*CASES, ("create", SIGNING, 4)], report, script.reasons())
    assert "Unexplained" not in text
    assert "which no two clusters share" in text
    report[0]["differences"].append("body.spec.usages: want 1 got 2")
    assert "Unexplained" in script.page([*CASES, ("create", SIGNING, 4)], report, script.reasons())


def test_nearly_all_is_not_all(script: ModuleType) -> None:
    assert script.share(99_999, 100_000) == "99.99 %"
    assert script.share(5, 5) == "100 %"


def test_steps_that_only_prepare_are_not_counted(script: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "cases").mkdir()
    case = {"category": "auth", "id": "auth/rbac", "steps": [{"setup": True}, {}, {}]}
    with gzip.open(tmp_path / "cases" / "a.jsonl.gz", "wt") as file:
        file.write(json.dumps(case) + "\n")
    assert list(script.recorded(tmp_path)) == [("auth", "auth/rbac", 2)]


def test_the_page_is_there_and_names_no_folder_of_ours(script: ModuleType) -> None:
    text = script.PAGE.read_text()
    assert "recorded conversations with kube-apiserver v1.36.2" in text
    assert "/shared" not in text
