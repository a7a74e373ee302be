"""LIST: the stored bytes of many objects, spliced, in chunks.

Which moment a list shows (nothing here is ever stale, so "any" and "not older than" are the newest there is):

    resourceVersion   resourceVersionMatch   limit   the moment
    none              none                   any     the newest
    0                 none, NotOlderThan     any     the newest, and the limit is not heeded
    N                 none                   none    the newest; 504 where N does not come
    N                 none                   given   N exactly, as it was before there were match rules
    N                 NotOlderThan           any     the newest; 504 where N does not come
    N                 Exact                  any     N exactly; 410 where it is compacted, 504 where it is not there

A continue token says at which revision the list began and which key came last, so pages of one list show one
moment.  When that moment is compacted, 410 carries a token for going on inconsistently, at the newest.
"""

import base64
import itertools
import json
import posixpath
import re
from collections.abc import Iterable, Sequence
from typing import Any

from steersman.api import status
from steersman.apiserver import selection as selections
from steersman.apiserver.call import Call
from steersman.apiserver.http import negotiate, respond
from steersman.apiserver.http import options as optioned
from steersman.apiserver.registry import layout as layouts
from steersman.apiserver.verbs import forms, moments
from steersman.kit import http
from steersman.store import protocol

CHUNK = 64 * 1024
FILTERED = 2 * 1024 * 1024
MANY = 1000
"""Bytes and objects up to which a selector is asked about them on the loop: some milliseconds."""
MANY_SPLICED = 5000
"""Objects up to which a list is put together on the loop."""
TOKEN_VERSION = "meta.k8s.io/v1"  # noqa: S105
TOKEN_LIMIT = 4096
"""Characters; a key is not half as long."""
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9_\r\n-]")
TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list "
    "without the continue parameter, or use the continue token in this response to retrieve the remainder of the "
    "results. Continuing with the provided token results in an inconsistent list - objects that were created, "
    "modified, or deleted between the time the first chunk was returned and now may show up in the list."
)


async def list(call: Call) -> http.Response:
    options = optioned.list_options(call.request)
    selection = await call.selection(options.label_selector, options.field_selector)
    found = await find(call, options, selection)
    if len(found.entries) > MANY_SPLICED:
        return await call.services.aside.run(answered, call, found)
    size = 0 if call.accept.plain else sum(len(entry.value) for entry in found.entries)
    return await call.apart(answered, call, found, size=size)


def answered(call: Call, found: "Found") -> http.Response:
    metadata: dict[str, Any] = {"resourceVersion": str(found.revision)}
    if found.token:
        metadata["continue"] = found.token
        if found.remaining:
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


async def find(call: Call, options: optioned.ListOptions, selection: selections.Selection | None) -> Found:
    """What a list shows.  Raises what a list is refused with."""
    registry, store = call.registry, call.services.store
    namespace = call.info.namespace
    single = False
    if selection is not None:
        chosen = selection.namespace if call.resource.namespaced else ""
        namespace = namespace or chosen
        single = bool(selection.name) and (bool(namespace) or not call.resource.namespaced)
        single = single and chosen in ("", namespace)
    prefix = registry.range_prefix(namespace)
    at, after = await _position(call, options, prefix, single=single)
    limit = 0 if options.resource_version == "0" else options.limit
    try:
        if selection is not None and single and not after:
            entry = registry.entry(namespace, selection.name, at)
            matched = entry is not None and (selection.key_only or selection.matches(entry))
            return Found([entry] if entry is not None and matched else (), at or store.revision)
        return await _read(call, prefix, selection, at, after, limit)
    except protocol.Compacted as error:
        raise _compacted(call, options, prefix, after) from error
    except protocol.Future as error:
        raise moments.future(at, error.current) from error


