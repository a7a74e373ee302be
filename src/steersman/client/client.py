"""The client: one method a verb, over any transport.

Trees go in and trees come out; those that come out are shared and read-only.  A resource is a
`resources.Resource` or the name by which the table knows it (`"pods"`, `"deployments.apps"`); an object's
namespace and name are read from its metadata.  A refusal raises a class of `client.errors`.

The client does not retry, cache or wait: `informers` keep copies up to date, `reconcile` repeats.
"""

import dataclasses
import enum
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, TypeAlias, cast

import msgspec

from steersman.api import resources
from steersman.api.tree import Tree
from steersman.client import errors, forms, watching
from steersman.client.transport import Transport
from steersman.kit import http

ResourceLike: TypeAlias = resources.Resource | str
JSON = "application/json"


class PatchKind(enum.StrEnum):
    """The four forms of a patch, by their content types."""

    MERGE = "application/merge-patch+json"
    STRATEGIC = "application/strategic-merge-patch+json"
    JSON = "application/json-patch+json"
    APPLY = "application/apply-patch+yaml"


@dataclasses.dataclass(frozen=True, slots=True)
class Listing:
    """What a list answered: the objects, each with kind and apiVersion, at one revision."""

    items: Sequence[Tree]
    version: str
    more: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class RawListing:
    """The same with every object still as JSON."""

    items: Sequence[bytes]
    version: str
    more: str = ""


def resolve(resource: ResourceLike) -> resources.Resource:
    """The resource by value or by name."""
    if not isinstance(resource, str):
        return resource
    found = resources.get(resource)
    if found is None:
        raise LookupError(f"no built-in resource is called {resource!r}")
    return found


def _path(resource: ResourceLike, namespace: str, name: str, subresource: str = "") -> str:
    path = resources.object_path(resolve(resource), namespace, name)
    return f"{path}/{subresource}" if subresource else path


