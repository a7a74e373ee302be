"""Service account tokens: signed claims about an account, and what they are bound to.

A token names the account and, where it was asked for so, a pod, a node or a secret; it is valid while all of
them are there with the same uid.  So a deleted pod's token is dead at once, without a list of revocations.

`verify` asks the reader whether everything named still exists; `answer` is what an answered TokenRequest holds.
Signatures are `issuing`'s, whose names are here too: most who want one want the other.
"""

import base64
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from steersman.api import field, status, times
from steersman.api.tree import MutableTree, Tree, at
from steersman.apiserver.access import reading, serviceaccounts
from steersman.apiserver.access.issuing import DEFAULT_ISSUER as DEFAULT_ISSUER
from steersman.apiserver.access.issuing import DISCOVERY_PATH as DISCOVERY_PATH
from steersman.apiserver.access.issuing import KEYS_PATH as KEYS_PATH
from steersman.apiserver.access.issuing import Issuer as Issuer
from steersman.apiserver.access.issuing import Refused as Refused
from steersman.kit import clock as clocks
from steersman.kit import entropy as entropies
from steersman.kit import http

KIND, GROUP = "TokenRequest", "authentication.k8s.io"
SHORTEST = 600
LONGEST = 1 << 32
DEFAULT_LIFETIME = 3600
WARNED = 3607
"""The lifetime that a pod's automatic volume asks for.  Such a token really lives for a year, because old clients
read their token once; after 3607 seconds its use is only remarked upon."""
EXTENDED = 365 * 86400
LEEWAY = 60.0
"""How long a bound object may have been on its way out before its tokens are refused."""

CLAIM = "kubernetes.io"
EXTRA = "authentication.kubernetes.io/"
LEGACY_ISSUER = "kubernetes/serviceaccount"
MOVED = (
    "the UID in the bound object reference ({}) does not match the UID in record. "
    "The object might have been deleted and then recreated"
)


@dataclasses.dataclass(frozen=True, slots=True)
class Bound:
    """An object that a token lives and dies with."""

    kind: str
    name: str
    uid: str


def claims(
    issuer: Issuer,
    *,
    namespace: str,
    name: str,
    uid: str,
    audiences: Sequence[str],
    now: float,
    lifetime: int,
    id: str,
    bound: Sequence[Bound] = (),
    warn_after: int = 0,
) -> MutableTree:
    """What a token says."""
    begin = int(now)
    private: MutableTree = {"namespace": namespace, "serviceaccount": {"name": name, "uid": uid}}
    for each in bound:
        private[each.kind.lower()] = {"name": each.name, **({"uid": each.uid} if each.uid else {})}
    if warn_after:
        private["warnafter"] = begin + warn_after
    return {
        "aud": list(audiences),
        "exp": begin + lifetime,
        "iat": begin,
        "iss": issuer.issuer,
        "jti": id,
        CLAIM: private,
        "nbf": begin,
        "sub": serviceaccounts.username(namespace, name),
    }


def verify(
    issuer: Issuer, reader: reading.Reader, token: str, *, now: float, audiences: Sequence[str] = ()
) -> tuple[http.User, tuple[str, ...]]:
    """The account that a token speaks for, and the audiences it shares with those asked for.  Raises Refused."""
    said = issuer.check(token)
    if said.get("iss") == LEGACY_ISSUER:
        return _legacy(reader, said, token), tuple(audiences) or issuer.audiences
    if said.get("iss") != issuer.issuer:
        raise Refused(f"issued by {said.get('iss')!r}")
    if now >= _number(said, "exp"):
        raise Refused("has expired")
    if now + LEEWAY < max(_number(said, "nbf"), _number(said, "iat")):
        raise Refused("is not valid yet")
    listed = said.get("aud")
    for_whom = [listed] if isinstance(listed, str) else list(listed or ())
    common = tuple(each for each in (audiences or issuer.audiences) if each in for_whom)
    if not common:
        raise Refused(f"is for {for_whom}")
    return _subject(reader, said, now), common


def _number(said: Tree, name: str) -> float:
    value = said.get(name, 0)
    if not isinstance(value, int | float):
        raise Refused(f"{name} is no number")
    return float(value)


