"""CustomResourceDefinitions: names, versions, columns and sub-resources; `customresources` has the schema.

Where all versions agree on a part, which is so where there is one, the reference speaks of it without a version:
`spec.validation`, not `spec.versions[0].schema`.
"""

import re
from typing import Any

from steersman.api import names
from steersman.api.tree import Tree
from steersman.api.validation import internal, webhooks
from steersman.api.validation.customresources import defaults, openapi, paths, shaping, structure, values
from steersman.api.validation.errors import Errors

_SCOPES = ("Cluster", "Namespaced")
_COLUMNS = ("boolean", "date", "integer", "number", "string")
_COLUMN_TYPES = "must be one of " + ",".join(_COLUMNS)
_COLUMN_FORMATS = ("byte", "date", "date-time", "double", "float", "int32", "int64", "password")
_MIXED = "may have mixed case, but should otherwise match: "
_PER_VERSION = ("schema", "subresources", "additionalPrinterColumns", "selectableFields")
_VERSION = (
    ("Name", "name", ""), ("Served", "served", False), ("Storage", "storage", False),
    ("Deprecated", "deprecated", False), ("DeprecationWarning", "deprecationWarning", None), ("Schema", "schema", None),
    ("Subresources", "subresources", None), ("AdditionalPrinterColumns", "additionalPrinterColumns", None),
    ("SelectableFields", "selectableFields", None),
)  # fmt: skip
APPROVED = "api-approved.kubernetes.io"
_SELECTABLE = (
    "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."
)
_MAX_SELECTABLE = 8
_AT_ROOT_SHOWN = (
    "description", "type", "format", "title", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength",
    "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "multipleOf", "required", "items", "properties",
    "externalDocs", "example", "xPreserveUnknownFields", "xValidations",
)  # fmt: skip
_AT_ROOT = {*_AT_ROOT_SHOWN, "x-kubernetes-preserve-unknown-fields", "x-kubernetes-validations"}


def create(tree: Tree, e: Errors) -> None:
    spec: Any = tree.get("spec") or {}
    own, group = spec.get("names") or {}, spec.get("group") or ""
    name = (tree.get("metadata") or {}).get("name") or ""
    if name and name != f"{own.get('plural') or ''}.{group}":
        e.invalid("metadata.name", name, 'must be spec.names.plural+"."+spec.group')
    _spec(spec, group, e, unchanged=frozenset())
    _stored_versions(tree, e)
    _approval(tree, None, e)
    _unknown_fields(spec, {}, e)


def update(new: Tree, old: Tree, e: Errors) -> None:
    spec: Any = new.get("spec") or {}
    before: Any = old.get("spec") or {}
    known = {version.get("name"): version.get("schema") for version in before.get("versions") or ()}
    unchanged = {
        version.get("name") for version in spec.get("versions") or ()
        if version.get("name") in known and version.get("schema") == known[version.get("name")]
    }  # fmt: skip
    _spec(spec, spec.get("group") or "", e, unchanged=frozenset(unchanged))
    established = any(
        c.get("type") == "Established" and c.get("status") == "True"
        for c in (old.get("status") or {}).get("conditions") or ()
    )
    if established:
        e.immutable("spec.scope", spec.get("scope") or "", before.get("scope") or "")
        e.immutable("spec.names.kind", _name(spec, "kind"), _name(before, "kind"))
    e.immutable("spec.group", spec.get("group") or "", before.get("group") or "")
    e.immutable("spec.names.plural", _name(spec, "plural"), _name(before, "plural"))
    _stored_versions(new, e)
    _approval(new, old, e)
    _unknown_fields(spec, before, e)


def _name(spec: Tree, field: str) -> str:
    found: str = (spec.get("names") or {}).get(field) or ""
    return found


def _stored_versions(tree: Tree, e: Errors) -> None:
    """Objects may be stored in any version that was ever the storage version: it must stay."""
    versions = (tree.get("spec") or {}).get("versions") or ()
    stored = list((tree.get("status") or {}).get("storedVersions") or ())
    storage = next((version.get("name") for version in versions if version.get("storage")), None)
    if not stored and storage is None:
        e.raw("status.storedVersions", "null", "must have at least one stored version")
        return
    for version in versions:
        if version.get("storage") and version.get("name") not in stored:
            e.invalid("status.storedVersions", stored, f"must have the storage version {version.get('name')}")
    known = {version.get("name") for version in versions}
    for index, name in enumerate(stored):
        if name not in known:
            text = (
                f"missing from spec.versions; {name} was previously a storage version, and must remain in "
                f"spec.versions until a storage migration ensures no data remains persisted in {name} and removes "
                f"{name} from status.storedVersions"
            )
            e.invalid(f"status.storedVersions[{index}]", name, text)


