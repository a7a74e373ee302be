"""Tokens to a tree, as cel-go's parser makes it: the same nodes, places, macro expansions and limits.

Precedence climbing over CEL's grammar.  A text that is in the grammar may still hold mistakes (a number too large,
a reserved word, a macro's wrong argument): these are collected, all of them.  A text that is not in the grammar is
left to `diagnosing`, which finds the words ANTLR has for it; this way only bad texts pay for that.

Recursion here is bounded by cel-go's own limit of 250 levels; `_make_room` sees to it that Python's stack has room for
that much, here and in whoever walks the tree afterwards.
"""

import sys
from collections.abc import Sequence
from typing import Final

from steersman.cel import ast, building, diagnosing, lexing, recovered, source

SIZE_LIMIT: Final = 100_000
_DEPTH_LIMIT: Final = building.DEPTH_LIMIT

_BINARY = {
    "<": (3, "_<_"), "<=": (3, "_<=_"), ">": (3, "_>_"), ">=": (3, "_>=_"), "==": (3, "_==_"), "!=": (3, "_!=_"),
    "in": (3, "@in"), "+": (4, "_+_"), "-": (4, "_-_"), "*": (5, "_*_"), "/": (5, "_/_"), "%": (5, "_%_"),
}  # fmt: skip
"""How tightly they bind, all to the left, and which functions they are."""

_LITERALS = frozenset({lexing.INT, lexing.UINT, lexing.DOUBLE, lexing.STRING, lexing.BYTES, "true", "false", "null"})


_DEEPENING = frozenset({"(", "[", "{", "?", ".", *_BINARY})
_ROOM: Final = 5_000
"""Frames: twice what the deepest trees were measured to need, and no danger to the stack below Python's."""
_ROOM_TO_EXPLAIN: Final = 20_000
"""Frames that `diagnosing` needs for 250 levels, some 30 each; given back at its end."""


def parse(
    text: source.Source, macros: building.Macros, *, optional_syntax: bool, escaped_fields: bool = False
) -> ast.Parsed:
    """Raises CompileError with all that is wrong."""
    if len(text.text) > SIZE_LIMIT:
        message = f"expression code point size exceeds limit: size: {len(text.text)}, limit {SIZE_LIMIT}"
        raise source.CompileError(text, [source.Issue(source.NOWHERE, message)])
    tokens = lexing.scan(text.text)
    _make_room(tokens)

    def builder() -> building.Builder:
        return building.Builder(macros, optional_syntax=optional_syntax, escaped_fields=escaped_fields)

    build = builder()
    parser = _Parser(tokens, build)
    try:
        root = parser.whole()
    except _TooDeepError as stop:
        raise source.CompileError(text, [*tokens.issues, source.Issue(source.NOWHERE, stop.args[0])]) from None
    except _NotInGrammarError:
        raise source.CompileError(text, _explained(tokens, parser.done, build, builder())) from None
    issues = [*tokens.issues, *_noted(build)]
    if issues:
        raise source.CompileError(text, issues)
    return ast.Parsed(text, root)


def _explained(
    tokens: lexing.Tokens, done: diagnosing.Done, read: building.Builder, build: building.Builder
) -> list[source.Issue]:
    """What is wrong with a text that is not in the grammar: `read` built what is in order, `build` builds the rest."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _ROOM_TO_EXPLAIN))
    try:
        found, tree = diagnosing.diagnose(tokens, done)
        if tree is not None:
            recovered.build(tree, tokens, read, build)
    finally:
        sys.setrecursionlimit(limit)
    return [*tokens.issues, *found, *_noted(build)]


def _noted(build: building.Builder) -> list[source.Issue]:
    if build.too_high:
        return [source.Issue(source.NOWHERE, "max recursion depth exceeded")]
    return build.issues


class _NotInGrammarError(Exception):
    """With the index of the token that does not fit."""


class _TooDeepError(Exception):
    pass


def _make_room(tokens: lexing.Tokens) -> None:
    """Deep texts are rare: only for those, and then for good, is Python's limit raised to what 250 levels can need."""
    if sys.getrecursionlimit() < _ROOM and sum(kind in _DEEPENING for kind in tokens.kinds) > 60:
        sys.setrecursionlimit(_ROOM)


