"""Texts that are no expressions, and what cel-go 0.26 says of them, mistake by mistake.

In the tables `~` is for `Syntax error:`, and the names in capitals are for what an expression can begin with.
"""

import pytest

from steersman.cel import macros, parsing, source

MACROS = {(macro.name, macro.arguments, macro.receiver): macro for macro in macros.STANDARD}

_LITERALS = "'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"
SETS = {
    "START_OR_]_,_?": "{'[', ']', '{', '(', '.', ',', '-', '!', '?', " + _LITERALS,
    "START_OR_}_,_?": "{'[', '{', '}', '(', '.', ',', '-', '!', '?', " + _LITERALS,
    "START_OR_?": "{'[', '{', '(', '.', '-', '!', '?', " + _LITERALS,
    "START_OR_)": "{'[', '{', '(', ')', '.', '-', '!', " + _LITERALS,
    "START": "{'[', '{', '(', '.', '-', '!', " + _LITERALS,
}

NOT_IN_THE_GRAMMAR = [
    ("", "1:0 ~ mismatched input '<EOF>' expecting START"),
    ("  ", "1:3 ~ mismatched input '<EOF>' expecting START"),
    ("1 +", "1:4 ~ mismatched input '<EOF>' expecting START"),
    ("(1", "1:3 ~ missing ')' at '<EOF>'"),
    ("1 2", "1:3 ~ extraneous input '2' expecting <EOF>"),
    ("a b c", "1:3 ~ mismatched input 'b' expecting <EOF>"),
    ("1 ++ 2", "1:4 ~ extraneous input '+' expecting START"),
    (")", "1:1 ~ mismatched input ')' expecting START"),
    ("a.", "1:3 ~ no viable alternative at input '.'"),
    ("a.1", "1:2 ~ extraneous input '.1' expecting <EOF>"),
    ("a.in", "1:3 ~ no viable alternative at input '.in'", "1:5 ~ mismatched input '<EOF>' expecting START"),
    ("a.true", "1:3 ~ mismatched input 'true' expecting IDENTIFIER"),
    ("a..b", "1:3 ~ no viable alternative at input '..'"),
    ("f(1,,2)", "1:5 ~ extraneous input ',' expecting START"),
    ("f(1", "1:4 ~ missing ')' at '<EOF>'"),
    ("[1, 2", "1:6 ~ mismatched input '<EOF>' expecting {']', ','}"),
    ("[1 2]", "1:4 ~ extraneous input '2' expecting {']', ','}"),
    ("[,,]", "1:3 ~ extraneous input ',' expecting ']'"),
    ("{1: 2", "1:6 ~ mismatched input '<EOF>' expecting {'}', ','}"),
    ("{1, 2}", "1:3 ~ mismatched input ',' expecting ':'", "1:5 ~ extraneous input '2' expecting '}'"),
    ("{1 2}", "1:4 ~ missing ':' at '2'"),
    ("a{b}", "1:4 ~ mismatched input '}' expecting ':'"),
    ("a{1: 2}", "1:3 ~ mismatched input '1' expecting {'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}"),
    ("a{b: 1 c: 2}", "1:8 ~ mismatched input 'c' expecting {'}', ','}"),
    ("a ? b", "1:6 ~ mismatched input '<EOF>' expecting ':'"),
    ("a ?: b", "1:4 ~ extraneous input ':' expecting START", "1:7 ~ mismatched input '<EOF>' expecting ':'"),
    ("a ? b : ", "1:9 ~ mismatched input '<EOF>' expecting START"),
    ("a &", "1:3 ~ token recognition error at: '&'"),
    ("a & b", "1:3 ~ token recognition error at: '& '", "1:5 ~ extraneous input 'b' expecting <EOF>"),
    ("a | b", "1:3 ~ token recognition error at: '| '", "1:5 ~ extraneous input 'b' expecting <EOF>"),
    ("a = b", "1:3 ~ token recognition error at: '= '", "1:5 ~ extraneous input 'b' expecting <EOF>"),
    ("a &&", "1:5 ~ mismatched input '<EOF>' expecting START"),
    ("&& a", "1:1 ~ extraneous input '&&' expecting START"),
    ("a || || b", "1:6 ~ extraneous input '||' expecting START"),
    ("!", "1:2 ~ extraneous input '<EOF>' expecting START"),
    ("-", "1:2 ~ no viable alternative at input '-'", "1:2 ~ mismatched input '<EOF>' expecting START"),
    ("-+1", "1:2 ~ no viable alternative at input '-+'", "1:2 ~ extraneous input '+' expecting START"),
    ("--", "1:3 ~ no viable alternative at input '-'", "1:3 ~ mismatched input '<EOF>' expecting START"),
    ("!+a", "1:2 ~ extraneous input '+' expecting START"),
    ("*", "1:1 ~ mismatched input '*' expecting START", "1:2 ~ mismatched input '<EOF>' expecting START"),
    ("a[", "1:3 ~ mismatched input '<EOF>' expecting START_OR_?"),
    ("a[]", "1:3 ~ mismatched input ']' expecting START_OR_?"),
    ("a[1", "1:4 ~ missing ']' at '<EOF>'"),
    ("a.b(", "1:5 ~ mismatched input '<EOF>' expecting START_OR_)"),
    ("a.b(1 2)", "1:7 ~ extraneous input '2' expecting ')'"),
    ('"abc', "1:1 ~ token recognition error at: '\"abc'", "1:5 ~ mismatched input '<EOF>' expecting START"),
    (
        '"\\q"',
        "1:1 ~ token recognition error at: '\"\\q'",
        "1:4 ~ token recognition error at: '\"'",
        "1:5 ~ mismatched input '<EOF>' expecting START",
    ),
    ("`a`", "1:1 ~ mismatched input '`a`' expecting START"),
    ("a.`b c", "1:3 ~ token recognition error at: '`b c'", "1:7 ~ no viable alternative at input '.'"),
    ("#", "1:1 ~ token recognition error at: '#'", "1:2 ~ mismatched input '<EOF>' expecting START"),
    ("1 # 2", "1:3 ~ token recognition error at: '#'", "1:5 ~ extraneous input '2' expecting <EOF>"),
    ("é", "1:1 ~ token recognition error at: 'é'", "1:2 ~ mismatched input '<EOF>' expecting START"),
    ("if (a) { b }", "1:1 reserved identifier: if", "1:8 ~ mismatched input '{' expecting <EOF>"),
    ("a.if + 1 2", "1:10 ~ extraneous input '2' expecting <EOF>"),
    ("a, b", "1:2 ~ mismatched input ',' expecting <EOF>"),
    ("a\n+\n)", "3:1 ~ mismatched input ')' expecting START"),
    ('"é" )', "1:5 ~ extraneous input ')' expecting <EOF>"),
    ("\ta )", "1:4 ~ extraneous input ')' expecting <EOF>"),
    ("a.f(b[)", "1:7 ~ mismatched input ')' expecting START_OR_?"),
    ("has(a", "1:5 invalid argument to has() macro", "1:6 ~ missing ')' at '<EOF>'"),
    ("a.all(x, )", "1:10 ~ mismatched input ')' expecting START"),
    ("a.all(x.y, 1 2)", "1:8 argument must be a simple name", "1:14 ~ extraneous input '2' expecting ')'"),
    ("0x", "1:2 ~ extraneous input 'x' expecting <EOF>"),
    ("1.", "1:3 ~ no viable alternative at input '.'"),
    ("1e", "1:2 ~ extraneous input 'e' expecting <EOF>"),
    (".", "1:2 ~ no viable alternative at input '.'"),
    ("..a", "1:2 ~ no viable alternative at input '..'"),
    ("a.?", "1:4 ~ mismatched input '<EOF>' expecting {IDENTIFIER, ESC_IDENTIFIER}", "1:4 unsupported ident kind"),
    ("[?]", "1:3 ~ mismatched input ']' expecting START"),
    ("{?}", "1:3 ~ mismatched input '}' expecting START"),
    ("a{?}", "1:4 ~ mismatched input '}' expecting {IDENTIFIER, ESC_IDENTIFIER}"),
    ("true false", "1:6 ~ extraneous input 'false' expecting <EOF>"),
    ("null.a.", "1:8 ~ no viable alternative at input '.'"),
    ("x ? y : z ? w", "1:14 ~ mismatched input '<EOF>' expecting ':'"),
    ("a in", "1:5 ~ mismatched input '<EOF>' expecting START"),
    ("in a", "1:1 ~ extraneous input 'in' expecting START"),
    ("((?))", "1:3 ~ mismatched input '?' expecting START", "1:4 ~ mismatched input ')' expecting START"),
    (
        "a ? b ((?))",
        "1:9 ~ mismatched input '?' expecting START",
        "1:10 ~ mismatched input ')' expecting START",
        "1:12 ~ mismatched input '<EOF>' expecting ':'",
    ),
    ("1 + $", "1:5 ~ token recognition error at: '$'", "1:6 ~ mismatched input '<EOF>' expecting START"),
    ("a == 'x", "1:6 ~ token recognition error at: ''x'", "1:8 ~ mismatched input '<EOF>' expecting START"),
    ("self.x > 0 &&", "1:14 ~ mismatched input '<EOF>' expecting START"),
    ("size(self.x", "1:12 ~ missing ')' at '<EOF>'"),
    ("self.items.all(i, i.x == 1", "1:27 ~ missing ')' at '<EOF>'"),
]

