"""How the reference refuses a patch: the few answers that all kinds of patch share."""

from collections.abc import Mapping
from typing import Any

import msgspec

from steersman.api import field, status
from steersman.api.patch import gotext
from steersman.api.status import StatusError


def undecodable(why: str) -> StatusError:
    """The patch itself cannot be read."""
    return status.bad_request(f"error decoding patch: {why}")


def no_map(patch: Any) -> StatusError:
    """A strategic patch that is no object: of all patches the one whose refusal has no words in front."""
    return status.bad_request(
        f"json: cannot unmarshal {gotext.kind(patch)} into Go value of type map[string]interface {{}}"
    )


def null() -> StatusError:
    """A merge patch that is null."""
    return status.bad_request("Invalid JSON Patch")


def not_applicable() -> StatusError:
    """A JSON patch whose operation does not fit the object; the reference keeps the cause to itself."""
    refused = status.failure(422, "Invalid", "the server rejected our request due to an error in our request")
    code = refused.tree.pop("code")
    refused.tree.update(details={}, code=code)
    return refused


def too_many_operations(limit: int, found: int) -> StatusError:
    return status.too_large(f"The allowed maximum operations in a JSON patch is {limit}, got {found}")


def bad_result(shown: str, why: str) -> StatusError:
    """The patched object is no object of its kind.

    `shown` is `of_result` for JSON and merge patches, `of_map(patch)` for strategic ones.
    """
    return status.invalid("", "", "", [field.invalid(field.Path("patch"), shown, why)])


def of_map(patch: Any) -> str:
    """A strategic patch as `bad_result` shows it."""
    return gotext.plain(patch)


def of_result(old: Any, new: Any) -> str:
    """A patched object's JSON: what the patch touched has its members sorted, the rest stays as it was."""
    if new is old or not isinstance(new, Mapping):
        return msgspec.json.encode(new).decode()
    before = old if isinstance(old, Mapping) else {}
    if new.get("metadata") is before.get("metadata") and isinstance(new.get("metadata"), Mapping):
        metadata = _ordered(new["metadata"])
        before = {**before, "metadata": metadata}
        new = {**new, "metadata": metadata}
    members = (f"{field.quoted(name)}:{of_result(before.get(name), new[name])}" for name in sorted(new))
    return "{" + ",".join(members) + "}"


_METADATA = (
    "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp",
    "deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers",
    "managedFields",
)  # fmt: skip


def _ordered(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """Metadata in the order of Go's type, which the store does not keep."""
    known = {name: metadata[name] for name in _METADATA if name in metadata}
    return known if len(known) == len(metadata) else metadata


def failed(message: str) -> StatusError:
    """An error that the reference does not classify: code 500, no reason."""
    return status.failure(500, "", message)
