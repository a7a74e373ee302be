"""Admission policies and their bindings.  Expressions are compiled by admission, not here."""

from typing import Any

from steersman.api import names
from steersman.api.tree import Tree
from steersman.api.validation import selectors, webhooks
from steersman.api.validation.errors import Errors

_ACTIONS = ("Audit", "Deny", "Warn")
_NOT_FOUND = ("Deny", "Allow")
_PATCHES = ("ApplyConfiguration", "JSONPatch")
_MUTATING_OPERATIONS = ("*", "CONNECT", "CREATE", "UPDATE")
_REASONS = ("Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized")


def validating(tree: Tree, e: Errors) -> None:
    spec = tree.get("spec") or {}
    _common(spec, e)
    checks, notes = spec.get("validations") or (), spec.get("auditAnnotations") or ()
    if not checks and not notes:
        e.required("spec.validations", "validations or auditAnnotations must be present")
    for index, check in enumerate(checks):
        at = f"spec.validations[{index}]"
        if not (check.get("expression") or "").strip():
            e.required(f"{at}.expression", "expression is not specified")
        if check.get("reason") is not None:
            e.one_of(f"{at}.reason", check["reason"], _REASONS)
    name = (tree.get("metadata") or {}).get("name") or ""
    seen: set[str] = set()
    for index, note in enumerate(notes):
        at, key = f"spec.auditAnnotations[{index}]", note.get("key") or ""
        if not name:
            e.invalid(f"{at}.key", key, "requires metadata.name be non-empty")
        else:
            e.named(f"{at}.key", f"{name}/{key}", names.qualified_name)
        if not (note.get("valueExpression") or "").strip():
            e.required(f"{at}.valueExpression", "valueExpression is not specified")
        if key in seen:
            e.duplicate(f"{at}.key", key)
        seen.add(key)


def validating_update(new: Tree, old: Tree, e: Errors) -> None:
    validating(new, e)


def mutating(tree: Tree, e: Errors) -> None:
    spec = tree.get("spec") or {}
    _common(spec, e, mutating=True)
    mutations = spec.get("mutations") or ()
    if not mutations:
        e.required("spec.mutations", "mutations must contain at least one item")
    for index, mutation in enumerate(mutations):
        at, kind = f"spec.mutations[{index}]", mutation.get("patchType") or ""
        if not kind:
            e.required(f"{at}.patchType")
        elif kind not in _PATCHES:
            e.unsupported(f"{at}.patchType", kind, _PATCHES)
        else:
            field = kind[0].lower() + kind[1:] if kind == "ApplyConfiguration" else "jsonPatch"
            if mutation.get(field) is None:
                e.required(f"{at}.{field}", f"must be specified when patchType is {kind}")
    policy = spec.get("reinvocationPolicy") or ""
    e.required_one_of("spec.reinvocationPolicy", policy, webhooks.REINVOCATION)


def mutating_update(new: Tree, old: Tree, e: Errors) -> None:
    mutating(new, e)


def _common(spec: Any, e: Errors, *, mutating: bool = False) -> None:
    policy = spec.get("failurePolicy")
    if policy is None:
        e.required("spec.failurePolicy")
    else:
        e.one_of("spec.failurePolicy", policy, webhooks.FAILURE)
    kind = spec.get("paramKind")
    if kind is not None:
        for field in ("apiVersion", "kind"):
            if not kind.get(field):
                e.required(f"spec.paramKind.{field}")
    constraints = spec.get("matchConstraints")
    if constraints is None:
        e.required("spec.matchConstraints")
    else:
        _match(constraints, "spec.matchConstraints", e)
        if not constraints.get("resourceRules"):
            e.required("spec.matchConstraints.resourceRules")
        if mutating:
            for rule in constraints.get("resourceRules") or ():
                for operation in rule.get("operations") or ():
                    e.one_of("spec.matchConstraints.resourceRules.operations", operation, _MUTATING_OPERATIONS)
    webhooks.conditions(spec.get("matchConditions") or (), "spec.matchConditions", e)
    seen: set[str] = set()
    for index, variable in enumerate(spec.get("variables") or ()):
        at, name = f"spec.variables[{index}]", variable.get("name") or ""
        if not name:
            e.required(f"{at}.name", "name is not specified")
        else:
            for text in names.c_identifier(name):
                e.invalid(f"{at}.name", name, f"name is not a valid CEL identifier: {text}")
        if name in seen:
            e.duplicate(f"{at}.name", name)
        seen.add(name)
        if not (variable.get("expression") or "").strip():
            e.required(f"{at}.expression", "expression is not specified")


def _match(tree: Any, at: str, e: Errors) -> None:
    if tree.get("matchPolicy") is None:
        e.required(f"{at}.matchPolicy")
    else:
        e.one_of(f"{at}.matchPolicy", tree["matchPolicy"], webhooks.MATCH)
    for field in ("namespaceSelector", "objectSelector"):
        if tree.get(field) is None:
            e.required(f"{at}.{field}")
        else:
            selectors.selector(tree[field], f"{at}.{field}", e)
    for field in ("resourceRules", "excludeResourceRules"):
        for index, rule in enumerate(tree.get(field) or ()):
            webhooks.rule_with_operations(rule, f"{at}.{field}[{index}]", e)
            for place, name in enumerate(rule.get("resourceNames") or ()):
                e.named(f"{at}.{field}[{index}].resourceNames[{place}]", name, names.path_segment)


def binding(tree: Tree, e: Errors) -> None:
    spec = tree.get("spec") or {}
    _binding(spec, e)
    actions = spec.get("validationActions") or []
    if not actions:
        e.required("spec.validationActions", "at least one validation action is required")
    for index, action in enumerate(actions):
        e.one_of(f"spec.validationActions[{index}]", action, _ACTIONS)
        if action in actions[:index]:
            e.duplicate(f"spec.validationActions[{index}]", action)
    if "Deny" in actions and "Warn" in actions:
        why = "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)"  # noqa: E501
        e.invalid("spec.validationActions", actions, why)


def binding_update(new: Tree, old: Tree, e: Errors) -> None:
    binding(new, e)


def mutating_binding(tree: Tree, e: Errors) -> None:
    _binding(tree.get("spec") or {}, e)


def mutating_binding_update(new: Tree, old: Tree, e: Errors) -> None:
    mutating_binding(new, e)


def _binding(spec: Any, e: Errors) -> None:
    name = spec.get("policyName") or ""
    if not name:
        e.required("spec.policyName")
    else:
        e.named("spec.policyName", name, names.dns1123_subdomain)
    parameters = spec.get("paramRef")
    if parameters is not None:
        _parameters(parameters, "spec.paramRef", e)
    if spec.get("matchResources") is not None:
        _match(spec["matchResources"], "spec.matchResources", e)


def _parameters(tree: Any, at: str, e: Errors) -> None:
    name, selector = tree.get("name") or "", tree.get("selector")
    if name and selector is not None:
        e.forbidden(at, "name and selector are mutually exclusive")
    elif not name and selector is None:
        e.required(at, "one of name or selector must be specified")
    if name:
        e.named(f"{at}.name", name, names.path_segment)
    selectors.selector(selector, f"{at}.selector", e)
    action = tree.get("parameterNotFoundAction")
    if not action:
        e.required(f"{at}.parameterNotFoundAction")
    else:
        e.one_of(f"{at}.parameterNotFoundAction", action, _NOT_FOUND)
