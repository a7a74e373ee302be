"""Containers of a pod: image pull policy, termination message, ports, probes, hooks, environment."""

import re

from steersman.api.defaults import fill
from steersman.api.tree import MutableTree
from steersman.kit import limits

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


@limits.remembered(4096)
def pull_policy(image: str) -> str:
    """`Always` for an image whose tag is latest, said or implied; a digest, or what is no image name, has no tag."""
    match = _IMAGE.fullmatch(image)
    if match is None or len(match["name"]) > NAME_LIMIT or _IDENTIFIER.fullmatch(image):
        return "IfNotPresent"
    tag = match["tag"] or ("" if match["digest"] else "latest")
    return "Always" if tag == "latest" else "IfNotPresent"


NAME_LIMIT = 255
"""Characters of an image's name, without tag and digest."""
_HOST = r"(?:[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9])"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"(?P<name>(?:(?:{_HOST}(?:\.{_HOST})*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?/)?{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?",
    re.ASCII,
)
_IDENTIFIER = re.compile("[a-f0-9]{64}")


def container(tree: MutableTree) -> None:
    if "imagePullPolicy" not in tree:
        tree["imagePullPolicy"] = pull_policy(tree.get("image") or "")
    if "terminationMessagePath" not in tree:
        tree["terminationMessagePath"] = "/dev/termination-log"
    if "terminationMessagePolicy" not in tree:
        tree["terminationMessagePolicy"] = "File"
    for port in tree.get("ports") or ():
        if "protocol" not in port:
            port["protocol"] = "TCP"
    fill.requirements(tree.get("resources"))
    for variable in tree.get("env") or ():
        source = variable.get("valueFrom")
        if source:
            _source(source)
    for name in _PROBES:
        found = tree.get(name)
        if found is not None:
            probe(found)
    lifecycle = tree.get("lifecycle")
    if lifecycle:
        for name in ("postStart", "preStop"):
            handler = lifecycle.get(name)
            if handler and "httpGet" in handler:
                _http_get(handler["httpGet"])


def _source(source: MutableTree) -> None:
    if "fieldRef" in source:
        field_selector(source["fieldRef"])
    if "fileKeyRef" in source:
        fill.unless(source["fileKeyRef"], optional=False)


def field_selector(tree: MutableTree) -> None:
    if "apiVersion" not in tree:
        tree["apiVersion"] = "v1"


def probe(tree: MutableTree) -> None:
    for name, value in _PROBE:
        if name not in tree:
            tree[name] = value
    if "httpGet" in tree:
        _http_get(tree["httpGet"])
    if "grpc" in tree:
        fill.unless(tree["grpc"], service="")


_PROBE = (("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3))


def _http_get(tree: MutableTree) -> None:
    if "path" not in tree:
        tree["path"] = "/"
    if "scheme" not in tree:
        tree["scheme"] = "HTTP"
