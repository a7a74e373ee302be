"""What a refused request raises: one class a reason, all below `ApiError`.

The reason of the `Status` decides the class; where a server sends none, the code does.  A class answers the
question that callers ask ("is it gone?", "did somebody write before me?"); the whole answer stays in `status`.
An `ApiError` is an answer: the server was reached and said no.  Nobody answering is a `ConnectionError`.
"""

from collections.abc import Mapping
from typing import Any

from steersman.api.tree import Tree


class ApiError(Exception):
    """The server refused.  `status` is its Status object."""

    def __init__(self, status: Tree) -> None:
        super().__init__(str(status.get("message") or status.get("reason") or "refused"))
        self.status = status

    @property
    def code(self) -> int:
        return int(self.status.get("code") or 0)

    @property
    def reason(self) -> str:
        return str(self.status.get("reason") or "")

    @property
    def message(self) -> str:
        return str(self.status.get("message") or "")

    @property
    def details(self) -> Mapping[str, Any]:
        return self.status.get("details") or {}

    @property
    def retry_after(self) -> float | None:
        """Seconds the server asks the client to wait, if it does."""
        seconds = self.details.get("retryAfterSeconds")
        return float(seconds) if seconds else None

    def has_cause(self, reason: str) -> bool:
        """Whether one of the causes has this machine-readable reason."""
        return any(cause.get("reason") == reason for cause in self.details.get("causes") or ())


class BadRequest(ApiError):
    """400: not a request that the server can read."""


class Unauthorized(ApiError):
    """401: the server does not know who asks."""


class Forbidden(ApiError):
    """403: refused by authorisation or admission."""


class NotFound(ApiError):
    """404: no such object, or no such resource."""


class MethodNotAllowed(ApiError):
    """405: the resource does not have this verb."""


class NotAcceptable(ApiError):
    """406: the server cannot answer in the form asked for."""


class Conflict(ApiError):
    """409: somebody wrote before, or a precondition does not hold."""


class AlreadyExists(Conflict):
    """409 on create: the name is taken."""


class Gone(ApiError):
    """410: the revision asked for is no longer kept."""


class UnsupportedMediaType(ApiError):
    """415: the server cannot read the form sent."""


class Invalid(ApiError):
    """422: the object breaks a rule; `details.causes` say which."""


class TooManyRequests(ApiError):
    """429: later, please (also an eviction that a budget forbids)."""


class Internal(ApiError):
    """500: the server failed."""


class Unavailable(ApiError):
    """503: the server cannot serve this now."""


class Timeout(ApiError):
    """504: the server did not finish in time."""


_BY_REASON: Mapping[str, type[ApiError]] = {
    "BadRequest": BadRequest,
    "Unauthorized": Unauthorized,
    "Forbidden": Forbidden,
    "NotFound": NotFound,
    "MethodNotAllowed": MethodNotAllowed,
    "NotAcceptable": NotAcceptable,
    "Conflict": Conflict,
    "AlreadyExists": AlreadyExists,
    "Gone": Gone,
    "Expired": Gone,
    "UnsupportedMediaType": UnsupportedMediaType,
    "Invalid": Invalid,
    "TooManyRequests": TooManyRequests,
    "InternalError": Internal,
    "ServiceUnavailable": Unavailable,
    "Timeout": Timeout,
    "ServerTimeout": Timeout,
}
_BY_CODE: Mapping[int, type[ApiError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    406: NotAcceptable,
    409: Conflict,
    410: Gone,
    415: UnsupportedMediaType,
    422: Invalid,
    429: TooManyRequests,
    500: Internal,
    503: Unavailable,
    504: Timeout,
}


def from_status(status: Tree) -> ApiError:
    """The error for a Status object."""
    kind = _BY_REASON.get(str(status.get("reason") or "")) or _BY_CODE.get(int(status.get("code") or 0), ApiError)
    return kind(status)


def from_answer(code: int, tree: object, text: str = "") -> ApiError:
    """The error for an answer of any shape; whoever answers without a Status gets one made of the code."""
    if isinstance(tree, Mapping) and tree.get("kind") == "Status":
        status = tree if tree.get("code") else {**tree, "code": code}
        return from_status(status)
    return from_status(
        {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": text.strip() or f"the server answered with code {code}",
            "code": code,
        }
    )
