"""Acting as somebody else: the `Impersonate-*` headers.

Who may do it is asked in several modes (KEP-5284), the narrow ones first.  A constrained mode asks twice: whether
the requester may make this very request as somebody else (`impersonate-on:<mode>:<verb>` on what the request is
about), and whether it may be that somebody (`impersonate:<mode>` on each part).  The last mode is the old one: the
verb `impersonate` on each part, for every request.  The first mode that allows it decides; when none does, the
first refusal is told.  Who is allowed becomes the other for the rest of the request, keeping nothing of its own.
"""

import dataclasses
import urllib.parse
from collections.abc import Callable, Iterator, Mapping

from steersman.api import names as naming
from steersman.api import status
from steersman.apiserver.access import attributes as asked
from steersman.apiserver.access import authentication, authorization, serviceaccounts, tokens
from steersman.kit import http

USER = "impersonate-user"
GROUP = "impersonate-group"
UID = "impersonate-uid"
EXTRA = "impersonate-extra-"
NODE = "system:node:"
AUTHENTICATION = "authentication.k8s.io"


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """Whom the headers ask to be."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)

    @property
    def only_a_name(self) -> bool:
        return not (self.groups or self.uid or self.extra)


def wanted(headers: Mapping[str, str]) -> bool:
    return "\nimpersonate-" in "\n".join(("", *headers))  # of every request: one search, not one for each header


def apply(headers: Mapping[str, str], request: asked.Attributes, authorizer: authorization.Authorizer) -> http.User:
    """The user that the rest of the request belongs to; `request` is what its sender wants to do.

    A header that comes several times names several groups; a comma in one belongs to the group's name.
    Raises StatusError.
    """
    asks = _read(headers)
    if asks is None:
        return request.user
    refused: status.StatusError | None = None
    for mode, fits in MODES:
        if not fits(asks, request.user):
            continue
        try:
            for question in _questions(mode, asks, request):
                _ask(authorizer, question)
        except status.StatusError as error:
            refused = refused or error
            continue
        return _become(mode, asks)
    assert refused is not None, "the last mode fits everybody"
    raise refused


def _read(headers: Mapping[str, str]) -> Wanted | None:
    name = headers.get(USER, "")
    groups = _values(headers, GROUP)
    uid = headers.get(UID, "")
    extra = {
        urllib.parse.unquote(header[len(EXTRA) :]).lower(): _values(headers, header)
        for header in headers
        if header.startswith(EXTRA)
    }
    if name:
        return Wanted(name, groups, uid, extra)
    if groups or uid or extra:
        raise status.failure(
            400, "BadRequest", f"requested {_shown(groups, uid, extra)} without impersonating a user name",
            headers=(("X-Content-Type-Options", "nosniff"),),
        )  # fmt: skip
    return None


def _values(headers: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(value for value in http.values(headers, name) if value)


def _node(username: str) -> str:
    """The node whose user that is; empty for everybody else."""
    name = username.removeprefix(NODE)
    return name if name != username and not naming.dns1123_subdomain(name) else ""


def _is_its_own_node(asks: Wanted, requester: http.User) -> bool:
    bound = requester.extra.get(tokens.EXTRA + "node-name", ())
    return (
        asks.only_a_name and serviceaccounts.split(requester.name) is not None and (_node(asks.name),) == tuple(bound)
    )


def _is_a_node(asks: Wanted, requester: http.User) -> bool:
    return asks.only_a_name and bool(_node(asks.name))


def _is_an_account(asks: Wanted, requester: http.User) -> bool:
    return asks.only_a_name and serviceaccounts.split(asks.name) is not None


def _is_another_user(asks: Wanted, requester: http.User) -> bool:
    return not _node(asks.name) and serviceaccounts.split(asks.name) is None


LEGACY = ""
ASSOCIATED_NODE = "associated-node"
MODES: tuple[tuple[str, Callable[[Wanted, http.User], bool]], ...] = (
    (ASSOCIATED_NODE, _is_its_own_node),
    ("arbitrary-node", _is_a_node),
    ("serviceaccount", _is_an_account),
    ("user-info", _is_another_user),
    (LEGACY, lambda asks, requester: True),
)
"""In the order in which they are tried, with whom each is about."""


def _questions(mode: str, asks: Wanted, request: asked.Attributes) -> Iterator[asked.Attributes]:
    """What must be allowed.  Raises StatusError for what a constrained mode never allows."""
    verb = f"impersonate:{mode}" if mode else "impersonate"
    base = asked.Attributes(user=request.user, verb=verb, version="v1")
    authentication_api = dataclasses.replace(base, group=AUTHENTICATION)
    names = authentication_api if mode else base
    if mode:
        yield dataclasses.replace(request, verb=f"impersonate-on:{mode}:{request.verb}")
    account = serviceaccounts.split(asks.name)
    if mode and _node(asks.name):
        # The requester's own node may be any: what it may do must not depend on where its pod runs.
        yield dataclasses.replace(names, resource="nodes", name="*" if mode == ASSOCIATED_NODE else _node(asks.name))
    elif account is None:
        yield dataclasses.replace(names, resource="users", name=asks.name)
    else:
        yield dataclasses.replace(names, resource="serviceaccounts", namespace=account[0], name=account[1])
    if asks.uid:
        yield dataclasses.replace(authentication_api, resource="uids", name=asks.uid)
    for group in asks.groups:
        question = dataclasses.replace(names, resource="groups", name=group)
        if mode and group == authorization.SUPERUSERS:
            raise _never(question, f"impersonating the {group} group is not allowed")
        yield question
    for key, values in asks.extra.items():
        question = dataclasses.replace(authentication_api, resource="userextras", subresource=key)
        if mode and not values:
            raise _never(
                dataclasses.replace(question, subresource=""), "impersonating empty values in extra is not allowed"
            )
        for value in values:
            yield dataclasses.replace(question, name=value)


def _ask(authorizer: authorization.Authorizer, question: asked.Attributes) -> None:
    decision = authorizer.authorize(question)
    if not decision.allowed:
        raise authorization.refusal(question, decision)


def _never(question: asked.Attributes, why: str) -> status.StatusError:
    return authorization.refusal(question, authorization.Decision(authorization.Verdict.DENY, why))


def _become(mode: str, asks: Wanted) -> http.User:
    groups = asks.groups
    account = serviceaccounts.split(asks.name)
    if mode and _node(asks.name):
        groups = (authorization.NODES,)
    elif not groups and account is not None:
        groups = serviceaccounts.groups(account[0])
    other = http.User(asks.name, groups, uid=asks.uid, extra=asks.extra)
    if asks.name == authorization.ANONYMOUS:
        if authorization.UNAUTHENTICATED in groups:
            return other
        return dataclasses.replace(other, groups=(*groups, authorization.UNAUTHENTICATED))
    return authentication.proven(other)


def _shown(groups: tuple[str, ...], uid: str, extra: Mapping[str, tuple[str, ...]]) -> str:
    """The reference's own struct without a name, as its message prints it."""
    pairs = ", ".join(f"{status.quoted(key)}:{_strings(extra[key])}" for key in sorted(extra))
    extras = f"map[string][]string{{{pairs}}}" if extra else "map[string][]string(nil)"
    return f'&user.DefaultInfo{{Name:"", UID:{status.quoted(uid)}, Groups:{_strings(groups)}, Extra:{extras}}}'


def _strings(values: tuple[str, ...]) -> str:
    return f"[]string{{{', '.join(map(status.quoted, values))}}}" if values else "[]string(nil)"
