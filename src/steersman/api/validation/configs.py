"""ConfigMaps, Secrets and ServiceAccounts."""

import base64
from typing import Any

from steersman.api import names
from steersman.api.codec import go_json
from steersman.api.tree import Tree
from steersman.api.validation.errors import Errors

MOST = 1024 * 1024
_IMMUTABLE = "field is immutable when `immutable` is set"
_REDACTED = "<secret contents redacted>"


def _size(data: Any) -> int:
    """Bytes behind base64 texts."""
    return sum(len(text) * 3 // 4 - text.count("=", -2) for text in data.values())


def config_map(tree: Tree, e: Errors) -> None:
    data, binary = tree.get("data") or {}, tree.get("binaryData") or {}
    total = 0
    for key, value in data.items():
        e.named(f"data[{key}]", key, names.config_key)
        if key in binary:
            e.invalid(f"data[{key}]", key, "duplicate of key present in binaryData")
        total += len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))
    for key in binary:
        e.named(f"binaryData[{key}]", key, names.config_key)
    if total + _size(binary) > MOST:
        e.too_long("", MOST)


def config_map_update(new: Tree, old: Tree, e: Errors) -> None:
    _frozen(new, old, e, "data", "binaryData")
    config_map(new, e)


def _frozen(new: Tree, old: Tree, e: Errors, *fields: str) -> None:
    if not old.get("immutable"):
        return
    if not new.get("immutable"):
        e.forbidden("immutable", _IMMUTABLE)
    for name in fields:
        if (new.get(name) or {}) != (old.get(name) or {}):
            e.forbidden(name, _IMMUTABLE)


def secret(tree: Tree, e: Errors) -> None:
    data = tree.get("data") or {}
    for key in data:
        e.named(f"data[{key}]", key, names.config_key)
    if _size(data) > MOST:
        e.too_long("data", MOST)
    kind = tree.get("type") or ""
    if kind == "kubernetes.io/service-account-token":
        key = "kubernetes.io/service-account.name"
        if not ((tree.get("metadata") or {}).get("annotations") or {}).get(key):
            e.required(f"metadata.annotations[{key}]")
    elif kind == "kubernetes.io/dockercfg":
        _json(data, ".dockercfg", e)
    elif kind == "kubernetes.io/dockerconfigjson":
        _json(data, ".dockerconfigjson", e)
    elif kind == "kubernetes.io/basic-auth":
        if "username" not in data and "password" not in data:
            e.required("data[username]")
            e.required("data[password]")
    elif kind == "kubernetes.io/ssh-auth":
        if not data.get("ssh-privatekey"):
            e.required("data[ssh-privatekey]")
    elif kind == "kubernetes.io/tls":
        for key in ("tls.crt", "tls.key"):
            if key not in data:
                e.required(f"data[{key}]")


def _json(data: Any, key: str, e: Errors) -> None:
    if key not in data:
        e.required(f"data[{key}]")
        return
    body = base64.b64decode(data[key])
    complaint = go_json.explain(body.decode("latin-1").encode()) or _not_object(body)
    if complaint:
        e.invalid(f"data[{key}]", _REDACTED, complaint)


def _not_object(body: bytes) -> str:
    kinds = {b"[": "array", b'"': "string", b"t": "bool", b"f": "bool"}
    first = body.strip()[:1]
    if first in (b"{", b"n"):
        return ""
    return f"json: cannot unmarshal {kinds.get(first, 'number')} into Go value of type map[string]interface {{}}"


def secret_update(new: Tree, old: Tree, e: Errors) -> None:
    e.immutable("type", new.get("type") or "", old.get("type") or "")
    _frozen(new, old, e, "data")
    secret(new, e)


def service_account(tree: Tree, e: Errors) -> None:
    """Nothing beyond its metadata."""


def service_account_update(new: Tree, old: Tree, e: Errors) -> None:
    """Nothing beyond its metadata."""
