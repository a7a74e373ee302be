"""Who asks: a certificate, a token, or nobody.

In the order of the reference: client certificate, then bearer token (static, service account, bootstrap), then
`system:anonymous`.  A token that is given but not good is refused with 401 even beside no other credential; it
never turns into the anonymous user.  Everybody proven is also in `system:authenticated`.

A token's signature is checked once (the issuer remembers it); what can end it before its time, its pod, its
account, the clock, is looked at with every request, in the store's memory.
"""

import dataclasses
import functools
import hashlib
from collections.abc import Mapping, Sequence

from steersman.api import status
from steersman.apiserver.access import authorization, bootstraptokens, protocol_token, reading, tokens
from steersman.kit import clock as clocks
from steersman.kit import http, pki


class Authenticator:
    def __init__(
        self,
        reader: reading.Reader,
        clock: clocks.Clock,
        *,
        issuer: tokens.Issuer | None = None,
        static: Mapping[str, http.User] | None = None,
        bootstrap: bool = True,
        anonymous: bool = True,
    ) -> None:
        self._reader = reader
        self._clock = clock
        self._issuer = issuer
        self._static = dict(static or {})
        self._bootstrap = bootstrap
        self._anonymous = anonymous

    def authenticate(self, request: http.Request) -> http.User:
        """The user of a request.  Raises StatusError 401.

        `request.certificate` must be one that TLS has verified.
        """
        if request.certificate is not None:
            user, begin, end = _certified(request.certificate)
            if not begin <= self._clock.now() <= end:
                raise status.unauthorized()
            if user.name:
                return user
        token = bearer(request)
        if token is not None:
            found = self.token(token)
            if found is None:
                raise status.unauthorized()
            return found[0]
        if not self._anonymous:
            raise status.unauthorized()
        return http.User(authorization.ANONYMOUS, (authorization.UNAUTHENTICATED,))

    def token(self, token: str, audiences: Sequence[str] = ()) -> tuple[http.User, tuple[str, ...]] | None:
        """Whom a token stands for and the audiences in common with those asked for; None when it is not good."""
        now = self._clock.now()
        ours = self._issuer.audiences if self._issuer is not None else ()
        for_us = tuple(each for each in audiences if each in ours) if audiences else ours
        if token in self._static:
            return (proven(self._static[token]), for_us) if for_us or not audiences else None
        if self._bootstrap and bootstraptokens.looks_like_one(token):
            user = bootstraptokens.verify(self._reader, token, now=now)
            return (proven(user), for_us) if user is not None and (for_us or not audiences) else None
        if self._issuer is None:
            return None
        try:
            user, common = tokens.verify(self._issuer, self._reader, token, now=now, audiences=audiences)
        except tokens.Refused:
            return None
        return proven(user), common


@functools.lru_cache(maxsize=256)
def _certified(certificate: bytes) -> tuple[http.User, float, float]:
    """Whom a certificate stands for, and from when to when."""
    who = pki.identity(certificate)
    extra = {tokens.EXTRA + "credential-id": (f"X509SHA256={hashlib.sha256(certificate).hexdigest()}",)}
    return proven(http.User(who.common_name, who.organisations, extra=extra)), who.not_before, who.not_after


WEBSOCKET = protocol_token.PREFIX


def bearer(request: http.Request) -> str | None:
    """The token of a request: its Authorization header, or the WebSocket protocol that browsers use instead."""
    kind, _, token = request.headers.get("authorization", "").strip().partition(" ")
    if kind.lower() == "bearer" and token.strip():
        return token.strip()
    try:
        return protocol_token.token(request.headers)
    except protocol_token.Malformed:
        return ""


def proven(user: http.User) -> http.User:
    """The user with `system:authenticated` among its groups."""
    if authorization.AUTHENTICATED in user.groups or authorization.UNAUTHENTICATED in user.groups:
        return user
    return dataclasses.replace(user, groups=(*user.groups, authorization.AUTHENTICATED))
