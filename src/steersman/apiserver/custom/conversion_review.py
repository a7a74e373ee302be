"""The ConversionReview that a definition's webhook is sent, and what it may answer.  Pure.

A webhook gets objects of one version and gives them back in another, as many and in the same order.  It may change
everything but the metadata; of that only labels and annotations are its own.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from steersman.api import field, meta, names, status
from steersman.api.patch import gotext
from steersman.api.tree import MutableTree, Tree, at

GROUP = "apiextensions.k8s.io"
KIND = "ConversionReview"
VERSIONS = ("v1", "v1beta1")


class ConversionFailed(Exception):
    """An object cannot be had in the version asked for.  The text is fit for a client."""


def version_of(understood: Sequence[str]) -> str:
    for version in understood:
        if version in VERSIONS:
            return version
    raise ConversionFailed("no supported conversion review versions")


def request(trees: Sequence[Tree], api_version: str, uid: str, version: str) -> dict[str, Any]:
    asked = {"uid": uid, "desiredAPIVersion": api_version, "objects": list(trees)}
    return {"kind": KIND, "apiVersion": f"{GROUP}/{version}", "request": asked}


def kind_of(tree: Tree) -> str:
    """As errors name it: `example.com/v1, Kind=Widget`."""
    return f"{tree.get('apiVersion') or ''}, Kind={tree.get('kind') or ''}"


def converted(answer: Any, trees: Sequence[Tree], api_version: str, uid: str, version: str) -> list[MutableTree]:
    """The objects in the other version; what was sent is shared, not changed.  Raises ConversionFailed."""
    about = f"conversion webhook for {kind_of(trees[0])}"
    found = _objects(answer, uid, version, about)
    if len(found) != len(trees):
        raise ConversionFailed(f"{about} returned {len(found)} objects, expected {len(trees)}")
    return [
        _checked(new, old, api_version, index, about) for index, (new, old) in enumerate(zip(found, trees, strict=True))
    ]


def _objects(answer: Any, uid: str, version: str, about: str) -> Sequence[Any]:
    if not isinstance(answer, Mapping):
        raise ConversionFailed(f"{about} failed: the answer is no {KIND}")
    if version == "v1":
        given = (answer.get("apiVersion") or "", answer.get("kind") or "")
        if given != (f"{GROUP}/v1", KIND):
            raise ConversionFailed(
                f"{about} failed: expected webhook response of {GROUP}/v1, Kind={KIND}, "
                f"got {given[0] or '/'}, Kind={given[1]}"
            )
    response = answer.get("response")
    if not isinstance(response, Mapping):
        raise ConversionFailed(f"{about} failed: no response provided")
    if version == "v1" and response.get("uid") != uid:
        got = status.quoted(str(response.get("uid") or ""))
        raise ConversionFailed(f"{about} failed: expected response.uid={status.quoted(uid)}, got {got}")
    result = at(response, "result", "status", default="")
    if result != "Success":
        text = at(response, "result", "message") or f"response.result.status was '{result}', not 'Success'"
        raise ConversionFailed(f"{about} failed: {text}")
    found = response.get("convertedObjects")
    return found if isinstance(found, list) else []


def _checked(new: Any, old: Tree, api_version: str, index: int, about: str) -> MutableTree:
    where = f"{about} returned invalid object at index {index}"
    if not isinstance(new, dict) or not new.get("kind"):
        raise ConversionFailed(f"{where}: Object 'Kind' is missing")
    if new.get("apiVersion") != api_version:
        got = new.get("apiVersion") or ""
        raise ConversionFailed(f"{where}: invalid groupVersion (expected {api_version}, received {got})")
    if new["kind"] != old.get("kind"):
        raise ConversionFailed(f"{where}: invalid kind (expected {old.get('kind')}, received {new['kind']})")
    metadata: Mapping[str, Any] = old.get("metadata") or {}
    given = new.get("metadata")
    whole = f"{about} returned invalid"
    if isinstance(given, Mapping):
        for name, spoken in (("name", "name"), ("namespace", "namespace"), ("uid", "UID")):
            before, after = metadata.get(name) or "", given.get(name) or ""
            if before != after:
                raise ConversionFailed(f"{whole} object: must have the same {spoken}: {before} != {after}")
    try:
        restored = _restored(metadata, given)
    except ValueError as error:
        raise ConversionFailed(f"{whole} metadata: {error}") from error
    out: MutableTree = {"kind": old.get("kind"), "apiVersion": api_version, "metadata": restored}
    out.update((name, value) for name, value in new.items() if name not in out)
    return out


def _restored(metadata: Mapping[str, Any], given: Any) -> MutableTree:
    """The metadata as it was, with the labels and annotations that were given."""
    if given is None:
        raise ValueError("missing metadata in converted object")
    if not isinstance(given, Mapping):
        raise ValueError(f"invalid metadata of type {gotext.type_name(given)} in converted object")
    out = dict(metadata)
    for name in ("labels", "annotations"):
        found = given.get(name)
        if found is None:
            out.pop(name, None)
            continue
        if not isinstance(found, Mapping):
            raise ValueError(f"invalid metadata.{name} of type {gotext.type_name(found)} in converted object")
        for key, value in found.items():
            if not isinstance(value, str):
                kind = gotext.type_name(value)
                raise ValueError(f"metadata.{name}[{key}] must be a string, but is {kind} in converted object")
        if found != metadata.get(name):
            errors = _complaints(name, found)
            if errors:
                raise ValueError(field.summary(errors))
        out[name] = found
    return out


def _complaints(name: str, found: Mapping[str, str]) -> list[field.FieldError]:
    """What is wrong with labels or annotations, of an object that is sound otherwise."""
    tree = {"name": "x", name: found}
    return list(meta.create(tree, namespaced=False, name_rule=names.dns1123_subdomain))
