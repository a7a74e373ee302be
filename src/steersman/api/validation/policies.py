"""Admission policies and their bindings.

Expressions are compiled in the order in which they stand; see `policy_expressions`.  A policy's match conditions are
looked at when they are new or changed.
"""

import re
from typing import Any

from steersman.api import names
from steersman.api.tree import Tree
from steersman.api.validation import selectors, webhooks
from steersman.api.validation.errors import Errors
from steersman.api.validation.policy_expressions import PolicyExpressions

_ACTIONS = ("Audit", "Deny", "Warn")
_NOT_FOUND = ("Deny", "Allow")
_PATCHES = {"ApplyConfiguration": "applyConfiguration", "JSONPatch": "jsonPatch"}
_MUTATING_OPERATIONS = ("*", "CONNECT", "CREATE", "UPDATE")
_MOST_NOTES, _LONGEST_NOTE = 20, 5 * 1024
_RESERVED = frozenset({
    "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let",
    "loop", "package", "namespace", "return", "var", "void", "while",
})  # fmt: skip
"""Words of CEL, which name nothing."""
_REASONS = ("Forbidden", "Invalid", "RequestEntityTooLarge")


def validating(tree: Tree, e: Errors) -> None:
    _validating(tree, e, conditions=True)


def validating_update(new: Tree, old: Tree, e: Errors) -> None:
    _validating(new, e, conditions=_conditions_of(new) != _conditions_of(old))


def _validating(tree: Tree, e: Errors, *, conditions: bool) -> None:
    spec = tree.get("spec") or {}
    expressions = PolicyExpressions(spec, e)
    _common(spec, e, expressions, conditions=conditions)
    checks, notes = spec.get("validations") or (), spec.get("auditAnnotations") or ()
    if not checks and not notes:
        for field in ("validations", "auditAnnotations"):
            e.required(f"spec.{field}", "validations or auditAnnotations must contain at least one item")
    for index, check in enumerate(checks):
        at = f"spec.validations[{index}]"
        if not (check.get("expression") or "").strip():
            e.required(f"{at}.expression", "expression is not specified")
        else:
            expressions.check(check["expression"], f"{at}.expression")
        _message(check, at, e, expressions)
        if check.get("reason") is not None:
            e.one_of(f"{at}.reason", check["reason"], _REASONS)
    name = (tree.get("metadata") or {}).get("name") or ""
    seen: set[str] = set()
    if len(notes) > _MOST_NOTES:
        e.invalid("spec.auditAnnotations", notes, f"must not have more than {_MOST_NOTES} auditAnnotations")
    for index, note in enumerate(notes):
        at, key = f"spec.auditAnnotations[{index}]", note.get("key") or ""
        if not name:
            e.invalid(f"{at}.key", key, "requires metadata.name be non-empty")
        else:
            e.named(f"{at}.key", f"{name}/{key}", names.qualified_name)
        expression = (note.get("valueExpression") or "").strip()
        if not expression:
            e.required(f"{at}.valueExpression", "valueExpression is not specified")
        elif len(expression.encode()) > _LONGEST_NOTE:
            e.required(f"{at}.valueExpression", f"must not exceed {_LONGEST_NOTE} bytes in length")
        else:
            expressions.note(note["valueExpression"], f"{at}.valueExpression")
        if key in seen:
            e.duplicate(f"{at}.key", key)
        seen.add(key)


def _message(check: Any, at: str, e: Errors, expressions: PolicyExpressions) -> None:
    """What a client is told where a check fails: one line, or an expression that makes one."""
    expression, text = check.get("messageExpression") or "", check.get("message") or ""
    if expression and not expression.strip():
        e.invalid(f"{at}.messageExpression", expression, "must be non-empty if specified")
    elif expression:
        expressions.message(expression, f"{at}.messageExpression")
    if text and not text.strip():
        e.invalid(f"{at}.message", text, "must be non-empty if specified")
    elif re.search("[\n\r]", text.strip()):
        e.invalid(f"{at}.message", text, "must not contain line breaks")


def mutating(tree: Tree, e: Errors) -> None:
    _mutating(tree, e, conditions=True)


def mutating_update(new: Tree, old: Tree, e: Errors) -> None:
    _mutating(new, e, conditions=_conditions_of(new) != _conditions_of(old))


