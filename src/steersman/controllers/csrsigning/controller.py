"""Approves nodes' own requests, signs what is approved, and deletes what is settled.

One loop for what are three controllers in the reference (approving, signing, cleaning): a request's next step
follows from its state.  Without the authority's key nothing is signed; approving and cleaning go on.
"""

import base64

from steersman.api.semantics import signing
from steersman.api.tree import Tree, at, edited
from steersman.client import errors
from steersman.client.reconcile import loop
from steersman.client.reconcile.manager import Context
from steersman.controllers.csrsigning import plan
from steersman.kit import pki

REQUESTS = "certificatesigningrequests.certificates.k8s.io"
REVIEWS = "subjectaccessreviews.authorization.k8s.io"


class Controller:
    name = "certificate"

    def __init__(self, context: Context, authority: pki.Pair | None) -> None:
        self._context = context
        self._client = context.client
        self._authority = authority
        self._requests = context.informers.informer(REQUESTS)
        self._loop = loop.Loop(self.name, self._reconcile, context.clock, longest=60.0)

    async def run(self) -> None:
        self._requests.on_change(self._changed)
        await self._requests.wait_synced()
        self._loop.run(self._context.tasks)

    def _changed(self, old: Tree | None, new: Tree | None) -> None:
        if new is not None:
            self._loop.enqueue(new["metadata"]["name"])

    async def _reconcile(self, key: str) -> float | None:
        request = self._requests.get(key)
        if request is None:
            return None
        try:
            subresource = plan.wants_approval(request)
            if subresource is not None and await self._may(request, subresource):
                request = await self._client.update(
                    REQUESTS, plan.approved(request, subresource), subresource="approval"
                )
            if self._authority is not None and plan.wants_signature(request):
                request = await self._sign(request, self._authority)
            left = plan.expires(request, _end(request)) - self._context.clock.now()
            if left > 0:
                return left
            await self._client.delete(REQUESTS, key, uid=request["metadata"]["uid"])
        except errors.NotFound:
            return None
        return None

    async def _may(self, request: Tree, subresource: str) -> bool:
        answer = await self._client.create(REVIEWS, plan.review(request, subresource))
        return bool(at(answer, "status", "allowed"))

    async def _sign(self, request: Tree, authority: pki.Pair) -> Tree:
        problem = signing.refusal(request)
        if problem is not None:
            return await self._client.update_status(REQUESTS, plan.failed(request, problem))
        now = self._context.clock.now()
        made = signing.sign(request, authority, now=now, entropy=self._context.entropy)
        text = base64.b64encode(made).decode()
        return await self._client.update_status(REQUESTS, edited(request, text, "status", "certificate"))


def _end(request: Tree) -> float | None:
    """When the request's certificate runs out."""
    text = at(request, "status", "certificate")
    if not text:
        return None
    try:
        return pki.identity(pki.der(base64.b64decode(text))).not_after
    except ValueError:
        return None  # of a signer that is not ours, in a form that we cannot read