async def _read(
    call: Call, prefix: str, selection: selections.Selection | None, at: int, after: str, limit: int
) -> Found:
    store = call.services.store
    if selection is None or not limit:
        page = store.range(prefix, at=at, after=after, limit=limit)
        if selection is not None:
            return Found(await _chosen(call, selection, page.entries, None), page.revision)
        token = _token(prefix, page.entries[-1].key, page.revision) if page.remaining and page.entries else ""
        return Found(page.entries, page.revision, token, page.remaining)
    kept: Any = []
    step = limit
    while True:
        page = store.range(prefix, at=at, after=after, limit=step)
        at = page.revision
        kept += await _chosen(call, selection, page.entries, limit - len(kept))
        if len(kept) == limit:
            last = kept[-1].key
            return Found(kept, at, _token(prefix, last, at) if page.remaining or last != page.entries[-1].key else "")
        if not page.remaining or not page.entries:
            return Found(kept, at)
        after = page.entries[-1].key
        step = min(step * 2, 10_000)


async def _chosen(
    call: Call, selection: selections.Selection, entries: Sequence[protocol.Entry], limit: int | None
) -> Sequence[protocol.Entry]:
    """The first so many that are selected; of much, found beside the loop."""
    if len(entries) > MANY or sum(len(entry.value) for entry in entries) > FILTERED:
        return await call.services.aside.run(_filtered, selection, entries, limit)
    return _filtered(selection, entries, limit)


def _filtered(
    selection: selections.Selection, entries: Sequence[protocol.Entry], limit: int | None
) -> Sequence[protocol.Entry]:
    accepts = selection.accepts
    return [*itertools.islice((entry for entry in entries if accepts(entry.value)), limit)]


async def _position(call: Call, options: optioned.ListOptions, prefix: str, *, single: bool) -> tuple[int, str]:
    """The revision to read at (0 newest) and the key to begin after."""
    asked = optioned.resource_version(options.resource_version)
    if options.continue_:
        if asked:
            raise status.bad_request("specifying resource version is not allowed when using continue")
        revision, start = _decoded(options.continue_)
        return max(revision, 0), prefix + start.removesuffix("\0")
    legacy = options.limit and not single and not options.resource_version_match
    if asked and (options.resource_version_match == "Exact" or legacy):
        return asked, ""
    await moments.reached(call, asked)
    return 0, ""


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
    """Revision (negative: the newest) and where to begin, without the collection's prefix.  Raises the 400."""

    def wrong(why: str) -> status.StatusError:
        return status.bad_request(f"invalid continue token: continue key is not valid: {why}")

    if len(token) > TOKEN_LIMIT:
        raise wrong(f"it is longer than {TOKEN_LIMIT} characters")
    at = _illegal(token)
    if at is not None:
        raise wrong(f"illegal base64 data at input byte {at}")
    plain = token.replace("\n", "").replace("\r", "")
    text = base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4))
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        first = text[:1].decode("latin-1")
        shown = first if first.isprintable() else f"\\u{ord(first or chr(0)):04x}"
        raise wrong(f"invalid character '{shown}' looking for beginning of value") from None
    if not isinstance(value, dict) or value.get("v") != TOKEN_VERSION:
        version = value.get("v") if isinstance(value, dict) else ""
        raise wrong(f"server does not recognize this encoded version {version or ''}")
    start, revision = value.get("start", ""), value.get("rv", 0)
    if type(revision) is not int or not revision or not -(1 << 63) <= revision < 1 << 63:
        raise wrong("incorrect encoded start resourceVersion (version meta.k8s.io/v1)")
    if not isinstance(start, str) or not start:
        raise wrong("encoded start key empty (version meta.k8s.io/v1)")
    if posixpath.normpath(f"/{start.removeprefix('/')}") != f"/{start.removeprefix('/')}":
        raise wrong(start)
    return revision, start.removeprefix("/")


def _illegal(token: str) -> int | None:
    """Where a token stops being base64 without padding, by Go's count."""
    found = _NOT_BASE64.search(token)
    if found is not None:
        return found.start()
    letters = [at for at, letter in enumerate(token) if letter not in "\r\n"]
    return letters[-1] if len(letters) % 4 == 1 else None


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
