"""Comprehensions: folds of a list or a map, which all macros over collections are.

One general loop does what cel-go's fold does; `all` and `exists` have their own, because nearly every rule with a
loop is one of them.  A step without a value does not end the fold: the accumulator is then what fails when it is
read, and `exists` may still find what it looks for.  The limit is looked at in every round.
"""

from collections.abc import Iterable
from typing import Any

from steersman.cel import ast, values
from steersman.cel.evaluating import frames
from steersman.cel.evaluating.frames import Frame
from steersman.cel.evaluating.planned import Planned, Planner


def plan(planner: Planner, node: ast.Comprehension) -> Planned:
    if isinstance(node.iter_range, ast.CreateList) and not node.iter_range.elements:
        return _binding(planner, node)
    found = _quantifier(node)
    if found is not None:
        return _quantified(planner, node, *found)
    return _general(planner, node)


def items(collection: Any, two: bool) -> Iterable[Any]:
    """What the variables of a fold go over: elements or keys, or pairs with an index or key first."""
    if type(collection) is list or values.is_list(collection):
        return enumerate(collection) if two else collection
    if values.is_map(collection):
        return list(collection.items()) if two else list(collection)
    if two:
        raise values.EvaluationError(f"unsupported comprehension range type: {_go_name(collection)}")
    raise values.EvaluationError(f"got '{_go_name(collection)}', expected iterable type")


def _go_name(value: Any) -> str:
    names = {"null_type": "Null", "google.protobuf.Duration": "Duration", "google.protobuf.Timestamp": "Timestamp"}
    name = values.type_name(value)
    if isinstance(value, values.Optional):
        return "*types.Optional"
    if isinstance(value, values.TypeValue):
        return "*types.Type"
    if isinstance(value, values.Opaque):
        return f"cel.{name.rpartition('.')[2]}"
    return f"types.{names.get(name) or name[:1].upper() + name[1:]}"


def _binding(planner: Planner, node: ast.Comprehension) -> Planned:
    """`cel.bind(x, value, result)` is a fold of nothing: a name for a value that is computed when it is needed."""
    initial = planner.node(node.accu_init)
    slot = planner.new_slot()
    planner.enter({node.accu_var: slot})
    result = planner.node(node.result)
    planner.leave()
    then, deferred = result.step, frames.Deferred(initial.step, initial.cost)

    def run(frame: Frame) -> Any:
        frame[slot] = deferred
        return then(frame)

    return Planned(run, result.cost)


def _is_name(node: ast.Expr, name: str) -> bool:
    return isinstance(node, ast.Ident) and node.name == name


def _quantifier(node: ast.Comprehension) -> tuple[bool, ast.Expr] | None:
    """What decides, and the predicate, of an expanded `all` (false) or `exists` (true)."""
    condition, step = node.loop_condition, node.loop_step
    if not (
        _is_name(node.result, node.accu_var)
        and isinstance(node.accu_init, ast.Literal)
        and isinstance(condition, ast.Call)
        and condition.function == "@not_strictly_false"
        and isinstance(step, ast.Call)
        and len(step.args) == 2
        and _is_name(step.args[0], node.accu_var)
    ):
        return None
    (operand,) = condition.args
    if step.function == "_&&_" and node.accu_init.value is True and _is_name(operand, node.accu_var):
        return False, step.args[1]
    if (
        step.function == "_||_"
        and node.accu_init.value is False
        and isinstance(operand, ast.Call)
        and operand.function == "!_"
        and _is_name(operand.args[0], node.accu_var)
    ):
        return True, step.args[1]
    return None


def _scope(planner: Planner, node: ast.Comprehension) -> tuple[dict[str, int], tuple[int, int | None]]:
    first = planner.new_slot()
    if not node.iter_var2:
        return {node.iter_var: first}, (first, None)
    second = planner.new_slot()
    return {node.iter_var: first, node.iter_var2: second}, (first, second)


def _quantified(planner: Planner, node: ast.Comprehension, decisive: bool, predicate: ast.Expr) -> Planned:
    over = planner.node(node.iter_range)
    scope, (first, second) = _scope(planner, node)
    planner.enter(scope)
    test = planner.node(predicate)
    planner.leave()
    condition_cost = 3 if decisive else 2  # the accumulator, the negation of `exists`, @not_strictly_false
    round_cost = condition_cost + 1 + test.cost
    collection, holds, otherwise = over.step, test.step, not decisive

    def run(frame: Frame) -> Any:
        remaining = iter(items(collection(frame), second is not None))
        failure = None
        for item in remaining:
            frame[0] += round_cost
            if frame[0] > frame[1]:
                raise frames.CostExceeded
            if second is None:
                frame[first] = item
            else:
                frame[first], frame[second] = item
            try:
                value = holds(frame)
            except frames.CostExceeded:
                raise
            except values.EvaluationError as error:
                failure = failure or error
                continue
            if value is otherwise:
                continue
            if value is decisive:
                if next(remaining, values.MISSING) is not values.MISSING:
                    frame[0] += condition_cost
                return decisive
            failure = failure or values.no_overload()
        if failure is not None:
            raise failure
        return otherwise

    return Planned(run, over.cost + 1)


def _general(planner: Planner, node: ast.Comprehension) -> Planned:
    over = planner.node(node.iter_range)
    empty = _empty(node.accu_init)
    initial = planner.node(node.accu_init)
    scope, (first, second) = _scope(planner, node)
    accumulator = planner.new_slot()
    planner.enter({node.accu_var: accumulator})
    result = planner.node(node.result)
    planner.leave()
    planner.enter({**scope, node.accu_var: accumulator})
    condition = planner.node(node.loop_condition)
    before = planner.growing
    if empty is not None:
        planner.growing = {**before, node.accu_var: accumulator}
    step = planner.node(node.loop_step)
    planner.growing = before
    planner.leave()
    round_cost = condition.cost + step.cost
    collection, start, goes_on, advance, finish = over.step, initial.step, condition.step, step.step, result.step
    always = condition.constant is True

    def run(frame: Frame) -> Any:
        rounds: Iterable[Any] = items(collection(frame), second is not None)
        frame[accumulator] = empty() if empty is not None else start(frame)
        for item in rounds:
            if second is None:
                frame[first] = item
            else:
                frame[first], frame[second] = item
            if not always and goes_on(frame) is False:
                frame[0] += condition.cost
                break
            frame[0] += round_cost
            if frame[0] > frame[1]:
                raise frames.CostExceeded
            try:
                frame[accumulator] = advance(frame)
            except frames.CostExceeded:
                raise
            except values.EvaluationError as error:
                frame[accumulator] = frames.Failed(error)
        return finish(frame)

    return Planned(run, over.cost + initial.cost + result.cost)


def _empty(node: ast.Expr) -> type[list[Any]] | type[dict[Any, Any]] | None:
    """What makes a new one each run, of an accumulator that starts as an empty list or map."""
    if isinstance(node, ast.CreateList) and not node.elements:
        return list
    if isinstance(node, ast.CreateMap) and not node.entries:
        return dict
    return None
