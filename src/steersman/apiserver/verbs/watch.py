"""WATCH: a stream of events, from now, from a revision, or after the present state.

    resourceVersion   sendInitialEvents   what the client gets
    none, 0           not said, true      the present state as ADDED events, then what happens
    none, 0           false               what happens from now on
    N                 not said, false     what happened after N, then what happens
    N                 true                the present state, which is not older than N, then what happens

A client that takes bookmarks is told by one, annotated `k8s.io/initial-events-end`, where the present state ends;
by one each minute, and by one shortly before the watch's time is over, up to where it has seen everything.

Promised: what is refused before the stream begins is an HTTP error; a revision that is compacted, or a present
state asked for that is not there yet, is an ERROR event in a 200 answer, because that is where clients look for
it.  A watch from a revision that is not there yet is silent until then.  Over a WebSocket (`watch_websocket`) it is
the same watch.
"""

import base64
from collections.abc import Sequence

from steersman.api import status
from steersman.api.tree import Tree
from steersman.apiserver import selection as selections
from steersman.apiserver import watchers, watching
from steersman.apiserver.call import Call
from steersman.apiserver.http import negotiate, respond
from steersman.apiserver.http import options as optioned
from steersman.apiserver.registry import layout as layouts
from steersman.apiserver.verbs import converting, forms, moments, watch_websocket
from steersman.client.transport import WatchEvent
from steersman.kit import http
from steersman.store import protocol

INITIAL_END = "k8s.io/initial-events-end"
BLUEPRINT = "kubernetes.io/initial-events-list-blueprint"
"""On the bookmark that ends the present state: an empty list in the form of the events, for clients that make a
list of them."""
BEFORE_END = 2.0
"""Seconds before the end of a watch at which its last bookmark comes."""


async def watch(call: Call) -> http.Answer:
    options = optioned.list_options(call.request, watching=True)
    selection = await call.selection(options.label_selector, options.field_selector)
    _check_name(call, selection)
    asked = optioned.resource_version(options.resource_version)
    if call.accept.media == negotiate.YAML:
        raise status.not_acceptable(f"only the following media types are accepted: {negotiate.STREAMS}")
    if call.resource.custom and call.accept.media == negotiate.PROTOBUF and not call.accept.transform:
        raise status.not_acceptable("only the following media types are accepted: application/json, application/yaml")
    form = _form(call)

    async def begin() -> http.Stream:
        return await _begun(call, options, selection, asked, form)

    return watch_websocket.upgrade(call, begin) if watch_websocket.asked_for(call) else await begin()


async def _begun(
    call: Call,
    options: optioned.ListOptions,
    selection: selections.Selection | None,
    asked: int,
    sent: watchers.Form,
) -> http.Stream:
    form = sent if call.registry.conversions is None else converting.AS_STORED
    try:
        watcher = await _joined(call, options, selection, asked, form, sent)
    except protocol.Compacted as error:
        return _refused(call, status.expired(f"too old resource version: {asked} ({error.oldest})"))
    except protocol.Future as error:
        return _refused(call, moments.future(asked, error.current))
    config = call.services.config
    seconds = options.timeout_seconds or config.watch_timeout * call.services.entropy.uniform(1.0, 2.0)
    if options.allow_bookmarks:
        last = call.services.clock.monotonic() + seconds - BEFORE_END
        _bookmarks(call, watcher, sent, config.bookmark_interval, last)
    watcher.after("end", seconds, watcher.close)
    return _stream(call, watcher) if form is sent else converting.stream(call, watcher, sent)


def _check_name(call: Call, selection: selections.Selection | None) -> None:
    """A path that names an object and a selector must not speak of different ones."""
    name = call.info.name
    if name and selection is not None and not selection.fields.everything and selection.name != name:
        raise status.bad_request("fieldSelector metadata.name doesn't match requested name")


async def _joined(
    call: Call,
    options: optioned.ListOptions,
    selection: selections.Selection | None,
    asked: int,
    form: watchers.Form,
    sent: watchers.Form,
) -> watchers.Watcher:
    """Raises Compacted or Future."""
    store, namespaced = call.services.store, call.resource.namespaced
    namespace, name = call.info.namespace if namespaced else "", call.info.name
    node = ""
    if selection is not None:
        namespace = namespace or (selection.namespace if namespaced else "")
        name, node = name or selection.name, selection.node
        if selection.key_only and _agrees(call, selection):
            selection = None
    hub = call.services.hubs.of(call.resource.storage_prefix)
    if not (not asked if options.send_initial_events is None else options.send_initial_events):
        return hub.join((namespace, name, node), selection, form, asked or store.revision)
    await moments.come(call, asked)
    current = store.revision
    if asked > current:
        raise protocol.Future(current)
    first = await _state(call, selection, namespace, name, form)
    if options.allow_bookmarks:
        first.append(_bookmark(call, sent, current, {INITIAL_END: "true", BLUEPRINT: _blueprint(call)}))
    return hub.join((namespace, name, node), selection, form, current, first)


