"""The expressions that may except a write from a hook.

What they mean is `api.cel.conditions`' business; here is where their variables come from.  Nothing of CEL is imported
before a hook with an expression is met: most servers never meet one.
"""

from collections.abc import Mapping
from typing import Any

from steersman.api.tree import Tree
from steersman.apiserver.access import authorization
from steersman.apiserver.admission import expressions
from steersman.apiserver.admission.webhooks.configurations import Hook
from steersman.kit import http


class NotEvaluated(Exception):
    """Whether the hook is to be asked cannot be said; the text says why."""


def variables(
    request: Tree, new: Tree | None, old: Tree | None, user: http.User, authorizer: authorization.Authorizer
) -> Mapping[str, Any]:
    """What conditions see of a write.  `request` is that of a review, without its objects.  Called on the loop."""
    from steersman.api.cel import requests

    return {
        requests.OBJECT: new, requests.OLD_OBJECT: old, requests.REQUEST: request, requests.NAMESPACE: None,
        **requests.authorizer_variables(expressions.authorizer_of(user, authorizer), request),
    }  # fmt: skip


def hold(hook: Hook, variables: Mapping[str, Any]) -> bool:
    """Whether a hook's conditions let it be asked.  Raises NotEvaluated."""
    from steersman.api.cel import conditions

    compiled = conditions.compiled(each.expression for each in hook.conditions)
    try:
        return conditions.hold(compiled, variables, fails_open=hook.fails_open)
    except conditions.NotEvaluated as error:
        raise NotEvaluated(str(error)) from error
