"""Calls: of what the evaluator does itself, and of the libraries' functions, for which `dispatching` chooses.

What is charged is known before or is the overload's to say, of the operands and the result.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from steersman.cel import ast, declarations, meter, patterns, types, values
from steersman.cel.evaluating import attributes, dispatching, frames, logic
from steersman.cel.evaluating.frames import Frame, Step
from steersman.cel.evaluating.planned import Attribute, Planned, Planner, constant

Kind = types.Kind

_CONVERSIONS = frozenset(
    {"bool", "bytes", "double", "dyn", "duration", "int", "string", "timestamp", "type", "uint"},
)
"""Of a constant they are a constant."""
_TRAVERSAL = 0.1


def plan(planner: Planner, node: ast.Call) -> Planned:
    special = _SPECIAL.get(node.function)
    reference = planner.checked.references.get(node.id)
    ids = reference.overloads if reference is not None else ()
    if special is not None:
        return special(planner, node)
    if node.function in ("or", "orValue") and ids in (("optional_or_optional",), ("optional_orValue_value",)):
        return _optional_or(planner, node)
    grown = _growing(planner, node)
    if grown is not None:
        return grown
    operands = ([node.target] if node.target is not None else []) + list(node.args)
    return _call(planner, node.function, ids, [planner.type(operand) for operand in operands], planner.nodes(operands))


def _call(
    planner: Planner,
    function: str,
    ids: Sequence[str],
    given: Sequence[types.Type],
    operands: Sequence[Planned],
) -> Planned:
    candidates = [planner.overloads[id][0] for id in ids]
    standard = bool(ids) and planner.overloads[ids[0]][1] == "stdlib"
    known = [operand.constant for operand in operands]
    if ids == ("in_list",) and known[1] is not values.MISSING:
        member = _among(operands[0], known[1])
        if member is not None:
            return member
    implementation, cost = dispatching.choose(function, candidates, given, standard)
    if standard and len(known) == 1 and function in _CONVERSIONS and known[0] is not values.MISSING:
        return constant(implementation(known[0]))
    pattern = candidates[0].pattern if candidates else None
    if pattern is not None and isinstance(known[pattern], str):
        patterns.compiled(known[pattern])
    if function == "matches" and standard and isinstance(known[1], str):
        implementation = _search(known[1], implementation)
    steps = [operand.step for operand in operands]
    static = sum(operand.cost for operand in operands)
    if ids in (("equals",), ("not_equals",)):
        return _equality(ids[0] == "equals", given, steps, static)
    if cost is None:
        return Planned(_plain(implementation, steps), static + 1)
    charged = _charged_before if planner.overloads[ids[0]][1] in _CHARGED_BEFORE else _charged
    if candidates[0].is_quick:
        charged = _charged_free
    return Planned(charged(implementation, steps, cost), static)


_CHARGED_BEFORE = frozenset({"stdlib", "cel.lib.ext.sets"})
"""Libraries whose prices do not depend on the result: a list of lists of lists can be too long to look at."""


def _plain(implementation: Callable[..., Any], steps: Sequence[Step]) -> Step:
    if len(steps) == 1:
        (only,) = steps

        def unary(frame: Frame) -> Any:
            return implementation(only(frame))

        return unary
    if len(steps) == 2:
        left, right = steps

        def binary(frame: Frame) -> Any:
            return implementation(left(frame), right(frame))

        return binary

    def run(frame: Frame) -> Any:
        return implementation(*[step(frame) for step in steps])

    return run


_LONG = 4096
"""Of a text: what is done with longer ones is metered before it begins."""


def _charged(implementation: Callable[..., Any], steps: Sequence[Step], cost: declarations.RuntimeCost) -> Step:
    def run(frame: Frame) -> Any:
        try:
            arguments = [step(frame) for step in steps]
        except values.EvaluationError:
            frame[0] += 1  # cel-go charges for a call with an error, too
            raise
        for argument in arguments:
            if type(argument) is str and len(argument) > _LONG:
                meter.spend(len(argument))
        result = implementation(*arguments)
        frame[0] += cost(arguments, result)
        if frame[0] > frame[1]:
            raise frames.CostExceeded
        return result

    return run


def _charged_free(implementation: Callable[..., Any], steps: Sequence[Step], cost: declarations.RuntimeCost) -> Step:
    """Of a price that is not for time: a run that is to be brief may spend it, too."""

    def run(frame: Frame) -> Any:
        arguments = [step(frame) for step in steps]
        result = implementation(*arguments)
        price = cost(arguments, result)
        frame[0] += price
        frame[1] = min(frame[1] + price, frame[2])
        if frame[0] > frame[1]:
            raise frames.CostExceeded
        return result

    return run


def _charged_before(implementation: Callable[..., Any], steps: Sequence[Step], cost: declarations.RuntimeCost) -> Step:
    def run(frame: Frame) -> Any:
        try:
            arguments = [step(frame) for step in steps]
        except values.EvaluationError:
            frame[0] += 1
            raise
        frame[0] += cost(arguments, None)
        if frame[0] > frame[1]:
            raise frames.CostExceeded
        return implementation(*arguments)

    return run


_SCALARS = frozenset({Kind.BOOL, Kind.INT, Kind.UINT, Kind.DOUBLE, Kind.NULL, Kind.TIMESTAMP, Kind.DURATION})
_IDENTICAL = frozenset({Kind.INT, Kind.STRING, Kind.BOOL})
"""Of two values of such a type Python's equality is CEL's."""


def _equality(same: bool, given: Sequence[types.Type], steps: Sequence[Step], static: int) -> Planned:
    """`==` costs what the smaller operand is long, which of scalars is known before."""
    left, right = steps
    equal = values.equal
    kinds = {each.kind for each in given}
    if kinds & _SCALARS:  # the smaller is then 1, or they are equal and both are
        if len(kinds) == 1 and kinds < _IDENTICAL:

            def scalars(frame: Frame) -> bool:
                return (left(frame) == right(frame)) is same

            return Planned(scalars, static + 1)

        def scalar(frame: Frame) -> bool:
            return equal(left(frame), right(frame)) is same

        if not (kinds & {Kind.DYN, Kind.STRING, Kind.BYTES, Kind.LIST, Kind.MAP, Kind.OBJECT}):
            return Planned(scalar, static + 1)
    if kinds == {Kind.STRING}:

        def strings(frame: Frame) -> bool:
            try:
                one, other = left(frame), right(frame)
            except values.EvaluationError:
                frame[0] += 1
                raise
            try:
                frame[0] += math.ceil(min(len(one), len(other)) * _TRAVERSAL)
            except TypeError:  # a null
                frame[0] += math.ceil(min(values.actual_size(one), values.actual_size(other)) * _TRAVERSAL)
            return (one == other) is same

        return Planned(strings, static)

    size = values.actual_size

    def run(frame: Frame) -> bool:
        try:
            one, other = left(frame), right(frame)
        except values.EvaluationError:
            frame[0] += 1
            raise
        frame[0] += math.ceil(min(size(one), size(other)) * _TRAVERSAL)
        if frame[0] > frame[1]:
            raise frames.CostExceeded
        return equal(one, other) is same

    return Planned(run, static)


_PRIMITIVE = frozenset({bool, float, int, str, values.UInt})


def _among(element: Planned, constants: Sequence[Any]) -> Planned | None:
    """`x in ["a", "b"]`, which costs nothing: cel-go makes a set of the constants."""
    if not constants:
        return constant(False)
    if not all(type(constant) in _PRIMITIVE for constant in constants):
        return None
    step, equal = element.step, values.equal
    if all(type(constant) is str for constant in constants):
        texts = frozenset(constants)

        def among(frame: Frame) -> bool:
            value = step(frame)
            return type(value) is str and value in texts

        return Planned(among, element.cost)

    def search(frame: Frame) -> bool:
        value = step(frame)
        return any(equal(value, constant) for constant in constants)

    return Planned(search, element.cost)


def _search(pattern: str, otherwise: Callable[..., Any]) -> Callable[..., Any]:
    """`matches` with a pattern that is read once."""
    search = patterns.compiled(pattern).search

    def matches(text: Any, _: Any) -> Any:
        if not isinstance(text, str):
            return otherwise(text, pattern)
        return search(text) is not None

    return matches


def _terms(planner: Planner, node: ast.Expr, function: str) -> list[Planned]:
    """The operands of nested `&&` or `||`, in their order."""
    if isinstance(node, ast.Call) and node.function == function:
        return [term for operand in node.args for term in _terms(planner, operand, function)]
    return [planner.node(node)]


def _and(planner: Planner, node: ast.Call) -> Planned:
    terms = _terms(planner, node, node.function)
    step = logic.combined([(term.step, term.cost) for term in terms], node.function == "_||_")
    return Planned(step, terms[0].cost)


def _conditional(planner: Planner, node: ast.Call) -> Planned:
    condition, truthy, falsy = planner.nodes(node.args)
    step = logic.conditional(condition.step, (truthy.step, truthy.inner_cost), (falsy.step, falsy.inner_cost))
    return Attribute(step, condition.cost, cost=0).planned()


def _not_strictly_false(planner: Planner, node: ast.Call) -> Planned:
    (operand,) = planner.nodes(node.args)
    return Planned(logic.not_strictly_false(operand.step), operand.cost + 1)


def _index(planner: Planner, node: ast.Call) -> Planned:
    operand, index = node.args
    optional = node.function == "_[?_]"
    attribute = planner.attribute(operand)
    key = planner.node(index)
    if key.constant is not values.MISSING:
        return attribute.qualified(attributes.Qualifier(key.constant, optional=optional)).planned()
    qualifier = attributes.Qualifier(index=key.step, optional=optional, cost=key.inner_cost + 1)
    return attribute.qualified(qualifier).planned()


def _optional_select(planner: Planner, node: ast.Call) -> Planned:
    operand, field = node.args
    assert isinstance(field, ast.Literal)
    qualifier = planner.field(operand, field.value, optional=True)
    return planner.attribute(operand).qualified(qualifier).planned()


def _optional_or(planner: Planner, node: ast.Call) -> Planned:
    assert node.target is not None
    left, right = planner.node(node.target), planner.node(node.args[0])
    made = logic.optional_or if node.function == "or" else logic.optional_or_value
    return Planned(made(left.step, (right.step, right.cost)), left.cost)


def _growing(planner: Planner, node: ast.Call) -> Planned | None:
    """What a fold's step adds to an accumulator that nothing else has seen yet is added in place."""
    if not planner.growing or not node.args:
        return None
    first = node.args[0]
    if not isinstance(first, ast.Ident) or first.name not in planner.growing:
        return None
    slot = planner.growing[first.name]
    accumulator = planner.node(first)
    if planner.slot(first.name) != slot:
        return None
    if node.function == "_+_":
        added = planner.node(node.args[1])
        read, step = accumulator.step, added.step

        def extend(frame: Frame) -> Any:
            grown = read(frame)
            grown.extend(step(frame))
            return grown

        return Planned(extend, accumulator.cost + added.cost + 1)
    if node.function == "cel.@mapInsert":
        return _insert(accumulator, planner.nodes(node.args[1:]))
    return None


def _insert(accumulator: Planned, rest: Sequence[Planned]) -> Planned:
    """One entry of a key and a value, or all of a map."""
    read, steps = accumulator.step, tuple(operand.step for operand in rest)

    def insert(frame: Frame) -> Any:
        grown = read(frame)
        arguments = [step(frame) for step in steps]
        for key, value in arguments[0].items() if len(arguments) == 1 else (arguments,):
            if values.find(grown, key) is not values.MISSING:
                raise values.EvaluationError(f"insert failed: key {values.text(key)} already exists")
            grown = values.with_entry(grown, key, value)
        return grown

    return Planned(insert, accumulator.cost + sum(operand.cost for operand in rest) + 1)


_SPECIAL: dict[str, Callable[[Planner, ast.Call], Planned]] = {
    "_&&_": _and,
    "_||_": _and,
    "_?_:_": _conditional,
    "@not_strictly_false": _not_strictly_false,
    "_[_]": _index,
    "_[?_]": _index,
    "_?._": _optional_select,
}
