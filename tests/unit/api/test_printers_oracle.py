"""Every Table that a real kube-apiserver answered, made again from the objects that it showed elsewhere."""

import gzip
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from steersman.api import printers, resources

CASES = pathlib.Path(__file__).parents[3].parent / "shared" / "oracle" / "cases"
AGE = re.compile(r"(<unknown>|<invalid>|\d+[smhdy](\d+[smhdy])*)")
NOW = 1795408200.0  # a little after the recording

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not CASES.is_dir(), reason="../shared/oracle is not there"),
]


def _cases(file: pathlib.Path) -> Iterator[dict[str, Any]]:
    """Those in which a Table was asked for."""
    with gzip.open(file, "rt") as lines:
        for line in lines:
            if "as=Table" in line:
                yield msgspec.json.decode(line)


def _objects(body: Any) -> Iterator[dict[str, Any]]:
    """The full objects in an answer: one, a list's, a watch's."""
    if isinstance(body, list):
        for event in body:
            yield from _objects(event.get("object") if isinstance(event, dict) else None)
    elif isinstance(body, dict):
        for item in body.get("items") or ():
            yield from _objects(item)
        if "metadata" in body and body.get("kind") not in ("Table", "PartialObjectMetadata"):
            yield body


def _tables(body: Any) -> Iterator[dict[str, Any]]:
    if isinstance(body, list):
        for event in body:
            yield from _tables(event.get("object") if isinstance(event, dict) else None)
    elif isinstance(body, dict) and body.get("kind") == "Table":
        yield body


def _resource(path: str) -> resources.Resource:
    parts = path.split("?")[0].strip("/").split("/")
    group, version, rest = ("", parts[1], parts[2:]) if parts[0] == "api" else (parts[1], parts[2], parts[3:])
    if rest[0] == "namespaces" and len(rest) > 2 and rest[2] != "status":
        rest = rest[2:]
    if rest[-1] == "scale":
        return resources.Resource("autoscaling", "v1", "scales", "Scale", namespaced=True)
    found = resources.find(group, version, rest[0])
    assert found is not None
    return found


def _recorded() -> Iterator[tuple[str, resources.Resource, dict[str, Any], dict[tuple[Any, Any, bool], Any]]]:
    """Each Table with its resource, and the objects of its case by uid and resourceVersion."""
    for file in sorted(CASES.glob("*.gz")):
        for case in _cases(file):
            known = {
                (o["metadata"].get("uid"), o["metadata"].get("resourceVersion"), o.get("kind") == "Scale"): o
                for answer in case["answers"]
                for o in _objects(answer["body"])
            }
            for step, answer in zip(case["steps"], case["answers"], strict=True):
                for table in _tables(answer["body"]):
                    yield f"{case['id']} {step['path']}", _resource(step["path"]), table, known


def _masked(cells: list[Any]) -> list[Any]:
    return ["<age>" if isinstance(c, str) and AGE.fullmatch(c) else _without_age(c) for c in cells]


def _without_age(cell: Any) -> Any:
    return re.sub(r"\(\S+ ago\)", "(<age> ago)", cell) if isinstance(cell, str) else cell


def test_column_definitions_are_the_recorded_ones() -> None:
    seen = 0
    for where, resource, table, _ in _recorded():
        if table["columnDefinitions"]:
            seen += 1
            assert printers.table(resource, [], now=NOW)["columnDefinitions"] == table["columnDefinitions"], where
    assert seen > 100


def test_cells_are_the_recorded_ones() -> None:
    compared, missing = 0, []
    for where, resource, table, known in _recorded():
        for row in table["rows"]:
            metadata = (row.get("object") or {}).get("metadata") or {}
            found = known.get((metadata.get("uid"), metadata.get("resourceVersion"), resource.kind == "Scale"))
            if found is None or not metadata:  # shown nowhere in full, or not named
                missing.append(where)
                continue
            compared += 1
            made = printers.table(resource, [found], now=NOW)["rows"][0]
            assert _masked(made["cells"]) == _masked(row["cells"]), where
            assert made.get("conditions") == row.get("conditions"), where
    assert compared > 100, missing


def test_what_is_no_table_is_said_not_to_be_convertible() -> None:
    for file in sorted(CASES.glob("lifecycle*.gz")):
        for case in _cases(file):
            for step, answer in zip(case["steps"], case["answers"], strict=True):
                last = step["path"].split("?")[0].split("/")[-1]
                if "as=Table" in str(step.get("headers")) and last in ("status", "resize", "approval", "scale"):
                    path = step["path"].removesuffix("/" + last)
                    is_table = answer["body"].get("kind") == "Table"
                    assert printers.is_convertible(_resource(path), last) == is_table, step["path"]
