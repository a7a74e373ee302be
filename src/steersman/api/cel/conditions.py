"""Match conditions of webhooks and policies: which writes they are asked about.

    found = conditions.compiled(texts)                       # once a configuration; a bad one fails when evaluated
    conditions.hold(found, variables, fails_open=False)      # raises NotEvaluated

All must be true.  One that is false excepts the write whatever becomes of the others (`hold` is False); else one that
cannot be evaluated counts as the failure policy says: with Ignore (`fails_open`) the write is excepted, with Fail
`NotEvaluated` is raised with what the reference would say.  Together they may cost `MATCH_CONDITIONS_BUDGET`; more is
a failure as well.  The variables are those of `requests`.
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from steersman.api.cel import compiling, environments, requests
from steersman.cel import evaluating, types, values


class NotEvaluated(Exception):
    """No value; the text says why."""


Condition = compiling.Compiled | NotEvaluated


def check(text: str, *, params: bool = False) -> None:
    """Raises compiling.Refused, for who validates a configuration."""
    compiling.compile(text, requests.environment(params=params), types.BOOL)


@functools.lru_cache(maxsize=1024)
def _compiled(text: str, params: bool) -> Condition:
    try:
        return compiling.compile(text, requests.environment(params=params), types.BOOL)
    except compiling.Refused as error:
        return NotEvaluated(f"compilation error: {error}")


def compiled(texts: Iterable[str], *, params: bool = False) -> tuple[Condition, ...]:
    return tuple(_compiled(text, params) for text in texts)


def hold(conditions: Sequence[Condition], variables: Mapping[str, Any], *, fails_open: bool) -> bool:
    """Whether the write is not excepted.  Raises NotEvaluated."""
    failures: list[str] = []
    left = environments.MATCH_CONDITIONS_BUDGET
    for condition in conditions:
        try:
            value, cost = _run(condition, variables, left)
        except NotEvaluated as error:
            failures.append(str(error))
            continue
        except evaluating.CostExceeded:
            if fails_open:
                return False
            raise NotEvaluated(environments.OUT_OF_BUDGET) from None
        if value is False:
            return False
        left -= cost
    if not failures:
        return True
    if fails_open:
        return False
    told = list(dict.fromkeys(failures))
    raise NotEvaluated(told[0] if len(told) == 1 else f"[{', '.join(told)}]")


def _run(condition: Condition, variables: Mapping[str, Any], left: int) -> tuple[Any, int]:
    """Raises NotEvaluated, and CostExceeded where what is left of the budget is too little."""
    if isinstance(condition, NotEvaluated):
        raise condition
    try:
        outcome = condition.program.run(variables, limit=min(left, environments.PER_CALL_LIMIT))
    except evaluating.CostExceeded as error:
        if left < environments.PER_CALL_LIMIT:
            raise
        raise _failed(condition, error) from None
    except values.EvaluationError as error:
        raise _failed(condition, error) from None
    return outcome.value, outcome.cost


def _failed(condition: compiling.Compiled, error: values.EvaluationError) -> NotEvaluated:
    return NotEvaluated(f"expression '{condition.text}' resulted in error: {error}")
