"""Whether somebody may do something: `authorizer.group('apps').resource('deployments').check('create').allowed()`.

The variables are `authorizer`, an `Authorizer` for whoever sent the request, and `authorizer.requestResource`, a
`ResourceCheck` of what the request is about; both are made by who evaluates.  What decides is a function from
`Attributes` to `Decision`, so that nothing here knows the API server's own authorizer.  A check is dear: an
expression can afford two.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from steersman.api import names
from steersman.api.cel import costs, functions
from steersman.cel import declarations, types, values
from steersman.kit import http


def _type(name: str) -> types.Type:
    return types.object_(f"kubernetes.authorization.{name}")


AUTHORIZER, PATH_CHECK, GROUP_CHECK = _type("Authorizer"), _type("PathCheck"), _type("GroupCheck")
RESOURCE_CHECK, DECISION = _type("ResourceCheck"), _type("Decision")


@dataclasses.dataclass(frozen=True, slots=True)
class Attributes:
    """What is asked.  Without a resource, for a path."""

    user: http.User
    verb: str
    path: str = ""
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    field_selector: str = ""
    """As it was written; empty for none.  Who decides ignores one that cannot be read."""
    label_selector: str = ""


class _Receiver(values.Opaque):
    """Has functions, no fields, and no equality."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        raise values.no_overload()

    __hash__ = None  # type: ignore[assignment]  # nothing keeps them in sets


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Decision(_Receiver):
    cel_type = DECISION
    allowed: bool
    reason: str = ""
    error: str | None = None


Authorize = Callable[[Attributes], Decision]


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Authorizer(_Receiver):
    cel_type = AUTHORIZER
    user: http.User
    authorize: Authorize


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class PathCheck(_Receiver):
    cel_type = PATH_CHECK
    authorizer: Authorizer
    path: str


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class GroupCheck(_Receiver):
    cel_type = GROUP_CHECK
    authorizer: Authorizer
    group: str


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class ResourceCheck(_Receiver):
    cel_type = RESOURCE_CHECK
    authorizer: Authorizer
    group: str
    resource: str
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    field_selector: str = ""
    label_selector: str = ""


def _path(authorizer: Authorizer, path: str) -> PathCheck:
    if not path.strip():
        raise values.EvaluationError("path must not be empty")
    return PathCheck(authorizer, path)


def _service_account(authorizer: Authorizer, namespace: str, name: str) -> Authorizer:
    if names.dns1123_subdomain(name):
        raise values.EvaluationError("Invalid service account name")
    if names.dns1123_label(namespace):
        raise values.EvaluationError("Invalid service account namespace")
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    return Authorizer(http.User(f"system:serviceaccount:{namespace}:{name}", groups), authorizer.authorize)


def _resource(check: GroupCheck, resource: str) -> ResourceCheck:
    if not resource.strip():
        raise values.EvaluationError("resource must not be empty")
    return ResourceCheck(check.authorizer, check.group, resource)


def _check_path(check: PathCheck, verb: str) -> Decision:
    return check.authorizer.authorize(Attributes(check.authorizer.user, verb, path=check.path))


def _check_resource(check: ResourceCheck, verb: str) -> Decision:
    return check.authorizer.authorize(
        Attributes(
            check.authorizer.user,
            verb,
            group=check.group,
            resource=check.resource,
            subresource=check.subresource,
            namespace=check.namespace,
            name=check.name,
            field_selector=check.field_selector,
            label_selector=check.label_selector,
        )
    )


def _with(field: str) -> Callable[[ResourceCheck, str], ResourceCheck]:
    def changed(check: ResourceCheck, value: str) -> ResourceCheck:
        change: dict[str, Any] = {field: value}
        return dataclasses.replace(check, **change)

    return changed


def _member(
    id: str,
    arguments: tuple[types.Type, ...],
    result: types.Type,
    implementation: declarations.Implementation,
    cost: Any = costs.nominal,
    estimate: Any = costs.expect_nominal,
) -> declarations.Overload:
    return declarations.Overload(id, arguments, result, implementation, member=True, cost=cost, estimate=estimate)


def _asked(id: str, of: types.Type, implementation: declarations.Implementation) -> declarations.Overload:
    return declarations.Overload(
        id,
        (of, types.STRING),
        DECISION,
        implementation,
        member=True,
        cost=costs.authorization_check,
        estimate=costs.expect_authorization_check,
        is_quick=True,
    )


_TEXT = types.STRING

LIBRARY = declarations.Library(
    "kubernetes.authz",
    (
        functions.one("path", _member("authorizer_path", (AUTHORIZER, _TEXT), PATH_CHECK, _path)),
        functions.one("group", _member("authorizer_group", (AUTHORIZER, _TEXT), GROUP_CHECK, GroupCheck)),
        functions.one(
            "serviceAccount",
            _member("authorizer_serviceaccount", (AUTHORIZER, _TEXT, _TEXT), AUTHORIZER, _service_account),
        ),
        functions.one("resource", _member("groupcheck_resource", (GROUP_CHECK, _TEXT), RESOURCE_CHECK, _resource)),
        functions.one(
            "subresource",
            _member("resourcecheck_subresource", (RESOURCE_CHECK, _TEXT), RESOURCE_CHECK, _with("subresource")),
        ),
        functions.one(
            "namespace",
            _member("resourcecheck_namespace", (RESOURCE_CHECK, _TEXT), RESOURCE_CHECK, _with("namespace")),
        ),
        functions.one("name", _member("resourcecheck_name", (RESOURCE_CHECK, _TEXT), RESOURCE_CHECK, _with("name"))),
        declarations.Function(
            "check",
            (
                _asked("pathcheck_check", PATH_CHECK, _check_path),
                _asked("resourcecheck_check", RESOURCE_CHECK, _check_resource),
            ),
        ),
        functions.one("errored", _member("decision_errored", (DECISION,), types.BOOL, lambda it: it.error is not None)),
        functions.one("error", _member("decision_error", (DECISION,), _TEXT, lambda it: it.error or "")),
        functions.one("allowed", _member("decision_allowed", (DECISION,), types.BOOL, lambda it: it.allowed)),
        functions.one("reason", _member("decision_reason", (DECISION,), _TEXT, lambda it: it.reason)),
    ),
)

SELECTORS = declarations.Library(
    "kubernetes.authzSelectors",
    tuple(
        functions.one(
            name,
            _member(
                f"authorizer_{name.lower()}",
                (RESOURCE_CHECK, _TEXT),
                RESOURCE_CHECK,
                _with(field),
                costs.selector,
                costs.expect_selector,
            ),
        )
        for name, field in (("fieldSelector", "field_selector"), ("labelSelector", "label_selector"))
    ),
)
