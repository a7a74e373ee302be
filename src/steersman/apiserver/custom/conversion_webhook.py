"""Objects of a custom resource in another of its versions: by the definition's strategy.

`None` changes the apiVersion and nothing else.  `Webhook` asks a server; all objects that need it go in one question.
"""

from collections.abc import Sequence

from steersman.api.tree import MutableTree, Tree, at
from steersman.apiserver import dialer as dialers
from steersman.apiserver.admission.webhooks import calling, configurations, refusals
from steersman.apiserver.custom import conversion_review
from steersman.apiserver.custom.conversion_review import ConversionFailed
from steersman.kit import clock as clocks
from steersman.kit import entropy as entropies

__all__ = ["ConversionFailed", "convert", "has_webhook"]

SECONDS = 30.0


def has_webhook(definition: Tree) -> bool:
    return bool(at(definition, "spec", "conversion", "strategy") == "Webhook")


async def convert(
    dialer: dialers.Dialer,
    clock: clocks.Clock,
    entropy: entropies.Entropy,
    definition: Tree,
    trees: Sequence[Tree],
    api_version: str,
) -> list[MutableTree]:
    """The objects in `api_version`, in the same order.  They share with what was given.  Raises ConversionFailed."""
    out: list[MutableTree] = [
        dict(tree) if tree.get("apiVersion") == api_version else {**tree, "apiVersion": api_version} for tree in trees
    ]
    if not has_webhook(definition):
        return out
    where = [index for index, tree in enumerate(trees) if tree.get("apiVersion") != api_version]
    if not where:
        return out
    sent = [trees[index] for index in where]
    settings = at(definition, "spec", "conversion", "webhook", default={})
    version = conversion_review.version_of(settings.get("conversionReviewVersions") or ())
    uid = entropy.uuid()
    body = conversion_review.request(sent, api_version, uid, version)
    client = configurations.client(settings.get("clientConfig") or {})
    try:
        answer = await calling.post(dialer, clock, client, body, SECONDS)
    except refusals.CallFailed as error:
        kind = conversion_review.kind_of(sent[0])
        raise ConversionFailed(f"conversion webhook for {kind} failed: {error}") from error
    made = conversion_review.converted(answer, sent, api_version, uid, version)
    for index, tree in zip(where, made, strict=True):
        out[index] = tree
    return out
