"""What a definition's schema may say: OpenAPI v3 without what would be ambiguous, its lists and maps, its rules.

Rules in CEL are compiled only where the schema is sound at their place and below: errors about types that are not
there would help nobody.  All of their errors come after those of the schema.
"""

import dataclasses
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from steersman.api import field
from steersman.api.validation.customresources import paths
from steersman.api.validation.customresources.values import Schema
from steersman.api.validation.errors import Errors

if TYPE_CHECKING:
    from steersman.api.validation.customresources import budget

TYPES = ("array", "boolean", "integer", "number", "object", "string")
LIST_TYPES = ("atomic", "set", "map")
REASONS = ("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired")
_META = ("metadata", "kind", "apiVersion")
_UNIQUE = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
_NOT_SUPPORTED = ("id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref")
_LINES = re.compile(r"[\n\r]")


@dataclasses.dataclass(frozen=True, slots=True)
class _Scope:
    """What holds at a place because of what is above it."""

    default_refused: str = ""
    """Why there may be no default."""
    in_meta: bool = False
    uncorrelated: str = ""
    """The first schema above whose values cannot be matched with their old selves."""

    def with_uncorrelated(self, at: str) -> "_Scope":
        return self if self.uncorrelated else dataclasses.replace(self, uncorrelated=at)


def check(schema: Schema, at: str, costs: "budget.Place | None") -> list[field.FieldError]:
    """`costs` where rules are to be compiled, which only a structural schema's are."""
    errors, expressions = Errors(), Errors()
    _Walk(expressions).visit(schema, at, _Scope(), costs, errors, is_root=True)
    return errors.found + expressions.found


def has_unsupported(schema: Any) -> bool:
    """Whether a schema has parts, at whatever depth, that no structural schema can have."""
    if not isinstance(schema, Mapping):
        return False
    items = schema.get("items")
    if isinstance(items, list) or any(schema.get(name) for name in _NOT_SUPPORTED):
        return True
    children = [
        items, schema.get("not"), schema.get("additionalProperties"), *(schema.get("properties") or {}).values(),
        *(each for junctor in ("allOf", "oneOf", "anyOf") for each in schema.get(junctor) or ()),
    ]  # fmt: skip
    return any(has_unsupported(each) for each in children)


class _Walk:
    def __init__(self, expressions: Errors) -> None:
        self._expressions = expressions

    def visit(
        self, schema: Any, at: str, scope: _Scope, costs: "budget.Place | None", e: Errors, *, is_root: bool = False
    ) -> None:
        if not isinstance(schema, Mapping):
            return
        before = len(e)
        _standard(schema, at, scope, e)
        self._children(schema, at, scope, costs, e, is_root=is_root)
        _extensions(schema, at, e)
        rules = schema.get("x-kubernetes-validations") or ()
        for index, rule in enumerate(rules):
            _rule(rule, schema, f"{at}.x-kubernetes-validations[{index}]", e)
        if rules and len(e) == before and costs is not None:
            costs.check(at, scope.uncorrelated, self._expressions)

    def _children(
        self, schema: Schema, at: str, scope: _Scope, costs: "budget.Place | None", e: Errors, *, is_root: bool
    ) -> None:
        properties: Schema = schema.get("properties") or {}
        additional, items = schema.get("additionalProperties"), schema.get("items")
        if additional is not None:
            if properties and additional is not True:
                text = "additionalProperties and properties are mutual exclusive"
                e.forbidden(f"{at}.additionalProperties", text)
            below = scope
            if scope.in_meta:
                below = dataclasses.replace(
                    scope, default_refused="inside additionalProperties applying to object metadata"
                )
            self.visit(additional, f"{at}.additionalProperties", below, costs and costs.values(additional), e)
        for name, child in properties.items():
            below = scope
            if schema.get("x-kubernetes-map-type") not in (None, "granular", "atomic"):
                below = below.with_uncorrelated(at)
            if (is_root or schema.get("x-kubernetes-embedded-resource")) and name in _META:
                below = dataclasses.replace(below, in_meta=True)
                if is_root:
                    below = dataclasses.replace(below, default_refused=f"in top-level {name}")
            self.visit(child, f"{at}.properties[{name}]", below, costs and costs.property(name, child), e)
        self.visit(schema.get("not"), f"{at}.not", scope, None, e)
        for junctor in ("allOf", "oneOf", "anyOf"):
            for index, each in enumerate(schema.get(junctor) or ()):
                self.visit(each, f"{at}.{junctor}[{index}]", scope, None, e)
        if items is not None:
            below = scope if schema.get("x-kubernetes-list-type") == "map" else scope.with_uncorrelated(at)
            self.visit(items, f"{at}.items", below, costs and costs.items(items), e)


def _standard(schema: Schema, at: str, scope: _Scope, e: Errors) -> None:
    kind = schema.get("type") or ""
    if kind and kind not in TYPES:
        e.unsupported(f"{at}.type", kind, TYPES)
    if schema.get("default") is not None and scope.default_refused:
        e.forbidden(f"{at}.default", f"must not be set {scope.default_refused}")
    for name in _NOT_SUPPORTED:
        if schema.get(name):
            e.forbidden(f"{at}.{name}", f"{name} is not supported")
    if kind == "null":
        e.forbidden(f"{at}.type", "type cannot be set to null, use nullable as an alternative")
    if isinstance(schema.get("items"), list):
        e.forbidden(f"{at}.items", "items must be a schema object and not an array")
    if scope.in_meta and schema.get("x-kubernetes-embedded-resource"):
        e.forbidden(f"{at}.x-kubernetes-embedded-resource", "must not be used inside of resource meta")
    if schema.get("uniqueItems"):
        e.forbidden(f"{at}.uniqueItems", _UNIQUE)