IN_IT_BUT_WRONG = [
    ("if", "1:1 reserved identifier: if"),
    ("a + while", "1:5 reserved identifier: while"),
    ("if(b, 99999999999999999999)", "1:1 reserved identifier: if"),
    ("f(if, while)", "1:3 reserved identifier: if", "1:7 reserved identifier: while"),
    (".for", "1:1 reserved identifier: for"),
    ("x.map(if, 1)", "1:7 reserved identifier: if", "1:7 argument is not an identifier"),
    ("9223372036854775808", "1:1 invalid int literal"),
    ("-9223372036854775809", "1:1 invalid int literal"),
    ("0x8000000000000000", "1:1 invalid int literal"),
    ("18446744073709551616u", "1:1 invalid uint literal"),
    ("1.0e999", "1:1 invalid double literal"),
    ('"\\ud800"', "1:1 invalid unicode code point"),
    ('"\\U00110000"', "1:1 invalid unicode code point"),
    ("b'\\u00ff'", "1:1 unable to unescape string"),
    ("a.`b`", "1:3 unsupported syntax: '`'"),
    ("a{b: 1, `c`: 2}", "1:3 unsupported syntax: '`'"),
    ("has(a)", "1:5 invalid argument to has() macro"),
    ("has(a[0])", "1:6 invalid argument to has() macro"),
    ("a.all(b.c, true)", "1:8 argument must be a simple name"),
    ("a.exists(1, true)", "1:10 argument must be a simple name"),
    ("a.exists_one(b(), true)", "1:15 argument must be a simple name"),
    ("a.map(1, 2)", "1:7 argument is not an identifier"),
    ("a.map(b.c, true, 1)", "1:8 argument is not an identifier"),
    ("a.filter(b.c, true)", "1:11 argument is not an identifier"),
    ("a.filter(__result__, true)", "1:10 iteration variable overwrites accumulator variable"),
    ("if &&", "1:1 reserved identifier: if", "1:6 ~ mismatched input '<EOF>' expecting START"),
    ("has(a) )", "1:5 invalid argument to has() macro", "1:8 ~ extraneous input ')' expecting <EOF>"),
    ("a.all(1, b) +", "1:7 argument must be a simple name", "1:14 ~ mismatched input '<EOF>' expecting START"),
]