class _Parser:
    def __init__(self, tokens: lexing.Tokens, build: building.Builder) -> None:
        self._tokens = tokens
        self._kinds = tokens.kinds
        self._starts = tokens.starts
        self._build = build
        self._at = 0
        self._depth = 0
        self._comparisons = 0
        self._calculations = 0
        self.done: dict[tuple[str, int], building.Done] = {}
        """What was read without a mistake, by rule and first token: `diagnosing` jumps over it."""

    def whole(self) -> ast.Expr:
        root = self._expr()
        if self._kinds[self._at] != lexing.EOF:
            raise _NotInGrammarError(self._at)
        return root

    def _take(self, kind: str) -> int:
        """The offset of the next token, which has to be of this kind."""
        at = self._at
        if self._kinds[at] != kind:
            raise _NotInGrammarError(at)
        self._at = at + 1
        return self._starts[at]

    def _text(self, at: int) -> str:
        return self._tokens.text[self._starts[at] : self._tokens.ends[at]]

    def _expr(self) -> ast.Expr:
        self._depth += 1
        if self._depth > _DEPTH_LIMIT:
            raise _TooDeepError(f"expression recursion limit exceeded: {_DEPTH_LIMIT}")
        start, mark = self._at, len(self._build.issues)
        condition = self._or()
        if self._kinds[self._at] == "?":
            offset = self._take("?")
            chosen = self._or()
            self._take(":")
            other = self._expr()
            condition = self._build.high(
                self._build.call(offset, "_?_:_", None, (condition, chosen, other)), condition, chosen, other
            )
        self._depth -= 1
        self.done["expr", start] = building.Done(self._at, condition, self._build.issues[mark:])
        return condition

    def _or(self) -> ast.Expr:
        first = self._and()
        if self._kinds[self._at] != "||":
            return first
        terms, offsets = [first], []
        while self._kinds[self._at] == "||":
            offsets.append(self._take("||"))
            terms.append(self._and())
        return self._balanced("_||_", terms, offsets)

    def _and(self) -> ast.Expr:
        first = self._binary(3)
        if self._kinds[self._at] != "&&":
            return first
        terms, offsets = [first], []
        while self._kinds[self._at] == "&&":
            offsets.append(self._take("&&"))
            terms.append(self._binary(3))
        return self._balanced("_&&_", terms, offsets)

    def _balanced(self, function: str, terms: Sequence[ast.Expr], offsets: Sequence[int]) -> ast.Expr:
        """Long chains make a tree of little depth, split as cel-go does."""

        def tree(low: int, high: int) -> ast.Expr:
            middle = (low + high + 1) // 2
            left = terms[middle] if middle == low else tree(low, middle - 1)
            right = terms[middle + 1] if middle == high else tree(middle + 1, high)
            return self._build.over(
                ast.Call(self._build.new_id(), offsets[middle], function, None, (left, right)), left, right
            )

        return tree(0, len(offsets) - 1)

    def _binary(self, tightness: int) -> ast.Expr:
        """Comparisons (3) or what is right of one (4), sums (5), products (6).

        cel-go counts how deep it is in its rules for comparisons and for arithmetic, and so do we.
        """
        comparison = tightness <= 4
        self._comparisons += comparison
        self._calculations += 1
        if self._comparisons > _DEPTH_LIMIT or self._calculations > _DEPTH_LIMIT:
            raise _TooDeepError(f"expression recursion limit exceeded: {_DEPTH_LIMIT}")
        calculating = 1
        left = self._unary()
        while True:
            binding = _BINARY.get(self._kinds[self._at])
            if binding is None or binding[0] < tightness:
                self._comparisons -= comparison
                self._calculations -= calculating
                return left
            if binding[0] == 3:
                self._calculations -= calculating
                calculating = 0
            offset = self._starts[self._at]
            self._at += 1
            right = self._binary(binding[0] + 1)
            left = self._build.high(self._build.call(offset, binding[1], None, (left, right)), left, right)

    def _unary(self) -> ast.Expr:
        start, mark = self._at, len(self._build.issues)
        node = self._signed()
        self.done["unary", start] = building.Done(self._at, node, self._build.issues[mark:])
        return node

    def _signed(self) -> ast.Expr:
        operator = self._kinds[self._at]
        if operator not in ("!", "-"):
            return self._member()
        first = self._at
        if operator == "-" and self._kinds[first + 1] in (lexing.INT, lexing.DOUBLE):
            return self._member()
        while self._kinds[self._at] == operator:
            self._at += 1
        operand = self._member()
        if (self._at_after(first, operator) - first) % 2 == 0:
            return operand
        call = self._build.call(self._starts[first], "!_" if operator == "!" else "-_", None, (operand,))
        return self._build.over(call, operand)

    def _at_after(self, first: int, operator: str) -> int:
        at = first
        while self._kinds[at] == operator:
            at += 1
        return at

    def _member(self) -> ast.Expr:
        node = self._primary()
        kinds = self._kinds
        while True:
            kind = kinds[self._at]
            if kind == ".":
                node = self._selection(node)
            elif kind == "[":
                offset = self._take("[")
                optional = self._optional(offset, "[?")
                index = self._expr()
                self._take("]")
                if optional is None:
                    node = self._build.wrong(offset, "unsupported syntax '[?'")
                else:
                    function = "_[?_]" if optional else "_[_]"
                    node = self._build.high(self._build.call(offset, function, None, (node, index)), node, index)
            else:
                return node

    def _optional(self, offset: int, syntax: str) -> bool | None:
        """Whether there is a `?`; None where there is one that is not allowed."""
        if self._kinds[self._at] != "?":
            return False
        self._at += 1
        return True if self._build.optional_syntax else None

    def _selection(self, operand: ast.Expr) -> ast.Expr:
        offset = self._take(".")
        optional = self._optional(offset, ".?")
        at = self._at
        if self._kinds[at] not in (lexing.IDENTIFIER, lexing.ESCAPED_IDENTIFIER):
            raise _NotInGrammarError(at)
        self._at += 1
        if self._kinds[self._at] == "(" and optional is False and self._kinds[at] == lexing.IDENTIFIER:
            opening = self._take("(")
            args = self._arguments()
            call = self._build.call(opening, self._text(at), operand, args)
            return self._build.high(call, operand, *args)
        if optional is None:
            return self._build.wrong(offset, "unsupported syntax '.?'")
        name = self._build.field(self._starts[at], self._text(at))
        if optional:
            field = ast.Literal(self._build.new_id(), self._starts[at], name)
            return self._build.high(ast.Call(self._build.new_id(), offset, "_?._", None, (operand, field)), operand)
        return self._build.high(ast.Select(self._build.new_id(), offset, operand, name), operand)

    def _arguments(self) -> tuple[ast.Expr, ...]:
        """Up to and with the `)`."""
        if self._kinds[self._at] == ")":
            self._at += 1
            return ()
        args = [self._expr()]
        while self._kinds[self._at] == ",":
            self._at += 1
            args.append(self._expr())
        self._take(")")
        return tuple(args)

    def _primary(self) -> ast.Expr:
        at = self._at
        kind, offset = self._kinds[at], self._starts[at]
        if kind == lexing.IDENTIFIER or kind == ".":
            return self._named()
        self._at += 1
        if kind == "(":
            inner = self._expr()
            self._take(")")
            return inner
        if kind == "[":
            return self._list(offset)
        if kind == "{":
            return self._map(offset)
        return self._literal(kind, at)

    def _named(self) -> ast.Expr:
        """A variable, a call of a function, or the construction of an object."""
        start = at = self._at
        leading = "." if self._kinds[at] == "." else ""
        if leading:
            at += 1
        if self._kinds[at] != lexing.IDENTIFIER:
            raise _NotInGrammarError(at)
        end = at + 1
        while self._kinds[end] == "." and self._kinds[end + 1] == lexing.IDENTIFIER:
            end += 2
        if self._kinds[end] == "{":
            self._at = end
            return self._struct(leading + "".join(self._text(each) for each in range(at, end)))
        name = self._text(at)
        self._at = at + 1
        reserved = name in building.RESERVED
        if self._kinds[self._at] == "(":
            opening = self._take("(")
            mark = len(self._build.issues)
            args = self._arguments()
            if reserved:
                # cel-go does not look at the arguments then.
                del self._build.issues[mark:]
                return self._build.wrong(self._starts[start], f"reserved identifier: {name}")
            return self._build.over(self._build.call(opening, leading + name, None, args), *args)
        if reserved:
            return self._build.wrong(self._starts[start], f"reserved identifier: {name}")
        return ast.Ident(self._build.new_id(), self._starts[at], leading + name)

    def _lone_comma(self) -> bool:
        """`[,]` is a list, of nothing."""
        if self._kinds[self._at] != ",":
            return False
        self._at += 1
        return True

    def _list(self, offset: int) -> ast.Expr:
        id = self._build.new_id()
        elements: list[ast.Expr] = []
        optional: set[int] = set()
        lone = self._lone_comma()
        while not lone and self._kinds[self._at] != "]":
            start = self._starts[self._at]
            chosen = self._optional(start, "?")
            if chosen:
                optional.add(len(elements))
            elements.append(self._expr())
            if chosen is None:
                self._build.wrong(start, "unsupported syntax '?'")
            if self._kinds[self._at] != ",":
                break
            self._at += 1
        self._take("]")
        return self._build.over(ast.CreateList(id, offset, tuple(elements), frozenset(optional)), *elements)

    def _map(self, offset: int) -> ast.Expr:
        id, entries = self._build.new_id(), []
        below: list[ast.Expr] = []
        lone = self._lone_comma()
        while not lone and self._kinds[self._at] != "}":
            start, mark = self._starts[self._at], len(self._build.issues)
            chosen = self._optional(start, "?")
            key = self._expr()
            colon = self._take(":")
            value = self._expr()
            below += (key, value)
            if chosen is None:
                del self._build.issues[mark:]  # cel-go does not look at the entry
                self._build.wrong(start, "unsupported syntax '?'")
            entries.append(ast.Entry(self._build.new_id(), colon, key, value, bool(chosen)))
            if self._kinds[self._at] != ",":
                break
            self._at += 1
        self._take("}")
        return self._build.over(ast.CreateMap(id, offset, tuple(entries)), *below)

    def _struct(self, name: str) -> ast.Expr:
        offset = self._take("{")
        id, fields = self._build.new_id(), []
        first = self._starts[self._at]
        lone = self._lone_comma()
        while not lone and self._kinds[self._at] != "}":
            start = self._starts[self._at]
            chosen = self._optional(start, "?")
            at = self._at
            if self._kinds[at] not in (lexing.IDENTIFIER, lexing.ESCAPED_IDENTIFIER):
                raise _NotInGrammarError(at)
            self._at += 1
            colon = self._take(":")
            mark = len(self._build.issues)
            field = self._text(at)
            if chosen is None:
                self._build.wrong(start, "unsupported syntax '?'")
            else:
                field = self._build.field(first, field)
            complained = len(self._build.issues)
            value = self._expr()
            if complained > mark:
                del self._build.issues[complained:]  # then cel-go does not look at the value
            fields.append(ast.Field(self._build.new_id(), colon, field, value, bool(chosen)))
            if self._kinds[self._at] != ",":
                break
            self._at += 1
        self._take("}")
        return self._build.over(ast.CreateStruct(id, offset, name, tuple(fields)), *(field.value for field in fields))

    def _literal(self, kind: str, at: int) -> ast.Expr:
        offset, text = self._starts[at], self._text(at)
        if kind == "-":
            at += 1
            kind = self._kinds[at]
            if kind not in (lexing.INT, lexing.DOUBLE):
                raise _NotInGrammarError(at)
            self._at += 1
            text = "-" + self._text(at)
        elif kind not in _LITERALS:
            raise _NotInGrammarError(at)
        return self._build.literal(kind, offset, text)
