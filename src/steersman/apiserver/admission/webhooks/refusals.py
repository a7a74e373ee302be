"""What the client is told where a hook refuses, or cannot be asked.  The words are the reference's."""

from collections.abc import Mapping
from typing import Any

from steersman.api import status
from steersman.api.tree import MutableTree


class CallFailed(Exception):
    """A hook could not be asked, or its answer is none.  Whether the write fails for it is the hook's policy."""


def failed(hook: str, why: str) -> status.StatusError:
    """The 500 of a hook that had to be asked."""
    return status.internal(f"failed calling webhook {status.quoted(hook)}: {why}")


def no_dry_run(hook: str) -> status.StatusError:
    return status.bad_request(f"admission webhook {status.quoted(hook)} does not support dry run")


def denied(hook: str, result: Mapping[str, Any] | None) -> status.StatusError:
    """The hook's own Status, made to be a failure, with who it is from in front."""
    given = result or {}
    text = f"admission webhook {status.quoted(hook)} denied the request"
    if given.get("message"):
        text += f": {given['message']}"
    elif given.get("reason"):
        text += f": {given['reason']}"
    else:
        text += " without explanation"
    code = given.get("code") or 0
    tree: MutableTree = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure" if given.get("status") in (None, "", "Success") else given["status"],
        "message": text,
    }
    if given.get("reason"):
        tree["reason"] = given["reason"]
    if given.get("details"):
        tree["details"] = given["details"]
    tree["code"] = code if 400 <= code < 600 else 400
    return status.StatusError(tree)
