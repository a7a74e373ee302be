"""The paths of a group version and what can be done at each, as OpenAPI v3 path items.

The parameters that all methods of a path share, and all parameters of a path with one method, stand at the
path; the rest at the method.  `x-kubernetes-action` and `x-kubernetes-group-version-kind` are what clients
find operations by.
"""

from collections.abc import Sequence
from typing import Any

from steersman.api import builtin_names
from steersman.api.resources import Resource, Subresource
from steersman.apiserver.discovery.openapi import parameters

META = "io.k8s.apimachinery.pkg.apis.meta.v1."
MEDIA = ("application/cbor", "application/json", "application/vnd.kubernetes.protobuf", "application/yaml")
STREAMED = (
    "application/cbor", "application/cbor-seq", "application/json", "application/json;stream=watch",
    "application/vnd.kubernetes.protobuf", "application/vnd.kubernetes.protobuf;stream=watch", "application/yaml",
)  # fmt: skip
PATCHES = (
    "application/apply-patch+cbor", "application/apply-patch+yaml", "application/json-patch+json",
    "application/merge-patch+json", "application/strategic-merge-patch+json",
)  # fmt: skip
RETURN_DELETED = {
    "": {"pods", "podtemplates", "persistentvolumeclaims", "persistentvolumes", "resourcequotas", "serviceaccounts",
         "services"},
    "resource.k8s.io": {"deviceclasses", "devicetaintrules", "resourceclaims", "resourceclaimtemplates",
                        "resourcepoolstatusrequests", "resourceslices"},
    "storage.k8s.io": {"csidrivers", "csinodes", "storageclasses", "volumeattachments", "volumeattributesclasses"},
}  # fmt: skip
"""Whose deletion answers with the object instead of a Status, by group."""

Operation = dict[str, Any]
Item = dict[str, Any]


def group_id(group: str) -> str:
    """`rbacAuthorization` of `rbac.authorization.k8s.io`; `core` of none."""
    if not group:
        return "core"
    first, *rest = group.removesuffix(".k8s.io").split(".")
    return first + "".join(part.capitalize() for part in rest)


def tag(group: str, version: str) -> str:
    return f"{group_id(group)}_{version}"


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def one(kind: str) -> str:
    """`a Pod`, `an Ingress`, `Endpoints`."""
    if kind == "Endpoints":
        return kind
    return f"{'an' if kind[0] in 'AEIOU' else 'a'} {kind}"


def definition_of(resource: Resource, group: str, version: str, kind: str) -> str:
    """The name of a kind's definition; of custom resources, made of the group turned round."""
    if resource.custom and group == resource.group:
        return f"{'.'.join(reversed(group.split('.')))}.{version}.{kind}"
    return f"{builtin_names.PACKAGES.get(group, group)}.{version}.{kind}"


def ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def content(schema: dict[str, Any], media: Sequence[str] = MEDIA) -> dict[str, Any]:
    return {each: {"schema": schema} for each in media}


def responses(schema: dict[str, Any], codes: Sequence[str], media: Sequence[str] = MEDIA) -> dict[str, Any]:
    texts = {"200": "OK", "201": "Created", "202": "Accepted"}
    made: dict[str, Any] = {code: {"content": content(schema, media), "description": texts[code]} for code in codes}
    made["401"] = {"description": "Unauthorized"}
    return made


def item(operations: dict[str, Operation], shared: Sequence[dict[str, Any]]) -> Item:
    """A path item of its methods; each operation's own parameters are under `parameters`."""
    made: Item = dict(operations)
    common = list(shared)
    if len(operations) == 1:
        for operation in operations.values():
            common += operation.pop("parameters", [])
    for operation in operations.values():
        if "parameters" in operation and not operation["parameters"]:
            del operation["parameters"]
    if common:
        made["parameters"] = sorted(common, key=lambda each: (each["name"], each["in"]))
    return made