def _subject(reader: reading.Reader, said: Tree, now: float) -> http.User:
    private = said.get(CLAIM)
    if not isinstance(private, Mapping):
        raise Refused("names no service account")
    namespace = str(private.get("namespace", ""))
    name, uid = str(at(private, "serviceaccount", "name", default="")), at(private, "serviceaccount", "uid", default="")
    if said.get("sub") != serviceaccounts.username(namespace, name):
        raise Refused("its subject is not its account")
    _alive(reader.get(reading.SERVICE_ACCOUNTS, namespace, name), uid, f"service account {namespace}/{name}", now)
    extra: dict[str, tuple[str, ...]] = {}
    if said.get("jti"):
        extra[EXTRA + "credential-id"] = (f"JTI={said['jti']}",)
    for kind, resource in (("secret", reading.SECRETS), ("pod", reading.PODS), ("node", reading.NODES)):
        reference = private.get(kind)
        if not isinstance(reference, Mapping):
            continue
        where = "" if kind == "node" else namespace
        # Beside a pod, the node is said for information: such a token is bound to its pod alone.
        if kind != "node" or not isinstance(private.get("pod"), Mapping):
            _alive(reader.get(resource, where, str(reference.get("name"))), reference.get("uid"), kind, now)
        if kind != "secret":
            extra[f"{EXTRA}{kind}-name"] = (str(reference.get("name", "")),)
            if reference.get("uid"):
                extra[f"{EXTRA}{kind}-uid"] = (str(reference["uid"]),)
    return http.User(
        serviceaccounts.username(namespace, name), serviceaccounts.groups(namespace), uid=str(uid), extra=extra
    )


def _alive(tree: Tree | None, uid: Any, what: str, now: float) -> None:
    if tree is None:
        raise Refused(f"{what} is not there")
    meta = tree["metadata"]
    if meta.get("uid", "") != uid:
        raise Refused(f"{what} has another uid")
    deleted = meta.get("deletionTimestamp")
    if deleted and now - times.parse(deleted) > LEEWAY:
        raise Refused(f"{what} is being deleted")


def _legacy(reader: reading.Reader, said: Tree, token: str) -> http.User:
    """A token that never expires, out of a Secret of type kubernetes.io/service-account-token."""
    prefix = f"{LEGACY_ISSUER}/"
    namespace = str(said.get(prefix + "namespace", ""))
    name, uid = str(said.get(prefix + "service-account.name", "")), said.get(prefix + "service-account.uid", "")
    if said.get("sub") != serviceaccounts.username(namespace, name):
        raise Refused("its subject is not its account")
    secret = reader.get(reading.SECRETS, namespace, str(said.get(prefix + "secret.name", "")))
    if secret is None or secret["metadata"].get("deletionTimestamp"):
        raise Refused("its secret is not there")
    if base64.b64decode(at(secret, "data", "token", default="")) != token.encode():
        raise Refused("its secret holds another token")
    _alive(reader.get(reading.SERVICE_ACCOUNTS, namespace, name), uid, f"service account {namespace}/{name}", 0)
    return http.User(serviceaccounts.username(namespace, name), serviceaccounts.groups(namespace), uid=str(uid))


def legacy(issuer: Issuer, account: Tree, secret_name: str) -> str:
    """The token that the token controller puts into a Secret of type kubernetes.io/service-account-token."""
    meta = account["metadata"]
    prefix = f"{LEGACY_ISSUER}/"
    return issuer.sign(
        {
            "iss": LEGACY_ISSUER,
            prefix + "namespace": meta["namespace"],
            prefix + "secret.name": secret_name,
            prefix + "service-account.name": meta["name"],
            prefix + "service-account.uid": meta["uid"],
            "sub": serviceaccounts.username(meta["namespace"], meta["name"]),
        }
    )


def validate(request: Tree) -> list[field.FieldError]:
    """What is wrong with a TokenRequest, after defaults."""
    seconds = at(request, "spec", "expirationSeconds", default=DEFAULT_LIFETIME)
    path = field.Path("spec").child("expirationSeconds")
    errors = []
    if seconds < SHORTEST:
        errors.append(field.invalid(path, seconds, "may not specify a duration less than 10 minutes"))
    if seconds > LONGEST:
        errors.append(field.invalid(path, seconds, "may not specify a duration larger than 2^32 seconds"))
    return errors


