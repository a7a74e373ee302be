"""From a checked tree to a program: one planned node (`planned`) for each node, the parts first."""

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any

from steersman.cel import ast, declarations, types, values
from steersman.cel.evaluating import attributes, calls, folds, frames
from steersman.cel.evaluating.planned import Attribute, Planned, constant
from steersman.cel.evaluating.programs import Program

LIST_COST, MAP_COST, STRUCT_COST = 10, 30, 40


def plan(checked: ast.Checked, environment: declarations.Names) -> Program:
    """Raises EvaluationError where a part that is constant has no value: `duration("soon")`."""
    planner = Planner(checked, environment)
    root = planner.node(checked.root)
    return Program(root.step, root.cost, planner.names, planner.locals_end - planner.locals_start)


@functools.lru_cache(maxsize=64)
def _overloads(libraries: tuple[declarations.Library, ...]) -> Mapping[str, tuple[declarations.Overload, str]]:
    """By id, with the name of its library."""
    return {
        overload.id: (overload, library.name)
        for library in reversed(libraries)
        for function in library.functions
        for overload in function.overloads
    }


class Planner:
    def __init__(self, checked: ast.Checked, environment: declarations.Names) -> None:
        self.checked = checked
        self.environment = environment
        self.overloads = _overloads(environment.libraries)
        self.names: list[str] = sorted(
            {
                reference.name
                for reference in checked.references.values()
                if reference.name and not reference.constant and reference.name in environment.variables
            }
        )
        self._variables = {name: frames.FIRST + at for at, name in enumerate(self.names)}
        self.locals_start = self.locals_end = frames.FIRST + len(self.names)
        self._scopes: list[dict[str, int]] = []
        self.growing: dict[str, int] = {}
        """Accumulators that start empty and that the step being planned may add to in place, with their slots."""

    def type(self, node: ast.Expr) -> types.Type:
        return self.checked.types.get(node.id, types.DYN)

    def new_slot(self) -> int:
        self.locals_end += 1
        return self.locals_end - 1

    def enter(self, scope: dict[str, int]) -> None:
        self._scopes.append(scope)

    def leave(self) -> None:
        self._scopes.pop()

    def nodes(self, nodes: Sequence[ast.Expr]) -> list[Planned]:
        return [self.node(node) for node in nodes]

    def node(self, node: ast.Expr) -> Planned:
        match node:
            case ast.Literal():
                return constant(node.value)
            case ast.Ident():
                return self._ident(node)
            case ast.Select():
                return self._select(node)
            case ast.Call():
                return calls.plan(self, node)
            case ast.CreateList():
                return self._list(node)
            case ast.CreateMap():
                return self._map(node)
            case ast.CreateStruct():
                return self._struct(node)
            case ast.Comprehension():
                return folds.plan(self, node)
        raise AssertionError(node)

    def slot(self, name: str) -> int | None:
        """Of a fold's variable that is in sight."""
        for scope in reversed(self._scopes):
            if name in scope:
                return scope[name]
        return None

    def _ident(self, node: ast.Ident) -> Planned:
        reference = self.checked.references.get(node.id)
        if reference is not None and reference.constant:
            value = reference.value
            return constant(values.TypeValue(value) if isinstance(value, types.Type) else value)
        name = reference.name if reference is not None and reference.name else node.name
        slot = None if node.name.startswith(".") else self.slot(name)
        if slot is None:
            slot = self._variables.get(name)
            if slot is None:
                raise AssertionError(f"{name} is not declared")
        return Attribute(attributes.variable(slot, name), 0, variable=(slot, name)).planned()

    def attribute(self, node: ast.Expr) -> Attribute:
        planned = self.node(node)
        return planned.attribute or Attribute(planned.step, planned.cost)

    def field(self, operand: ast.Expr, field: str, *, optional: bool = False) -> attributes.Qualifier:
        """A field's qualifier: where the operand is an object, its provider knows the field's key."""
        type = self.type(operand)
        if type.kind is types.Kind.OPAQUE and type.name == "optional_type":
            type = type.parameters[0]
        if type.kind is types.Kind.OBJECT:
            known = self.environment.provider.field(type.name, field)
            if known is not None:
                return attributes.Qualifier(known.key, adapt=known.adapt, optional=optional)
        return attributes.Qualifier(field, optional=optional)

    def _select(self, node: ast.Select) -> Planned:
        attribute = self.attribute(node.operand)
        qualifier = self.field(node.operand, node.field)
        if not node.test_only:
            return attribute.qualified(qualifier).planned()
        # Kubernetes has `has()` cost what its selections do, without the one of the attribute itself.
        looking = dataclasses.replace(attribute, cost=0).qualified(qualifier)
        step = attributes.presence(attribute.base, looking.qualifiers)
        return Planned(step, looking.base_cost + looking.qualifier_cost)

    def _list(self, node: ast.CreateList) -> Planned:
        elements = self.nodes(node.elements)
        if all(element.constant is not values.MISSING for element in elements) and not node.optional:
            return constant([element.constant for element in elements])
        cost = LIST_COST + sum(element.cost for element in elements)
        steps = tuple(element.step for element in elements)
        if node.optional:
            marked = tuple((step, at in node.optional) for at, step in enumerate(steps))
            return Planned(_optional_list(marked), cost)
        if len(steps) == 1:
            (only,) = steps

            def one(frame: frames.Frame) -> Any:
                return [only(frame)]

            return Planned(one, cost)

        def run(frame: frames.Frame) -> Any:
            return [step(frame) for step in steps]

        return Planned(run, cost)

    def _map(self, node: ast.CreateMap) -> Planned:
        entries = [(self.node(entry.key), self.node(entry.value), entry.optional) for entry in node.entries]
        step = _map_step(tuple((key.step, value.step, optional) for key, value, optional in entries))
        missing = values.MISSING
        if all(
            key.constant is not missing and value.constant is not missing and not optional
            for key, value, optional in entries
        ):
            return constant(step([]))
        return Planned(step, MAP_COST + sum(key.cost + value.cost for key, value, _ in entries))

    def _struct(self, node: ast.CreateStruct) -> Planned:
        reference = self.checked.references.get(node.id)
        name = reference.name if reference is not None and reference.name else node.type_name
        fields = []
        cost = STRUCT_COST
        for field in node.fields:
            value = self.node(field.value)
            known = self.environment.provider.field(name, field.name)
            fields.append((constant(known.key if known else field.name).step, value.step, field.optional))
            cost += value.cost
        made = _map_step(tuple(fields))

        def run(frame: frames.Frame) -> Any:
            return values.Object(name, made(frame))

        return Planned(run, cost)