class Paths:
    """The path items of one resource."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self.name = definition_of(resource, resource.group, resource.version, resource.kind)
        self.root = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
        self.id = capital(group_id(resource.group)) + capital(resource.version)
        self.where = "Namespaced" if resource.namespaced else ""
        self.media = self._custom(MEDIA)
        self.streamed = self._custom(STREAMED)
        self.patches = self._custom(PATCHES)

    def _custom(self, media: Sequence[str]) -> Sequence[str]:
        """Custom resources know neither protobuf nor strategic merge patches."""
        if not self.resource.custom:
            return media
        if media is STREAMED:
            return ("application/json", "application/yaml")
        return [each for each in media if "protobuf" not in each and "cbor" not in each and "strategic" not in each]

    def operation(
        self, text: str, name: str, action: str, gvk: tuple[str, str, str], found: dict[str, Any], names: Sequence[str]
    ) -> Operation:
        group, version, kind = gvk
        return {
            "tags": [tag(self.resource.group, self.resource.version)],
            "description": text,
            "operationId": name,
            "parameters": parameters.query(names),
            "responses": found,
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": {"group": group, "version": version, "kind": kind},
        }

    @property
    def gvk(self) -> tuple[str, str, str]:
        return (self.resource.group, self.resource.version, self.resource.kind)

    def all(self) -> dict[str, Item]:
        resource, verbs = self.resource, self.resource.verbs
        base = f"{self.root}/namespaces/{{namespace}}" if resource.namespaced else self.root
        made: dict[str, Item] = {}
        made[f"{base}/{resource.plural}"] = self.collection()
        if {"get", "delete", "patch", "update"}.intersection(verbs):
            made[f"{base}/{resource.plural}/{{name}}"] = self.single()
        for sub in resource.subresources:
            made[f"{base}/{resource.plural}/{{name}}/{sub.name}"] = self.subresource(sub)
            if sub.name == "proxy":
                made[f"{base}/{resource.plural}/{{name}}/proxy/{{path}}"] = self.connect(sub, with_path=True)
        if resource.namespaced and "list" in verbs:
            made[f"{self.root}/{resource.plural}"] = self.everywhere()
        if "watch" in verbs and not resource.custom:
            watch = f"{self.root}/watch"
            made[f"{watch}{base.removeprefix(self.root)}/{resource.plural}"] = self.watch_list(self.where)
            if "get" in verbs:
                made[f"{watch}{base.removeprefix(self.root)}/{resource.plural}/{{name}}"] = self.watch_single()
            if resource.namespaced:
                made[f"{watch}/{resource.plural}"] = self.watch_list("everywhere")
        return {path: found for path, found in made.items() if found}

    def shared(self, *, name: str = "", namespace: bool = True, pretty: bool = True) -> list[dict[str, Any]]:
        made = []
        if name:
            made.append(parameters.parameter("name", name, in_path=True))
        if namespace and self.resource.namespaced:
            made.append(parameters.parameter("namespace", in_path=True))
        if pretty:
            made.append(parameters.parameter("pretty"))
        return made

    def list_operation(self, name: str) -> Operation:
        kind = self.resource.kind
        watched = "list or watch" if "watch" in self.resource.verbs else "list"
        found = responses(ref(self.name + "List"), ["200"], self.streamed)
        return self.operation(f"{watched} objects of kind {kind}", name, "list", self.gvk, found, parameters.LIST)

    def collection(self) -> Item:
        kind, verbs = self.resource.kind, self.resource.verbs
        made: dict[str, Operation] = {}
        if "list" in verbs:
            made["get"] = self.list_operation(f"list{self.id}{self.where}{kind}")
        if "create" in verbs:
            found = responses(ref(self.name), ["200", "201", "202"], self.media)
            name = f"create{self.id}{self.where}{kind}"
            made["post"] = self.operation(f"create {one(kind)}", name, "post", self.gvk, found, parameters.WRITE)
            made["post"]["requestBody"] = self.body(self.name)
        if "deletecollection" in verbs:
            found = responses(ref(META + "Status"), ["200"], self.media)
            name = f"delete{self.id}Collection{self.where}{kind}"
            text = f"delete collection of {kind}"
            made["delete"] = self.operation(
                text, name, "deletecollection", self.gvk, found, parameters.DELETE_COLLECTION
            )
            if not self.resource.custom:
                made["delete"]["requestBody"] = {"content": content(ref(META + "DeleteOptions"), ["*/*"])}
        return item(made, self.shared()) if made else {}

    def body(self, name: str) -> dict[str, Any]:
        media = ("application/json", "application/yaml") if self.resource.custom else ("*/*",)
        return {"content": content(ref(name), media), "required": True}

    def everywhere(self) -> Item:
        name = f"list{self.id}{self.resource.kind}ForAllNamespaces"
        return item({"get": self.list_operation(name)}, self.shared(namespace=False))

    def single(self) -> Item:
        made = self.edits(self.resource.verbs, self.name, self.gvk, "", "the specified " + self.resource.kind)
        if "delete" in self.resource.verbs:
            kind = self.resource.kind
            returned = self.resource.plural in RETURN_DELETED.get(self.resource.group, ())
            found = responses(ref(self.name if returned else META + "Status"), ["200", "202"], self.media)
            name = f"delete{self.id}{self.where}{kind}"
            made["delete"] = self.operation(f"delete {one(kind)}", name, "delete", self.gvk, found, parameters.DELETE)
            made["delete"]["requestBody"] = {"content": content(ref(META + "DeleteOptions"), ["*/*"])}
            if self.resource.custom:
                made["delete"]["requestBody"] = {
                    "content": content(ref(META + "DeleteOptions"), ("application/json", "application/yaml"))
                }
        return item(made, self.shared(name=self.resource.kind)) if made else {}

    def edits(
        self, verbs: Sequence[str], name: str, gvk: tuple[str, str, str], suffix: str, what: str
    ) -> dict[str, Operation]:
        """Read, replace and patch of an object or a part of it."""
        kind = self.resource.kind
        made: dict[str, Operation] = {}
        if "get" in verbs:
            found = responses(ref(name), ["200"], self.media)
            made["get"] = self.operation(
                f"read {what}", f"read{self.id}{self.where}{kind}{suffix}", "get", gvk, found, ()
            )
        if "update" in verbs:
            found = responses(ref(name), ["200", "201"], self.media)
            id = f"replace{self.id}{self.where}{kind}{suffix}"
            made["put"] = self.operation(f"replace {what}", id, "put", gvk, found, parameters.WRITE)
            made["put"]["requestBody"] = self.body(name)
        if "patch" in verbs:
            codes = ["200"] if self.resource.custom else ["200", "201"]
            found = responses(ref(name), codes, self.media)
            id = f"patch{self.id}{self.where}{kind}{suffix}"
            made["patch"] = self.operation(f"partially update {what}", id, "patch", gvk, found, parameters.PATCH)
            made["patch"]["requestBody"] = {"content": content(ref(META + "Patch"), self.patches), "required": True}
        return made

    def subresource(self, sub: Subresource) -> Item:
        if sub.name in parameters.CONNECT:
            return self.connect(sub)
        resource = self.resource
        name = definition_of(resource, sub.group, sub.version, sub.kind)
        gvk = (sub.group, sub.version, sub.kind)
        suffix = capital(sub.name)
        if sub.name == "log":
            found = responses({"type": "string"}, ["200"], (*MEDIA[:3], "application/yaml", "text/plain"))
            id = f"read{self.id}{self.where}{resource.kind}Log"
            text = f"read log of the specified {resource.kind}"
            read = self.operation(text, id, "get", gvk, found, parameters.LOG)
            return item({"get": read}, self.shared(name=sub.kind))
        made = self.edits(sub.verbs, name, gvk, suffix, f"{sub.name} of the specified {resource.kind}")
        if "create" in sub.verbs:
            found = responses(ref(name), ["200", "201", "202"], self.media)
            id = f"create{self.id}{self.where}{resource.kind}{suffix}"
            text = f"create {sub.name} of {one(resource.kind)}"
            made["post"] = self.operation(text, id, "post", gvk, found, parameters.WRITE)
            made["post"]["requestBody"] = self.body(name)
        return item(made, self.shared(name=sub.kind))

    def connect(self, sub: Subresource, *, with_path: bool = False) -> Item:
        every = ("delete", "get", "head", "options", "patch", "post", "put")
        methods = every if sub.name == "proxy" else ("get", "post")
        kind, suffix = self.resource.kind, capital(sub.name) + ("WithPath" if with_path else "")
        made: dict[str, Operation] = {}
        for method in methods:
            found = responses({"type": "string"}, ["200"], ("*/*",))
            id = f"connect{self.id}{capital(method)}{self.where}{kind}{suffix}"
            text = f"connect {method.upper()} requests to {sub.name} of {kind}"
            made[method] = self.operation(text, id, "connect", (sub.group, sub.version, sub.kind), found, ())
        shared = self.shared(name=sub.kind, pretty=False) + parameters.query(parameters.CONNECT[sub.name])
        if with_path:
            shared.append(parameters.parameter("path", in_path=True))
        return item(made, shared)

    def watch_list(self, where: str) -> Item:
        kind = self.resource.kind
        id = (
            f"watch{self.id}{kind}ListForAllNamespaces" if where == "everywhere" else f"watch{self.id}{where}{kind}List"
        )
        text = (
            f"watch individual changes to a list of {kind}. deprecated: use the 'watch' parameter with a list "
            "operation instead."
        )
        found = responses(ref(META + "WatchEvent"), ["200"], STREAMED)
        operation = self.operation(text, id, "watchlist", self.gvk, found, parameters.LIST)
        return item({"get": operation}, self.shared(namespace=where != "everywhere"))

    def watch_single(self) -> Item:
        kind = self.resource.kind
        text = (
            f"watch changes to an object of kind {kind}. deprecated: use the 'watch' parameter with a list operation "
            "instead, filtered to a single item with the 'fieldSelector' parameter."
        )
        found = responses(ref(META + "WatchEvent"), ["200"], STREAMED)
        operation = self.operation(text, f"watch{self.id}{self.where}{kind}", "watch", self.gvk, found, parameters.LIST)
        return item({"get": operation}, self.shared(name=kind))
