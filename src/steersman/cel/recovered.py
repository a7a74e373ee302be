"""What is left of a text that is not in the grammar, built as far as it goes, for the mistakes that are in it besides.

cel-go's visitor goes over the tree that ANTLR's recovery leaves, gaps and all, and reports what it finds on its way:
reserved words, numbers too large, macros with the wrong arguments.  So does this, and nobody wants the result.
"""

from collections.abc import Callable, Mapping

from steersman.cel import ast, building, diagnosing, lexing, source

Tree = diagnosing.Tree


_COUNTED = frozenset({"relation", "product", "sum", "select", "call", "index"})


def build(tree: Tree, tokens: lexing.Tokens, read: building.Builder, builder: building.Builder) -> None:
    """The mistakes are in the builder afterwards; with `read` was built what of the text is in order."""
    try:
        _Visitor(tokens, read, builder).visit(tree)
    except _TooDeepError:
        builder.wrong(source.NOWHERE, "max recursion depth exceeded")


class _TooDeepError(Exception):
    pass


class _Visitor:
    def __init__(self, tokens: lexing.Tokens, read: building.Builder, builder: building.Builder) -> None:
        self._tokens = tokens
        self._read = read
        self._build = builder
        self._depth = 0

    def visit(self, tree: Tree | None) -> ast.Expr:
        if tree is not None and tree.done is not None:
            if self._depth + self._read.height(tree.done.node) > building.DEPTH_LIMIT:
                raise _TooDeepError
            self._build.issues += tree.done.issues
            return tree.done.node
        visit = None if tree is None else _VISITS.get((tree.rule, tree.kind))
        if tree is None or visit is None:
            return self._nothing(source.BEFORE)
        counted = tree.kind in _COUNTED if tree.rule != "expr" else tree.one("op") is not None
        if not counted or tree.rule == "primary":
            return visit(self, tree)
        self._depth += 1
        if self._depth > building.DEPTH_LIMIT:
            raise _TooDeepError
        node = visit(self, tree)
        self._depth -= 1
        return node

    def _nothing(self, offset: int) -> ast.Expr:
        return ast.Literal(self._build.new_id(), offset, None)

    def _start(self, tree: Tree) -> int:
        return self._tokens.starts[tree.start]

    def _offset(self, token: "int | diagnosing.Missing") -> int:
        return self._tokens.starts[token.at if isinstance(token, diagnosing.Missing) else token]

    def _text(self, token: "int | diagnosing.Missing") -> str:
        if isinstance(token, diagnosing.Missing):
            return f"<missing {token.kind}>"
        return self._tokens.shown(token)

    def _through(self, tree: Tree) -> ast.Expr:
        return self.visit(tree.one("e"))

    def _expr(self, tree: Tree) -> ast.Expr:
        condition = self.visit(tree.one("e"))
        op = tree.one("op")
        if op is None:
            return condition
        parts = (condition, self.visit(tree.one("e1")), self.visit(tree.one("e2")))
        return self._build.call(self._offset(op), "_?_:_", None, parts)

    def _logic(self, tree: Tree) -> ast.Expr:
        function, operator = ("_||_", "||") if tree.rule == "or" else ("_&&_", "&&")
        node = self.visit(tree.one("e"))
        terms = tree.all("e1")
        for index, op in enumerate(tree.all("ops")):
            if index >= len(terms):
                return self._build.wrong(self._start(tree), f"unexpected character, wanted '{operator}'")
            term = self.visit(terms[index])
            node = ast.Call(self._build.new_id(), self._offset(op), function, None, (node, term))
        return node

    def _operation(self, tree: Tree) -> ast.Expr:
        left, op = self.visit(tree.one("left")), tree.one("op")
        if op is None:
            return self._nothing(self._start(tree))
        right = self.visit(tree.one("right"))
        function = "@in" if self._text(op) == "in" else f"_{self._text(op)}_"
        return self._build.call(self._offset(op), function, None, (left, right))

    def _first(self, tree: Tree) -> ast.Expr:
        """Of a left-recursive rule without an operator, or one that failed before it got to it."""
        return self.visit(tree.one("e") or tree.one("left"))

    def _sign(self, tree: Tree) -> ast.Expr:
        operand, ops = self.visit(tree.one("e")), tree.all("ops")
        if len(ops) % 2 == 0:
            return operand
        function = "!_" if tree.kind == "not_" else "-_"
        return self._build.call(self._offset(ops[0]), function, None, (operand,))

    def _no_operand(self, tree: Tree) -> ast.Expr:
        return ast.Literal(self._build.new_id(), self._start(tree), "<<error>>")

    def _name(self, tree: Tree, offset: int) -> str | None:
        """Of a field; None where there is none.  Complaints are about this offset."""
        token = tree.one("id")
        if token is None:
            self._build.wrong(offset, "unsupported ident kind")
            return None
        return self._build.field(offset, self._text(token))

    def _select(self, tree: Tree) -> ast.Expr:
        operand = self.visit(tree.one("left"))
        op, id = tree.one("op"), tree.one("id")
        if op is None or id is None:
            return self._nothing(self._start(tree))
        name = self._name(id, self._start(id)) or ""
        if tree.one("opt") is None:
            return ast.Select(self._build.new_id(), self._offset(op), operand, name)
        if not self._build.optional_syntax:
            return self._build.wrong(self._offset(op), "unsupported syntax '.?'")
        return self._build.call(self._offset(op), "_?._", None, (operand,))

    def _member_call(self, tree: Tree) -> ast.Expr:
        operand = self.visit(tree.one("left"))
        id, opening = tree.one("id"), tree.one("open")
        if id is None or opening is None:
            return self._nothing(self._start(tree))
        return self._build.call(self._offset(opening), self._text(id), operand, self._args(tree))

    def _args(self, tree: Tree) -> tuple[ast.Expr, ...]:
        args: Tree | None = tree.one("args")
        return () if args is None else tuple(self.visit(each) for each in args.all("e"))

    def _index(self, tree: Tree) -> ast.Expr:
        operand = self.visit(tree.one("left"))
        op = tree.one("op")
        if op is None:
            return self._nothing(self._start(tree))
        index = self.visit(tree.one("index"))
        if tree.one("opt") is not None and not self._build.optional_syntax:
            return self._build.wrong(self._offset(op), "unsupported syntax '[?'")
        return self._build.call(self._offset(op), "_[_]", None, (operand, index))

    def _ident(self, tree: Tree) -> ast.Expr:
        id = tree.one("id")
        if id is None:
            return self._nothing(self._start(tree))
        name = self._text(id)
        if name in building.RESERVED:
            return self._build.wrong(self._start(tree), f"reserved identifier: {name}")
        dot = "" if tree.one("dot") is None else "."
        return ast.Ident(self._build.new_id(), self._offset(id), dot + name)

    def _call(self, tree: Tree) -> ast.Expr:
        id, op = tree.one("id"), tree.one("op")
        if id is None or op is None:
            return self._nothing(self._start(tree))
        name = self._text(id)
        if name in building.RESERVED:
            return self._build.wrong(self._start(tree), f"reserved identifier: {name}")
        dot = "" if tree.one("dot") is None else "."
        return self._build.call(self._offset(op), dot + name, None, self._args(tree))

    def _opening(self, tree: Tree) -> int:
        op = tree.one("op")
        return self._start(tree) if op is None else self._offset(op)

    def _list(self, tree: Tree) -> ast.Expr:
        elements = []
        inside: Tree | None = tree.one("elems")
        for each in inside.all("e") if inside is not None else ():
            elements.append(self.visit(each.one("e")))
            if each.one("opt") is not None and not self._build.optional_syntax:
                self._build.wrong(self._offset(each.one("opt")), "unsupported syntax '?'")
        return ast.CreateList(self._build.new_id(), self._opening(tree), tuple(elements))

    def _map(self, tree: Tree) -> ast.Expr:
        inside: Tree | None = tree.one("entries")
        if inside is not None:
            keys, values = inside.all("keys"), inside.all("values")
            for index in range(len(inside.all("colons"))):
                if index >= len(keys) or index >= len(values):
                    break
                if keys[index].one("opt") is not None and not self._build.optional_syntax:
                    self._build.wrong(self._start(keys[index]), "unsupported syntax '?'")
                    continue
                self.visit(keys[index].one("e"))
                self.visit(values[index])
        return ast.CreateMap(self._build.new_id(), self._opening(tree), ())

    def _message(self, tree: Tree) -> ast.Expr:
        inside: Tree | None = tree.one("entries")
        if inside is not None:
            colons, values = inside.all("colons"), inside.all("values")
            for index, key in enumerate(inside.all("keys")):
                if index >= len(colons) or index >= len(values):
                    break
                if key.one("opt") is not None and not self._build.optional_syntax:
                    self._build.wrong(self._start(key), "unsupported syntax '?'")
                    continue
                id = key.one("id")
                if id is None:
                    continue
                complaints = len(self._build.issues)
                self._name(id, self._start(inside))
                if len(self._build.issues) > complaints:
                    continue
                self.visit(values[index])
        return ast.CreateStruct(self._build.new_id(), self._opening(tree), "", ())

    def _literal(self, tree: Tree) -> ast.Expr:
        token = tree.one("tok")
        if not isinstance(token, int):
            return self._nothing(self._start(tree))
        sign = "" if tree.one("sign") is None else "-"
        return self._build.literal(self._tokens.kinds[token], self._start(tree), sign + self._text(token))


