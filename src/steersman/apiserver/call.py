"""One authorised request for a resource, on its way through a verb."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from steersman.api import codec, resources, times
from steersman.apiserver import selection as selections
from steersman.apiserver.http import negotiate
from steersman.apiserver.http.info import RequestInfo
from steersman.apiserver.registry.registry import Registry
from steersman.apiserver.registry.strategy import Context
from steersman.apiserver.services import Services
from steersman.kit import http
from steersman.store import protocol

T = TypeVar("T")
LARGE = 16 * 1024
"""Bytes of a body or object up to which everything that is done with it takes a few milliseconds at most."""


@dataclasses.dataclass(slots=True)
class Call:
    services: Services
    request: http.Request
    info: RequestInfo
    user: http.User
    registry: Registry
    accept: negotiate.Accept
    warnings: list[str] = dataclasses.field(default_factory=list)
    empty: Sequence[codec.Way] = ()
    """Where the object written had an empty list or map that is not kept; a refusal shows it."""

    @property
    def resource(self) -> resources.Resource:
        return self.registry.resource

    @property
    def author(self) -> protocol.Author:
        return protocol.Author(self.user.name, self.request.headers.get("user-agent", ""))

    def now(self) -> str:
        return times.seconds(self.services.clock.now())

    async def apart(self, function: Callable[..., T], *arguments: Any, size: int = 0) -> T:
        """The answer of a function of values: made beside the loop where the request, or an object of so many bytes
        that it is about, is so large that everybody else would have to wait."""
        if size <= LARGE and len(self.request.body) <= LARGE:
            return function(*arguments)
        return await self.services.aside.run(function, *arguments)

    async def selection(self, label_text: str, field_text: str) -> selections.Selection | None:
        """What `selection.select` returns; a selector with thousands of values is read beside the loop."""
        size = len(label_text) + len(field_text)
        return await self.apart(selections.select, self.resource, label_text, field_text, size=size)

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
