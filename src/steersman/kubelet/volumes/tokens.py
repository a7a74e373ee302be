"""Service account tokens for mounted files: asked for with TokenRequest, bound to the pod, renewed in time.

A token is renewed when 80 % of its life is over, or after a day; and when the clock was set back to before it
was made, as nobody takes a token of the future.  While a renewal fails, a token that is still valid is kept.
"""

import dataclasses
from collections.abc import Sequence

from steersman.api import times
from steersman.api.tree import Tree
from steersman.client import errors
from steersman.client.client import Client
from steersman.kit.clock import Clock
from steersman.kubelet.pods import spec

DAY = 86_400.0


class TokenFault(Exception):
    """No token can be had; the text is fit for an event."""


@dataclasses.dataclass(frozen=True, slots=True)
class Token:
    text: str
    made: float
    expires: float
    renew: float


class Tokens:
    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._kept: dict[tuple[str, str, str, int], Token] = {}

    async def get(self, pod: Tree, audiences: Sequence[str], seconds: int) -> str:
        """A valid token of the pod's service account.  Raises TokenFault."""
        account = str(pod["spec"].get("serviceAccountName") or "default")
        key = (spec.uid(pod), account, ",".join(audiences), seconds)
        kept = self._kept.get(key)
        now = self._clock.now()
        if kept is not None and kept.made <= now < kept.renew:
            return kept.text
        bound = {"kind": "Pod", "apiVersion": "v1", "name": spec.name(pod), "uid": spec.uid(pod)}
        try:
            answer = await self._client.create_token(
                spec.namespace(pod), account, audiences=audiences, seconds=seconds, bound=bound
            )
        except (errors.ApiError, ConnectionError) as error:
            if kept is not None and now < kept.expires:
                return kept.text
            raise TokenFault(f"failed to fetch token: {error}") from error
        status = answer["status"]
        expires = times.parse(status["expirationTimestamp"])
        token = Token(status["token"], now, expires, now + min((expires - now) * 0.8, DAY))
        self._kept[key] = token
        return token.text

    def forget(self, uid: str) -> None:
        for key in [key for key in self._kept if key[0] == uid]:
            del self._kept[key]
