"""Why an expression has no value.

Refusals that cel-go has words for are EvaluationErrors.  `TooLong` is not one: nothing is wrong with the expression,
it only takes longer than the thread it was tried on may be held (see `meter`), so no operator absorbs it.
"""


class EvaluationError(Exception):
    """An expression without a value, in cel-go's words."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.cost = 0
        """What was spent until it was found; set by whoever runs the whole expression."""


def no_overload() -> EvaluationError:
    return EvaluationError("no such overload")


class CostExceeded(EvaluationError):
    """Stops a run for good: no operator absorbs it."""

    def __init__(self) -> None:
        super().__init__("operation cancelled: actual cost limit exceeded")


class TooLong(Exception):
    """More than `meter.brief` allows; to be done again where time does not matter."""
