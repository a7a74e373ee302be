"""LIST: the stored bytes of many objects, spliced, in chunks.

Which revision: none asked or 0 is the newest there is (nothing here is ever stale); a number without a match
rule is "not older than", and with a limit exactly that one, as the reference has it for compatibility.

A continue token says at which revision the list began and which key came last, so pages of one list show one
moment.  When that moment is compacted, 410 carries a token for going on inconsistently.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from typing import Any

from steersman.api import status
from steersman.apiserver import selection as selections
from steersman.apiserver.call import Call
from steersman.apiserver.http import negotiate, respond
from steersman.apiserver.http import options as optioned
from steersman.apiserver.registry import layout as layouts
from steersman.apiserver.verbs import forms
from steersman.kit import http
from steersman.store import protocol

CHUNK = 64 * 1024
TOKEN_VERSION = "meta.k8s.io/v1"  # noqa: S105
TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list "
    "without the continue parameter, or use the continue token in this response to retrieve the remainder of the "
    "results. Continuing with the provided token results in an inconsistent list - objects that were created, "
    "modified, or deleted between the time the first chunk was returned and now may show up in the list."
)


async def list(call: Call) -> http.Response:
    options = optioned.list_options(call.request)
    selection = selections.select(call.resource, options.label_selector, options.field_selector)
    found = find(call, options, selection)
    metadata: dict[str, Any] = {"resourceVersion": str(found.revision)}
    if found.token:
        metadata["continue"] = found.token
        if selection is None and found.remaining:
            metadata["remainingItemCount"] = found.remaining
    if call.accept.plain:
        return http.Response(200, chunks=spliced(call, found.entries, metadata))
    if call.accept.transform == "Table":
        return _table(call, found.entries, metadata)
    return respond.tree(_tree(call, found.entries, metadata), call.accept)


def _table(call: Call, entries: Sequence[protocol.Entry], metadata: dict[str, Any]) -> http.Response:
    chunks = forms.table_of(call, map(call.registry.served, entries), metadata)
    if call.accept.media == negotiate.JSON and not call.accept.pretty:
        return http.Response(200, chunks=chunks)
    return respond.tree(layouts.decode(b"".join(chunks)), call.accept)


class Found:
    __slots__ = ("entries", "remaining", "revision", "token")

    def __init__(self, entries: Sequence[protocol.Entry], revision: int, token: str = "", remaining: int = 0) -> None:
        self.entries = entries
        self.revision = revision
        self.token = token
        self.remaining = remaining


def find(call: Call, options: optioned.ListOptions, selection: selections.Selection | None) -> Found:
    """What a list shows.  Raises what a list is refused with."""
    registry, store = call.registry, call.services.store
    namespace = call.info.namespace
    if selection is not None and selection.namespace and call.resource.namespaced:
        if namespace and namespace != selection.namespace:
            return Found((), store.revision)
        namespace = selection.namespace
    prefix = registry.range_prefix(namespace)
    at, after = _position(call, options, prefix)
    limit = 0 if options.resource_version == "0" else options.limit
    if selection is not None and selection.name and (namespace or not call.resource.namespaced) and not after:
        entry = registry.entry(namespace, selection.name, at)
        matched = entry is not None and (selection.key_only or selection.matches(entry))
        return Found([entry] if entry is not None and matched else (), at or store.revision)
    try:
        return _read(store, prefix, selection, at, after, limit)
    except protocol.Compacted as error:
        raise _compacted(call, options, prefix, after) from error
    except protocol.Future as error:
        raise future(at, error.current) from error


def _read(
    store: protocol.Store,
    prefix: str,
    selection: selections.Selection | None,
    at: int,
    after: str,
    limit: int,
) -> Found:
    if selection is None:
        page = store.range(prefix, at=at, after=after, limit=limit)
        token = _token(prefix, page.entries[-1].key, page.revision) if page.remaining and page.entries else ""
        return Found(page.entries, page.revision, token, page.remaining)
    entries: Sequence[protocol.Entry]
    if not limit:
        page = store.range(prefix, at=at, after=after)
        return Found([entry for entry in page.entries if selection.accepts(entry.value)], page.revision)
    kept: Any = []
    step = limit
    while True:
        page = store.range(prefix, at=at, after=after, limit=step)
        at = page.revision
        entries = page.entries
        for place, entry in enumerate(entries):
            if selection.accepts(entry.value):
                kept.append(entry)
                if len(kept) == limit:
                    more = place + 1 < len(entries) or page.remaining
                    return Found(kept, at, _token(prefix, entry.key, at) if more else "")
        if not page.remaining or not entries:
            return Found(kept, at)
        after = entries[-1].key
        step = min(step * 2, 10_000)


def _position(call: Call, options: optioned.ListOptions, prefix: str) -> tuple[int, str]:
    """The revision to read at (0 newest) and the key to begin after."""
    asked = optioned.resource_version(options.resource_version)
    if options.continue_:
        if asked:
            raise status.bad_request("specifying resource version is not allowed when using continue")
        revision, start = _decoded(options.continue_)
        return max(revision, 0), prefix + start.removesuffix("\0")
    current = call.services.store.revision
    if asked > current:
        raise future(asked, current)
    exact = options.resource_version_match == "Exact" or (options.limit and not options.resource_version_match)
    return (asked if exact and asked else 0), ""


def future(asked: int, current: int) -> status.StatusError:
    error = status.timeout(f"Timeout: Too large resource version: {asked}, current: {current}", 1)
    error.tree["details"] = {
        "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
        "retryAfterSeconds": 1,
    }
    return error


def _compacted(call: Call, options: optioned.ListOptions, prefix: str, after: str) -> status.StatusError:
    if not options.continue_:
        return status.expired("The resourceVersion for the provided list is too old.")
    error = status.expired(TOO_OLD)
    error.tree["metadata"] = {"continue": _token(prefix, after, -1)}
    return error


def _token(prefix: str, key: str, revision: int) -> str:
    start = key[len(prefix) :] + "\0"
    text = json.dumps({"v": TOKEN_VERSION, "rv": revision, "start": start}, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def _decoded(token: str) -> tuple[int, str]:
    def wrong(why: str) -> status.StatusError:
        return status.bad_request(f"invalid continue token: continue key is not valid: {why}")

    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        raise wrong("illegal base64 data at input byte 0") from None
    try:
        value = json.loads(text)
    except ValueError:
        first = text[:1].decode("latin-1")
        shown = first if first.isprintable() else f"\\u{ord(first or chr(0)):04x}"
        raise wrong(f"invalid character '{shown}' looking for beginning of value") from None
    if not isinstance(value, dict) or value.get("v") != TOKEN_VERSION:
        raise wrong("server does not recognize this encoded version")
    start, revision = value.get("start", ""), value.get("rv", 0)
    if revision == 0 or not isinstance(revision, int):
        raise wrong("incorrect encoded start resourceVersion (version meta.k8s.io/v1)")
    if not isinstance(start, str) or not start:
        raise wrong("encoded start key empty (version meta.k8s.io/v1)")
    if start.startswith("/") or "/../" in f"/{start}/":
        raise wrong(f"{start}")
    return revision, start


def spliced(call: Call, entries: Iterable[protocol.Entry], metadata: dict[str, Any]) -> Sequence[bytes]:
    """The list's bytes: a head, the items from their known offset, a tail."""
    registry, resource = call.registry, call.resource
    top = {"kind": resource.list_kind, "apiVersion": resource.api_version, "metadata": metadata}
    head = layouts.encode(top)[:-1] + b',"items":['
    if resource.custom:
        items: Iterable[bytes | memoryview] = (registry.served(entry) for entry in entries)
        return _joined(head, b"", b",", items)
    if registry.to_served is None:
        start = registry.stored.item_at
        return _joined(head, b"{", b",{", (memoryview(entry.value)[start:] for entry in entries))
    return _joined(head, b"", b",", (_untyped(registry.served(entry)) for entry in entries))


