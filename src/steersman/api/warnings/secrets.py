"""Secrets for TLS whose certificate and key cannot be used."""

import base64
import binascii

from steersman.api.tree import Tree

TLS = "kubernetes.io/tls"


def secret(new: Tree, old: Tree | None) -> list[str]:
    if new.get("type") != TLS:
        return []
    data = new.get("data") or {}
    for key, what, label in (("tls.crt", "certificate", b"CERTIFICATE"), ("tls.key", "key", b"PRIVATE KEY")):
        text = _decoded(data.get(key) or "")
        if b"-----BEGIN " not in text:
            return [f"tls: failed to find any PEM data in {what} input"]
        if label + b"-----" not in text:
            kind = "certificate" if what == "certificate" else "private key"
            return [f'tls: failed to find "{label.decode()}" PEM block in {kind} input']
    return []


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except binascii.Error:
        return b""
