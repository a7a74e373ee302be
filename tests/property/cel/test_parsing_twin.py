"""Any text: as Google's C++ CEL reads it, whose parser is generated from the same grammar, and in bounded time.

What differs is left out or evened out: C++ writes the question mark it expects as `\\u003F`, says of a keyword
behind a dot what ANTLR says, has another place for a mistake in an empty text, and looks more closely at names in
macros and less closely at large doubles.
"""

import re

import hypothesis
import pytest
from hypothesis import strategies as st

from steersman.cel import environment, parsing, source, types
from steersman.cel.library import optional, standard, twovar

SETTINGS = hypothesis.settings(max_examples=200, deadline=None, derandomize=True)
ENVIRONMENT = environment.Environment((standard.LIBRARY, optional.LIBRARY, twovar.LIBRARY), {"a": types.DYN})

GOOD = [
    "a.b.c(d, e)[0]",
    "a && b || !c == (d in e)",
    "{1: 2, 'a': b}.c",
    "[1, 2u, -3.5, b'x']",
    "a.b{c: 1, d: [2],}",
    "a ? b : c ? d : e",
    "a + b * -c - d % 2 < 3",
    'f("x", """y""", r\'z\')',
    "a.g(b.h(c), true, null)",
    ".a.b(--1)",
]
PIECES = [
    "==",
    "!=",
    "<",
    "<=",
    "&&",
    "||",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    ".",
    ",",
    "-",
    "!",
    "?",
    ":",
    "+",
    "*",
    "in",
    "true",
    "null",
    "1",
    "2.5",
    "3u",
    "'x'",
    "a",
    "if",
    "#",
    "&",
    ".5",
]
TOKENS = re.compile(r"\"\"\"[^\"]*\"\"\"|r?\"[^\"]*\"|[rb]?'[^']*'|\w+|&&|\|\||[=!<>]=|[^\s]")


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Good ones with tokens left out, put in and exchanged."""
    tokens = TOKENS.findall(draw(st.sampled_from(GOOD)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(tokens)))
        match draw(st.integers(0, 2)):
            case 0:
                tokens.insert(at, draw(st.sampled_from(PIECES)))
            case 1:
                tokens[at : at + 1] = []
            case _:
                tokens[at : at + 1] = [draw(st.sampled_from(PIECES))]
    return draw(st.sampled_from(["", " "])).join(tokens)


def ours(text: str) -> tuple[bool, list[str]]:
    try:
        parsing.parse(source.Source(text), {}, optional_syntax=False)
    except source.CompileError as error:
        return False, syntax(str(error))
    return True, []


def theirs(text: str) -> tuple[bool, list[str]]:
    cel = pytest.importorskip("cel_expr_python.cel", reason="Google's C++ CEL is not installed")
    try:
        cel.NewEnv().compile(text, disable_check=True)
    except RuntimeError as error:
        complaints = syntax(str(error).removesuffix(" [INVALID_ARGUMENT]"))
        return False, [evened_out(line) for line in complaints]
    return True, []


def evened_out(line: str) -> str:
    line = line.removeprefix("INVALID_ARGUMENT: ").replace(r"'\u003F'", "'?'")
    keyword = r"no viable alternative at input '.(true|false|null)'"
    return re.sub(keyword, r"mismatched input '\1' expecting IDENTIFIER", line)


def syntax(complaints: str) -> list[str]:
    return [line for line in complaints.split("\n") if "Syntax error" in line]


@hypothesis.given(texts())
@SETTINGS
def test_the_same_texts_are_refused_with_the_same_words(text: str) -> None:
    hypothesis.assume(text.strip())
    assert ours(text) == theirs(text)


@hypothesis.given(st.text(max_size=60) | texts())
@SETTINGS
def test_any_text_has_a_type_or_a_complaint(text: str) -> None:
    complaints, typed = "", False
    try:
        checked = ENVIRONMENT.compile(text)
        typed = checked.root.id in checked.types
    except source.CompileError as error:
        complaints = str(error)
    assert typed or complaints.startswith("ERROR: <input>:")
