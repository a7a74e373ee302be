"""What a Secret of type `kubernetes.io/service-account-token` holds.  Pure."""

import base64
from collections.abc import Mapping

from steersman.api.tree import MutableTree, Tree, edited

TYPE = "kubernetes.io/service-account-token"
ACCOUNT = "kubernetes.io/service-account.name"
ACCOUNT_UID = "kubernetes.io/service-account.uid"


def account_key(secret: Tree) -> str:
    """The account (`namespace/name`) that the secret names; empty where it is no such secret."""
    if secret.get("type") != TYPE:
        return ""
    name = (secret["metadata"].get("annotations") or {}).get(ACCOUNT)
    return f"{secret['metadata']['namespace']}/{name}" if name else ""


def is_orphan(secret: Tree, account: Tree | None) -> bool:
    """Whether its account is gone, or another one has its name by now."""
    if account is None:
        return True
    uid = (secret["metadata"].get("annotations") or {}).get(ACCOUNT_UID)
    return bool(uid) and uid != account["metadata"]["uid"]


def lacks(secret: Tree, ca: str) -> Mapping[str, str | None]:
    """The fields to be written; the token's value is None, because only its issuer can tell it."""
    data = secret.get("data") or {}
    wanted: dict[str, str | None] = {}
    if ca and data.get("ca.crt") != _encoded(ca):
        wanted["ca.crt"] = _encoded(ca)
    if not data.get("namespace"):
        wanted["namespace"] = _encoded(secret["metadata"]["namespace"])
    if not data.get("token"):
        wanted["token"] = None
    return wanted


def filled(secret: Tree, account: Tree, data: Mapping[str, str | None], token: str) -> MutableTree:
    """The secret with what it lacked."""
    values = {key: _encoded(token) if value is None else value for key, value in data.items()}
    tree = edited(secret, {**(secret.get("data") or {}), **values}, "data")
    return edited(tree, account["metadata"]["uid"], "metadata", "annotations", ACCOUNT_UID)


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
