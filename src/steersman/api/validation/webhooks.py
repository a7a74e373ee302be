"""Admission webhooks and APIServices: rules, conditions, and where the other server is.

The compiler of expressions comes with the first condition: most servers never meet one.
"""

import re
import urllib.parse
from collections.abc import Sequence
from typing import Any

from steersman.api import names
from steersman.api.tree import Tree
from steersman.api.validation import selectors
from steersman.api.validation.errors import Errors

FAILURE = ("Fail", "Ignore")
MATCH = ("Equivalent", "Exact")
OPERATIONS = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
SCOPES = ("*", "Cluster", "Namespaced")
REINVOCATION = ("IfNeeded", "Never")
_SIDE_EFFECTS = ("None", "NoneOnDryRun")
_REVIEWS = ("v1", "v1beta1")
_FORM = "; desired format: https://host[/path]"
_MOST_CONDITIONS = 64


def validating(tree: Tree, e: Errors) -> None:
    _configuration(tree, e, mutating=False)


def validating_update(new: Tree, old: Tree, e: Errors) -> None:
    _configuration(new, e, mutating=False, compile=_conditions_of(new) != _conditions_of(old))


def mutating(tree: Tree, e: Errors) -> None:
    _configuration(tree, e, mutating=True)


def mutating_update(new: Tree, old: Tree, e: Errors) -> None:
    _configuration(new, e, mutating=True, compile=_conditions_of(new) != _conditions_of(old))


def _conditions_of(tree: Tree) -> list[Any]:
    return [hook.get("matchConditions") or [] for hook in tree.get("webhooks") or ()]


def _configuration(tree: Tree, e: Errors, *, mutating: bool, compile: bool = True) -> None:
    """Expressions are compiled unless no webhook's conditions changed."""
    seen: set[str] = set()
    for index, hook in enumerate(tree.get("webhooks") or ()):
        at, name = f"webhooks[{index}]", hook.get("name") or ""
        _webhook(hook, at, e, mutating=mutating, compile=compile)
        _reviews(hook.get("admissionReviewVersions") or [], f"{at}.admissionReviewVersions", e)
        if name:
            if name in seen:
                e.duplicate(f"{at}.name", name)
            seen.add(name)


def _webhook(hook: Any, at: str, e: Errors, *, mutating: bool, compile: bool) -> None:
    name, effects = hook.get("name") or "", hook.get("sideEffects")
    _qualified(name, f"{at}.name", e)
    for index, rule in enumerate(hook.get("rules") or ()):
        rule_with_operations(rule, f"{at}.rules[{index}]", e)
    if hook.get("failurePolicy") is not None:
        e.one_of(f"{at}.failurePolicy", hook["failurePolicy"], FAILURE)
    if hook.get("matchPolicy") is not None:
        e.one_of(f"{at}.matchPolicy", hook["matchPolicy"], MATCH)
    if effects is None:
        e.required(f"{at}.sideEffects", "must specify one of None, NoneOnDryRun")
    else:
        e.one_of(f"{at}.sideEffects", effects, _SIDE_EFFECTS)
    seconds = hook.get("timeoutSeconds")
    if seconds is not None and not 1 <= seconds <= 30:
        e.invalid(f"{at}.timeoutSeconds", seconds, "the timeout value must be between 1 and 30 seconds")
    for field in ("namespaceSelector", "objectSelector"):
        selectors.selector(hook.get(field), f"{at}.{field}", e)
    if mutating and hook.get("reinvocationPolicy") is not None:
        e.one_of(f"{at}.reinvocationPolicy", hook["reinvocationPolicy"], REINVOCATION)
    client(hook.get("clientConfig") or {}, f"{at}.clientConfig", e)
    conditions(hook.get("matchConditions") or (), f"{at}.matchConditions", e, compile=compile)


