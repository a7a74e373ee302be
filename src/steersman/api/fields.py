"""Field selectors: `status.phase!=Running,spec.nodeName=n1`, and which fields each kind can be selected by.

`parse` reads the text, `compile` checks its fields against a kind and gives a `Matcher` for that kind's
trees.  A value that is absent reads as the text that Go's zero value would have (`""`, `false`, `0`), so
that `spec.unschedulable=false` finds nodes that say nothing.
"""

import dataclasses
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from steersman.api.tree import Tree
from steersman.kit import limits


class SelectorError(ValueError):
    """A selector that cannot be read or that names a field which the kind does not offer."""


@dataclasses.dataclass(frozen=True, slots=True)
class Term:
    field: str
    value: str
    negated: bool = False

    def __str__(self) -> str:
        return f"{self.field}{'!=' if self.negated else '='}{escaped(self.value)}"


def escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(",", "\\,").replace("=", "\\=")


def _unescaped(value: str) -> str:
    out, position = [], 0
    while position < len(value):
        character = value[position]
        if character == "\\":
            position += 1
            following = value[position : position + 1]
            if not following or following not in "\\,=":
                raise SelectorError(f"invalid field selector: invalid escape sequence: \\{following}")
            out.append(following)
        elif character in ",=":
            raise SelectorError(f"invalid field selector: unescaped character in value: {ord(character)}")
        else:
            out.append(character)
        position += 1
    return "".join(out)


def _split(text: str) -> list[str]:
    """The terms between commas that are not escaped."""
    terms, start, position = [], 0, 0
    while position < len(text):
        if text[position] == "\\":
            position += 1
        elif text[position] == ",":
            terms.append(text[start:position])
            start = position + 1
        position += 1
    terms.append(text[start:])
    return terms


def _term(part: str, whole: str) -> Term:
    operator = _OPERATOR(part)
    if operator is None:
        raise SelectorError(f"invalid selector: '{whole}'; can't understand '{part}'")
    return Term(part[: operator.start()], _unescaped(part[operator.end() :]), operator[0] == "!=")


_OPERATOR = re.compile("!=|==|=").search


@limits.remembered(1024)
def parse(text: str) -> tuple[Term, ...]:
    """Read a selector; empty selects everything.  Raises SelectorError."""
    if len(text) > MAX_LENGTH:  # whoever authorises reads it, too, and on the loop
        raise SelectorError(f"a field selector may have {MAX_LENGTH} characters")
    parts = _split(text)
    if len(parts) > MAX_TERMS:
        raise SelectorError(f"a field selector may have {MAX_TERMS} terms")
    return tuple(_term(part, text) for part in sorted(parts) if part)


def exact(text: str, field: str) -> str:
    """The value that a selector demands of a field; empty where it demands none or cannot be read.

    Whoever decides by what a selector narrows to must read it as it is read when objects are chosen: a comma may be
    part of a value.
    """
    try:
        terms = parse(text)
    except SelectorError:
        return ""
    return next((term.value for term in terms if term.field == field and not term.negated), "")


MAX_LENGTH = 65_536
MAX_TERMS = 1000
"""Each is asked of each object."""


Extract = Callable[[Tree], str]


def _at(path: str, zero: str = "") -> Extract:
    steps = path.split(".")

    def extract(tree: Tree) -> str:
        value: Any = tree
        for step in steps:
            value = value.get(step) if isinstance(value, Mapping) else None
            if value is None:
                return zero
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value)

    return extract


def _pod_ip(tree: Tree) -> str:
    status = tree.get("status") or {}
    listed = status.get("podIPs") or [{}]
    return str(listed[0].get("ip") or status.get("podIP") or "")


def _event_source(tree: Tree) -> str:
    """A core event's component, or the newer field that took its place."""
    source = tree.get("source") or tree.get("deprecatedSource") or {}
    return str(source.get("component") or tree.get("reportingComponent") or tree.get("reportingController") or "")


def _either(*paths: str) -> Extract:
    readers = [_at(path) for path in paths]
    return lambda tree: next((text for text in (read(tree) for read in readers) if text), "")


def _paths(*paths: str) -> dict[str, Extract]:
    return {path: _at(path) for path in paths}


_NAME: Mapping[str, Extract] = _paths("metadata.name")
_NAMESPACE: Mapping[str, Extract] = _paths("metadata.namespace")
_EVENT_OBJECT = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
_EVENT_COMMON: Mapping[str, Extract] = {**_paths("reason", "type"), **_NAME, **_NAMESPACE}

