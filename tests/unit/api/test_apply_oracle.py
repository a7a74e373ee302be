"""Patches, applies and managedFields compared with what a real kube-apiserver answered.

An answer shows the object after admission and the registry, a patch or an entry is made before them: so the
comparison goes from answer to answer, and knows the few fields that the server sets between the two.
"""

import functools
import gzip
import pathlib
import re
import urllib.parse
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import pytest

from steersman.api import resources, schema
from steersman.api.apply import conflict, fieldset, managed, reset, server_side
from steersman.api.patch import json_patch, merge_patch, strategic
from steersman.api.patch import refusal as refusals
from steersman.api.status import StatusError
from steersman.api.tree import Tree

CASES = pathlib.Path(__file__).parents[4] / "shared" / "oracle" / "cases"

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not CASES.is_dir(), reason="../shared/oracle is not there"),
]

SERVER_SET = re.compile(
    r"\.metadata\.finalizers|\.spec\.finalizers|\.spec\.(clusterIPs?|ipFamil\w+|healthCheckNodePort)$|nodePort$"
    r"|\.spec\.(preemptionPolicy|priority|serviceAccount(Name)?|tolerations|volumes|selector|taints)"
    r"|volumeMounts|^\.status|job-name|controller-uid|limit-ranger|resources\.(limits|requests)"
    r"|metadata\.(annotations|labels)(\.kubernetes\.io/metadata\.name)?$"
)
"""Fields that admission or the registry sets after ownership is decided."""

EMPTIED = re.compile(
    r"^\.(rules|endpoints|spec\.(limits|drivers|validationActions|devices\.requests|spec\.devices\.requests))$"
)
"""Lists that were sent empty and are shown as null; and one that is required but left out when empty."""


class Step(NamedTuple):
    where: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    code: int
    answer: Any


@functools.cache
def conversations(category: str) -> list[list[Step]]:
    with gzip.open(CASES / f"{category}.jsonl.gz") as lines:
        return [list(steps(msgspec.json.decode(line))) for line in lines]


def steps(case: Any) -> Iterator[Step]:
    for i, (step, answer) in enumerate(zip(case["steps"], case["answers"], strict=True)):
        url = urllib.parse.urlsplit(step["path"])
        body = step.get("body")
        if isinstance(body, str):
            try:
                body = msgspec.json.decode(body)
            except msgspec.DecodeError:
                continue
        yield Step(
            f"{case['id']} step {i}", step["method"], url.path, dict(urllib.parse.parse_qsl(url.query)),
            step.get("headers") or {}, body, answer["code"], answer["body"],
        )  # fmt: skip


def typed_answer(step: Step) -> tuple[resources.Resource, schema.Node] | None:
    """The kind of an answer that is an object of a built-in kind."""
    tree = step.answer
    if not isinstance(tree, dict) or step.code >= 300 or "metadata" not in tree:
        return None
    found = resources.by_kind(tree["apiVersion"], tree["kind"])
    if found is None or tree["kind"] in ("Scale", "PartialObjectMetadata"):
        return None
    try:
        return found, schema.node_of(found)
    except KeyError:
        return None


def timeless(entries: Any) -> list[str]:
    return sorted(
        msgspec.json.encode({k: v for k, v in entry.items() if k != "time"}, order="sorted").decode()
        for entry in entries or ()
    )


@pytest.mark.parametrize("category", ["create", "patch", "lifecycle"])
def test_a_creator_owns_what_the_reference_says(category: str) -> None:
    seen = 0
    for conversation in conversations(category):
        for step in conversation:
            kind = typed_answer(step) if step.method == "POST" else None
            if kind is None or not step.answer["metadata"].get("managedFields"):
                continue
            entry = step.answer["metadata"]["managedFields"][0]
            found = managed.updated(
                None, step.answer, kind[1], (), manager=entry["manager"], api_version=kind[0].api_version,
                now=entry["time"], reset=reset.fields(kind[0].group, kind[0].kind),
            )  # fmt: skip
            got = found[0] if found else {**entry, "fieldsV1": {}}
            fieldset.check(got["fieldsV1"])
            seen += 1
            for extra in fieldset.paths(fieldset.difference(got["fieldsV1"], entry["fieldsV1"])):
                assert SERVER_SET.search(fieldset.shown(extra)), (step.where, fieldset.shown(extra))
            for missing in fieldset.paths(fieldset.difference(entry["fieldsV1"], got["fieldsV1"])):
                assert EMPTIED.search(fieldset.shown(missing)), (step.where, fieldset.shown(missing))
            if got["fieldsV1"] == entry["fieldsV1"]:
                assert msgspec.json.encode(got) == msgspec.json.encode(entry), "the same, in the same order"
    assert seen > 10


