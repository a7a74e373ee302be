"""CustomResourceDefinitions: names, versions, columns and sub-resources; `structural` has the schema.

Where all versions agree, which is so where there is one, the reference speaks of their common fields without a
version: `spec.validation`, not `spec.versions[0].schema`.  Rules in CEL are compiled elsewhere.
"""

from collections.abc import Iterator
from typing import Any

from steersman.api import names
from steersman.api.tree import Tree
from steersman.api.validation import internal, structural
from steersman.api.validation.errors import Errors

_SCOPES = ("Cluster", "Namespaced")
_COLUMNS = ("boolean", "date", "integer", "number", "string")
_COLUMN_TYPES = "must be one of " + ",".join(_COLUMNS)
_MIXED = "may have mixed case, but should otherwise match: "
_PER_VERSION = ("schema", "subresources", "additionalPrinterColumns", "selectableFields")
_VERSION = (
    ("Name", "name", ""), ("Served", "served", False), ("Storage", "storage", False),
    ("Deprecated", "deprecated", False), ("DeprecationWarning", "deprecationWarning", None), ("Schema", "schema", None),
    ("Subresources", "subresources", None), ("AdditionalPrinterColumns", "additionalPrinterColumns", None),
    ("SelectableFields", "selectableFields", None),
)  # fmt: skip


def create(tree: Tree, e: Errors) -> None:
    spec: Any = tree.get("spec") or {}
    own, group = spec.get("names") or {}, spec.get("group") or ""
    name = (tree.get("metadata") or {}).get("name") or ""
    if name and name != f"{own.get('plural') or ''}.{group}":
        e.invalid("metadata.name", name, 'must be spec.names.plural+"."+spec.group')
    _spec(spec, group, e)
    if not any(version.get("storage") for version in spec.get("versions") or ()):
        e.raw("status.storedVersions", "null", "must have at least one stored version")


def update(new: Tree, old: Tree, e: Errors) -> None:
    spec: Any = new.get("spec") or {}
    before: Any = old.get("spec") or {}
    _spec(spec, spec.get("group") or "", e)
    for at, after, known in (
        ("spec.group", spec.get("group") or "", before.get("group") or ""),
        ("spec.names.plural", _name(spec, "plural"), _name(before, "plural")),
    ):
        e.immutable(at, after, known)
    established = any(
        c.get("type") == "Established" and c.get("status") == "True"
        for c in (old.get("status") or {}).get("conditions") or ()
    )
    if established:
        e.immutable("spec.scope", spec.get("scope") or "", before.get("scope") or "")
        e.immutable("spec.names.kind", _name(spec, "kind"), _name(before, "kind"))


def _name(spec: Tree, field: str) -> str:
    found: str = (spec.get("names") or {}).get(field) or ""
    return found


def _spec(spec: Any, group: str, e: Errors) -> None:
    if not group:
        e.required("spec.group")
    else:
        complaints = names.dns1123_subdomain(group)
        if complaints:
            e.invalid("spec.group", group, ",".join(complaints))
        elif "." not in group:
            e.invalid("spec.group", group, "should be a domain with at least one dot")
    e.required_one_of("spec.scope", spec.get("scope"), _SCOPES)
    versions = spec.get("versions") or []
    common = _are_same(versions)
    for index, version in enumerate(versions):
        at, name = f"spec.versions[{index}]", version.get("name") or ""
        complaints = names.dns1035_label(name)
        if complaints:
            e.invalid(f"{at}.name", name, ",".join(complaints))
        if not common:
            _parts(version, at, f"{at}.schema.openAPIV3Schema", e)
    _versions(versions, common, e)
    own = spec.get("names") or {}
    for field in ("plural", "singular", "kind", "listKind"):
        if not own.get(field):
            e.required(f"spec.names.{field}")
    _names(own, "spec.names", e)
    if common and versions:
        _parts(versions[0], "spec", "spec.validation.openAPIV3Schema", e)
    _conversion(spec.get("conversion") or {}, e)


def _are_same(versions: Any) -> bool:
    parts = [[version.get(name) for name in _PER_VERSION] for version in versions]
    return all(each == parts[0] for each in parts)


def _versions(versions: Any, common: bool, e: Errors) -> None:
    known = [version.get("name") for version in versions]
    shown = [
        internal.render({k: v for k, v in version.items() if not common or k not in _PER_VERSION}, _VERSION)
        for version in versions
    ]
    if len(set(known)) != len(known):
        e.raw("spec.versions", internal.text(shown), "must contain unique version names")
    if sum(bool(version.get("storage")) for version in versions) != 1:
        e.raw("spec.versions", internal.text(shown), "must have exactly one version marked as storage version")


