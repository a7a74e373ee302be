"""Nodes of a tree with their ids, calls that may be macros, literals: what a parser builds with, and what it minds.

`parsing` builds the tree of a text with it, `recovered` what is left of one that is not in the grammar, so that both
find the same mistakes in it.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from steersman.cel import ast, lexing, source, values

if TYPE_CHECKING:
    from steersman.cel import declarations

Macros = Mapping[tuple[str, int | None, bool], "declarations.Macro"]
"""By name, number of arguments and whether it is called on something."""

DEPTH_LIMIT: Final = 250
ACCUMULATOR: Final = "@result"
COPIED_AT_MOST: Final = 100_000

RESERVED = frozenset(
    {
        *("as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop"),
        *("package", "namespace", "null", "return", "true", "var", "void", "while"),
    }
)


class MacroError(Exception):
    """An argument that a macro cannot use."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.offset = offset
        self.message = message


class Expander:
    """What a macro builds its expansion with: nodes that all stand where the macro's call does."""

    def __init__(self, builder: "Builder", offset: int) -> None:
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


class Done(NamedTuple):
    """A part of a text that has no mistake in its grammar, so that nobody need read it again."""

    end: int
    """The token behind it."""
    node: ast.Expr
    issues: Sequence[source.Issue]


class Builder:
    def __init__(self, macros: Macros, *, optional_syntax: bool, escaped_fields: bool) -> None:
        self._macros = macros
        self.optional_syntax = optional_syntax
        self._escaped_fields = escaped_fields
        self._last_id = 0
        self._heights: dict[int, int] = {}
        """Of nodes that cel-go visits recursively: how many of these are on the longest way down, by node id."""
        self.too_high = False
        self.copied = 0
        self.issues: list[source.Issue] = []

    def new_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def wrong(self, offset: int, message: str) -> ast.Expr:
        """Notes the mistake; gives a node to stand for it."""
        self.issues.append(source.Issue(offset, message))
        return ast.Literal(self.new_id(), offset, None)

    def field(self, offset: int, text: str) -> str:
        """The name of a field as it is written, maybe in backquotes."""
        if not text.startswith("`"):
            return text
        if not self._escaped_fields:
            self.wrong(offset, "unsupported syntax: '`'")
        return text[1:-1]

    def literal(self, kind: str, offset: int, text: str) -> ast.Expr:
        """Of a token of this kind, with its sign."""
        value: Any
        if kind == lexing.STRING or kind == lexing.BYTES:
            try:
                value = lexing.string(text) if kind == lexing.STRING else lexing.bytes_(text)
            except lexing.BadLiteral as error:
                return self.wrong(offset, str(error))
        elif kind == lexing.INT:
            value = _integer(text)
            if not values.MIN_INT <= value <= values.MAX_INT:
                return self.wrong(offset, "invalid int literal")
        elif kind == lexing.UINT:
            value = _integer(text[:-1])
            if value > values.MAX_UINT:
                return self.wrong(offset, "invalid uint literal")
            value = values.UInt(value)
        elif kind == lexing.DOUBLE:
            value = float(text)
            if value in (float("inf"), float("-inf")):
                return self.wrong(offset, "invalid double literal")
        else:
            value = {"true": True, "false": False, "null": None}[kind]
        return ast.Literal(self.new_id(), offset, value)

    def call(self, offset: int, function: str, target: ast.Expr | None, args: tuple[ast.Expr, ...]) -> ast.Expr:
        """The call, or what the macro of that name makes of it."""
        receiver = target is not None
        macro = self._macros.get((function, len(args), receiver)) or self._macros.get((function, None, receiver))
        if macro is not None:
            try:
                expansion = macro.expand(Expander(self, offset), target, args)
            except MacroError as error:
                return self.wrong(error.offset, error.message)
            if expansion is not None:
                return expansion
        return ast.Call(self.new_id(), offset, function, target, args)

    def height(self, node: ast.Expr) -> int:
        return self._heights.get(node.id, 0)

    def over(self, node: ast.Expr, *below: ast.Expr) -> ast.Expr:
        """The node; it stands over these."""
        heights = self._heights
        if heights:
            height = max((heights.get(each.id, 0) for each in below), default=0)
            if height:
                heights[node.id] = height
        return node

    def high(self, node: ast.Expr, *below: ast.Expr) -> ast.Expr:
        """As `over`, for one of the nodes that cel-go counts on its way down the tree."""
        heights = self._heights
        height = max((heights.get(each.id, 0) for each in below), default=0) + 1
        self.too_high = self.too_high or height > DEPTH_LIMIT
        heights[node.id] = height
        return node


def _integer(text: str) -> int:
    """Far too many digits are not converted: any number that is too large will do."""
    if "x" in text:
        return int(text, 16)
    digits = text.lstrip("-0")
    if len(digits) > 25:
        return 10**25
    return -int(digits or "0") if text.startswith("-") else int(digits or "0")
