"""Which objects a list or watch is about: a label and a field selector, asked of stored bytes.

Only what the selectors look at is decoded.  Equal selectors share one `Selection`, in all servers of a process, so
it remembers nothing of what it was asked about: `watching.Happened` does.
"""

import functools
from collections.abc import Callable
from typing import Any, TypedDict

import msgspec

from steersman.api import fields, labels, resources, status
from steersman.apiserver.custom import definition as definitions
from steersman.kit import limits
from steersman.store import protocol

_PLAIN = frozenset({
    "metadata.name", "metadata.namespace", "spec.nodeName", "spec.restartPolicy", "spec.schedulerName",
    "spec.serviceAccountName", "status.phase", "status.nominatedNodeName", "spec.hostNetwork",
    "spec.unschedulable", "type", "reason", "spec.clusterIP", "spec.type", "status.replicas", "spec.signerName",
    "spec.driver", "reportingComponent",
})  # fmt: skip
"""Fields that are read from where their name says, and from nowhere else."""


class Selection:
    def __init__(self, label_selector: labels.Selector, field_matcher: fields.Matcher) -> None:
        self.labels = label_selector
        self.fields = field_matcher
        self.name = field_matcher.exact("metadata.name") or ""
        self.namespace = field_matcher.exact("metadata.namespace") or ""
        self.node = field_matcher.exact("spec.nodeName") or ""
        self._decode = _decoder(label_selector, field_matcher)

    @property
    def key_only(self) -> bool:
        """Namespace and name are all that it looks at, and they are given: the key decides."""
        return self.labels.everything and all(
            term.field in ("metadata.name", "metadata.namespace") and not term.negated and term.value
            for term in self.fields.terms
        )

    def matches(self, entry: protocol.Entry) -> bool:
        return self.accepts(entry.value)

    def accepts(self, value: bytes) -> bool:
        """Of stored bytes."""
        if self.labels.nothing:
            return False
        tree = self._decode(value)
        return self.labels.matches(labels.of(tree)) and self.fields.matches(tree)


def _decoder(label_selector: labels.Selector, field_matcher: fields.Matcher) -> Callable[[bytes], Any]:
    paths: dict[str, dict[str, Any]] = {}
    if not label_selector.everything:
        paths["metadata"] = {"labels": Any}
    for term in field_matcher.terms:
        if term.field not in _PLAIN:
            return msgspec.json.Decoder().decode
        top, _, rest = term.field.partition(".")
        if rest:
            paths.setdefault(top, {})[rest] = Any
        else:
            paths[top] = {}
    shape: dict[str, Any] = {
        top: TypedDict(f"_{top}", inner, total=False) if inner else Any  # type: ignore[operator]
        for top, inner in paths.items()
    }
    decode: Callable[[bytes], Any] = msgspec.json.Decoder(TypedDict("_Seen", shape, total=False)).decode  # type: ignore[operator]
    return decode


def select(resource: resources.Resource, label_text: str, field_text: str) -> Selection | None:
    """None selects everything.  Raises the 400 of a selector that cannot be read."""
    if not label_text and not field_text:
        return None
    try:
        version = definitions.version_of(resource)
        selected = _selected if len(label_text) + len(field_text) <= limits.LONGEST else _selected.__wrapped__
        return selected(
            resource.group, resource.version, resource.kind, resource.namespaced, label_text, field_text,
            () if version is None else version.selectable,
        )  # fmt: skip
    except (labels.SelectorError, fields.SelectorError) as error:
        raise status.bad_request(str(error)) from error


@functools.lru_cache(maxsize=2048)
def _selected(
    group: str,
    version: str,
    kind: str,
    namespaced: bool,
    label_text: str,
    field_text: str,
    extra: tuple[str, ...],
) -> Selection | None:
    label_selector = labels.parse(label_text)
    matcher = fields.compile(field_text, group, version, kind, extra=extra, namespaced=namespaced)
    if label_selector.everything and matcher.everything:
        return None
    return Selection(label_selector, matcher)