def _extensions(schema: Schema, at: str, e: Errors) -> None:
    kind, items = schema.get("type") or "", schema.get("items")
    if schema.get("x-kubernetes-preserve-unknown-fields") is False:
        e.invalid(f"{at}.x-kubernetes-preserve-unknown-fields", False, "must be true or undefined")
    map_type, list_type = schema.get("x-kubernetes-map-type"), schema.get("x-kubernetes-list-type")
    if map_type is not None:
        if kind != "object":
            _must_be(kind, f"{at}.type", "must be object if x-kubernetes-map-type is specified", e)
        e.one_of(f"{at}.x-kubernetes-map-type", map_type, ("atomic", "granular"))
    if list_type is not None and kind != "array":
        _must_be(kind, f"{at}.type", "must be array if x-kubernetes-list-type is specified", e)
    elif list_type == "set" and isinstance(items, Mapping):
        _atomic_items(items, f"{at}.items", e)
    if list_type is not None:
        e.one_of(f"{at}.x-kubernetes-list-type", list_type, LIST_TYPES)
    keys = schema.get("x-kubernetes-list-map-keys") or []
    if keys and list_type != "map":
        place, why = f"{at}.x-kubernetes-list-type", "must be map if x-kubernetes-list-map-keys is non-empty"
        if list_type is None:
            e.required(place, why)
        else:
            e.invalid(place, list_type, why)
    if list_type == "map":
        _map(items, keys, at, e)
    if list_type in ("set", "map") and isinstance(items, Mapping):
        _no_nulls(items, keys, str(list_type), at, e)


def _must_be(kind: str, at: str, why: str, e: Errors) -> None:
    if kind:
        e.invalid(at, kind, why)
    else:
        e.required(at, why)


def _atomic_items(items: Schema, at: str, e: Errors) -> None:
    why = "must be atomic as item of a list with x-kubernetes-list-type=set"
    list_type = items.get("x-kubernetes-list-type")
    if items.get("type") == "array" and list_type not in (None, "atomic"):
        e.invalid(f"{at}.x-kubernetes-list-type", list_type, why)
    if items.get("type") == "object" and items.get("x-kubernetes-map-type") != "atomic":
        e.invalid(f"{at}.x-kubernetes-map-type", list_type, why)


def _map(items: Any, keys: list[str], at: str, e: Errors) -> None:
    if not keys:
        e.required(f"{at}.x-kubernetes-list-map-keys", "must not be empty if x-kubernetes-list-type is map")
    if items is None:
        e.required(f"{at}.items", "must have a schema if x-kubernetes-list-type is map")
    if not isinstance(items, Mapping):
        return
    if (items.get("type") or "") != "object":
        why = "must be object if parent array's x-kubernetes-list-type is map"
        e.invalid(f"{at}.items.type", items.get("type") or "", why)
        return
    known: Schema = items.get("properties") or {}
    seen: set[str] = set()
    for key in keys:
        if key not in known:
            e.invalid(f"{at}.x-kubernetes-list-map-keys", keys, "entries must all be names of item properties")
        elif known[key].get("type") in ("array", "object"):
            why = "must be a scalar type if parent array's x-kubernetes-list-type is map"
            e.invalid(f"{at}.items.properties[{key}].type", "object", why)
        if key in seen:
            e.invalid(f"{at}.x-kubernetes-list-map-keys", keys, "must not contain duplicate entries")
        seen.add(key)


def _no_nulls(items: Schema, keys: list[str], list_type: str, at: str, e: Errors) -> None:
    if items.get("nullable"):
        e.forbidden(f"{at}.items.nullable", f"cannot be nullable when x-kubernetes-list-type is {list_type}")
    if list_type != "map":
        return
    known, needed = items.get("properties") or {}, items.get("required") or ()
    for key in keys:
        where = f"{at}.items.properties[{key}]"
        if key in known and key not in needed and known[key].get("default") is None:
            why = "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
            e.required(f"{where}.default", why)
        if key in known and known[key].get("nullable"):
            e.forbidden(f"{where}.nullable", "this property is in x-kubernetes-list-map-keys, so it cannot be nullable")


def _rule(rule: Schema, schema: Schema, at: str, e: Errors) -> None:
    """What a rule must be before anybody reads its expressions."""
    text, message = (rule.get("rule") or "").strip(), rule.get("message") or ""
    if not text:
        e.required(f"{at}.rule", "rule is not specified")
    elif message and not message.strip():
        e.invalid(f"{at}.message", message, "must be non-empty if specified")
    elif _LINES.search(message.strip()):
        e.invalid(f"{at}.message", message, "must not contain line breaks")
    elif _LINES.search(text) and not message.strip():
        e.required(f"{at}.message", "message must be specified if rule contains line breaks")
    expression = rule.get("messageExpression") or ""
    if expression and not expression.strip():
        e.required(f"{at}.messageExpression", "messageExpression must be non-empty if specified")
    reason = rule.get("reason")
    if reason is not None and reason not in REASONS:
        e.unsupported(f"{at}.reason", reason, REASONS)
    path = rule.get("fieldPath") or ""
    if path and not path.strip():
        e.invalid(f"{at}.fieldPath", path, "must be non-empty if specified")
    if _LINES.search(path):
        e.invalid(f"{at}.fieldPath", path, "must not contain line breaks")
    if path:
        try:
            paths.follow(path, schema)
        except paths.PathError:
            e.invalid(f"{at}.fieldPath", path, "must be a valid path")
