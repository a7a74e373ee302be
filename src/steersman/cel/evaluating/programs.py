"""A planned expression, ready to run any number of times."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from steersman.cel import errors, meter, values
from steersman.cel.evaluating import frames


class Outcome(NamedTuple):
    value: Any
    cost: int


class Program:
    __slots__ = ("_cost", "_locals", "_names", "_step")

    def __init__(self, step: frames.Step, cost: int, names: Sequence[str], locals: int) -> None:
        self._step = step
        self._cost = cost
        """Of what every run does."""
        self._names = tuple(names)
        self._locals = (values.MISSING,) * locals

    def evaluate(self, variables: Mapping[str, Any], *, limit: int | None = None) -> Any:
        return self.run(variables, limit=limit).value

    def run(self, variables: Mapping[str, Any], *, limit: int | None = None) -> Outcome:
        """Raises EvaluationError, with what it cost until then as its `cost`; within `meter.brief` also TooLong."""
        get, missing = variables.get, values.MISSING
        full = meter.UNLIMITED if limit is None else limit
        metered = meter.Run(full)
        frame: frames.Frame = [self._cost, metered.limit, full]
        for name in self._names:
            frame.append(get(name, missing))
        frame += self._locals
        failure: values.EvaluationError | None = None
        value = None
        try:
            value = self._step(frame)
            if frame[0] > frame[1]:
                failure = frames.CostExceeded()
        except values.EvaluationError as error:
            failure = error
        except RecursionError:  # values, not the expression: its depth is limited where it is parsed
            failure = values.EvaluationError("values are nested too deeply")
        finally:
            cost = metered.end(frame[0], frame[1] - metered.limit)
        if failure is None:
            return Outcome(value, cost)
        if type(failure) is frames.CostExceeded and frame[1] < full >= frame[0]:
            raise errors.TooLong
        failure.cost = max(cost, full + 1) if type(failure) is frames.CostExceeded else cost
        raise failure
