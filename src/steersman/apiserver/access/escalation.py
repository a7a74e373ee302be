"""Nobody grants what they do not hold.

Before a role or a binding is written, its rules are compared with those of the writer.  The ways around it are
named: members of `system:masters`, the verb `escalate` on the role, the verb `bind` on the role that a binding
refers to.
"""

from collections.abc import Sequence

from steersman.api import status
from steersman.api.tree import Tree, at
from steersman.apiserver.access import attributes as asked
from steersman.apiserver.access import authorization, rbac, rules
from steersman.kit import http

GROUP = rbac.GROUP
RESOURCES = ("roles", "clusterroles", "rolebindings", "clusterrolebindings")
EVERYTHING = (
    rules.Rule(("*",), ("*",), ("*",)),
    rules.Rule(("*",), urls=("*",)),
)


def check(
    authorizer: authorization.Authorizer,
    roles: rbac.Rbac,
    user: http.User,
    resource: str,
    namespace: str,
    new: Tree,
    old: Tree | None = None,
) -> None:
    """Before `new` (one of RESOURCES) is created, or put in the place of `old`.  Raises StatusError."""
    if authorization.SUPERUSERS in user.groups or (old is not None and _only_collected(new, old)):
        return
    if resource.endswith("roles"):
        _check_role(authorizer, roles, user, resource, namespace, new, created=old is None)
    else:
        _check_binding(authorizer, roles, user, resource, namespace, new)


def _check_role(
    authorizer: authorization.Authorizer,
    roles: rbac.Rbac,
    user: http.User,
    resource: str,
    namespace: str,
    role: Tree,
    *,
    created: bool,
) -> None:
    name = str(at(role, "metadata", "name", default=""))
    question = asked.Attributes(
        user, "escalate", group=GROUP, version="v1", resource=resource, namespace=namespace,
        name="" if created else name,
    )  # fmt: skip
    if authorizer.authorize(question).allowed:
        return
    why = _missing(roles, user, namespace, [rules.parse(rule) for rule in role.get("rules") or ()])
    if why:
        raise status.forbidden(resource, GROUP, name, why)
    if at(role, "aggregationRule", "clusterRoleSelectors") and _missing(roles, user, namespace, EVERYTHING):
        why = "must have cluster-admin privileges to use the aggregationRule"
        raise status.forbidden(resource, GROUP, name, why)


def _check_binding(
    authorizer: authorization.Authorizer,
    roles: rbac.Rbac,
    user: http.User,
    resource: str,
    namespace: str,
    binding: Tree,
) -> None:
    reference = binding.get("roleRef") or {}
    kind, role = reference.get("kind", ""), reference.get("name", "")
    question = asked.Attributes(
        user, "bind", group=GROUP, version="v1", resource="roles" if kind == "Role" else "clusterroles",
        namespace=namespace, name=role,
    )  # fmt: skip
    if kind in ("Role", "ClusterRole") and authorizer.authorize(question).allowed:
        return
    granted = roles.role_rules(kind, role, namespace)
    if granted is None:
        raise status.not_found(resource, GROUP, role)
    why = _missing(roles, user, namespace, granted)
    if why:
        raise status.forbidden(resource, GROUP, str(at(binding, "metadata", "name", default="")), why)


def _missing(roles: rbac.Rbac, user: http.User, namespace: str, wanted: Sequence[rules.Rule]) -> str:
    """Empty where the user holds all of it."""
    held, unresolved = roles.rules_for(user, namespace)
    missing = rules.covers([rules.parse(rule) for rule in held], wanted)
    if not missing:
        return ""
    lines = sorted({rules.described(rule) for rule in rules.compact(missing)})
    text = (
        f"user {status.quoted(user.name)} (groups={rules.listed(user.groups)}) is attempting to grant RBAC "
        "permissions not currently held:\n" + "\n".join(lines)
    )
    return f"{text}; resolution errors: {rules.bracketed(unresolved)}" if unresolved else text


def _only_collected(new: Tree, old: Tree) -> bool:
    """Only owner references and finalizers differ: the garbage collector's edits need no rights of the role."""

    def rest(tree: Tree) -> dict[str, object]:
        meta = {
            key: value
            for key, value in (tree.get("metadata") or {}).items()
            if key not in ("ownerReferences", "finalizers", "managedFields") and value
        }
        return {**tree, "metadata": meta}

    return rest(new) == rest(old)