def _qualified(name: str, at: str, e: Errors) -> None:
    if not name:
        e.required(at)
        return
    complaints = names.dns1123_subdomain(name)
    if complaints:
        e.invalid(at, name, ",".join(complaints))
    elif name.count(".") < 2:
        e.invalid(at, name, "should be a domain with at least three segments separated by dots")


def _reviews(versions: Sequence[str], at: str, e: Errors) -> None:
    if not versions:
        e.required(at, "must specify one of v1, v1beta1")
        return
    for index, version in enumerate(versions):
        if version in versions[:index]:
            e.invalid(f"{at}[{index}]", version, "duplicate version")
            continue
        e.named(f"{at}[{index}]", version, names.dns1035_label)
    if not any(version in _REVIEWS for version in versions):
        e.invalid(at, list(versions), "must include at least one of v1, v1beta1")


def rule_with_operations(rule: Any, at: str, e: Errors) -> None:
    operations = rule.get("operations") or []
    if not operations:
        e.required(f"{at}.operations")
    if len(operations) > 1 and "*" in operations:
        e.invalid(f"{at}.operations", operations, "if '*' is present, must not specify other operations")
    for index, operation in enumerate(operations):
        e.one_of(f"{at}.operations[{index}]", operation, OPERATIONS)
    for field, spoken in (("apiGroups", "API groups"), ("apiVersions", "API versions")):
        values = rule.get(field) or []
        if not values:
            e.required(f"{at}.{field}")
        if len(values) > 1 and "*" in values:
            e.invalid(f"{at}.{field}", values, f"if '*' is present, must not specify other {spoken}")
        if field == "apiVersions":
            for index, value in enumerate(values):
                if not value:
                    e.required(f"{at}.apiVersions[{index}]")
    _resources(rule.get("resources") or [], f"{at}.resources", e)
    if rule.get("scope") is not None:
        e.one_of(f"{at}.scope", rule["scope"], SCOPES)


def _resources(resources: list[str], at: str, e: Errors) -> None:
    if not resources:
        e.required(at)
    whole: set[str] = set()
    everywhere: set[str] = set()
    plain = False
    for index, text in enumerate(resources):
        if not text:
            e.required(f"{at}[{index}]")
            continue
        resource, slash, sub = text.partition("/")
        if not slash:
            plain = text != "*"
            continue
        if resource in whole:
            e.invalid(f"{at}[{index}]", text, f"if '{resource}/*' is present, must not specify {text}")
        if sub in everywhere:
            e.invalid(f"{at}[{index}]", text, f"if '*/{sub}' is present, must not specify {text}")
        if sub == "*":
            whole.add(resource)
        if resource == "*":
            everywhere.add(sub)
    if len(resources) > 1 and "*/*" in resources:
        e.invalid(at, resources, "if '*/*' is present, must not specify other resources")
    if "*" in resources and plain:
        why = "if '*' is present, must not specify other resources without subresources"
        e.invalid(at, resources, why)


def client(tree: Any, at: str, e: Errors) -> None:
    """Where a webhook listens: a URL or a service."""
    url, service = tree.get("url"), tree.get("service")
    if (url is None) == (service is None):
        e.required(at, "exactly one of url or service is required")
    elif url is not None:
        _url(url, f"{at}.url", e)
    else:
        _service(service, f"{at}.service", e)


def _url(url: str, at: str, e: Errors) -> None:
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError as error:
        e.required(at, f'url must be a valid URL: parse "{url}": {error}{_FORM}')
        return
    if parts.scheme != "https":
        e.invalid(at, parts.scheme, f"'https' is the only allowed URL scheme{_FORM}")
    if not parts.netloc:
        e.invalid(at, "", f"host must be specified{_FORM}")
    if "@" in parts.netloc:
        e.invalid(at, parts.netloc.rpartition("@")[0], "user information is not permitted in the URL")
    if parts.fragment:
        e.invalid(at, parts.fragment, "fragments are not permitted in the URL")
    if parts.query:
        e.invalid(at, parts.query, "query parameters are not permitted in the URL")