def _names(own: Any, at: str, e: Errors) -> None:
    for field in ("plural", "singular"):
        complaints = names.dns1035_label(own[field]) if own.get(field) else []
        if complaints:
            e.invalid(f"{at}.{field}", own[field], ",".join(complaints))
    for field in ("kind", "listKind"):
        complaints = names.dns1035_label(own[field].lower()) if own.get(field) else []
        if complaints:
            e.invalid(f"{at}.{field}", own[field], _MIXED + ",".join(complaints))
    for field in ("shortNames", "categories"):
        for index, name in enumerate(own.get(field) or ()):
            complaints = names.dns1035_label(name)
            if complaints:
                e.invalid(f"{at}.{field}[{index}]", name, ",".join(complaints))
        if field == "shortNames" and own.get("kind") and own["kind"] == own.get("listKind"):
            e.invalid(f"{at}.listKind", own["listKind"], "kind and listKind may not be the same")


def _parts(version: Any, at: str, schema_at: str, e: Errors) -> None:
    schema = (version.get("schema") or {}).get("openAPIV3Schema")
    if schema is None:
        e.required(f"{at}.versions[0].schema.openAPIV3Schema" if at == "spec" else schema_at, "schemas are required")
    else:
        structural.root(schema, schema_at, e)
    scale = (version.get("subresources") or {}).get("scale")
    if scale is not None:
        for field, under in (("specReplicasPath", ".spec."), ("statusReplicasPath", ".status.")):
            _replicas(scale.get(field) or "", under, f"{at}.subresources.scale.{field}", e)
    for index, column in enumerate(version.get("additionalPrinterColumns") or ()):
        _column(column, f"{at}.additionalPrinterColumns[{index}]", e)
    seen: set[str] = set()
    for index, field in enumerate(version.get("selectableFields") or ()):
        where, path = f"{at}.selectableFields[{index}].jsonPath", field.get("jsonPath") or ""
        if not path:
            e.required(where)
            continue
        _selectable(schema, path, where, e)
        if path in seen:
            e.duplicate(where, path)
        seen.add(path)


def _replicas(path: str, under: str, at: str, e: Errors) -> None:
    if not path:
        e.required(at)
    elif path[0] != ".":
        e.invalid(at, path, "must be a simple json path starting with .")
    elif not path.startswith(under):
        e.invalid(at, path, f"should be a json path under {under[:-1]}")


def _column(column: Any, at: str, e: Errors) -> None:
    if not column.get("name"):
        e.required(f"{at}.name")
    kind = column.get("type") or ""
    if not kind:
        e.required(f"{at}.type", _COLUMN_TYPES)
    elif kind not in _COLUMNS:
        e.invalid(f"{at}.type", kind, _COLUMN_TYPES)
    path = column.get("jsonPath") or ""
    if not path:
        e.required(f"{at}.JSONPath")
    elif path[0] != ".":
        e.invalid(f"{at}.JSONPath", path, "must be a simple json path starting with .")


def _selectable(schema: Any, path: str, at: str, e: Errors) -> None:
    if path[0] not in ".[":
        e.invalid(at, path, f"is an invalid path: expected [ or . but got: {path}")
        return
    node = schema
    for step in _steps(path):
        node = ((node or {}).get("properties") or {}).get(step)
    if node is None:
        e.invalid(at, path, "is an invalid path: does not refer to a valid field")
    elif node.get("type") not in ("string", "boolean", "integer"):
        why = "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."  # noqa: E501
        e.invalid(at, path, why)


def _steps(path: str) -> Iterator[str]:
    yield from (step for step in path.split(".") if step)


def _conversion(tree: Any, e: Errors) -> None:
    strategy, webhook = tree.get("strategy") or "", tree.get("webhook")
    if strategy == "Webhook":
        if (webhook or {}).get("clientConfig") is None:
            e.required("spec.conversion.webhookClientConfig", "required when strategy is set to Webhook")
    elif strategy != "None":
        e.required_one_of("spec.conversion.strategy", strategy, ("None", "Webhook"))
    elif webhook is not None:
        e.forbidden("spec.conversion.webhookClientConfig", "should not be set when strategy is not set to Webhook")
