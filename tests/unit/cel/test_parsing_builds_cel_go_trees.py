"""What a text is parsed to: nodes in the order of the text, each at the place where cel-go reports it."""

import pytest

from steersman.cel import ast, macros, parsing, source, values

MACROS = {(macro.name, macro.arguments, macro.receiver): macro for macro in macros.STANDARD}


def parsed(text: str) -> ast.Expr:
    return parsing.parse(source.Source(text), MACROS, optional_syntax=True).root


def written(node: ast.Expr) -> str:
    """Every node as `name@offset(parts)`."""
    match node:
        case ast.Literal():
            return f"{node.value!r}@{node.offset}"
        case ast.Ident():
            return f"{node.name}@{node.offset}"
        case ast.Select():
            return f"{'has' if node.test_only else ''}.{node.field}@{node.offset}({written(node.operand)})"
        case ast.Call():
            target = [] if node.target is None else [node.target]
            return f"{node.function}@{node.offset}({', '.join(map(written, [*target, *node.args]))})"
        case ast.CreateList():
            parts = [("?" if at in node.optional else "") + written(each) for at, each in enumerate(node.elements)]
            return f"[]@{node.offset}({', '.join(parts)})"
        case ast.CreateMap():
            entries = [f"{'?' * e.optional}{written(e.key)}:@{e.offset}{written(e.value)}" for e in node.entries]
            return f"{{}}@{node.offset}({', '.join(entries)})"
        case ast.CreateStruct():
            fields = [f"{'?' * f.optional}{f.name}:@{f.offset}{written(f.value)}" for f in node.fields]
            return f"{node.type_name}{{}}@{node.offset}({', '.join(fields)})"
    raise AssertionError(node)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a.b.c", ".c@3(.b@1(a@0))"),
        (".a.b", ".b@2(.a@1)"),
        ("f(a, b)", "f@1(a@2, b@5)"),
        ("a.f(b)", "f@3(a@0, b@4)"),
        ("a.b[0]", "_[_]@3(.b@1(a@0), 0@4)"),
        ("a.?b[?c]", "_[?_]@4(_?._@1(a@0, 'b'@3), c@6)"),
        ("a + b * c", "_+_@2(a@0, _*_@6(b@4, c@8))"),
        ("a - b - c", "_-_@6(_-_@2(a@0, b@4), c@8)"),
        ("a < b == c", "_==_@6(_<_@2(a@0, b@4), c@9)"),
        ("a in b", "@in@2(a@0, b@5)"),
        ("a && b && c && d", "_&&_@7(_&&_@2(a@0, b@5), _&&_@12(c@10, d@15))"),
        ("a || b && c", "_||_@2(a@0, _&&_@7(b@5, c@10))"),
        ("a ? b : c ? d : e", "_?_:_@2(a@0, b@4, _?_:_@10(c@8, d@12, e@16))"),
        ("!a", "!_@0(a@1)"),
        ("!!a", "a@2"),
        ("!!!a.b", "!_@0(.b@4(a@3))"),
        ("-1", "-1@0"),
        ("--1", "1@2"),
        ("-a", "-_@0(a@1)"),
        ("1 - -1", "_-_@2(1@0, -1@4)"),
        ("-1.a", ".a@2(-1@0)"),
        ("[a, ?b]", "[]@0(a@1, ?b@5)"),
        ("[a,]", "[]@0(a@1)"),
        ("[,]", "[]@0()"),
        ("{a: 1, ?b: 2,}", "{}@0(a@1:@21@4, ?b@8:@92@11)"),
        ("a.b{c: 1, ?if: d}", "a.b{}@3(c:@51@7, ?if:@13d@15)"),
        ("has(a.b.c)", "has.c@3(.b@5(a@4))"),
        ("(a)", "a@1"),
        ("a // b", "a@0"),
    ],
)
def test_nodes_and_their_places(text: str, tree: str) -> None:
    assert written(parsed(text)) == tree


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("0x1F", 31),
        ("-0x10", -16),
        ("000", 0),
        ("1.5e3", 1500.0),
        (".5", 0.5),
        ("-1e-2", -0.01),
        ("true", True),
        ("null", None),
        ("'a\"b'", 'a"b'),
        ('"""a\n"b"\r\nc"""', 'a\n"b"\nc'),
        ("'''a'b'''", "a'b"),
        (r"r'\n\q'", r"\n\q"),
        (r'R"""\x"""', r"\x"),
        (r"'\a\b\f\n\r\t\v\\\'\"\`\?'", "\a\b\f\n\r\t\v\\'\"`?"),
        (r"'\x41\X42\u00e9\U0001F431\101'", "ABé🐱A"),
        (r"b'\xff\377é'", b"\xff\xff\xc3\xa9"),
        (r"b'\n\''", b"\n'"),
        (r"br'\n'", b"\\n"),
    ],
)
def test_literals(text: str, value: object) -> None:
    node = parsed(text)
    assert isinstance(node, ast.Literal)
    assert node.value == value
    assert type(node.value) is type(value)


def test_an_unsigned_literal() -> None:
    node = parsed("0xFFFFFFFFFFFFFFFFu")
    assert isinstance(node, ast.Literal)
    assert isinstance(node.value, values.UInt)
    assert node.value == 2**64 - 1


def test_ids_are_unique() -> None:
    seen: list[int] = []

    def walk(node: ast.Expr) -> None:
        seen.append(node.id)
        match node:
            case ast.Select():
                walk(node.operand)
            case ast.Call():
                for each in node.args if node.target is None else (node.target, *node.args):
                    walk(each)
            case ast.CreateList():
                for each in node.elements:
                    walk(each)
            case ast.Comprehension():
                for each in (node.iter_range, node.accu_init, node.loop_condition, node.loop_step, node.result):
                    walk(each)

    walk(parsed("a.b.map(x, x > 1, [x, f(x)]).exists(y, has(y.z) && y in c || !d && -e == 1)"))
    assert len(seen) == len(set(seen))


def test_fields_in_backquotes_where_they_are_allowed() -> None:
    text = source.Source("a.`b-c/d e`.f")
    root = parsing.parse(text, MACROS, optional_syntax=True, escaped_fields=True).root
    assert written(root) == ".f@11(.b-c/d e@1(a@0))"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a.?b", "1:2: unsupported syntax '.?'"),
        ("a[?b]", "1:2: unsupported syntax '[?'"),
        ("[?a]", "1:2: unsupported syntax '?'"),
        ("{?a: b}", "1:2: unsupported syntax '?'"),
        ("a{?b: c}", "1:3: unsupported syntax '?'"),
    ],
)
def test_optional_syntax_where_it_is_not_understood(text: str, said: str) -> None:
    with pytest.raises(source.CompileError) as error:
        parsing.parse(source.Source(text), MACROS, optional_syntax=False)
    assert str(error.value).splitlines()[0] == f"ERROR: <input>:{said}"
