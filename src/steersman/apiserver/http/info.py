"""What a request is about, read from its method and path alone.

    GET  /api/v1/namespaces/web/pods/a/log     get   pods/log  "a" in "web"
    GET  /apis/apps/v1/deployments             list  deployments.apps, every namespace
    GET  /api/v1/watch/namespaces/web/pods     watch pods in "web" (the path form of `?watch=true`)
    GET  /healthz                              not a resource

The path is split before it is percent-decoded, so an encoded slash never makes another segment; a segment
that holds one after decoding belongs to no object and the path is `unknown`.  Nothing here knows which
resources exist: `routing` decides that.
"""

import dataclasses
import functools
import urllib.parse
from collections.abc import Sequence

from steersman.kit import limits

VERBS = {"POST": "create", "GET": "get", "HEAD": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
NAMESPACE_SUBRESOURCES = frozenset({"status", "finalize"})


@dataclasses.dataclass(frozen=True, slots=True)
class RequestInfo:
    """`verb` is the API's for a resource, the lower-case method otherwise.  `rest` is what follows the
    sub-resource, still percent-encoded and with its leading slash (a proxied path)."""

    path: str
    verb: str
    is_resource: bool = False
    prefix: str = ""
    group: str = ""
    version: str = ""
    namespace: str = ""
    resource: str = ""
    subresource: str = ""
    name: str = ""
    rest: str = ""
    namespaced_path: bool = False
    """The path has a `/namespaces/{namespace}/` before the resource."""
    watch_path: bool = False
    unknown: bool = False

    @property
    def group_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version


def is_true(text: str) -> bool:
    """A boolean of a query, as Kubernetes reads it: everything but `false` and `0` is true."""
    return text.lower() not in ("false", "0")


def wants_watch(query: Sequence[tuple[str, str]]) -> bool:
    for key, value in query:
        if key == "watch":
            return is_true(value)
    return False


def parse(method: str, path: str, query: Sequence[tuple[str, str]] = ()) -> RequestInfo:
    """Never raises."""
    watch = wants_watch(query) if query and VERBS.get(method) == "get" else False
    return _parsed(method, path, watch) if len(path) <= limits.LONGEST else _parse(method, path, watch)


def _parse(method: str, path: str, watch: bool) -> RequestInfo:
    raw = path.strip("/").split("/")
    verb = VERBS.get(method, "")
    plain = RequestInfo(path, method.lower())
    if len(raw) < 3 or raw[0] not in ("api", "apis"):
        return plain
    parts = [urllib.parse.unquote(part) for part in raw] if "%" in path else raw
    if raw[0] == "api":
        group, version, at = "", parts[1], 2
    elif len(parts) < 4:
        return plain
    else:
        group, version, at = parts[1], parts[2], 3

    watch_path = parts[at] == "watch" and len(parts) > at + 1
    if watch_path:
        at += 1
    namespace, in_namespace = "", False
    if parts[at] == "namespaces" and len(parts) > at + 1:
        namespace = parts[at + 1]
        if len(parts) > at + 2 and parts[at + 2] not in NAMESPACE_SUBRESOURCES:
            at, in_namespace = at + 2, True

    resource = parts[at]
    name = parts[at + 1] if len(parts) > at + 1 else ""
    subresource = parts[at + 2] if len(parts) > at + 2 else ""
    rest = "/".join(["", *raw[at + 3 :]]) if len(raw) > at + 3 else ""
    if rest and path.endswith("/"):
        rest += "/"
    unknown = any("/" in part or not part for part in parts[: at + 3])

    if watch_path:
        verb = "watch"
    elif not name and verb == "get":
        verb = "watch" if watch else "list"
    elif not name and verb == "delete":
        verb = "deletecollection"
    return RequestInfo(
        path, verb, True, raw[0], group, version, namespace, resource, subresource, name, rest,
        in_namespace, watch_path, unknown,
    )  # fmt: skip


_parsed = functools.lru_cache(maxsize=4096)(_parse)
"""Of paths that are not long: clients ask for the same ones again and again."""