def complaints(text: str) -> list[str]:
    """Place and message of each, as printed."""
    with pytest.raises(source.CompileError) as error:
        parsing.parse(source.Source(text), MACROS, optional_syntax=True)
    lines = str(error.value).split("\n")
    found = [line.removeprefix("ERROR: <input>:") for line in lines if line.startswith("ERROR: ")]
    return [line.replace(": ", " ", 1).replace("Syntax error:", "~", 1) for line in found]


def in_full(said: tuple[str, ...]) -> list[str]:
    full = list(said)
    for name, expected in SETS.items():
        full = [line.replace(name, expected) for line in full]
    return full


@pytest.mark.parametrize(("text", "said"), [(text, tuple(said)) for text, *said in NOT_IN_THE_GRAMMAR])
def test_a_text_that_is_not_in_the_grammar(text: str, said: tuple[str, ...]) -> None:
    assert complaints(text) == in_full(said)


@pytest.mark.parametrize(("text", "said"), [(text, tuple(said)) for text, *said in IN_IT_BUT_WRONG])
def test_a_text_with_a_mistake_that_is_not_against_the_grammar(text: str, said: tuple[str, ...]) -> None:
    assert complaints(text) == in_full(said)


def test_a_mistake_is_shown_under_its_line_with_wide_characters_as_wide_dots() -> None:
    with pytest.raises(source.CompileError) as error:
        parsing.parse(source.Source('true &&\n\t"é" )'), MACROS, optional_syntax=True)
    assert str(error.value) == (
        "ERROR: <input>:2:6: Syntax error: extraneous input ')' expecting <EOF>\n |  \"é\" )\n | ..\uff0e..^"
    )


