"""What the macros of the language become."""

import pytest

from steersman.cel import ast, macros, parsing, source

MACROS = {(macro.name, macro.arguments, macro.receiver): macro for macro in macros.STANDARD}


def fold(text: str) -> ast.Comprehension:
    root = parsing.parse(source.Source(text), MACROS, optional_syntax=True).root
    assert isinstance(root, ast.Comprehension)
    return root


def written(node: ast.Expr) -> str:
    match node:
        case ast.Literal():
            return repr(node.value)
        case ast.Ident():
            return node.name
        case ast.Call():
            return f"{node.function}({', '.join(map(written, node.args))})"
        case ast.CreateList():
            return f"[{', '.join(map(written, node.elements))}]"
    raise AssertionError(node)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("l.all(x, p)", "True; @not_strictly_false(@result); _&&_(@result, p); @result"),
        ("l.exists(x, p)", "False; @not_strictly_false(!_(@result)); _||_(@result, p); @result"),
        ("l.exists_one(x, p)", "0; True; _?_:_(p, _+_(@result, 1), @result); _==_(@result, 1)"),
        ("l.map(x, f)", "[]; True; _+_(@result, [f]); @result"),
        ("l.map(x, p, f)", "[]; True; _?_:_(p, _+_(@result, [f]), @result); @result"),
        ("l.filter(x, p)", "[]; True; _?_:_(p, _+_(@result, [x]), @result); @result"),
    ],
)
def test_a_macro_over_a_list(text: str, parts: str) -> None:
    node = fold(text)
    assert written(node.iter_range) == "l"
    assert (node.iter_var, node.iter_var2, node.accu_var) == ("x", "", "@result")
    found = (node.accu_init, node.loop_condition, node.loop_step, node.result)
    assert "; ".join(map(written, found)) == parts


def test_an_expansion_stands_where_the_call_does() -> None:
    node = fold("list.all(x, x)")
    assert node.offset == node.accu_init.offset == node.loop_step.offset == node.result.offset == 8


@pytest.mark.parametrize("text", ["all(x, y)", "l.all(x)", "l.map(x)", "l.has(x.y)", "has(x.y, z)", "a.exists"])
def test_what_is_called_otherwise_is_no_macro(text: str) -> None:
    root = parsing.parse(source.Source(text), MACROS, optional_syntax=True).root
    assert isinstance(root, ast.Call | ast.Select)
