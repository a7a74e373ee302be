"""ValidatingAdmissionWebhook: hooks that may refuse a write, all asked at once.

They see the object as it will be stored.  All answers are waited for; of several refusals the first hook's is told.
"""

import asyncio

from steersman.api import resources
from steersman.api.tree import Tree
from steersman.apiserver.admission.attributes import Attributes, Operation
from steersman.apiserver.admission.plugin import Context, Plugin
from steersman.apiserver.admission.webhooks import asking, configurations, rules, versions
from steersman.apiserver.admission.webhooks.configurations import Hook
from steersman.apiserver.admission.webhooks.matching import Matcher, Seen
from steersman.apiserver.admission.webhooks.refusals import CallFailed


class ValidatingAdmissionWebhook(Plugin):
    name = "ValidatingAdmissionWebhook"
    subresources = None
    operations = frozenset(Operation)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._configurations = configurations.Configurations(context.reader, configurations.VALIDATING)
        self._versions = versions.Versions(context)
        self.matcher = Matcher(context, self._versions)

    def wants(self, resource: str, subresource: str, operation: Operation) -> bool:
        return resource not in rules.EXEMPT

    async def validate(self, a: Attributes) -> None:
        meant = self.matcher.meant(self._configurations.hooks(), a)
        if not meant:
            return
        new, old = versions.shown(a, a.object), versions.shown(a, a.old)
        chosen: list[tuple[Hook, Seen]] = []
        views: dict[tuple[str, str], Seen] = {}
        for hook, target in meant:
            if not self.matcher.selects(hook, a, new, old):
                continue
            key = (target.api_version, target.name)
            seen = views.get(key)
            if seen is None:
                seen = views[key] = await self._seen(a, target, new, old)
            if not await self.matcher.excepts(hook, a, seen):
                chosen.append((hook, seen))
        if not chosen:
            return
        answers = await asyncio.gather(*(self._ask(hook, a, seen) for hook, seen in chosen), return_exceptions=True)
        for answer in answers:
            if answer is not None:
                raise answer

    async def _seen(self, a: Attributes, target: resources.Resource, new: Tree | None, old: Tree | None) -> Seen:
        convert = self._versions.converted
        return Seen(
            target,
            await convert(new, a.resource, target, a.subresource),
            await convert(old, a.resource, target, a.subresource),
        )

    async def _ask(self, hook: Hook, a: Attributes, seen: Seen) -> None:
        try:
            await asking.ask(self.context, hook, a, seen, mutating=False)
        except CallFailed as error:
            asking.fail(hook, error)
