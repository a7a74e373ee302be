"""CertificateSigningRequests."""

import base64
import re
from typing import Any

from steersman.api import names
from steersman.api.tree import Tree
from steersman.api.validation.errors import Errors

USAGES = (
    "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment",
    "decipher only", "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel",
    "ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime",
    "server auth", "signing", "timestamping",
)  # fmt: skip
_SIGNER_FORM = "must be a fully qualified domain and path of the form 'example.com/signer-name'"
_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----")


def create(tree: Tree, e: Errors) -> None:
    spec = tree.get("spec") or {}
    _request(spec.get("request"), e)
    usages = spec.get("usages") or []
    if not usages:
        e.required("spec.usages")
    for index, usage in enumerate(usages):
        e.one_of(f"spec.usages[{index}]", usage, USAGES)
    for index, usage in enumerate(usages):
        if usage in usages[:index]:
            e.duplicate(f"spec.usages[{index}]", usage)
    name = spec.get("signerName") or ""
    if name == "kubernetes.io/legacy-unknown":
        e.invalid("spec.signerName", name, "the legacy signerName is not allowed via this API version")
    else:
        signer(name, "spec.signerName", e)
    seconds = spec.get("expirationSeconds")
    if seconds is not None and seconds < 600:
        why = "may not specify a duration less than 600 seconds (10 minutes)"
        e.invalid("spec.expirationSeconds", seconds, why)


def update(new: Tree, old: Tree, e: Errors) -> None:
    """Its spec does not change: the registry keeps the old one."""


_FINAL = ("Approved", "Denied", "Failed")


def status_update(new: Tree, old: Tree, e: Errors) -> None:
    """A signer writes the certificate, once; what was decided stays."""
    _decided(new, old, e)
    for kind in _FINAL[:2]:
        if len(_of(new, kind)) > len(_of(old, kind)):
            e.forbidden("status.conditions", f'updates may not add a condition of type "{kind}"')
    before = (old.get("status") or {}).get("certificate")
    if before and (new.get("status") or {}).get("certificate") != before:
        e.forbidden("status.certificate", "updates may not modify existing certificate content")


def approval_update(new: Tree, old: Tree, e: Errors) -> None:
    """Somebody approves or denies, and does not take it back."""
    _decided(new, old, e)


def _decided(new: Tree, old: Tree, e: Errors) -> None:
    seen: set[str] = set()
    for index, each in enumerate((new.get("status") or {}).get("conditions") or ()):
        at, kind, status = f"status.conditions[{index}]", each.get("type") or "", each.get("status") or ""
        if not kind:
            e.required(f"{at}.type")
        if not status:
            e.required(f"{at}.status")
        elif kind in _FINAL:
            e.one_of(f"{at}.status", status, ("True",))
        else:
            e.one_of(f"{at}.status", status, ("False", "True", "Unknown"))
        if kind in ("Approved", "Denied") and {"Approved", "Denied"} - {kind} <= seen:
            e.invalid(f"{at}.type", kind, "Approved and Denied conditions are mutually exclusive")
        if kind in seen:
            e.duplicate(f"{at}.type", kind)
        seen.add(kind)
    for kind in _FINAL:
        if len(_of(new, kind)) < len(_of(old, kind)):
            e.forbidden("status.conditions", f'updates may not remove a condition of type "{kind}"')


def _of(tree: Tree, kind: str) -> list[Any]:
    return [each for each in (tree.get("status") or {}).get("conditions") or () if each.get("type") == kind]


def _request(text: Any, e: Errors) -> None:
    match = _BLOCK.search(base64.b64decode(text or ""))
    if match is None or match[1] != b"CERTIFICATE REQUEST":
        e.invalid("spec.request", text, "PEM block type must be CERTIFICATE REQUEST")


def signer(name: str, at: str, e: Errors) -> None:
    if not name:
        e.required(at)
        return
    if name.count("/") != 1:
        e.invalid(at, name, _SIGNER_FORM)
        return
    domain, _, path = name.partition("/")
    for text in names.dns1123_subdomain(domain):
        e.invalid(at, domain, f"validating label {_quoted(domain)}: {text}")
    if "." not in domain:
        e.invalid(at, name, "should be a domain with at least two segments separated by dots")
    for text in names.dns1123_subdomain(path):
        e.invalid(at, path, f"validating label {_quoted(path)}: {text}")


def _quoted(text: str) -> str:
    return f'"{text}"'