def approval(tree: Tree) -> tuple[str, str]:
    """Whether a group of Kubernetes' own may be used: missing, bypassed, approved, invalid; and why."""
    annotation = ((tree.get("metadata") or {}).get("annotations") or {}).get(APPROVED) or ""
    asked = f'protected groups must have approval annotation "{APPROVED}"'
    link = "see https://github.com/kubernetes/enhancements/pull/1111"
    if not annotation:
        return "missing", f"{asked}, {link}"
    if annotation.startswith("unapproved"):
        return "bypassed", f'not approved: "{annotation}"'
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*://[^/\s]+.*", annotation):
        return "approved", f"approved in {annotation}"
    return "invalid", f'{asked} with either a URL or a reason starting with "unapproved", {link}'


def is_protected(group: str) -> bool:
    return group in ("k8s.io", "kubernetes.io") or group.endswith((".k8s.io", ".kubernetes.io"))


def _approval(new: Tree, old: Tree | None, e: Errors) -> None:
    if not is_protected((new.get("spec") or {}).get("group") or ""):
        return
    state, reason = approval(new)
    if old is not None and approval(old)[0] == state:
        return
    where = f"metadata.annotations[{APPROVED}]"
    if state == "missing":
        e.required(where, reason)
    elif state == "invalid":
        e.invalid(where, new["metadata"]["annotations"][APPROVED], reason)


def _unknown_fields(spec: Tree, before: Tree, e: Errors) -> None:
    if spec.get("preserveUnknownFields") and not before.get("preserveUnknownFields"):
        text = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
        e.invalid("spec.preserveUnknownFields", True, text)


def _spec(spec: Any, group: str, e: Errors, *, unchanged: frozenset[Any]) -> None:
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
    for index, version in enumerate(versions):
        if ((version.get("schema") or {}).get("openAPIV3Schema")) is None:
            e.required(f"spec.versions[{index}].schema.openAPIV3Schema")
    if spec.get("preserveUnknownFields") and any(shaping.has_defaults(_schema(version)) for version in versions):
        e.invalid("spec.preserveUnknownFields", True, "must be false in order to use defaults in the schema")
    common = {part for part in _PER_VERSION if _is_same(versions, part)}
    for index, version in enumerate(versions):
        at, name = f"spec.versions[{index}]", version.get("name") or ""
        complaints = names.dns1035_label(name)
        if complaints:
            e.invalid(f"{at}.name", name, ",".join(complaints))
        _deprecation(version, at, e)
        own = {part: value for part, value in version.items() if part in _PER_VERSION and part not in common}
        _parts(own, version, at, f"{at}.schema", e, suppressed=name in unchanged)
    _versions(versions, common, e)
    first = (versions[0].get("name") or "") if versions else ""
    complaints = names.dns1035_label(first) if first else []
    if complaints:
        e.invalid("spec.version", first, ",".join(complaints))
    own = spec.get("names") or {}
    for field in ("plural", "singular", "kind", "listKind"):
        if not own.get(field):
            e.required(f"spec.names.{field}")
    _names(own, "spec.names", e)
    if versions:
        shared = {part: value for part, value in versions[0].items() if part in common}
        _parts(shared, versions[0], "spec", "spec.validation", e, suppressed=first in unchanged)
    _conversion(spec.get("conversion") or {}, e)


def _schema(version: Any) -> Any:
    return (version.get("schema") or {}).get("openAPIV3Schema")


def _is_same(versions: Any, part: str) -> bool:
    """Whether all versions agree on a part, which the reference then speaks of without a version."""
    return all((version.get(part) or None) == (versions[0].get(part) or None) for version in versions)


def _deprecation(version: Any, at: str, e: Errors) -> None:
    warning, where = version.get("deprecationWarning"), f"{at}.deprecationWarning"
    if warning is None:
        return
    if not version.get("deprecated"):
        e.invalid(where, warning, "can only be set for deprecated versions")
        return
    if len(warning.encode()) > 256:
        e.invalid(where, warning, "must be <= 256 characters long")
    if not warning:
        e.invalid(where, warning, "must not be an empty string")
    for sign in warning:
        if not sign.isprintable():
            index = len(warning[: warning.index(sign)].encode())
            text = f"must only contain printable UTF-8 characters; non-printable character found at index {index}"
            e.invalid(where, warning, text)
            break


def _versions(versions: Any, common: set[str], e: Errors) -> None:
    known = [version.get("name") for version in versions]
    shown = [internal.render({k: v for k, v in version.items() if k not in common}, _VERSION) for version in versions]
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


