"""What webhooks' match conditions and policies share: running expressions for a write without holding the loop.

An expression is tried on the loop and, where it takes long, done again in the thread beside it.  What it asks of the
authoriser is always asked on the loop, whose state the authoriser reads.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from steersman.apiserver.access import attributes, authorization
from steersman.apiserver.admission.plugin import Context
from steersman.kit import http

if TYPE_CHECKING:
    from steersman.api.cel import authorizer as authorizers

A = TypeVar("A")
R = TypeVar("R")
PATIENCE = 30.0
"""Seconds that the thread waits for an answer of the loop, which at the end of a server may be gone."""


async def evaluated(context: Context, function: Callable[..., R], *arguments: object) -> R:
    """The result of a function of values that evaluates expressions."""
    if context.aside is None:
        return function(*arguments)
    from steersman.api.cel import bounded

    return await bounded.run(context.aside, function, *arguments)


def authorizer_of(user: http.User, authorizer: authorization.Authorizer) -> "authorizers.Authorizer":
    """The variable `authorizer` of an expression: what the API server's own one says of a user."""
    from steersman.api.cel import authorizer as authorizers

    def authorize(asked: authorizers.Attributes) -> authorizers.Decision:
        decision = authorizer.authorize(
            attributes.Attributes(
                asked.user, asked.verb, asked.group, "*", asked.resource, asked.subresource, asked.namespace,
                asked.name, asked.path, not asked.path, asked.field_selector,
            )
        )  # fmt: skip
        return authorizers.Decision(decision.allowed, decision.reason, decision.error or None)

    return authorizers.Authorizer(user, _on_the_loop(authorize))


def _on_the_loop(function: Callable[[A], R]) -> Callable[[A], R]:
    """A function that is always called on this thread; others wait for it."""
    home, loop = threading.get_ident(), asyncio.get_running_loop()

    def call(argument: A) -> R:
        if threading.get_ident() == home:
            return function(argument)

        async def here() -> R:
            return function(argument)

        return asyncio.run_coroutine_threadsafe(here(), loop).result(PATIENCE)

    return call