def _service(tree: Any, at: str, e: Errors) -> None:
    for field in ("name", "namespace"):
        if not tree.get(field):
            e.required(f"{at}.{field}")
    port = tree.get("port", 443)
    if not 1 <= port <= 65535:
        e.invalid(f"{at}.port", port, "port is not valid: must be between 1 and 65535, inclusive")
    path = tree.get("path")
    if not path or path == "/":
        return
    if path == "//":
        e.invalid(f"{at}.path", path, "segment[0] may not be empty")
    if not path.startswith("/"):
        e.invalid(f"{at}.path", path, "must start with a '/'")
    for index, step in enumerate(path[1:].removesuffix("/").split("/")):
        if not step:
            e.invalid(f"{at}.path", path, f"segment[{index}] may not be empty")
        else:
            for text in names.dns1123_subdomain(step):
                e.invalid(f"{at}.path", path, f"segment[{index}]: {text}")


def conditions(items: Sequence[Any], at: str, e: Errors, *, compile: bool = False, params: bool = False) -> None:
    """With `compile` the expressions too, with `params` in a policy that has them."""
    if len(items) > _MOST_CONDITIONS:
        e.too_many(at, len(items), _MOST_CONDITIONS)
    seen: set[str] = set()
    for index, condition in enumerate(items):
        where, name = f"{at}[{index}]", condition.get("name") or ""
        expression = (condition.get("expression") or "").strip()
        if not expression:
            e.required(f"{where}.expression")
        elif compile:
            _expression(expression, f"{where}.expression", e, params=params)
        if not name:
            e.required(f"{where}.name")
        else:
            e.named(f"{where}.name", name, names.qualified_name)
            if name in seen:
                e.duplicate(f"{where}.name", name)
            seen.add(name)


def _expression(text: str, at: str, e: Errors, *, params: bool) -> None:
    from steersman.api.cel import compiling, conditions

    try:
        conditions.check(text, params=params)
    except compiling.Refused as error:
        e.invalid(at, text, str(error))


_LEGACY = "only v1 may have an empty group and it better be legacy kube"


def api_service(tree: Tree, e: Errors) -> None:
    spec = tree.get("spec") or {}
    group, version = spec.get("group") or "", spec.get("version") or ""
    name, wanted = (tree.get("metadata") or {}).get("name") or "", f"{version}.{group}"
    if name and name != wanted and not re.search("[/%]", name):
        e.invalid("metadata.name", name, f'must be `spec.version+"."+spec.group`: "{wanted}"')
    if not group and version != "v1":
        e.required("spec.group", _LEGACY)
    if group:
        e.named("spec.group", group, names.dns1123_subdomain)
    e.named("spec.version", version, names.dns1035_label)
    for field, limit in (("groupPriorityMinimum", 20000), ("versionPriority", 1000)):
        value = spec.get(field) or 0
        if not 0 < value <= limit:
            e.invalid(f"spec.{field}", value, f"must be positive and less than {limit}")
    service = spec.get("service")
    if service is None:
        if spec.get("caBundle"):
            e.invalid(
                "spec.caBundle", f"{len(spec['caBundle']) * 3 // 4} bytes", "local APIServices may not have a caBundle"
            )
        if spec.get("insecureSkipTLSVerify"):
            why = "local APIServices may not have insecureSkipTLSVerify"
            e.invalid("spec.insecureSkipTLSVerify", True, why)
        return
    for field in ("namespace", "name"):
        if not service.get(field):
            e.required(f"spec.service.{field}")
    port = service.get("port", 443)
    if not 1 <= port <= 65535:
        e.invalid("spec.service.port", port, "port is not valid: must be between 1 and 65535, inclusive")
    if spec.get("insecureSkipTLSVerify") and spec.get("caBundle"):
        e.invalid("spec.insecureSkipTLSVerify", True, "may not be true if caBundle is present")


def api_service_update(new: Tree, old: Tree, e: Errors) -> None:
    api_service(new, e)
