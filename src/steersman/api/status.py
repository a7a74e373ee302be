"""Status: how the API refuses.  One exception, one function a reason, Kubernetes' code and words.

`StatusError` is raised anywhere below the API server's door and becomes an answer there, and nowhere else.
The texts are those of `k8s.io/apimachinery/pkg/api/errors`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from steersman.api import field
from steersman.api.tree import MutableTree


class StatusError(Exception):
    """A refusal.  `tree` is the whole Status object that the client gets."""

    def __init__(self, tree: MutableTree, headers: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(tree.get("message", ""))
        self.tree = tree
        self.headers = tuple(headers)

    @property
    def code(self) -> int:
        return int(self.tree["code"])

    @property
    def reason(self) -> str:
        return str(self.tree.get("reason", ""))

    @property
    def message(self) -> str:
        return str(self.tree.get("message", ""))


def failure(
    code: int,
    reason: str,
    message: str,
    details: Mapping[str, Any] | None = None,
    headers: Sequence[tuple[str, str]] = (),
) -> StatusError:
    tree: MutableTree = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message}
    if reason:
        tree["reason"] = reason
    if details is not None:
        tree["details"] = {key: value for key, value in details.items() if value not in ("", None, [])}
    tree["code"] = code
    return StatusError(tree, headers)


def success(code: int = 200, details: Mapping[str, Any] | None = None) -> MutableTree:
    """`details` as the answer to a delete carries them: name, group, kind, uid."""
    tree: MutableTree = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    if details:
        tree["details"] = {key: value for key, value in details.items() if value not in ("", None, [])}
    else:
        tree["code"] = code
    return tree


def qualified(resource: str, group: str) -> str:
    """`deployments.apps`, or `pods` for the core group."""
    return f"{resource}.{group}" if group else resource


def _details(resource: str, group: str, name: str) -> MutableTree:
    return {"name": name, "group": group, "kind": resource}


def bad_request(message: str) -> StatusError:
    return failure(400, "BadRequest", message)


def unauthorized() -> StatusError:
    return failure(401, "Unauthorized", "Unauthorized")


def forbidden(resource: str, group: str, name: str, why: str) -> StatusError:
    """Refused by authorisation or admission; `why` without the resource's name."""
    kind = qualified(resource, group)
    if not resource:
        text = f"forbidden: {why}"
    elif name:
        text = f'{kind} "{name}" is forbidden: {why}'
    else:
        text = f"{kind} is forbidden: {why}"
    return failure(403, "Forbidden", text, _details(resource, group, name))


def not_found(resource: str, group: str, name: str) -> StatusError:
    text = f'{qualified(resource, group)} "{name}" not found'
    return failure(404, "NotFound", text, _details(resource, group, name))


def unknown_path() -> StatusError:
    """No such resource at all."""
    return failure(404, "NotFound", "the server could not find the requested resource", {})


def method_not_supported(resource: str, group: str, verb: str) -> StatusError:
    text = f"{verb} is not supported on resources of kind {quoted(qualified(resource, group))}"
    return failure(405, "MethodNotAllowed", text, {"group": group, "kind": resource})


def not_acceptable(message: str) -> StatusError:
    return failure(406, "NotAcceptable", message)


def already_exists(resource: str, group: str, name: str) -> StatusError:
    text = f'{qualified(resource, group)} "{name}" already exists'
    return failure(409, "AlreadyExists", text, _details(resource, group, name))


def conflict(resource: str, group: str, name: str, why: str) -> StatusError:
    text = f"Operation cannot be fulfilled on {qualified(resource, group)} {quoted(name)}: {why}"
    return failure(409, "Conflict", text, _details(resource, group, name))


MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


def expired(message: str) -> StatusError:
    return failure(410, "Expired", message)


def too_large(message: str) -> StatusError:
    return failure(413, "RequestEntityTooLarge", f"Request entity too large: {message}")


def unsupported_media_type(message: str) -> StatusError:
    return failure(415, "UnsupportedMediaType", message)


def invalid(kind: str, group: str, name: str, errors: Sequence[field.FieldError]) -> StatusError:
    """Validation's refusal: 422 with a cause for each error."""
    causes = [{"reason": str(e.type), "message": e.message, "field": e.field} for e in errors]
    text = f"{qualified(kind, group)} {quoted(name)} is invalid"
    if errors:
        text += f": {field.summary(errors)}"
    return failure(422, "Invalid", text, {"name": name, "group": group, "kind": kind, "causes": causes})


def too_many_requests(message: str, retry_after: int) -> StatusError:
    return failure(
        429, "TooManyRequests", message, {"retryAfterSeconds": retry_after}, [("Retry-After", str(retry_after))]
    )


def internal(message: str) -> StatusError:
    text = f"Internal error occurred: {message}"
    return failure(500, "InternalError", text, {"causes": [{"message": message}]})


def unavailable(message: str) -> StatusError:
    return failure(503, "ServiceUnavailable", message)


def timeout(message: str, retry_after: int = 0) -> StatusError:
    details = {"retryAfterSeconds": retry_after} if retry_after else None
    return failure(504, "Timeout", message, details)


def quoted(text: str) -> str:
    return field.quoted(text)
