"""Questions about access that the API answers itself: `create` of a review runs one of these and stores nothing.

Each takes the posted tree (with the managed fields that its creation gave it) and returns the answered one, or
raises StatusError.  `HANDLERS` finds one by the review's resource.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from steersman.api import field, fields, labels, names, status, times
from steersman.api.tree import MutableTree, Tree, at
from steersman.apiserver.access import attributes as asked
from steersman.apiserver.access import authentication, authorization
from steersman.kit import clock as clocks
from steersman.kit import http

GROUP = "authorization.k8s.io"
AUTHENTICATION = "authentication.k8s.io"


@dataclasses.dataclass(frozen=True, slots=True)
class Asking:
    """What the answers are made from, for one request."""

    user: http.User
    authorizer: authorization.Authorizer
    resolver: authorization.RuleResolver
    authenticator: authentication.Authenticator
    clock: clocks.Clock
    namespace: str = ""


Handler = Callable[[Asking, Tree], MutableTree]


def subject_access_review(asking: Asking, tree: Tree) -> MutableTree:
    spec = tree.get("spec") or {}
    errors = _spec_errors(spec) + _subject_errors(spec)
    if errors:
        raise status.invalid("", GROUP, "", errors)
    return _decided(asking, tree, _user(spec), spec)


def self_subject_access_review(asking: Asking, tree: Tree) -> MutableTree:
    spec = tree.get("spec") or {}
    errors = _spec_errors(spec)
    if errors:
        raise status.invalid("", GROUP, "", errors)
    return _decided(asking, tree, asking.user, spec)


def local_subject_access_review(asking: Asking, tree: Tree) -> MutableTree:
    spec = tree.get("spec") or {}
    errors = _spec_errors(spec) + _subject_errors(spec)
    path = field.Path("spec").child("resourceAttributes", "namespace")
    asked_for = at(spec, "resourceAttributes", "namespace", default="")
    posted = at(tree, "metadata", "namespace", default="")
    if asked_for != posted:
        errors.append(field.invalid(path, asked_for, "must match metadata.namespace"))
    if spec.get("nonResourceAttributes"):
        where = field.Path("spec").child("nonResourceAttributes")
        errors.append(field.invalid(where, _path_value(spec), "disallowed on this kind of request"))
    if errors:
        raise status.invalid("", GROUP, "", errors)
    if asked_for != asking.namespace:
        raise status.bad_request(f"spec.resourceAttributes.namespace must match namespace: {asking.namespace}")
    return _decided(asking, tree, _user(spec), spec)


def self_subject_rules_review(asking: Asking, tree: Tree) -> MutableTree:
    namespace = at(tree, "spec", "namespace", default="")
    if not namespace:
        raise status.bad_request("no namespace on request")
    found, missing = asking.resolver.rules_for(asking.user, namespace)
    resources = [rule for rule in found if "nonResourceURLs" not in rule]
    paths = [rule for rule in found if "nonResourceURLs" in rule]
    answer: MutableTree = {"resourceRules": resources, "nonResourceRules": paths, "incomplete": bool(missing)}
    if missing:
        answer["evaluationError"] = ", ".join(missing)
    return {**_answered(tree, {}, answer), "metadata": {}}


def self_subject_review(asking: Asking, tree: Tree) -> MutableTree:
    answered = _answered(tree, None, {"userInfo": user_info(asking.user)})
    answered["metadata"] = {"creationTimestamp": times.seconds(asking.clock.now())}
    return answered


def token_review(asking: Asking, tree: Tree) -> MutableTree:
    spec = tree.get("spec") or {}
    token = spec.get("token", "")
    if at(tree, "metadata", "namespace"):
        raise status.bad_request(f"namespace is not allowed on this type: {at(tree, 'metadata', 'namespace')}")
    if not token:
        raise status.bad_request("token is required for TokenReview in authentication")
    found = asking.authenticator.token(token, tuple(spec.get("audiences") or ()))
    if found is None:
        return _answered(tree, spec, {"user": {}, "error": "invalid bearer token"})
    user, audiences = found
    answer: MutableTree = {"authenticated": True, "user": user_info(user)}
    if audiences:
        answer["audiences"] = list(audiences)
    return _answered(tree, spec, answer)


HANDLERS: Mapping[str, Handler] = {
    "subjectaccessreviews.authorization.k8s.io": subject_access_review,
    "selfsubjectaccessreviews.authorization.k8s.io": self_subject_access_review,
    "localsubjectaccessreviews.authorization.k8s.io": local_subject_access_review,
    "selfsubjectrulesreviews.authorization.k8s.io": self_subject_rules_review,
    "selfsubjectreviews.authentication.k8s.io": self_subject_review,
    "tokenreviews.authentication.k8s.io": token_review,
}


def user_info(user: http.User) -> MutableTree:
    """A user as UserInfo of authentication.k8s.io/v1."""
    tree: MutableTree = {}
    if user.name:
        tree["username"] = user.name
    if user.uid:
        tree["uid"] = user.uid
    if user.groups:
        tree["groups"] = list(user.groups)
    if user.extra:
        tree["extra"] = {key: list(values) for key, values in user.extra.items()}
    return tree


def _answered(tree: Tree, spec: Tree | None, answer: Tree) -> MutableTree:
    answered: MutableTree = {"kind": tree["kind"], "apiVersion": tree["apiVersion"]}
    answered["metadata"] = dict(tree.get("metadata") or {})
    if spec is not None:
        answered["spec"] = spec
    answered["status"] = answer
    return answered


def _decided(asking: Asking, tree: Tree, user: http.User, spec: Tree) -> MutableTree:
    decision = asking.authorizer.authorize(_attributes(user, spec))
    answer: MutableTree = {"allowed": decision.allowed}
    if decision.verdict is authorization.Verdict.DENY:
        answer["denied"] = True
    if decision.reason:
        answer["reason"] = decision.reason
    ignored = [f"spec.resourceAttributes.{kind} ignored due to parse error" for kind in _unreadable(spec)]
    if decision.error or ignored:
        answer["evaluationError"] = "; ".join([*([decision.error] if decision.error else ()), *ignored])
    return _answered(tree, spec, answer)


def _attributes(user: http.User, spec: Tree) -> asked.Attributes:
    wanted = spec.get("resourceAttributes")
    if wanted is None:
        path = spec.get("nonResourceAttributes") or {}
        return asked.Attributes(user, path.get("verb", ""), path=path.get("path", ""), is_resource=False)
    return asked.Attributes(
        user,
        wanted.get("verb", ""),
        group=wanted.get("group", ""),
        version=wanted.get("version", "") or "*",
        resource=wanted.get("resource", ""),
        subresource=wanted.get("subresource", ""),
        namespace=wanted.get("namespace", ""),
        name=wanted.get("name", ""),
        field_selector=_selector_text(wanted.get("fieldSelector")),
    )


def _selector_text(selector: Tree | None) -> str:
    """A field selector of a review as a list request would carry it; what that cannot say narrows nothing."""
    if not selector:
        return ""
    if selector.get("rawSelector"):
        return str(selector["rawSelector"])
    return ",".join(
        f"{each['key']}={each['values'][0]}"
        for each in selector.get("requirements") or ()
        if each.get("operator") == "In" and len(each.get("values") or ()) == 1
    )


def _unreadable(spec: Tree) -> Iterator[str]:
    """The selectors of a review that say nothing to an authoriser, in part or at all."""
    asks = spec.get("resourceAttributes") or {}
    by_field, by_label = asks.get("fieldSelector") or {}, asks.get("labelSelector") or {}
    try:
        fields.parse(by_field.get("rawSelector") or "")
        readable = all(
            each.get("operator") in ("In", "NotIn") and len(each.get("values") or ()) == 1
            for each in by_field.get("requirements") or ()
        )
    except fields.SelectorError:
        readable = False
    if not readable:
        yield "fieldSelector"
    try:
        labels.parse(by_label.get("rawSelector") or "")
        labels.from_object({"matchExpressions": by_label.get("requirements") or ()})
    except labels.SelectorError:
        yield "labelSelector"


def _user(spec: Tree) -> http.User:
    extra: dict[str, Any] = {key.lower(): tuple(values or ()) for key, values in (spec.get("extra") or {}).items()}
    return http.User(spec.get("user", ""), tuple(spec.get("groups") or ()), uid=spec.get("uid", ""), extra=extra)


def _spec_errors(spec: Tree) -> list[field.FieldError]:
    path = field.Path("spec")
    resource, other = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if resource is not None and other is not None:
        why = "cannot be specified in combination with resourceAttributes"
        return [field.invalid(path.child("nonResourceAttributes"), _path_value(spec), why)]
    if resource is None and other is None:
        why = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        return [field.invalid(path.child("resourceAttributes"), None, why)]
    errors: list[field.FieldError] = []
    for kind in ("fieldSelector", "labelSelector"):
        if resource is not None and resource.get(kind) is not None:
            errors += _selector_errors(resource[kind], path.child("resourceAttributes").child(kind), kind)
    return errors


def _selector_errors(selector: Tree, path: field.Path, kind: str) -> list[field.FieldError]:
    """A selector is one text or a list of requirements; operators that nobody knows pass, for clients to come."""
    raw, requirements = selector.get("rawSelector", ""), selector.get("requirements") or ()
    errors: list[field.FieldError] = []
    if raw and requirements:
        why = "may not specified at the same time as requirements"
        errors.append(field.invalid(path.child("rawSelector"), raw, why))
    if not raw and not requirements:
        why = f"when {path} is specified, requirements or rawSelector is required"
        errors.append(field.required(path.child("requirements"), why))
    for index, each in enumerate(requirements):
        errors += _requirement_errors(each, path.child("requirements").index(index), kind)
    return errors


def _requirement_errors(requirement: Tree, path: field.Path, kind: str) -> list[field.FieldError]:
    errors: list[field.FieldError] = []
    key, operator, values = (requirement.get(name) or "" for name in ("key", "operator", "values"))
    if kind == "fieldSelector" and not key:
        errors.append(field.required(path.child("key"), "must be specified"))
    if operator in ("In", "NotIn") and not values:
        why = "must be specified when `operator` is 'In' or 'NotIn'"
        errors.append(field.required(path.child("values"), why))
    if operator in ("Exists", "DoesNotExist") and values:
        why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
        errors.append(field.forbidden(path.child("values"), why))
    if kind == "labelSelector":
        errors += [field.invalid(path.child("key"), key, why) for why in names.qualified_name(key)]
        for place, value in enumerate(values):
            where = path.child("values").index(place)
            errors += [field.invalid(where, value, why) for why in names.label_value(value)]
    return errors


def _subject_errors(spec: Tree) -> list[field.FieldError]:
    if spec.get("user") or spec.get("groups"):
        return []
    return [field.invalid(field.Path("spec").child("user"), "", "at least one of user or group must be specified")]


def _path_value(spec: Tree) -> dict[str, str]:
    """Messages show the reference's own struct, with its field names."""
    other = spec.get("nonResourceAttributes") or {}
    return {"Path": other.get("path", ""), "Verb": other.get("verb", "")}
