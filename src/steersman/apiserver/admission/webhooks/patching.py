"""The patch in a hook's answer: read, and applied."""

import msgspec

from steersman.api import status
from steersman.api.patch import json_patch
from steersman.api.tree import MutableTree, Tree
from steersman.apiserver.admission.webhooks import review
from steersman.apiserver.admission.webhooks.refusals import CallFailed
from steersman.apiserver.admission.webhooks.review import Verdict


def operations(hook: str, verdict: Verdict) -> list[json_patch.Operation]:
    """Raises CallFailed where it is no patch."""
    if not verdict.patch:
        return []
    try:
        found = json_patch.decode(msgspec.json.decode(verdict.patch))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, status.StatusError) as error:
        raise CallFailed(f"received undecodable patch in webhook response: {error}") from error
    if found and verdict.patch_type != review.JSON_PATCH:
        raise CallFailed(f"unsupported patch type {status.quoted(verdict.patch_type)}")
    return found


def applied(tree: Tree, patch: list[json_patch.Operation]) -> MutableTree:
    """Raises StatusError where an operation does not fit: that is nobody's policy to ignore."""
    try:
        return json_patch.applied(tree, patch)
    except json_patch.PatchError:
        raise status.internal(why(tree, patch)) from None


def why(tree: Tree, patch: list[json_patch.Operation]) -> str:
    """Which operation does not fit, and why."""
    for operation in patch:
        try:
            tree = json_patch.applied(tree, [operation])
        except json_patch.PatchError as error:
            text = str(error)
            if operation.op == "test":
                return f"{text}: test failed"
            if operation.op in ("add", "remove") and text.startswith("doc is missing "):
                text = f"doc is missing path: {status.quoted(operation.path)}"
            return f"{operation.op} operation does not apply: {text}: missing value"
    return "the patch does not apply"
