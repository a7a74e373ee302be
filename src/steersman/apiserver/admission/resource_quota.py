"""ResourceQuota: the last word of the chain, because it books what it lets through.

A write is checked against every quota of its namespace whose names and scopes it touches, by the figures in
the quota's status.  What passes is added to `status.used` before the object is stored; if storing fails, the
quota controller corrects the figure, as in the reference.  Writes in one namespace are booked one after the
other, so that two cannot both take the last place.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping

from steersman.api import quantity, status, tree
from steersman.api.semantics import quota_usage
from steersman.api.tree import MutableTree, Tree, at
from steersman.apiserver.admission.attributes import Attributes, Operation
from steersman.apiserver.admission.plugin import Context, Plugin

QUOTAS = "resourcequotas"
TRIES = 5


class ResourceQuota(Plugin):
    name = "ResourceQuota"
    subresources = frozenset({"", "resize"})

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    async def validate(self, a: Attributes) -> None:
        if not a.namespace or a.resource.name == "namespaces":
            return
        if not self.reader.list(QUOTAS, a.namespace):
            return
        if not quota_usage.handles(a.resource.name, a.operation, a.subresource):
            return
        async with self._one_at_a_time(a.namespace):
            for attempt in range(TRIES):
                booked = check(a, self.reader.list(QUOTAS, a.namespace))
                if a.dry_run or self.context.write_status is None:
                    return
                try:
                    for quota in booked:
                        await self.context.write_status(QUOTAS, quota)
                    return
                except status.StatusError as error:
                    # Somebody else wrote a status; what was booked already is corrected by the controller.
                    if error.code != 409 or attempt == TRIES - 1:
                        raise

    @contextlib.asynccontextmanager
    async def _one_at_a_time(self, namespace: str) -> AsyncIterator[None]:
        lock, waiting = self._locks.get(namespace) or (asyncio.Lock(), 0)
        self._locks[namespace] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._locks[namespace]
            if waiting == 1:
                del self._locks[namespace]
            else:
                self._locks[namespace] = (lock, waiting - 1)


def check(a: Attributes, quotas: Iterable[Tree]) -> list[MutableTree]:
    """The quotas as they are after the write, those that change.  Raises StatusError where one is exceeded."""
    resource = a.resource.name
    touched = []
    for quota in quotas:
        names = [name for name in at(quota, "status", "hard", default={}) if quota_usage.counts(resource, name)]
        if not names or not quota_usage.matches(quota, resource, a.new):
            continue
        problem = quota_usage.missing(resource, names, a.new)
        if problem:
            raise a.forbidden(f"failed quota: {quota['metadata']['name']}: {problem}")
        used = at(quota, "status", "used", default={})
        if any(name not in used for name in names):
            raise a.forbidden(
                f"status unknown for quota: {quota['metadata']['name']}, resources: {','.join(sorted(names))}"
            )
        touched.append((quota, names))
    if not touched:
        return []
    delta = _delta(a)
    changed = []
    for quota, names in touched:
        requested = {name: delta[name] for name in names if name in delta}
        if not requested:
            continue
        hard, used = quota["status"]["hard"], quota["status"]["used"]
        after = {name: quantity.add(str(used[name]), amount) for name, amount in requested.items()}
        exceeded = [
            name
            for name in requested
            if quantity.nano(requested[name]) > 0 and quantity.compare(after[name], str(hard[name])) > 0
        ]
        if exceeded:
            raise a.forbidden(
                f"exceeded quota: {quota['metadata']['name']}, requested: {_shown(requested, exceeded)}, "
                f"used: {_shown(used, exceeded)}, limited: {_shown(hard, exceeded)}"
            )
        changed.append(tree.edited(quota, {**used, **after}, "status", "used"))
    return changed


def _delta(a: Attributes) -> dict[str, str]:
    """How the write changes what is used; names that do not change are left out."""
    new = quota_usage.usage(a.resource.name, a.new)
    negative = sorted(name for name, amount in new.items() if quantity.nano(amount) < 0)
    if negative:
        raise a.forbidden(f"quota usage is negative for resource(s): {','.join(negative)}")
    old: Mapping[str, str] = {}
    if a.operation is Operation.UPDATE and a.old is not None:
        old = quota_usage.usage(a.resource.name, a.old)
    delta = {}
    for name in {**new, **old}:
        changed = quantity.subtract(new.get(name, "0"), old.get(name, "0")) if name in old else new[name]
        if quantity.nano(changed):
            delta[name] = changed
    return delta


def _shown(amounts: Mapping[str, object], names: Iterable[str]) -> str:
    return ",".join(f"{name}={amounts[name]}" for name in sorted(names))
