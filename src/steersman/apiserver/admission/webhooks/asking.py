"""One question to one hook: the same for hooks that change and hooks that only allow."""

import logging

from steersman.apiserver.admission.attributes import Attributes
from steersman.apiserver.admission.plugin import Context
from steersman.apiserver.admission.webhooks import calling, refusals, review
from steersman.apiserver.admission.webhooks.configurations import Hook
from steersman.apiserver.admission.webhooks.matching import Seen
from steersman.apiserver.admission.webhooks.review import Verdict

log = logging.getLogger(__name__)
_HARMLESS = ("None", "NoneOnDryRun")


async def ask(context: Context, hook: Hook, a: Attributes, seen: Seen, *, mutating: bool) -> Verdict:
    """What the hook says, where it allows the write; its warnings are passed on.

    Raises CallFailed where it says nothing, and StatusError where it refuses.
    """
    if a.dry_run and hook.side_effects not in _HARMLESS:
        raise refusals.no_dry_run(hook.name)
    version = review.version_of(hook.reviews)
    uid = context.entropy.uuid()
    body = review.request(a, uid, version, seen.resource, seen.new, seen.old)
    try:
        answer = await calling.post(context.dialer, context.clock, hook.client, body, hook.seconds)
    except refusals.CallFailed as error:
        raise refusals.CallFailed(f"failed to call webhook: {error}") from error
    verdict = review.verdict(answer, uid, version, mutating=mutating)
    a.warnings += verdict.warnings
    if not verdict.allowed:
        raise refusals.denied(hook.name, verdict.result)
    return verdict


def fail(hook: Hook, error: refusals.CallFailed) -> None:
    """Go on without a hook that could not be asked, or raise the StatusError that its policy asks for."""
    if not hook.fails_open:
        raise refusals.failed(hook.name, str(error)) from error
    log.warning("webhook %s of %s is left out: %s", hook.name, hook.configuration, error)