_TABLE: Mapping[tuple[str, str], Mapping[str, Extract]] = {
    ("", "Pod"): {
        **_NAME,
        **_NAMESPACE,
        **_paths(
            "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "status.phase",
            "status.nominatedNodeName",
        ),
        "spec.hostNetwork": _at("spec.hostNetwork", "false"),
        "spec.host": _at("spec.nodeName"),
        "status.podIP": _pod_ip,
        "status.podIPs": _pod_ip,
    },
    ("", "Node"): {**_NAME, "spec.unschedulable": _at("spec.unschedulable", "false")},
    ("", "Namespace"): {**_NAME, **_paths("status.phase")},
    ("", "Secret"): {**_NAME, **_NAMESPACE, **_paths("type")},
    ("", "Service"): {**_NAME, **_NAMESPACE, **_paths("spec.clusterIP", "spec.type")},
    ("", "ReplicationController"): {**_NAME, **_NAMESPACE, "status.replicas": _at("status.replicas", "0")},
    ("", "Event"): {
        **_EVENT_COMMON,
        **{f"involvedObject.{name}": _at(f"involvedObject.{name}") for name in _EVENT_OBJECT},
        "reportingComponent": _at("reportingComponent"),
        "source": _event_source,
    },
    ("events.k8s.io", "Event"): {
        **_EVENT_COMMON,
        **{f"regarding.{name}": _either(f"regarding.{name}", f"involvedObject.{name}") for name in _EVENT_OBJECT},
        "reportingController": _either("reportingController", "reportingComponent"),
    },
    ("batch", "Job"): {**_NAME, **_NAMESPACE, "status.successful": _at("status.succeeded", "0")},
    ("certificates.k8s.io", "CertificateSigningRequest"): {**_NAME, **_paths("spec.signerName")},
    ("resource.k8s.io", "ResourceSlice"): {**_NAME, **_paths("spec.nodeName", "spec.driver")},
}  # fmt: skip
"""Kinds that offer more than name and namespace."""


def _refused(group: str, version: str, kind: str, name: str) -> SelectorError:
    if (group, kind) == ("batch", "Job"):
        return SelectorError(f'field label "{name}" not supported for Job')
    if (group, kind) == ("resource.k8s.io", "ResourceSlice"):
        return SelectorError(f"field label not supported for {group}/{version}, Kind={kind}: {name}")
    if (group, kind) in _TABLE:
        return SelectorError(f"field label not supported: {name}")
    quoted = json.dumps(name, ensure_ascii=False)
    return SelectorError(f'{quoted} is not a known field selector: only "metadata.name", "metadata.namespace"')


@dataclasses.dataclass(frozen=True, slots=True)
class Matcher:
    """All of its terms, for trees of one kind."""

    terms: tuple[Term, ...] = ()
    _tests: tuple[tuple[Extract, str, bool], ...] = ()

    @property
    def everything(self) -> bool:
        return not self.terms

    def matches(self, tree: Tree) -> bool:
        return all((extract(tree) == value) is not negated for extract, value, negated in self._tests)

    def exact(self, name: str) -> str | None:
        """The value that a field must have, where the selector says so: a list by name reads one object."""
        for term in self.terms:
            if term.field == name and not term.negated:
                return term.value
        return None

    def __str__(self) -> str:
        return ",".join(str(term) for term in self.terms)


EVERYTHING = Matcher()


def selectable(group: str, kind: str) -> Iterable[str]:
    return _TABLE.get((group, kind), {**_NAME, **_NAMESPACE}).keys()


def compile(
    text: str, group: str, version: str, kind: str, *, extra: Iterable[str] = (), namespaced: bool = True
) -> Matcher:
    """A selector for a kind; raises SelectorError.

    `extra` are the fields that a custom resource's definition makes selectable (without the leading point).
    """
    terms = parse(text)
    if not terms:
        return EVERYTHING
    known = _TABLE.get((group, kind))
    custom = {name: _at(name) for name in extra}
    tests = []
    for term in terms:
        extract = (known or {**_NAME, **_NAMESPACE}).get(term.field) or custom.get(term.field)
        if extract is None or (custom and term.field == "metadata.namespace" and not namespaced):
            if custom:
                raise SelectorError(f"field label not supported: {term.field}")
            raise _refused(group, version, kind, term.field)
        tests.append((extract, term.value, term.negated))
    return Matcher(terms, tuple(tests))
