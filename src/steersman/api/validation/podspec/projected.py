"""Downward API volumes and projected volumes, whose files must not get in each other's way."""

from typing import Any

from steersman.api import names
from steersman.api.validation import selectors
from steersman.api.validation.errors import Errors
from steersman.api.validation.podspec import fieldrefs, paths, sources

CONFLICT = "conflicting duplicate paths"


def downward(tree: Any, at: str, e: Errors) -> None:
    paths.mode(tree.get("defaultMode"), f"{at}.defaultMode", e)
    for item in tree.get("items") or ():
        _file(item, at, e)


def _file(item: Any, at: str, e: Errors) -> None:
    sources.needs(item, at, e, "path")
    paths.not_reserved(item.get("path") or "", f"{at}.path", e)
    if item.get("fieldRef") is not None:
        fieldrefs.field_ref(item["fieldRef"], fieldrefs.IN_VOLUMES, f"{at}.fieldRef", e)
        if item.get("resourceFieldRef") is not None:
            e.invalid(at, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously")
    elif item.get("resourceFieldRef") is not None:
        fieldrefs.resource_ref(item["resourceFieldRef"], f"{at}.resourceFieldRef", e, volume=True)
    else:
        e.required(at, "one of fieldRef and resourceFieldRef is required")
    paths.mode(item.get("mode"), f"{at}.mode", e)


def projected(tree: Any, at: str, e: Errors) -> None:
    paths.mode(tree.get("defaultMode"), f"{at}.defaultMode", e)
    taken: set[str] = set()
    for index, source in enumerate(tree.get("sources") or ()):
        _source(source, at, f"{at}.sources[{index}]", taken, e)


def _source(source: Any, top: str, at: str, taken: set[str], e: Errors) -> None:
    def take(path: str, shown: str) -> None:
        if path and path in taken:
            e.invalid(top, shown, CONFLICT)
        taken.add(path)

    for kind in ("secret", "configMap"):
        each = source.get(kind)
        if each is not None:
            sources.needs(each, f"{at}.{kind}", e, "name")
            for index, item in enumerate(each.get("items") or ()):
                sources.key_to_path(item, f"{at}.{kind}.items[{index}]", e)
                take(item.get("path") or "", each.get("name") or "")
    if source.get("downwardAPI") is not None:
        for item in source["downwardAPI"].get("items") or ():
            _file(item, f"{at}.downwardAPI", e)
            take(item.get("path") or "", item.get("path") or "")
    token = source.get("serviceAccountToken")
    if token is not None:
        _token(token, top, f"{at}.serviceAccountToken", e)
    bundle = source.get("clusterTrustBundle")
    if bundle is not None:
        _bundle(bundle, f"{at}.clusterTrustBundle", e)
        take(bundle.get("path") or "", bundle.get("path") or "")
    if len([each for each in source.values() if each is not None]) > 1:
        e.forbidden(at, "may not specify more than 1 volume type per source")


def _token(token: Any, top: str, at: str, e: Errors) -> None:
    seconds = token.get("expirationSeconds") or 0
    if seconds < 600:
        e.invalid(f"{at}.expirationSeconds", seconds, "may not specify a duration less than 10 minutes")
    if seconds > 1 << 32:
        e.invalid(f"{at}.expirationSeconds", seconds, "may not specify a duration larger than 2^32 seconds")
    path = token.get("path") or ""
    if not path:
        e.required(f"{top}.path")
    else:
        paths.not_reserved(path, f"{top}.path", e)


def _bundle(bundle: Any, at: str, e: Errors) -> None:
    name, signer = bundle.get("name"), bundle.get("signerName")
    if name is not None and signer is not None:
        e.invalid(at, dict(bundle), "only one of name and signerName may be used")
    elif name is not None:
        if not name:
            e.required(f"{at}.name", "must be a valid object name")
        for text in names.dns1123_subdomain(name.rpartition(":")[2]):
            e.invalid(f"{at}.name", name, f"not a valid clustertrustbundlename: {text}")
        if bundle.get("labelSelector") is not None:
            why = "labelSelector must be unset if name is specified"
            e.invalid(f"{at}.labelSelector", bundle["labelSelector"], why)
    elif signer is not None:
        if not signer:
            e.required(f"{at}.signerName", "must be a valid signer name")
        selectors.selector(bundle.get("labelSelector"), f"{at}.labelSelector", e)
    else:
        e.required(at, "either name or signerName must be specified")
    sources.needs(bundle, at, e, "path")
    paths.not_reserved(bundle.get("path") or "", f"{at}.path", e)
