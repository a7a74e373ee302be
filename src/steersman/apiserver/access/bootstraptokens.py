"""Bootstrap tokens: how a machine that knows nothing but a short secret joins.

A token reads `abcdef.0123456789abcdef`.  Its first part names the Secret `bootstrap-token-abcdef` in
kube-system, which holds the second part, an expiry, and what it may be used for.
"""

import base64
import binascii
import hmac
import re

from steersman.api import times
from steersman.api.tree import Tree
from steersman.apiserver.access import reading
from steersman.kit import http

NAMESPACE = "kube-system"
TYPE = "bootstrap.kubernetes.io/token"
GROUP = "system:bootstrappers"
_TOKEN = re.compile(r"([a-z0-9]{6})\.([a-z0-9]{16})")
_EXTRA_GROUP = re.compile(r"system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]")


def looks_like_one(token: str) -> bool:
    return _TOKEN.fullmatch(token) is not None


def verify(reader: reading.Reader, token: str, *, now: float) -> http.User | None:
    """The user that a bootstrap token stands for; None when it is not good."""
    match = _TOKEN.fullmatch(token)
    if match is None:
        return None
    id, secret = match.groups()
    stored = reader.get(reading.SECRETS, NAMESPACE, f"bootstrap-token-{id}")
    if stored is None or stored.get("type") != TYPE or stored["metadata"].get("deletionTimestamp"):
        return None
    if _data(stored, "token-id") != id or not hmac.compare_digest(_data(stored, "token-secret"), secret):
        return None
    if _data(stored, "usage-bootstrap-authentication") != "true" or _expired(_data(stored, "expiration"), now):
        return None
    extra = [group for group in _data(stored, "auth-extra-groups").split(",") if group]
    if not all(_EXTRA_GROUP.fullmatch(group) for group in extra):
        return None
    return http.User(f"system:bootstrap:{id}", (GROUP, *sorted(set(extra))))


def _expired(text: str, now: float) -> bool:
    if not text:
        return False
    try:
        return times.parse(text) <= now
    except ValueError:
        return True


def _data(secret: Tree, key: str) -> str:
    try:
        return base64.b64decode((secret.get("data") or {}).get(key, "")).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
