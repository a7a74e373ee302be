"""What a macro builds its expansion with, and how it says that it cannot.

A macro knows no parser: it gets an `Expander`, which makes nodes, and raises `MacroError`.  Who parses gives the
nodes their ids and turns the error into one of the text's.
"""

import dataclasses
from typing import Any, Final, Protocol

from steersman.cel import ast

ACCUMULATOR: Final = "@result"
COPIED_AT_MOST: Final = 100_000


class Builder(Protocol):
    """Who builds the tree that an expansion becomes part of."""

    copied: int
    """Nodes that macros copied so far."""

    def new_id(self) -> int: ...


class MacroError(Exception):
    """An argument that a macro cannot use."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.offset = offset
        self.message = message


class Expander:
    """Nodes that all stand where the macro's call does."""

    def __init__(self, builder: Builder, offset: int) -> None:
        self._builder = builder
        self._offset = offset

    def literal(self, value: Any) -> ast.Expr:
        return ast.Literal(self._builder.new_id(), self._offset, value)

    def ident(self, name: str) -> ast.Expr:
        return ast.Ident(self._builder.new_id(), self._offset, name)

    def accumulator(self) -> ast.Expr:
        return self.ident(ACCUMULATOR)

    def select(self, operand: ast.Expr, field: str) -> ast.Expr:
        return ast.Select(self._builder.new_id(), self._offset, operand, field)

    def presence(self, operand: ast.Expr, field: str) -> ast.Expr:
        return ast.Select(self._builder.new_id(), self._offset, operand, field, test_only=True)

    def call(self, function: str, *args: ast.Expr) -> ast.Expr:
        return ast.Call(self._builder.new_id(), self._offset, function, None, args)

    def member_call(self, function: str, target: ast.Expr, *args: ast.Expr) -> ast.Expr:
        return ast.Call(self._builder.new_id(), self._offset, function, target, args)

    def list(self, *elements: ast.Expr) -> ast.Expr:
        return ast.CreateList(self._builder.new_id(), self._offset, elements)

    def map(self, *entries: tuple[ast.Expr, ast.Expr]) -> ast.Expr:
        made = tuple(ast.Entry(self._builder.new_id(), self._offset, key, value) for key, value in entries)
        return ast.CreateMap(self._builder.new_id(), self._offset, made)

    def fold(
        self,
        iter_range: ast.Expr,
        iter_var: str,
        accu_var: str,
        accu_init: ast.Expr,
        loop_condition: ast.Expr,
        loop_step: ast.Expr,
        result: ast.Expr,
        *,
        iter_var2: str = "",
    ) -> ast.Expr:
        return ast.Comprehension(
            self._builder.new_id(), self._offset,
            iter_range, iter_var, iter_var2, accu_var, accu_init, loop_condition, loop_step, result,
        )  # fmt: skip

    def copy(self, node: ast.Expr) -> ast.Expr:
        """The same with ids of its own, to use it a second time.

        A chain of macros that do so doubles with every link; cel-go lets it, here there is an end.
        """
        build = self._builder
        build.copied += 1
        if build.copied > COPIED_AT_MOST:
            raise MacroError(self._offset, f"macros copy more than {COPIED_AT_MOST} nodes")
        id, copy = build.new_id(), self.copy
        match node:
            case ast.Select():
                return dataclasses.replace(node, id=id, operand=copy(node.operand))
            case ast.Call():
                target = None if node.target is None else copy(node.target)
                return dataclasses.replace(node, id=id, target=target, args=tuple(map(copy, node.args)))
            case ast.CreateList():
                return dataclasses.replace(node, id=id, elements=tuple(map(copy, node.elements)))
            case ast.CreateMap():
                entries = (
                    ast.Entry(build.new_id(), self._offset, copy(each.key), copy(each.value), each.optional)
                    for each in node.entries
                )
                return dataclasses.replace(node, id=id, entries=tuple(entries))
            case ast.CreateStruct():
                fields = (
                    ast.Field(build.new_id(), self._offset, each.name, copy(each.value), each.optional)
                    for each in node.fields
                )
                return dataclasses.replace(node, id=id, fields=tuple(fields))
            case ast.Comprehension():
                return dataclasses.replace(
                    node,
                    id=id,
                    iter_range=copy(node.iter_range),
                    accu_init=copy(node.accu_init),
                    loop_condition=copy(node.loop_condition),
                    loop_step=copy(node.loop_step),
                    result=copy(node.result),
                )
        return dataclasses.replace(node, id=id)