def _parts(parts: Any, version: Any, at: str, schema_at: str, e: Errors, *, suppressed: bool) -> None:
    """Those parts of a version that stand at a place: the version's own, or those that all have in common."""
    schema = _schema(parts)
    if schema is not None:
        has_status = (version.get("subresources") or {}).get("status") is not None
        definition_schema(schema, f"{schema_at}.openAPIV3Schema", e, has_status=has_status, suppressed=suppressed)
    scale = (parts.get("subresources") or {}).get("scale")
    if scale is not None:
        for field, under in (("specReplicasPath", ".spec."), ("statusReplicasPath", ".status.")):
            _replicas(scale.get(field) or "", under, f"{at}.subresources.scale.{field}", e)
        selector, where = scale.get("labelSelectorPath") or "", f"{at}.subresources.scale.labelSelectorPath"
        if selector and selector[0] != ".":
            e.invalid(where, selector, "must be a simple json path starting with .")
        elif selector and not selector.startswith((".spec.", ".status.")):
            e.invalid(where, selector, "should be a json path under either .spec or .status")
    for index, column in enumerate(parts.get("additionalPrinterColumns") or ()):
        _column(column, f"{at}.additionalPrinterColumns[{index}]", e)
    _selectable(parts.get("selectableFields") or (), _schema(version), f"{at}.selectableFields", e)


def definition_schema(schema: Any, at: str, e: Errors, *, has_status: bool, suppressed: bool) -> None:
    """A version's schema: structural, with defaults that fit it and rules that compile and cost what they may."""
    if has_status:
        _root(schema, at, e)
    if schema.get("nullable"):
        e.forbidden(f"{at}.nullable", "nullable cannot be true at the root")
    if openapi.has_unsupported(schema):  # then it is not looked at as a structure at all
        e.found += openapi.check(schema, at, None)
        return
    found = structure.check(schema, at) or defaults.check(schema, at)
    e.found += found
    if found or not values.has_rules(schema):
        e.found += openapi.check(schema, at, None)
        return
    from steersman.api.validation.customresources import budget  # CEL is loaded with the first rule

    total = budget.Total(suppressed=suppressed)
    e.found += openapi.check(schema, at, budget.Place(schema, total))
    total.check(at, e)


def _root(schema: Any, at: str, e: Errors) -> None:
    """With a status sub-resource the status is validated by itself: what only the root says would be lost."""
    if schema.get("type") not in (None, "", "object"):
        text = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'
        e.invalid(f"{at}.type", schema["type"], text)
    elif any(value for name, value in schema.items() if name not in _AT_ROOT):
        shown = " ".join(name[0].upper() + name[1:] for name in _AT_ROOT_SHOWN)
        text = f"only [{shown}] fields are allowed at the root of the schema if the status subresource is enabled"
        e.invalid(at, schema, text)


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
    path, format = column.get("jsonPath") or "", column.get("format") or ""
    if format and format not in _COLUMN_FORMATS:
        e.invalid(f"{at}.format", format, "must be one of " + ",".join(_COLUMN_FORMATS))
    if not path:
        e.required(f"{at}.JSONPath")
    elif path[0] != ".":
        e.invalid(f"{at}.JSONPath", path, "must be a simple json path starting with .")


def _selectable(fields: Any, schema: Any, at: str, e: Errors) -> None:
    seen: set[str] = set()
    for index, each in enumerate(fields):
        where, path = f"{at}[{index}].jsonPath", each.get("jsonPath") or ""
        if not path:
            e.required(where)
            continue
        try:
            normal, node = paths.follow(path, schema or {}, brackets=False)
        except paths.PathError as error:
            e.invalid(where, path, f"is an invalid path: {error}")
            continue
        if normal.split(".")[0] == "metadata":
            e.invalid(where, path, "must not point to fields in metadata")
        if node.get("type") not in ("string", "boolean", "integer"):
            e.invalid(where, path, _SELECTABLE)
        if normal in seen:
            e.duplicate(where, path)
        seen.add(normal)
    if len(seen) > _MAX_SELECTABLE:
        e.too_many(at, len(seen), _MAX_SELECTABLE)


def _conversion(tree: Any, e: Errors) -> None:
    strategy, webhook = tree.get("strategy") or "", tree.get("webhook") or {}
    at, config, reviews = "spec.conversion", webhook.get("clientConfig"), webhook.get("conversionReviewVersions") or []
    e.required_one_of(f"{at}.strategy", strategy, ("None", "Webhook"))
    if strategy != "Webhook":
        why = "should not be set when strategy is not set to Webhook"
        if config is not None:
            e.forbidden(f"{at}.webhookClientConfig", why)
        if reviews:
            e.forbidden(f"{at}.conversionReviewVersions", why)
        return
    if config is None:
        e.required(f"{at}.webhookClientConfig", "required when strategy is set to Webhook")
    else:
        webhooks.client(config, f"{at}.webhookClientConfig", e)
    _reviews(reviews, f"{at}.conversionReviewVersions", e)


def _reviews(versions: list[str], at: str, e: Errors) -> None:
    if not versions:
        e.required(at)
        return
    seen: set[str] = set()
    for index, version in enumerate(versions):
        if version in seen:
            e.invalid(f"{at}[{index}]", version, "duplicate version")
            continue
        seen.add(version)
        e.named(f"{at}[{index}]", version, names.dns1035_label)
    if not seen & {"v1", "v1beta1"}:
        e.invalid(at, versions, "must include at least one of v1, v1beta1")
