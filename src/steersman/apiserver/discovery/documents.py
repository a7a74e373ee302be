"""The discovery documents as trees: one function each, of a table of resources.

The order of keys is the reference's.  The old documents (`/api`, `/apis`, one a group, one a version) and the
aggregated ones say the same; `kubectl` reads the aggregated.
"""

import base64
import hashlib
from typing import Any

from steersman.api import resources
from steersman.api.resources import Group, Resource, Subresource, Table
from steersman.api.tree import MutableTree

CUSTOM_VERBS = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")
"""The order in which the reference lists a custom resource's verbs."""


def api_versions(table: Table, address: str) -> MutableTree:
    core = table.group("")
    return {
        "kind": "APIVersions",
        "versions": list(core.versions) if core else [],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    }


def group_list(table: Table) -> MutableTree:
    groups = [_group(group) for group in table.groups() if group.name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def group(found: Group) -> MutableTree:
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(found)}


def _group(found: Group) -> MutableTree:
    versions = [
        {"groupVersion": resources.api_version(found.name, version), "version": version} for version in found.versions
    ]
    return {"name": found.name, "versions": versions, "preferredVersion": versions[0]}


def resource_list(table: Table, group: str, version: str) -> MutableTree:
    tree: MutableTree = {"kind": "APIResourceList"}
    if group:
        tree["apiVersion"] = "v1"
    tree["groupVersion"] = resources.api_version(group, version)
    entries: list[MutableTree] = []
    for resource in table.of(group, version):
        entries.append(_resource(resource))
        entries += [_subresource(resource, each) for each in resource.subresources]
    tree["resources"] = entries
    return tree


def _resource(resource: Resource) -> MutableTree:
    entry: MutableTree = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(_verbs(resource)),
    }
    if resource.short_names:
        entry["shortNames"] = list(resource.short_names)
    if resource.categories:
        entry["categories"] = list(resource.categories)
    if resource.storage_prefix:
        entry["storageVersionHash"] = storage_version_hash(resource)
    return entry


def _subresource(resource: Resource, sub: Subresource) -> MutableTree:
    entry: MutableTree = {
        "name": f"{resource.plural}/{sub.name}",
        "singularName": "",
        "namespaced": resource.namespaced,
    }
    if _is_foreign(resource, sub):
        entry["group"], entry["version"] = sub.group, sub.version
    entry["kind"], entry["verbs"] = sub.kind, list(sub.verbs)
    return entry


def _is_foreign(resource: Resource, sub: Subresource) -> bool:
    return (sub.group, sub.version) != (resource.group, resource.version)


def _verbs(resource: Resource) -> tuple[str, ...]:
    if resource.custom and set(resource.verbs) == set(CUSTOM_VERBS):
        return CUSTOM_VERBS
    return resource.verbs


def storage_version_hash(resource: Resource) -> str:
    """Names the encoding in the store without telling it: a client that sees it change must read anew."""
    group, version = resources.split(resource.storage)
    text = f"{group}/{resource.storage_hash or version}/{resource.kind}"
    return base64.b64encode(hashlib.sha256(text.encode()).digest()[:8]).decode()


def aggregated(table: Table, core: bool, version: str, stale: frozenset[tuple[str, str]]) -> MutableTree:
    """Everything below `/api` (core) or `/apis` in one document, in the format `v2` or `v2beta1`."""
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": f"apidiscovery.k8s.io/{version}",
        "metadata": {},
        "items": [_discovered(table, found, stale) for found in table.groups() if (found.name == "") == core],
    }


def _discovered(table: Table, found: Group, stale: frozenset[tuple[str, str]]) -> MutableTree:
    versions = []
    for version in found.versions:
        entry: MutableTree = {"version": version}
        listed = [_discovered_resource(resource) for resource in table.of(found.name, version)]
        if listed:
            entry["resources"] = listed
        entry["freshness"] = "Stale" if (found.name, version) in stale else "Current"
        versions.append(entry)
    return {"metadata": {"name": found.name} if found.name else {}, "versions": versions}


def _discovered_resource(resource: Resource) -> MutableTree:
    entry: MutableTree = {
        "resource": resource.plural,
        "responseKind": _kind(resource, resource.group, resource.version, resource.kind),
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(_verbs(resource)),
    }
    if resource.short_names:
        entry["shortNames"] = list(resource.short_names)
    if resource.categories:
        entry["categories"] = list(resource.categories)
    if resource.subresources:
        entry["subresources"] = [
            {
                "subresource": sub.name,
                "responseKind": _kind(resource, sub.group, sub.version, sub.kind),
                "verbs": list(sub.verbs),
            }
            for sub in resource.subresources
        ]
    return entry


def _kind(resource: Resource, group: str, version: str, kind: str) -> dict[str, Any]:
    """The reference leaves group and version of its own kinds empty, and names those of custom resources."""
    if not resource.custom and (group, version) == (resource.group, resource.version):
        group = version = ""
    return {"group": group, "version": version, "kind": kind}


def root(table: Table, more: list[str]) -> MutableTree:
    """`/`: every path that leads somewhere."""
    paths = {"/api", "/apis", "/apis/", "/openapi/v2", "/openapi/v3", "/openapi/v3/", "/version", *more}
    for found in table.groups():
        if found.name:
            paths.add(f"/apis/{found.name}")
        prefix = f"/apis/{found.name}" if found.name else "/api"
        paths.update(f"{prefix}/{version}" for version in found.versions)
    return {"paths": sorted(paths)}


def version(git_version: str) -> MutableTree:
    """`/version`: the release whose behaviour this server has."""
    major, minor, _ = git_version.lstrip("v").split(".", 2)
    return {
        "major": major,
        "minor": minor,
        "emulationMajor": major,
        "emulationMinor": minor,
        "minCompatibilityMajor": major,
        "minCompatibilityMinor": str(int(minor) - 1),
        "gitVersion": git_version,
        "gitCommit": "$Format:%H$",
        "gitTreeState": "",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "go1.26.8",
        "compiler": "gc",
        "platform": "linux/amd64",
    }