def _conditions_of(tree: Tree) -> Any:
    return (tree.get("spec") or {}).get("matchConditions") or []


def _mutating(tree: Tree, e: Errors, *, conditions: bool) -> None:
    spec = tree.get("spec") or {}
    expressions = PolicyExpressions(spec, e)
    _common(spec, e, expressions, conditions=conditions, mutating=True)
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
            field, other = _PATCHES[kind], next(name for each, name in _PATCHES.items() if each != kind)
            if mutation.get(field) is None:
                e.required(f"{at}.{field}", f"must be specified when patchType is {kind}")
            elif not (text := (mutation[field].get("expression") or "").strip()):
                e.required(f"{at}.{field}.expression")
            else:
                expressions.mutation(text, f"{at}.{field}.expression", kind)
            if mutation.get(other) is not None:
                e.invalid(f"{at}.{other}", f"{{{other}}}", f"must not be specified when patchType is {kind}")
    policy = spec.get("reinvocationPolicy") or ""
    e.required_one_of("spec.reinvocationPolicy", policy, webhooks.REINVOCATION)


def _common(spec: Any, e: Errors, expressions: PolicyExpressions, *, conditions: bool, mutating: bool = False) -> None:
    policy = spec.get("failurePolicy")
    if policy is None:
        e.required("spec.failurePolicy")
    else:
        e.one_of("spec.failurePolicy", policy, webhooks.FAILURE)
    kind = spec.get("paramKind")
    if kind is not None:
        _kind(kind, "spec.paramKind", e)
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
    if conditions:
        items = spec.get("matchConditions") or ()
        webhooks.conditions(items, "spec.matchConditions", e, compile=True, params=kind is not None)
    for index, variable in enumerate(spec.get("variables") or ()):
        at, name = f"spec.variables[{index}]", variable.get("name") or ""
        if not name:
            e.required(f"{at}.name", "name is not specified")
        elif names.c_identifier(name) or name in _RESERVED:
            e.invalid(f"{at}.name", name, "must be a valid CEL identifier")
        if not (variable.get("expression") or "").strip():
            e.required(f"{at}.expression", "expression is not specified")
        else:
            expressions.variable(name, variable["expression"], f"{at}.expression")


def _kind(tree: Any, at: str, e: Errors) -> None:
    """A kind by its version and name, as they could be served."""
    version, kind = tree.get("apiVersion") or "", tree.get("kind") or ""
    if not version:
        e.required(f"{at}.apiVersion")
    elif version.count("/") > 1:
        e.invalid(f"{at}.apiVersion", version, f"unexpected GroupVersion string: {version}")
    else:
        group, _, number = version.rpartition("/")
        if group and (found := names.dns1123_subdomain(group)):
            e.invalid(f"{at}.apiVersion", group, ",".join(found))
        if not number:
            e.invalid(f"{at}.apiVersion", version, "version must be specified")
        elif found := names.dns1035_label(number):
            e.invalid(f"{at}.apiVersion", number, ",".join(found))
    if not kind:
        e.required(f"{at}.kind")
    elif found := names.dns1035_label(kind.lower()):
        e.invalid(f"{at}.kind", kind, f"may have mixed case, but should otherwise match: {','.join(found)}")


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
            called = rule.get("resourceNames") or ()
            for place, name in enumerate(called):
                where = f"{at}.{field}[{index}].resourceNames[{place}]"
                e.named(where, name, names.path_segment)
                if name in called[:place]:
                    e.duplicate(where, name)
            webhooks.rule_with_operations(rule, f"{at}.{field}[{index}]", e)


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
    if name:
        e.named(f"{at}.name", name, names.path_segment)
        if selector is not None:
            e.forbidden(f"{at}.name", "name and selector are mutually exclusive")
    if selector is not None:
        selectors.selector(selector, f"{at}.selector", e)
        if name:
            e.forbidden(f"{at}.selector", "name and selector are mutually exclusive")
    if not name and selector is None:
        e.required(at, "one of name or selector must be specified")
    action = tree.get("parameterNotFoundAction")
    if not action:
        e.required(f"{at}.parameterNotFoundAction")
    else:
        e.one_of(f"{at}.parameterNotFoundAction", action, _NOT_FOUND)
