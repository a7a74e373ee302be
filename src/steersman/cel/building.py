"""Nodes of a tree with their ids, calls that may be macros, literals: what a parser builds with, and what it minds.

`parsing` builds the tree of a text with it, `recovered` what is left of one that is not in the grammar, so that both
find the same mistakes in it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from steersman.cel import ast, declarations, expanding, lexing, source, values

Macros = Mapping[tuple[str, int | None, bool], declarations.Macro]
"""By name, number of arguments and whether it is called on something."""

DEPTH_LIMIT: Final = 250

RESERVED = frozenset(
    {
        *("as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop"),
        *("package", "namespace", "null", "return", "true", "var", "void", "while"),
    }
)


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
                expansion = macro.expand(expanding.Expander(self, offset), target, args)
            except expanding.MacroError as error:
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
