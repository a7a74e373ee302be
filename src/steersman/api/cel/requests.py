"""The variables that expressions of admission have, and the types of `request` and `namespaceObject`.

`environment(params=..., authorizer=...)` is `environments.BASE` with the variables of webhooks' match conditions and
of policies: `object`, `oldObject` (dyn; null where there is none), `request`, `namespaceObject`, and by need
`params`, `authorizer`, `authorizer.requestResource`.  Policies extend it by `variables`.

The values are plain trees: `request` as it stands in an AdmissionReview (without `object` and `oldObject`),
`namespaceObject` the Namespace, of which expressions see only a part.
"""

import functools
from typing import Any

from steersman.api.cel import authorizer as authorizers
from steersman.api.cel import declared, environments
from steersman.api.tree import Tree
from steersman.cel import environment as environment_
from steersman.cel import times, types, values

OBJECT, OLD_OBJECT, PARAMS, REQUEST, NAMESPACE = "object", "oldObject", "params", "request", "namespaceObject"
AUTHORIZER, REQUEST_RESOURCE = "authorizer", "authorizer.requestResource"

_TEXT, _BOOL, _INT, _DYN = types.STRING, types.BOOL, types.INT, types.DYN
_TEXTS = types.list_of(_TEXT)


def _of(name: str) -> types.Type:
    return types.object_(f"kubernetes.{name}")


def _moment(value: Any) -> Any:
    return times.parse_timestamp(value) if isinstance(value, str) else value


def _time(name: str) -> types.FieldType:
    return types.FieldType(types.TIMESTAMP, name, _moment)


TYPES = declared.Declared(
    {
        "kubernetes.GroupVersionKind": declared.named(group=_TEXT, version=_TEXT, kind=_TEXT),
        "kubernetes.GroupVersionResource": declared.named(group=_TEXT, version=_TEXT, resource=_TEXT),
        "kubernetes.UserInfo": declared.named(
            username=_TEXT, uid=_TEXT, groups=_TEXTS, extra=types.map_of(_TEXT, _TEXTS)
        ),
        "kubernetes.AdmissionRequest": declared.named(
            kind=_of("GroupVersionKind"),
            resource=_of("GroupVersionResource"),
            subResource=_TEXT,
            requestKind=_of("GroupVersionKind"),
            requestResource=_of("GroupVersionResource"),
            requestSubResource=_TEXT,
            name=_TEXT,
            namespace=_TEXT,
            operation=_TEXT,
            userInfo=_of("UserInfo"),
            dryRun=_BOOL,
            options=_DYN,
        ),
        "kubernetes.NamespaceSpec": declared.named(finalizers=_TEXTS),
        "kubernetes.NamespaceCondition": {
            **declared.named(status=_TEXT, type=_TEXT, message=_TEXT, reason=_TEXT),
            "lastTransitionTime": _time("lastTransitionTime"),
        },
        "kubernetes.NamespaceStatus": declared.named(conditions=types.list_of(_of("NamespaceCondition")), phase=_TEXT),
        "kubernetes.NamespaceMetadata": {
            **declared.named(
                name=_TEXT,
                generateName=_TEXT,
                namespace=_TEXT,
                labels=types.map_of(_TEXT, _TEXT),
                annotations=types.map_of(_TEXT, _TEXT),
                UID=_TEXT,
                deletionGracePeriodSeconds=_INT,
                generation=_INT,
                resourceVersion=_TEXT,
                finalizers=_TEXTS,
            ),
            "creationTimestamp": _time("creationTimestamp"),
            "deletionTimestamp": _time("deletionTimestamp"),
        },
        "kubernetes.Namespace": declared.named(
            metadata=_of("NamespaceMetadata"), spec=_of("NamespaceSpec"), status=_of("NamespaceStatus")
        ),
    }
)


@functools.cache
def environment(*, params: bool = False, authorizer: bool = True) -> environment_.Environment:
    variables = {OBJECT: _DYN, OLD_OBJECT: _DYN, NAMESPACE: _of("Namespace"), REQUEST: _of("AdmissionRequest")}
    if params:
        variables[PARAMS] = _DYN
    if authorizer:
        variables[AUTHORIZER] = authorizers.AUTHORIZER
        variables[REQUEST_RESOURCE] = authorizers.RESOURCE_CHECK
    return environments.BASE.extended(variables=variables, provider=TYPES)


def authorizer_variables(authorizer: authorizers.Authorizer, request: Tree) -> dict[str, values.Opaque]:
    """`authorizer` and `authorizer.requestResource`, of a request as it stands in a review."""
    resource = request.get("requestResource") or request.get("resource") or {}
    return {
        AUTHORIZER: authorizer,
        REQUEST_RESOURCE: authorizers.ResourceCheck(
            authorizer,
            resource.get("group") or "",
            resource.get("resource") or "",
            request.get("requestSubResource") or request.get("subResource") or "",
            request.get("namespace") or "",
            request.get("name") or "",
        ),
    }
