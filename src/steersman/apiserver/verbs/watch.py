"""WATCH: a stream of events, from now, from a revision, or after the present state.

Asked for no revision or 0, the present state comes first as ADDED events.  With `sendInitialEvents` a bookmark
that carries `k8s.io/initial-events-end` marks where it ends.  Bookmarks tell a client, each minute, up to
where it has seen everything.  A revision that is compacted is an ERROR event with 410 in a 200 answer, because
that is where clients look for it.
"""

import functools
from collections.abc import Sequence

from steersman.api import status
from steersman.apiserver import selection as selections
from steersman.apiserver import watching
from steersman.apiserver.call import Call
from steersman.apiserver.http import negotiate
from steersman.apiserver.http import options as optioned
from steersman.apiserver.registry import layout as layouts
from steersman.apiserver.verbs import forms
from steersman.apiserver.verbs import list as listing
from steersman.client.transport import WatchEvent
from steersman.kit import http
from steersman.store import protocol

INITIAL_END = "k8s.io/initial-events-end"
FUTURE_PATIENCE = 3.0
"""Seconds until a watch from a revision that is not there yet is refused."""


async def watch(call: Call) -> http.Stream:
    options = optioned.list_options(call.request, watching=True)
    selection = selections.select(call.resource, options.label_selector, options.field_selector)
    asked = optioned.resource_version(options.resource_version)
    form = _form(call)
    if call.resource.custom and call.accept.media == negotiate.PROTOBUF and not call.accept.transform:
        raise status.not_acceptable("only the following media types are accepted: application/json, application/yaml")
    try:
        watcher = _joined(call, options, selection, asked, form)
    except protocol.Compacted as error:
        return _refused(call, status.expired(f"too old resource version: {asked} ({error.oldest})"))
    config = call.services.config
    if asked > call.services.store.revision:
        watcher.after(FUTURE_PATIENCE, functools.partial(_give_up, call, watcher, asked))
    if options.allow_bookmarks:
        _bookmarks(call, watcher, form, config.bookmark_interval)
    longest = options.timeout_seconds
    seconds = longest or config.watch_timeout * call.services.entropy.uniform(1.0, 2.0)
    watcher.after(seconds, watcher.close)
    return _stream(call, watcher)


def _joined(
    call: Call,
    options: optioned.ListOptions,
    selection: selections.Selection | None,
    asked: int,
    form: watching.Form,
) -> watching.Watcher:
    registry, store = call.registry, call.services.store
    namespace, name = call.info.namespace, call.info.name
    node = ""
    if selection is not None:
        namespace = namespace or (selection.namespace if call.resource.namespaced else "")
        name, node = name or selection.name, selection.node
        if selection.key_only and _agrees(call, selection):
            selection = None
    hub = call.services.hubs.of(call.resource.storage_prefix, registry.stored)
    current = store.revision
    first: Sequence[WatchEvent] = ()
    with_state = not asked if options.send_initial_events is None else options.send_initial_events
    if with_state:
        first = _state(call, selection, namespace, name, form)
        if options.send_initial_events and options.allow_bookmarks:
            first = [*first, _bookmark(call, form, current, {INITIAL_END: "true"})]
    after = current if with_state or not asked else asked
    return hub.join((namespace, name, node), selection, form, after, first)


def _agrees(call: Call, selection: selections.Selection) -> bool:
    """Whether path and selector name the same object, so that the route says it all."""
    info = call.info
    if info.namespace and selection.namespace and info.namespace != selection.namespace:
        return False
    return not (info.name and selection.name and info.name != selection.name)


def _state(
    call: Call, selection: selections.Selection | None, namespace: str, name: str, form: watching.Form
) -> list[WatchEvent]:
    registry, store = call.registry, call.services.store
    if name and (namespace or not call.resource.namespaced):
        entry = registry.entry(namespace, name)
        entries: Sequence[protocol.Entry] = [entry] if entry is not None else ()
    else:
        entries = store.range(registry.range_prefix(namespace)).entries
        if name:
            entries = [entry for entry in entries if entry.key.endswith(f"/{name}")]
    return [
        WatchEvent("ADDED", form.bytes(entry))
        for entry in entries
        if selection is None or selection.accepts(entry.value)
    ]


def _form(call: Call) -> watching.Form:
    registry, accept = call.registry, call.accept
    version = call.resource.api_version
    if accept.transform == "Table":
        sent = [False]

        def table(entry: protocol.Entry) -> bytes:
            columns, sent[0] = not sent[0], True
            return layouts.encode(forms.transformed(call, registry.tree(entry.value), columns=columns))

        forms.include_object(call)
        return watching.Form(f"table/{id(sent)}", table)
    if accept.transform:

        def metadata(entry: protocol.Entry) -> bytes:
            return layouts.encode(forms.transformed(call, registry.tree(entry.value)))

        return watching.Form(f"metadata/{accept.transform_version}", metadata)
    if registry.is_stored_version:
        return watching.Form()
    return watching.Form(version, registry.served)


def _bookmark(call: Call, form: watching.Form, revision: int, annotations: dict[str, str] | None = None) -> WatchEvent:
    metadata: dict[str, object] = {"resourceVersion": str(revision)}
    if annotations:
        metadata["annotations"] = annotations
    kind, version = call.resource.kind, call.resource.api_version
    if call.accept.transform:
        kind, version = call.accept.transform, call.accept.transform_api_version
    tree: dict[str, object] = {"kind": kind, "apiVersion": version, "metadata": metadata}
    if call.accept.transform == "Table":
        tree |= {"columnDefinitions": [], "rows": []}
    return WatchEvent("BOOKMARK", layouts.encode(tree))


def _bookmarks(call: Call, watcher: watching.Watcher, form: watching.Form, interval: float) -> None:
    store = call.services.store
    last = [store.revision]

    def mark() -> None:
        if watcher.closed:
            return
        if store.revision != last[0]:
            last[0] = store.revision
            watcher.push(_bookmark(call, form, store.revision))
        watcher.after(interval, mark)

    watcher.after(interval, mark)


def _stream(call: Call, watcher: watching.Watcher) -> http.Stream:
    events = watching.Batches(watcher)
    if call.accept.media != negotiate.PROTOBUF:
        return http.Stream(watching.Frames(watcher), events=events)
    media = f"{negotiate.PROTOBUF};stream=watch"
    return http.Stream(watching.Frames(watcher, _in_protobuf), content_type=media, events=events)


def _in_protobuf(event: WatchEvent) -> bytes:
    from steersman.api.codec import protobuf

    return protobuf.frame(event.type, protobuf.encode_body(event.tree))


def _give_up(call: Call, watcher: watching.Watcher, asked: int) -> None:
    """The revision that a client waits for has not come: it knew another store."""
    current = call.services.store.revision
    if asked > current:
        watcher.finish(watching.error_event(listing.future(asked, current)))


def _refused(call: Call, error: status.StatusError) -> http.Stream:
    """A watch that consists of one ERROR event."""
    hub = call.services.hubs.of(call.resource.storage_prefix, call.registry.stored)
    watcher = hub.join(("", "", ""), None, watching.Form(), call.services.store.revision)
    watcher.finish(watching.error_event(error))
    return _stream(call, watcher)
