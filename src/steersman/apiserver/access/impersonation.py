"""Acting as somebody else: the `Impersonate-*` headers.

Each part asked for (user, groups, uid, each value of each extra) needs the verb `impersonate` on it.  Who may
do it becomes the other for the rest of the request, keeping nothing of its own.
"""

import dataclasses
import urllib.parse
from collections.abc import Iterator, Mapping

from steersman.api import status
from steersman.apiserver.access import attributes as asked
from steersman.apiserver.access import authentication, authorization, serviceaccounts
from steersman.kit import http

USER = "impersonate-user"
GROUP = "impersonate-group"
UID = "impersonate-uid"
EXTRA = "impersonate-extra-"


def wanted(headers: Mapping[str, str]) -> bool:
    return any(name.startswith("impersonate-") for name in headers)


def apply(user: http.User, headers: Mapping[str, str], authorizer: authorization.Authorizer) -> http.User:
    """The user that the rest of the request belongs to.  Raises StatusError.

    A header sent several times must arrive as one value joined by commas, as HTTP has it.
    """
    name = headers.get(USER, "")
    groups = _values(headers.get(GROUP, ""))
    uid = headers.get(UID, "")
    extra = {
        urllib.parse.unquote(header[len(EXTRA) :]).lower(): _values(value)
        for header, value in headers.items()
        if header.startswith(EXTRA)
    }
    if not name:
        if groups or uid or extra:
            raise status.internal(f"requested {_shown(groups, uid, extra)} without impersonating a user")
        return user
    for attributes in _questions(user, name, groups, uid, extra):
        decision = authorizer.authorize(attributes)
        if not decision.allowed:
            raise authorization.refusal(attributes, decision)
    account = serviceaccounts.split(name)
    if not groups and account is not None:
        groups = serviceaccounts.groups(account[0])
    other = http.User(name, groups, uid=uid, extra=extra)
    if name == authorization.ANONYMOUS:
        if authorization.UNAUTHENTICATED in groups:
            return other
        return dataclasses.replace(other, groups=(*groups, authorization.UNAUTHENTICATED))
    return authentication.proven(other)


def _values(header: str) -> tuple[str, ...]:
    return tuple(value.strip() for value in header.split(",") if value.strip())


def _questions(
    user: http.User, name: str, groups: tuple[str, ...], uid: str, extra: Mapping[str, tuple[str, ...]]
) -> Iterator[asked.Attributes]:
    base = asked.Attributes(user=user, verb="impersonate", version="v1")
    account = serviceaccounts.split(name)
    if account is None:
        yield dataclasses.replace(base, resource="users", name=name)
    else:
        yield dataclasses.replace(base, resource="serviceaccounts", namespace=account[0], name=account[1])
    for group in groups:
        yield dataclasses.replace(base, resource="groups", name=group)
    authentication_api = dataclasses.replace(base, group="authentication.k8s.io")
    for key, values in extra.items():
        for value in values:
            yield dataclasses.replace(authentication_api, resource="userextras", subresource=key, name=value)
    if uid:
        yield dataclasses.replace(authentication_api, resource="uids", name=uid)


def _shown(groups: tuple[str, ...], uid: str, extra: Mapping[str, tuple[str, ...]]) -> str:
    return ", ".join(
        [*(f"group {g}" for g in groups), *([f"uid {uid}"] if uid else []), *(f"extra {key}" for key in extra)]
    )