def test_what_is_no_token_is_shown_as_it_stands() -> None:
    with pytest.raises(source.CompileError) as error:
        parsing.parse(source.Source("'a\nb'"), MACROS, optional_syntax=True)
    assert str(error.value).startswith(
        "ERROR: <input>:1:1: Syntax error: token recognition error at: ''a\n'\n | 'a\n | ^\nERROR: <input>:2:2: "
    )


def test_of_many_mistakes_a_hundred_are_shown() -> None:
    with pytest.raises(source.CompileError) as error:
        parsing.parse(source.Source("[" + ", ".join(["if"] * 120) + "]"), MACROS, optional_syntax=True)
    assert str(error.value).count("reserved identifier") == 100
    assert str(error.value).endswith("\n20 more errors were truncated")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("(" * 250 + "1" + ")" * 250, "expression recursion limit exceeded: 250"),
        ("[" * 99_999, "expression recursion limit exceeded: 250"),
        ("a < f(" * 126 + "1" + ")" * 126, "expression recursion limit exceeded: 250"),
        ("a ? b : " * 260 + "c", "expression recursion limit exceeded: 250"),
        ("+".join(["1"] * 252), "max recursion depth exceeded"),
        ("a" + ".a" * 251, "max recursion depth exceeded"),
        ("x" * 100_001, "expression code point size exceeds limit: size: 100001, limit 100000"),
        ("+".join(["1"] * 252) + "+", "max recursion depth exceeded"),
        ("'" * 99_999, "error recovery token lookahead limit exceeded: 256"),
    ],
    ids=lambda value: value[:12],
)
def test_what_is_too_much_has_no_place(text: str, said: str) -> None:
    assert complaints(text)[0] == f"-1:0 {said}"


@pytest.mark.parametrize(
    "text",
    [
        "(" * 249 + "1" + ")" * 249,
        "f(1 < " * 124 + "1" + ")" * 124,
        "+".join(["1"] * 251),
        "a" + ".a" * 250,
        "&&".join(["a"] * 1000),
        "!" * 1000 + "a",
    ],
    ids=lambda text: str(text[:6]),
)
def test_what_is_not_too_much_is_parsed(text: str) -> None:
    parsing.parse(source.Source(text), MACROS, optional_syntax=True)


def test_recovery_is_tried_thirty_times() -> None:
    assert complaints("a[" * 40)[-1].endswith("error recovery attempt limit exceeded: 30")