def _optional_list(marked: Sequence[tuple[frames.Step, bool]]) -> frames.Step:
    def run(frame: frames.Frame) -> Any:
        made = []
        for step, optional in marked:
            value = step(frame)
            if optional:
                if type(value) is not values.Optional:
                    shown = values.text(value)
                    raise values.EvaluationError(
                        f"cannot initialize optional list element from non-optional value {shown}"
                    )
                if not value.present:
                    continue
                value = value.value
            made.append(value)
        return made

    return run


_KEYS = frozenset({str, int, bool, values.UInt})


def _map_step(entries: Sequence[tuple[frames.Step, frames.Step, bool]]) -> frames.Step:
    def run(frame: frames.Frame) -> Any:
        made: list[tuple[Any, Any]] = []
        for key_step, value_step, optional in entries:
            key, value = key_step(frame), value_step(frame)
            if type(key) not in _KEYS:
                raise values.EvaluationError(f"unsupported key type: {values.type_name(key)}")
            if optional:
                if type(value) is not values.Optional:
                    shown = f"'{values.text(key)}' from non-optional value {values.text(value)}"
                    raise values.EvaluationError(f"cannot initialize optional entry {shown}")
                if not value.present:
                    continue
                value = value.value
            made.append((key, value))
        return values.mapping_of(made)

    return run