def _untyped(value: bytes) -> bytes:
    tree = layouts.decode(value)
    tree.pop("kind", None)
    tree.pop("apiVersion", None)
    return layouts.encode(tree)


def _joined(head: bytes, first: bytes, between: bytes, items: Iterable[bytes | memoryview]) -> Sequence[bytes]:
    chunks: Any = []
    gathered: Any = [head]
    size = 0
    separator = first
    for item in items:
        gathered.append(separator)
        gathered.append(item)
        separator = between
        size += len(item)
        if size >= CHUNK:
            chunks.append(b"".join(gathered))
            gathered, size = [], 0
    gathered.append(b"]}\n")
    chunks.append(b"".join(gathered))
    return tuple(chunks)


def _tree(call: Call, entries: Sequence[protocol.Entry], metadata: dict[str, Any]) -> dict[str, Any]:
    trees = [call.registry.tree(entry.value) for entry in entries]
    accept, resource = call.accept, call.resource
    if accept.transform:
        if accept.transform == "PartialObjectMetadata":
            raise status.not_acceptable(
                f"you requested PartialObjectMetadata, but the requested object is a list (*{resource.list_kind})"
            )
        items = [forms.partial_metadata(call, tree) for tree in trees]
        kind, version = "PartialObjectMetadataList", accept.transform_api_version
        return {"kind": kind, "apiVersion": version, "metadata": metadata, "items": items}
    if not resource.custom:
        for tree in trees:
            tree.pop("kind", None)
            tree.pop("apiVersion", None)
    return {"kind": resource.list_kind, "apiVersion": resource.api_version, "metadata": metadata, "items": trees}