_VISITS: Mapping[tuple[str, str], Callable[[_Visitor, Tree], ast.Expr]] = {
    ("start", ""): _Visitor._through,
    ("expr", ""): _Visitor._expr,
    ("or", ""): _Visitor._logic,
    ("and", ""): _Visitor._logic,
    ("relation", ""): _Visitor._first,
    ("relation", "relation"): _Visitor._operation,
    ("calc", ""): _Visitor._first,
    ("calc", "product"): _Visitor._operation,
    ("calc", "sum"): _Visitor._operation,
    ("unary", ""): _Visitor._no_operand,
    ("unary", "member"): _Visitor._through,
    ("unary", "not_"): _Visitor._sign,
    ("unary", "negate"): _Visitor._sign,
    ("member", ""): _Visitor._first,
    ("member", "select"): _Visitor._select,
    ("member", "call"): _Visitor._member_call,
    ("member", "index"): _Visitor._index,
    ("primary", "ident"): _Visitor._ident,
    ("primary", "call"): _Visitor._call,
    ("primary", "nested"): _Visitor._through,
    ("primary", "list"): _Visitor._list,
    ("primary", "map"): _Visitor._map,
    ("primary", "message"): _Visitor._message,
    ("primary", "literal"): _Visitor._through,
    **{
        ("literal", kind): _Visitor._literal
        for kind in (*["int", "uint", "double", "string", "bytes", "true", "false", "null"],)
    },
}
