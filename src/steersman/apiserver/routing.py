"""Which function serves a request for a resource.

`find` looks the resource up and checks the form of the path (a namespace where there must be one, and none
where there must not); `serve` is the table from verb and sub-resource to function.  What no resource has is a
404, what a resource has not under this verb a 405, as in the reference's router.
"""

import re
from collections.abc import Awaitable, Callable

from steersman.api import resources, status
from steersman.apiserver.access import reviews as reviewed
from steersman.apiserver.call import Call
from steersman.apiserver.http.info import RequestInfo
from steersman.apiserver.verbs import create, delete, delete_collection, get, patch, update, watch
from steersman.apiserver.verbs import list as listing
from steersman.apiserver.verbs.subresources import binding, connect, eviction, proxy, reviews, scale, token
from steersman.kit import http

Serve = Callable[[Call], Awaitable[http.Answer]]

_OBJECT: dict[str, Serve] = {
    "get": get.get,
    "update": update.update,
    "patch": patch.patch,
    "delete": delete.delete,
}
_COLLECTION: dict[str, Serve] = {
    "list": listing.list,
    "create": create.create,
    "deletecollection": delete_collection.delete_collection,
}
_CONNECTED = ("get", "create", "update", "patch", "delete")
_SUBRESOURCES: dict[tuple[str, str], dict[str, Serve]] = {
    ("", "scale"): {"get": scale.get, "update": scale.update, "patch": scale.patch},
    ("pods", "binding"): {"create": binding.create},
    ("pods", "eviction"): {"create": eviction.create},
    ("pods", "log"): {"get": connect.log},
    ("pods", "exec"): dict.fromkeys(_CONNECTED, connect.exec),
    ("pods", "attach"): dict.fromkeys(_CONNECTED, connect.attach),
    ("pods", "portforward"): dict.fromkeys(_CONNECTED, connect.portforward),
    ("pods", "proxy"): dict.fromkeys(_CONNECTED, proxy.of_pod),
    ("services", "proxy"): dict.fromkeys(_CONNECTED, proxy.of_service),
    ("nodes", "proxy"): dict.fromkeys(_CONNECTED, proxy.of_node),
    ("serviceaccounts", "token"): {"create": token.create},
}
_VIEW_VERBS = ("get", "update", "patch")


DEPRECATED = {
    "componentstatuses": "v1 ComponentStatus is deprecated in v1.19+",
    "endpoints": "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
}
"""What every use of a resource is warned of."""


def find(table: resources.Table, info: RequestInfo) -> resources.Resource:
    """The resource of a request.  Raises 404, in the form that the reference's router gives it."""
    resource = table.find(info.group, info.version, info.resource)
    if resource is None or info.unknown:
        if info.group and resources.BUILTIN.group(info.group) is None:
            raise NoSuchPath
        raise no_resource()
    if info.name in (".", "..") or "%" in info.name:
        why = "may not contain '%'" if "%" in info.name else f"may not be '{info.name}'"
        raise status.bad_request(f"Name parameter invalid: {status.quoted(info.name)}: {why}")
    if resource.custom:
        _check_custom(resource, info)
        return resource
    if resource.namespaced:
        needs = info.name or info.subresource or info.verb in ("create", "deletecollection")
        if not info.namespace and needs and not (info.verb == "create" and not info.name):
            raise no_resource()
        if not info.namespace and info.verb in ("create", "deletecollection"):
            raise not_allowed()
    elif info.namespaced_path:
        raise no_resource()
    if info.subresource and resource.subresource(info.subresource) is None:
        raise no_resource()
    return resource


def _check_custom(resource: resources.Resource, info: RequestInfo) -> None:
    """Custom resources have a router of their own, which knows other words."""
    if resource.namespaced:
        if not info.namespace and (info.name or info.verb not in ("list", "watch")):
            raise NoSuchPath
    elif info.namespaced_path:
        raise NoSuchPath
    if info.subresource:
        known = resource.subresource(info.subresource)
        if known is None:
            raise status.not_found(resource.plural, resource.group, info.name)
        if info.verb not in known.verbs:
            raise status.method_not_supported(resource.plural, resource.group, info.verb)


def serve(resource: resources.Resource, info: RequestInfo) -> Serve:
    """Raises 405."""
    if info.subresource:
        return _subresource(resource, info)
    if info.verb == "watch":
        if "watch" not in resource.verbs:
            raise not_allowed()
        return watch.watch
    if info.name:
        found = _OBJECT.get(info.verb)
        if found is None or info.verb not in resource.verbs:
            raise not_allowed()
        return found
    found = _COLLECTION.get(info.verb)
    if found is None or info.verb not in resource.verbs:
        raise not_allowed()
    if info.verb == "create":
        if resource.name == "bindings":
            return binding.create
        if resource.name in reviewed.HANDLERS:
            return reviews.create
    return found


def _subresource(resource: resources.Resource, info: RequestInfo) -> Serve:
    known = resource.subresource(info.subresource)
    assert known is not None
    own = _SUBRESOURCES.get((resource.name, info.subresource)) or _SUBRESOURCES.get(("", info.subresource))
    if own is not None and (not resource.custom or info.subresource == "scale"):
        found = own.get(info.verb)
        if found is None:
            raise not_allowed()
        return found
    if info.verb not in known.verbs or info.verb not in _VIEW_VERBS:
        raise not_allowed()
    return _OBJECT[info.verb]


class NoSuchPath(Exception):
    """Nothing of ours: the plain 404 of a web server."""


class BrokenPathError(Exception):
    """An escape that is none: the plain 400 of a web server."""


def check_escapes(path: str) -> None:
    """Raises BrokenPathError."""
    if "%" in path and _BROKEN_ESCAPE.search(path):
        raise BrokenPathError


_BROKEN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


def no_resource() -> status.StatusError:
    return status.failure(404, "NotFound", "the server could not find the requested resource", {})


def not_allowed() -> status.StatusError:
    text = "the server does not allow this method on the requested resource"
    return status.failure(405, "MethodNotAllowed", text, {})
