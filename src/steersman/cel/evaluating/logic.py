"""The operators that do not need all of their operands: `&&`, `||`, `?:`, and an optional's `or` and `orValue`.

`&&` and `||` absorb errors: an operand that decides the result makes up for others without a value, wherever it
stands; otherwise the first error is the result's.
"""

from collections.abc import Sequence
from typing import Any

from steersman.cel import values
from steersman.cel.evaluating import frames

Term = tuple[frames.Step, int]
"""With its cost."""


def combined(terms: Sequence[Term], decisive: bool) -> frames.Step:
    """`&&` of terms, where false decides, or `||`, where true does.  The first term's cost is the caller's."""
    if len(terms) == 2:
        return _two(terms[0][0], terms[1], decisive)
    first, rest = terms[0][0], tuple(terms[1:])

    def run(frame: frames.Frame) -> Any:
        failure = None
        try:
            value = first(frame)
            if value is decisive:
                return decisive
            if value is not (not decisive):
                failure = values.no_overload()
        except frames.CostExceeded:
            raise
        except values.EvaluationError as error:
            failure = error
        for step, cost in rest:
            frame[0] += cost
            try:
                value = step(frame)
                if value is decisive:
                    return decisive
                if failure is None and value is not (not decisive):
                    failure = values.no_overload()
            except frames.CostExceeded:
                raise
            except values.EvaluationError as error:
                failure = failure or error
        if failure is not None:
            raise failure
        return not decisive

    return run


def _two(left: frames.Step, right_term: Term, decisive: bool) -> frames.Step:
    right, cost = right_term
    otherwise = not decisive

    def run(frame: frames.Frame) -> Any:
        try:
            value = left(frame)
        except values.EvaluationError as error:
            return unless_decided(frame, error)
        if value is decisive:
            return decisive
        if value is not otherwise:
            return unless_decided(frame, values.no_overload())
        frame[0] += cost
        value = right(frame)
        if value is decisive or value is otherwise:
            return value
        raise values.no_overload()

    def unless_decided(frame: frames.Frame, failure: values.EvaluationError) -> Any:
        if isinstance(failure, frames.CostExceeded):
            raise failure
        frame[0] += cost
        try:
            if right(frame) is decisive:
                return decisive
        except frames.CostExceeded:
            raise
        except values.EvaluationError:  # the first error stands
            raise failure from None
        raise failure

    return run


def conditional(condition: frames.Step, truthy: Term, falsy: Term) -> frames.Step:
    (then, then_cost), (otherwise, otherwise_cost) = truthy, falsy

    def run(frame: frames.Frame) -> Any:
        value = condition(frame)
        if value is True:
            frame[0] += then_cost
            return then(frame)
        if value is False:
            frame[0] += otherwise_cost
            return otherwise(frame)
        raise values.no_overload()

    return run


def not_strictly_false(step: frames.Step) -> frames.Step:
    def run(frame: frames.Frame) -> bool:
        try:
            return step(frame) is not False
        except frames.CostExceeded:
            raise
        except values.EvaluationError:  # an error is not false either
            return True

    return run


def optional_or(left: frames.Step, right_term: Term) -> frames.Step:
    right, cost = right_term

    def run(frame: frames.Frame) -> Any:
        value = left(frame)
        if type(value) is not values.Optional:
            raise values.no_overload()
        if value.present:
            return value
        frame[0] += cost
        value = right(frame)
        if type(value) is not values.Optional:
            raise values.no_overload()
        return value

    return run


def optional_or_value(left: frames.Step, right_term: Term) -> frames.Step:
    right, cost = right_term

    def run(frame: frames.Frame) -> Any:
        value = left(frame)
        if type(value) is not values.Optional:
            raise values.no_overload()
        if value.present:
            return value.value
        frame[0] += cost
        return right(frame)

    return run