class Client:
    """Speaks to one API server as one user."""

    def __init__(self, transport: Transport, *, user_agent: str = "steersman") -> None:
        self.transport = transport
        self.user_agent = user_agent

    # Reading

    async def get(self, resource: ResourceLike, name: str, namespace: str = "", *, subresource: str = "") -> Tree:
        return await self._tree("GET", _path(resource, namespace, name, subresource))

    async def list(
        self,
        resource: ResourceLike,
        namespace: str = "",
        *,
        labels: str = "",
        fields: str = "",
        version: str = "",
        limit: int = 0,
        more: str = "",
    ) -> Listing:
        kind = resolve(resource)
        query = forms.selection(labels, fields, version, limit, more)
        tree = await self._tree("GET", resources.collection_path(kind, namespace), query)
        meta = tree.get("metadata") or {}
        items = [forms.stamped(item, kind) for item in tree.get("items") or ()]
        return Listing(items, meta.get("resourceVersion") or "", meta.get("continue") or "")

    async def list_raw(
        self,
        resource: ResourceLike,
        namespace: str = "",
        *,
        labels: str = "",
        fields: str = "",
        version: str = "",
        limit: int = 0,
        more: str = "",
    ) -> RawListing:
        """As `list`, without decoding the objects (those of a built-in list carry no kind and apiVersion)."""
        query = forms.selection(labels, fields, version, limit, more)
        answer = await self._answer("GET", resources.collection_path(resolve(resource), namespace), query)
        found = forms.raw_list.decode(answer.body)
        return RawListing(
            [bytes(item) for item in found.items or ()], found.metadata.resourceVersion, found.metadata.more
        )

    async def watch(
        self,
        resource: ResourceLike,
        namespace: str = "",
        *,
        version: str = "",
        labels: str = "",
        fields: str = "",
        bookmarks: bool = True,
        timeout: int = 0,
    ) -> "watching.Watch":
        """Changes after `version`; the caller iterates the watch or closes it."""
        query = [("watch", "true"), *forms.selection(labels, fields, version, 0, "")]
        if bookmarks:
            query.append(("allowWatchBookmarks", "true"))
        if timeout:
            query.append(("timeoutSeconds", str(timeout)))
        answer = await self.send("GET", resources.collection_path(resolve(resource), namespace), query)
        if isinstance(answer, http.Stream):
            return watching.Watch(answer)
        raise errors.from_answer(getattr(answer, "status", 500), None, "a watch was not answered with a stream")

    # Writing

    async def create(
        self,
        resource: ResourceLike,
        tree: Tree,
        namespace: str = "",
        *,
        name: str = "",
        subresource: str = "",
        query: Sequence[tuple[str, str]] = (),
    ) -> Tree:
        """Create; with `subresource`, post to that of the object `name`."""
        kind = resolve(resource)
        namespace = namespace or forms.meta(tree, "namespace")
        if subresource:
            path = _path(kind, namespace, name or forms.meta(tree, "name"), subresource)
        else:
            path = resources.collection_path(kind, namespace)
        return await self._tree("POST", path, query, tree)

    async def update(self, resource: ResourceLike, tree: Tree, *, subresource: str = "") -> Tree:
        """Replace; `metadata.resourceVersion`, where set, must be the newest (else Conflict)."""
        path = _path(resource, forms.meta(tree, "namespace"), forms.meta(tree, "name"), subresource)
        return await self._tree("PUT", path, (), tree)

    async def update_status(self, resource: ResourceLike, tree: Tree) -> Tree:
        return await self.update(resource, tree, subresource="status")

    async def patch(
        self,
        resource: ResourceLike,
        name: str,
        patch: Any,
        namespace: str = "",
        *,
        kind: PatchKind = PatchKind.MERGE,
        subresource: str = "",
        field_manager: str = "",
        force: bool = False,
    ) -> Tree:
        query = []
        if field_manager or kind is PatchKind.APPLY:
            query.append(("fieldManager", field_manager or self.user_agent.split("/")[0]))
        if force:
            query.append(("force", "true"))
        path = _path(resource, namespace, name, subresource)
        return await self._tree("PATCH", path, query, patch, kind.value)

    async def delete(
        self,
        resource: ResourceLike,
        name: str,
        namespace: str = "",
        *,
        uid: str = "",
        version: str = "",
        grace: int | None = None,
        propagation: str = "",
    ) -> Tree:
        """Delete; `uid` and `version` are preconditions (Conflict), `propagation` Background, Foreground or Orphan."""
        body = forms.delete_options(uid, version, grace, propagation)
        return await self._tree("DELETE", _path(resource, namespace, name), (), body)

    async def delete_collection(
        self,
        resource: ResourceLike,
        namespace: str = "",
        *,
        labels: str = "",
        fields: str = "",
        grace: int | None = None,
        propagation: str = "",
    ) -> Tree:
        path = resources.collection_path(resolve(resource), namespace)
        body = forms.delete_options("", "", grace, propagation)
        return await self._tree("DELETE", path, forms.selection(labels, fields, "", 0, ""), body)

    # What has a verb of its own

    async def bind(self, namespace: str, pod: str, uid: str, node: str) -> None:
        """Give a pod its node."""
        body = {
            "kind": "Binding",
            "apiVersion": "v1",
            "metadata": {"name": pod, "namespace": namespace, **({"uid": uid} if uid else {})},
            "target": {"kind": "Node", "name": node},
        }
        await self._tree("POST", _path("pods", namespace, pod, "binding"), (), body)

    async def evict(self, namespace: str, pod: str, *, uid: str = "", grace: int | None = None) -> None:
        """Delete a pod if its disruption budgets allow (else TooManyRequests)."""
        body = {
            "kind": "Eviction",
            "apiVersion": "policy/v1",
            "metadata": {"name": pod, "namespace": namespace},
            "deleteOptions": forms.delete_options(uid, "", grace, ""),
        }
        await self._tree("POST", _path("pods", namespace, pod, "eviction"), (), body)

    async def create_token(
        self,
        namespace: str,
        account: str,
        *,
        audiences: Sequence[str] = (),
        seconds: int | None = None,
        bound: Tree | None = None,
    ) -> Tree:
        """A service account's token: the TokenRequest with its status."""
        spec: dict[str, Any] = {"audiences": list(audiences)}
        if seconds is not None:
            spec["expirationSeconds"] = seconds
        if bound is not None:
            spec["boundObjectRef"] = bound
        body = {"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "metadata": {}, "spec": spec}
        return await self._tree("POST", _path("serviceaccounts", namespace, account, "token"), (), body)

    # Below the verbs

    async def raw(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]] = (),
        body: Any = None,
        *,
        accept: str = JSON,
        content_type: str = JSON,
    ) -> Tree:
        """Any path that answers JSON."""
        return await self._tree(method, path, query, body, content_type, accept=accept)

    async def text(self, path: str, query: Sequence[tuple[str, str]] = ()) -> bytes:
        """Any path, as bytes."""
        return (await self._answer("GET", path, query, accept="*/*")).body

    async def send(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]] = (),
        body: Any = None,
        content_type: str = JSON,
        *,
        accept: str = JSON,
        headers: Mapping[str, str] | None = None,
    ) -> http.Answer:
        """One request; any answer below 400 as it comes, others as an error."""
        sent = {"accept": accept, "user-agent": self.user_agent, **(headers or {})}
        if body is not None:
            sent["content-type"] = content_type
        # A patch goes as bytes too: how it is read depends on its form, so the server decodes it itself.
        payload = msgspec.json.encode(body) if body is not None and method == "PATCH" else b""
        tree = None if method == "PATCH" else body
        answer = await self.transport.send(http.Request(method, path, query, sent, payload, tree=tree))
        if forms.answer_code(answer) < 400:
            return answer
        if isinstance(answer, http.Stream):
            chunks = [chunk async for chunk in answer.frames]
            answer = http.Response(answer.status, answer.content_type, chunks)
        assert isinstance(answer, http.Response)
        raise errors.from_answer(
            answer.status, forms.decoded(answer, lenient=True), answer.body.decode(errors="replace")
        )

    async def _answer(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]] = (),
        body: Any = None,
        content_type: str = JSON,
        *,
        accept: str = JSON,
    ) -> http.Response:
        answer = await self.send(method, path, query, body, content_type, accept=accept)
        if isinstance(answer, http.Stream):
            chunks = [chunk async for chunk in answer.frames]
            return http.Response(answer.status, answer.content_type, chunks, answer.headers)
        if isinstance(answer, http.Upgrade):
            raise errors.from_answer(500, None, f"{method} {path} was answered with an upgrade")
        return answer

    async def _tree(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]] = (),
        body: Any = None,
        content_type: str = JSON,
        *,
        accept: str = JSON,
    ) -> Tree:
        answer = await self._answer(method, path, query, body, content_type, accept=accept)
        return cast(Tree, forms.decoded(answer))

    async def close(self) -> None:
        await self.transport.close()


async def pages(
    client: Client, resource: ResourceLike, namespace: str = "", *, limit: int = 500
) -> AsyncIterator[Tree]:
    """Every object of a collection, a page at a time."""
    more = ""
    while True:
        found = await client.list(resource, namespace, limit=limit, more=more)
        for item in found.items:
            yield item
        more = found.more
        if not more:
            return