def _agrees(call: Call, selection: selections.Selection) -> bool:
    """Whether path and selector name the same object, so that the route says it all."""
    info = call.info
    if info.namespace and selection.namespace and info.namespace != selection.namespace:
        return False
    return not (info.name and selection.name and info.name != selection.name)


async def _state(
    call: Call, selection: selections.Selection | None, namespace: str, name: str, form: watchers.Form
) -> list[WatchEvent]:
    """The present state as events.  Much that has to be looked into, or made anew, is done beside the loop; what
    happens meanwhile follows from the log."""
    registry, store = call.registry, call.services.store
    if name and (namespace or not call.resource.namespaced):
        entry = registry.entry(namespace, name)
        entries: Sequence[protocol.Entry] = [entry] if entry is not None else ()
    else:
        entries = store.range(registry.range_prefix(namespace)).entries
        if name:
            entries = [entry for entry in entries if entry.key.endswith(f"/{name}")]
    as_stored = selection is None and form.make is None
    size = 0 if as_stored else sum(len(entry.value) for entry in entries)
    return await call.apart(_added, entries, selection, form, size=size)


def _added(
    entries: Sequence[protocol.Entry], selection: selections.Selection | None, form: watchers.Form
) -> list[WatchEvent]:
    return [
        WatchEvent("ADDED", form.bytes(entry))
        for entry in entries
        if selection is None or selection.accepts(entry.value)
    ]


def _form(call: Call) -> watchers.Form:
    registry, accept = call.registry, call.accept
    version = call.resource.api_version
    if accept.transform == "Table":
        forms.include_object(call)
        table = _Table(call)
        return watchers.Form(f"table/{id(table)}", table)
    if accept.transform == "PartialObjectMetadataList":
        forms.transformed(call, {})  # raises: an event is no list
    if accept.transform:

        def metadata(entry: protocol.Entry) -> bytes:
            return layouts.encode(forms.transformed(call, registry.tree(entry.value)))

        return watchers.Form(f"metadata/{accept.transform_version}", metadata)
    if registry.is_stored_version:
        return watchers.Form()
    return watchers.Form(version, registry.served)


class _Table:
    """Events as Tables of one row; the first, whatever it is, says which columns there are."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._columns = True

    def __call__(self, entry: protocol.Entry) -> bytes:
        return self.of(self._call.registry.tree(entry.value))

    def of(self, tree: Tree) -> bytes:
        columns, self._columns = self._columns, False
        return layouts.encode(forms.transformed(self._call, tree, columns=columns))


def _bookmark(call: Call, form: watchers.Form, revision: int, annotations: dict[str, str] | None = None) -> WatchEvent:
    """An object that is nothing but its revision, in the form that the events have."""
    metadata: dict[str, object] = {"resourceVersion": str(revision)}
    if annotations:
        metadata["annotations"] = annotations
    tree = {"kind": call.resource.kind, "apiVersion": call.resource.api_version, "metadata": metadata}
    if isinstance(form.make, _Table):
        return WatchEvent("BOOKMARK", form.make.of(tree))
    return WatchEvent("BOOKMARK", layouts.encode(forms.transformed(call, tree)))


def _blueprint(call: Call) -> str:
    kind, version = call.resource.list_kind, call.resource.api_version
    if call.accept.transform == "PartialObjectMetadata":
        kind, version = "PartialObjectMetadataList", call.accept.transform_api_version
    empty: dict[str, object] = {
        "kind": kind,
        "apiVersion": version,
        "metadata": {},
        "items": [] if call.resource.custom else None,
    }
    return base64.b64encode(respond.encoded(empty, negotiate.Accept(call.accept.media))).decode()


def _bookmarks(call: Call, watcher: watchers.Watcher, form: watchers.Form, interval: float, last: float) -> None:
    """A bookmark each `interval`, and one at `last`: then no more."""
    clock = call.services.clock

    def schedule() -> None:
        left = last - clock.monotonic()
        if left > 0:
            watcher.after("bookmark", min(interval, left), mark)

    def mark() -> None:
        watcher.push(_bookmark(call, form, call.services.store.revision))
        if not watcher.closed:
            schedule()

    schedule()


def _stream(call: Call, watcher: watchers.Watcher) -> http.Stream:
    events = watchers.Batches(watcher)
    if call.accept.media != negotiate.PROTOBUF:
        return http.Stream(watchers.Frames(watcher), events=events)
    media = f"{negotiate.PROTOBUF};stream=watch"
    return http.Stream(watchers.Frames(watcher, _in_protobuf), content_type=media, events=events)


def _in_protobuf(event: WatchEvent) -> bytes:
    from steersman.api.codec import protobuf

    return protobuf.frame(event.type, protobuf.encode_body(event.tree))


def _refused(call: Call, error: status.StatusError) -> http.Stream:
    """A watch that consists of one ERROR event."""
    hub = call.services.hubs.of(call.resource.storage_prefix)
    watcher = hub.join(("", "", ""), None, watchers.Form(), call.services.store.revision)
    watcher.finish(watching.error_event(error))
    return _stream(call, watcher)