OWN_WAYS = re.compile(
    r"DaemonSet/base-ds step (13|32)$"  # the registry puts an annotation back
    r"|CustomResourceDefinition/\S+ step 57$"  # the finalizer's controller wrote at the same time
)


@pytest.mark.parametrize("category", ["patch", "lifecycle"])
def test_writes_move_ownership_as_in_the_reference(category: str) -> None:
    for step, old, kind, subresource in writes(category):
        if step.code >= 300 or OWN_WAYS.search(step.where):
            continue
        who = managed.manager_name(step.query.get("fieldManager", ""), "")
        ignored = reset.fields(kind[0].group, kind[0].kind, subresource)
        version = kind[0].api_version
        entries = (old or {}).get("metadata", {}).get("managedFields") or []
        if "apply" in step.headers.get("Content-Type", ""):
            got = server_side.apply(
                old, step.body, kind[1], entries, manager=who, force="force" in step.query, api_version=version,
                now="", subresource=subresource, reset=ignored,
            ).entries  # fmt: skip
        elif old is not None:
            sent = (
                step.body["metadata"].get("managedFields")
                if isinstance(step.body, dict) and "metadata" in step.body
                else None
            )
            base = managed.base(entries, sent, subresource=bool(subresource))
            got = managed.updated(
                old, step.answer, kind[1], base, manager=who, api_version=version, now="", subresource=subresource,
                reset=ignored,
            )  # fmt: skip
        else:
            continue
        assert timeless(got) == timeless(step.answer["metadata"].get("managedFields")), step.where


def writes(category: str) -> Iterator[tuple[Step, Tree | None, tuple[resources.Resource, schema.Node], str]]:
    """Every PUT and PATCH with the object as it was before, its kind, and the subresource written to."""
    for conversation in conversations(category):
        objects: dict[str, Any] = {}
        for step in conversation:
            path, _, last = step.path.rpartition("/")
            subresource = last if last in ("status", "scale", "approval") else ""
            path = path if subresource else step.path
            known = objects.get(path)
            kind = typed_answer(step)
            if step.method in ("PUT", "PATCH") and (known or kind):
                of = known[1] if known else kind
                if of is not None and (kind or step.code >= 300):
                    yield step, known[0] if known else None, of, subresource
            if kind is not None and "dryRun" not in step.query:
                name = step.answer["metadata"].get("name", "")
                objects[path if step.method != "POST" else f"{path}/{name}"] = (step.answer, kind)


@pytest.mark.parametrize("category", ["patch", "lifecycle"])
def test_refusals_of_patches_are_the_reference_s(category: str) -> None:
    seen = 0
    for step, old, kind, _ in writes(category):
        content = step.headers.get("Content-Type", "")
        if step.method != "PATCH" or old is None or ("apply" in content and "fieldManager" not in step.query):
            continue
        refused = refusal(step, old, kind[1], content)
        if refused is None or '"sc" with subresource "scale"' in step.answer.get("message", ""):
            continue  # later stages may refuse; and a write to scale is not followed here
        seen += 1
        assert refused == {key: step.answer.get(key) for key in refused}, step.where
    assert seen > 5


def test_a_patched_object_that_does_not_decode_is_shown_as_the_reference_shows_it() -> None:
    seen = 0
    for step, old, kind, _ in writes("patch"):
        message = step.answer.get("message", "")
        content = step.headers.get("Content-Type", "")
        if old is None or " is invalid: patch: " not in message or "strategic" in content:
            continue
        seen += 1
        shown = refusals.bad_result(refusals.of_result(old, patched(step, old, kind[1], content)), "json: ").message
        assert message.startswith(shown), step.where
    assert seen >= 3


def refusal(step: Step, old: Tree, node: schema.Node, content: str) -> Any:
    """What a patch is refused with, where it is."""
    try:
        patched(step, old, node, content)
    except StatusError as error:
        return {key: error.tree.get(key) for key in ("code", "message", "reason", "details")}
    except conflict.ApplyConflict as error:
        return dict(error.refusal().tree)
    return None


def patched(step: Step, old: Tree, node: schema.Node, content: str) -> Any:
    if "json-patch" in content:
        return json_patch.apply(old, json_patch.decode(step.body))
    if "strategic" in content:
        return strategic.apply(old, step.body, node)
    if "apply" in content:
        configuration = server_side.checked(step.body, old["apiVersion"], node)
        return server_side.apply(
            old, configuration, node, old["metadata"].get("managedFields") or [], now="",
            manager=step.query["fieldManager"], force="force" in step.query, api_version=old["apiVersion"],
        ).tree  # fmt: skip
    return merge_patch.apply(old, step.body) if "merge-patch" in content else None
