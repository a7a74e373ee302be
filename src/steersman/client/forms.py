"""How requests are written and answers read: paths, queries, options, and what is in a list."""

from typing import Any

import msgspec

from steersman.api import resources
from steersman.api.tree import Tree
from steersman.client import errors
from steersman.kit import http


class RawMeta(msgspec.Struct):
    resourceVersion: str = ""  # noqa: N815  the API's spelling
    more: str = msgspec.field(name="continue", default="")


class RawList(msgspec.Struct):
    metadata: RawMeta = msgspec.field(default_factory=RawMeta)
    items: list[msgspec.Raw] | None = None


raw_list = msgspec.json.Decoder(RawList)


def answer_code(answer: http.Answer) -> int:
    """The status code of any answer."""
    return 101 if isinstance(answer, http.Upgrade) else answer.status


def decoded(answer: http.Response, *, lenient: bool = False) -> object:
    if answer.tree is not None:
        return answer.tree
    body = answer.body
    if not body:
        return {}
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        if lenient:
            return None
        raise errors.from_answer(500, None, f"the server did not answer JSON: {error}") from error


def stamped(item: Tree, kind: resources.Resource) -> Tree:
    """An item of a list with the kind that lists leave out."""
    if "kind" in item:
        return item
    return {"kind": kind.kind, "apiVersion": kind.api_version, **item}


def meta(tree: Tree, key: str) -> str:
    return str((tree.get("metadata") or {}).get(key) or "")


def selection(labels: str, fields: str, version: str, limit: int, more: str) -> list[tuple[str, str]]:
    pairs = (
        ("labelSelector", labels),
        ("fieldSelector", fields),
        ("resourceVersion", version),
        ("limit", str(limit) if limit else ""),
        ("continue", more),
    )
    return [pair for pair in pairs if pair[1]]


def delete_options(uid: str, version: str, grace: int | None, propagation: str) -> dict[str, Any]:
    body: dict[str, Any] = {"kind": "DeleteOptions", "apiVersion": "v1"}
    if uid or version:
        conditions = {"uid": uid, "resourceVersion": version}
        body["preconditions"] = {key: value for key, value in conditions.items() if value}
    if grace is not None:
        body["gracePeriodSeconds"] = grace
    if propagation:
        body["propagationPolicy"] = propagation
    return body
