"""A second question to the authoriser, of requests that do more than their verb says.

A PUT or an apply may create; a WebSocket begins with a GET, but who opens a session in a container does more than
read.
"""

from steersman.api import status
from steersman.apiserver.access import authorization
from steersman.apiserver.access.attributes import Attributes
from steersman.apiserver.call import Call


def check_create(call: Call) -> None:
    """Raises the 403 of a user who may not also `create` what the request names."""
    info, user = call.info, call.user
    if info.verb == "create" or authorization.SUPERUSERS in user.groups:
        return
    attributes = Attributes(
        user, "create", info.group, info.version, info.resource, info.subresource, info.namespace, info.name, info.path,
    )  # fmt: skip
    decision = call.services.authorizer.authorize(attributes)
    if not decision.allowed:
        raise status.forbidden(info.resource, info.group, info.name, decision.reason)
