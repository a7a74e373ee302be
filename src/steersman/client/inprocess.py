"""The API server in the same process: a call of its handler, as a user that needs no proof.

Authorisation, admission and audit see the same request as over HTTPS; only encoding is left out.  Trees are
passed in and out, and neither side changes them.
"""

from steersman.kit import http


class InProcessTransport:
    """Requests go to `handler` as `user`, unless a request says otherwise (impersonation by a test)."""

    def __init__(self, handler: http.Handler, user: http.User) -> None:
        self._handler = handler
        self._user = user
        self._closed = False

    async def send(self, request: http.Request) -> http.Answer:
        if self._closed:
            raise ConnectionError("the transport is closed")
        if request.user is None:
            request = http.Request(
                request.method, request.path, request.query, request.headers, request.body,
                self._user, request.certificate, request.remote or "in-process", request.tree,
            )  # fmt: skip
        return await self._handler(request)

    async def close(self) -> None:
        self._closed = True