def answer(
    issuer: Issuer,
    reader: reading.Reader,
    clock: clocks.Clock,
    entropy: entropies.Entropy,
    namespace: str,
    name: str,
    request: Tree,
) -> MutableTree:
    """A TokenRequest answered: `create` of `serviceaccounts/NAME/token`.

    Raises StatusError in the reference's order: the name, the account, the request, what it is to be bound to.
    """
    metadata = request.get("metadata") or {}
    if metadata.get("name", "") not in ("", name):
        why = "must match the service account name if specified"
        wrong = field.invalid(field.Path("metadata").child("name"), metadata["name"], why)
        raise status.invalid(KIND, GROUP, name, [wrong])
    account = reader.get(reading.SERVICE_ACCOUNTS, namespace, name)
    if account is None:
        raise status.not_found("serviceaccounts", "", name)
    uid = account["metadata"]["uid"]
    if metadata.get("uid", "") not in ("", uid):
        why = f"the UID in the token request ({metadata['uid']}) does not match the UID of the service account ({uid})"
        raise status.conflict(KIND, GROUP, name, why)
    spec = request.get("spec") or {}
    errors = validate(request)
    if errors:
        raise status.invalid(KIND, GROUP, "", errors)
    bound = _bindings(reader, namespace, name, spec.get("boundObjectRef"))
    audiences = list(spec.get("audiences") or issuer.audiences)
    seconds = lifetime = int(spec.get("expirationSeconds") or DEFAULT_LIFETIME)
    warn_after = 0
    if seconds == WARNED and bound and audiences == list(issuer.audiences):
        lifetime, warn_after = EXTENDED, seconds
    now = clock.now()
    said = claims(
        issuer,
        namespace=namespace,
        name=name,
        uid=uid,
        audiences=audiences,
        now=now,
        lifetime=lifetime,
        id=entropy.uuid(),
        bound=bound,
        warn_after=warn_after,
    )
    return {
        "kind": KIND,
        "apiVersion": f"{GROUP}/v1",
        "metadata": {
            **metadata,
            "name": name,
            "namespace": namespace,
            "uid": uid,
            "creationTimestamp": times.seconds(now),
        },
        "spec": {
            "audiences": audiences,
            "expirationSeconds": seconds,
            "boundObjectRef": spec.get("boundObjectRef"),
        },
        "status": {"token": issuer.sign(said), "expirationTimestamp": times.seconds(int(now) + seconds)},
    }


def _bindings(reader: reading.Reader, namespace: str, account: str, reference: Tree | None) -> list[Bound]:
    if reference is None:
        return []
    kind, version = reference.get("kind", ""), reference.get("apiVersion", "")
    name, uid = reference.get("name", ""), reference.get("uid", "")
    if "/" in version or kind not in ("Pod", "Secret", "Node"):
        group_kind = f"{version}, Kind={kind}" if "/" in version else f"/{version}, Kind={kind}"
        raise status.bad_request(f"cannot bind token to object of type {group_kind}")
    resource = {"Pod": reading.PODS, "Secret": reading.SECRETS, "Node": reading.NODES}[kind]
    found = reader.get(resource, "" if kind == "Node" else namespace, name)
    if found is None:
        raise status.not_found(resource, "", name)
    actual = found["metadata"]["uid"]
    bound = [Bound(kind, name, actual)]
    if kind == "Pod":
        if at(found, "spec", "serviceAccountName") != account:
            quoted = status.quoted(account)
            raise status.bad_request(
                f"cannot bind token for serviceaccount {quoted} to pod running with different serviceaccount name."
            )
        node_name = at(found, "spec", "nodeName")
        if node_name:
            node = reader.get(reading.NODES, "", node_name)
            bound.append(Bound("Node", node_name, node["metadata"]["uid"] if node else ""))
    if uid and uid != actual:
        raise status.conflict(resource, "", name, MOVED.format(uid))
    return bound
