"""What an authoriser is asked: who wants to do what to which.

Resource requests carry group, resource and, where they are about one, a name; others only a path.
"""

import dataclasses

from steersman.api import status
from steersman.kit import http


@dataclasses.dataclass(frozen=True, slots=True)
class Attributes:
    user: http.User
    verb: str
    """`get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, or a verb of RBAC's own
    (`impersonate`, `escalate`, `bind`, `approve`, `sign`, ...); for a path the HTTP method in lower case."""
    group: str = ""
    version: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""
    is_resource: bool = True
    field_selector: str | None = None
    """As the client sent it; None where nobody looked, which the node authoriser takes for a fitting one."""

    @property
    def combined(self) -> str:
        """`pods/log`, as rules name it."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


def denial(attributes: Attributes) -> str:
    """The refusal in the reference's words, without the reasons of the authorisers."""
    who = f"User {status.quoted(attributes.user.name)} cannot {attributes.verb}"
    if not attributes.is_resource:
        return f"{who} path {status.quoted(attributes.path)}"
    what = f"resource {status.quoted(attributes.combined)} in API group {status.quoted(attributes.group)}"
    where = (
        f"in the namespace {status.quoted(attributes.namespace)}" if attributes.namespace else "at the cluster scope"
    )
    return f"{who} {what} {where}"
