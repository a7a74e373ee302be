"""One authorised request for a resource, on its way through a verb."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from steersman.api import resources, times
from steersman.apiserver.http import negotiate
from steersman.apiserver.http.info import RequestInfo
from steersman.apiserver.registry.registry import Registry
from steersman.apiserver.registry.strategy import Context
from steersman.apiserver.services import Services
from steersman.kit import http
from steersman.store import protocol


@dataclasses.dataclass(slots=True)
class Call:
    services: Services
    request: http.Request
    info: RequestInfo
    user: http.User
    registry: Registry
    accept: negotiate.Accept
    warnings: list[str] = dataclasses.field(default_factory=list)

    @property
    def resource(self) -> resources.Resource:
        return self.registry.resource

    @property
    def author(self) -> protocol.Author:
        return protocol.Author(self.user.name, self.request.headers.get("user-agent", ""))

    def now(self) -> str:
        return times.seconds(self.services.clock.now())

    def context(self, dry_run: bool = False) -> Context:
        return Context(self.services, self.user, self.info.namespace, self.now(), dry_run, self.warnings)


def copied(value: Any) -> Any:
    """A copy that shares nothing that can be changed: plain maps, lists and scalars only."""
    kind = type(value)
    if kind is dict or isinstance(value, Mapping):
        return {key: item if type(item) in _SCALARS else copied(item) for key, item in value.items()}
    if kind is list or isinstance(value, list | tuple):
        return [item if type(item) in _SCALARS else copied(item) for item in value]
    return value


_SCALARS = frozenset({str, int, bool, float, type(None)})
