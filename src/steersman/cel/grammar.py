"""CEL's grammar as data, and which tokens can come next in it: what an error message says was expected.

Only texts that are not in the grammar are looked at with it (`diagnosing`).  The rules, their alternatives and their
order are those of cel-go's grammar, with left recursion written as a loop as ANTLR does; the states between the
elements are those at which ANTLR's generated parser looks for errors, and no others matter.
"""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Final

from steersman.cel import lexing

EPSILON: Final = ""
"""In a set of tokens: the rule may end here."""

_KINDS = (
    *(lexing.EOF, "in", "==", "!=", "<", "<=", ">=", ">", "&&", "||", "[", "]", "{", "}", "(", ")", ".", ",", "-", "!"),
    *("?", ":", "+", "*", "/", "%", "true", "false", "null", lexing.DOUBLE, lexing.INT, lexing.UINT, lexing.STRING),
    *(lexing.BYTES, lexing.IDENTIFIER, lexing.ESCAPED_IDENTIFIER),
)
_ORDER = {kind: at for at, kind in enumerate(_KINDS)}


def shown(kinds: frozenset[str]) -> str:
    """As ANTLR shows what it expected, in the order of its lexer's rules."""
    names = [
        kind if kind.isupper() or kind == lexing.EOF else f"'{kind}'" for kind in sorted(kinds, key=_ORDER.__getitem__)
    ]
    return names[0] if len(names) == 1 else "{" + ", ".join(names) + "}"


def first(kinds: frozenset[str]) -> str:
    return min(kinds, key=_ORDER.__getitem__)


@dataclasses.dataclass(slots=True, eq=False)
class State:
    """A place between elements.  Its ways on: by tokens, by a rule, or by nothing."""

    tokens: frozenset[str] = frozenset()
    rule: str = ""
    after: "State | None" = None
    """Behind the tokens or the rule; None for the end of the rule."""
    ways: tuple["State | None", ...] = ()
    loop_back: bool = False
    """At the end of a turn of a loop; there ANTLR skips what does not fit."""
    expected: "frozenset[str] | None" = None
    """What `following` found."""


@dataclasses.dataclass(slots=True, eq=False)
class Element:
    """A part of a rule.  Labels name what of it the tree keeps."""

    label: str = ""
    state: State = dataclasses.field(default_factory=State)


@dataclasses.dataclass(slots=True, eq=False)
class Tokens(Element):
    kinds: frozenset[str] = frozenset()


@dataclasses.dataclass(slots=True, eq=False)
class Rule(Element):
    name: str = ""
    precedence: int = 0


@dataclasses.dataclass(slots=True, eq=False)
class Sequence(Element):
    elements: tuple[Element, ...] = ()


@dataclasses.dataclass(slots=True, eq=False)
class Choice(Element):
    """One of several; `decide` names the method that says which when more than the next token decides."""

    alternatives: tuple[Element, ...] = ()
    names: tuple[str, ...] = ()
    decide: str = ""


@dataclasses.dataclass(slots=True, eq=False)
class Repeat(Element):
    """`body?`, `body*` or `body+`."""

    body: Element = dataclasses.field(default_factory=Element)
    least: int = 0
    most: int | None = None
    back: State = dataclasses.field(default_factory=lambda: State(loop_back=True))
    decide: str = ""


def _token(*kinds: str, label: str = "") -> Tokens:
    return Tokens(label, kinds=frozenset(kinds))


def _rule(name: str, label: str = "", precedence: int = 0) -> Rule:
    return Rule(label, name=name, precedence=precedence)


def _all(*elements: Element) -> Sequence:
    return Sequence(elements=elements)


def _maybe(*elements: Element) -> Repeat:
    return Repeat(body=_all(*elements), most=1)


def _any(*elements: Element, decide: str = "") -> Repeat:
    return Repeat(body=_all(*elements), decide=decide)


def _some(*elements: Element, decide: str = "") -> Repeat:
    return Repeat(body=_all(*elements), least=1, decide=decide)


def _one_of(decide: str, **alternatives: Element) -> Choice:
    return Choice(alternatives=tuple(alternatives.values()), names=tuple(alternatives), decide=decide)


def _list_of(element: str, label: str, decide: str = "") -> Element:
    return _all(_rule(element, label), _any(_token(","), _rule(element, label), decide=decide))


def _pairs(key: str) -> Element:
    def pair() -> tuple[Element, ...]:
        return _rule(key, "keys"), _token(":", label="colons"), _rule("expr", "values")

    return _all(*pair(), _any(_token(","), *pair(), decide="comma"))


RULES: Mapping[str, Element] = {
    "start": _all(_rule("expr", "e"), _token(lexing.EOF)),
    "expr": _all(
        _rule("or", "e"), _maybe(_token("?", label="op"), _rule("or", "e1"), _token(":"), _rule("expr", "e2"))
    ),
    "or": _all(_rule("and", "e"), _any(_token("||", label="ops"), _rule("and", "e1"))),
    "and": _all(_rule("relation", "e"), _any(_token("&&", label="ops"), _rule("relation", "e1"))),
    "relation": _all(
        _rule("calc", "e"),
        _any(
            _token("<", "<=", ">=", ">", "==", "!=", "in", label="op"),
            _rule("relation", "right", precedence=2),
            decide="relation",
        ),
    ),
    "calc": _all(
        _rule("unary", "e"),
        _any(
            _one_of(
                "operator",
                product=_all(_token("*", "/", "%", label="op"), _rule("calc", "right", precedence=3)),
                sum=_all(_token("+", "-", label="op"), _rule("calc", "right", precedence=2)),
            ),
            decide="calc",
        ),
    ),
    "unary": _one_of(
        "unary",
        member=_rule("member", "e"),
        not_=_all(_some(_token("!", label="ops")), _rule("member", "e")),
        negate=_all(_some(_token("-", label="ops"), decide="minus"), _rule("member", "e")),
    ),
    "member": _all(
        _rule("primary", "e"),
        _any(
            _one_of(
                "suffix",
                select=_all(_token(".", label="op"), _maybe(_token("?", label="opt")), _rule("escapeIdent", "id")),
                call=_all(
                    _token(".", label="op"),
                    _token(lexing.IDENTIFIER, label="id"),
                    _token("(", label="open"),
                    _maybe(_rule("exprList", "args")),
                    _token(")"),
                ),
                index=_all(
                    _token("[", label="op"), _maybe(_token("?", label="opt")), _rule("expr", "index"), _token("]")
                ),
            ),
            decide="member",
        ),
    ),
    "primary": _one_of(
        "primary",
        ident=_all(_maybe(_token(".", label="dot")), _token(lexing.IDENTIFIER, label="id")),
        call=_all(
            _maybe(_token(".", label="dot")),
            _token(lexing.IDENTIFIER, label="id"),
            _token("(", label="op"),
            _maybe(_rule("exprList", "args")),
            _token(")"),
        ),
        nested=_all(_token("("), _rule("expr", "e"), _token(")")),
        list=_all(_token("[", label="op"), _maybe(_rule("listInit", "elems")), _maybe(_token(",")), _token("]")),
        map=_all(_token("{", label="op"), _maybe(_rule("mapInit", "entries")), _maybe(_token(",")), _token("}")),
        message=_all(
            _maybe(_token(".", label="dot")),
            _token(lexing.IDENTIFIER, label="ids"),
            _any(_token("."), _token(lexing.IDENTIFIER, label="ids")),
            _token("{", label="op"),
            _maybe(_rule("fieldInit", "entries")),
            _maybe(_token(",")),
            _token("}"),
        ),
        literal=_rule("literal", "e"),
    ),
    "exprList": _list_of("expr", "e"),
    "listInit": _list_of("optExpr", "e", "comma"),
    "fieldInit": _pairs("optField"),
    "optField": _all(_maybe(_token("?", label="opt")), _rule("escapeIdent", "id")),
    "mapInit": _pairs("optExpr"),
    "escapeIdent": _one_of(
        "",
        simple=_token(lexing.IDENTIFIER, label="id"),
        escaped=_token(lexing.ESCAPED_IDENTIFIER, label="id"),
    ),
    "optExpr": _all(_maybe(_token("?", label="opt")), _rule("expr", "e")),
    "literal": _one_of(
        "number",
        int=_all(_maybe(_token("-", label="sign")), _token(lexing.INT, label="tok")),
        uint=_token(lexing.UINT, label="tok"),
        double=_all(_maybe(_token("-", label="sign")), _token(lexing.DOUBLE, label="tok")),
        string=_token(lexing.STRING, label="tok"),
        bytes=_token(lexing.BYTES, label="tok"),
        true=_token("true", label="tok"),
        false=_token("false", label="tok"),
        null=_token("null", label="tok"),
    ),
}


def _wire(element: Element, after: State | None) -> State:
    """Gives the element's states their ways on; returns the one before it."""
    state = element.state
    match element:
        case Tokens():
            state.tokens, state.after = element.kinds, after
        case Rule():
            state.rule, state.after = element.name, after
        case Sequence():
            before = after
            for each in reversed(element.elements):
                before = _wire(each, before)
            assert before is not None
            element.state = state = before
        case Choice():
            state.ways = tuple(_wire(each, after) for each in element.alternatives)
        case Repeat() if element.most == 1:
            state.ways = (_wire(element.body, after), after)
        case Repeat() if element.least:
            state.ways = (_wire(element.body, element.back),)
            element.back.ways = (*state.ways, after)
        case Repeat():
            state.ways = (_wire(element.body, element.back), after)
            element.back.ways = (state,)
    return state


_ENTRIES = {name: _wire(element, None) for name, element in RULES.items()}


def following(state: State | None) -> frozenset[str]:
    """The tokens that can come at this place, with EPSILON if its rule can end here."""
    if state is None:
        return frozenset({EPSILON})
    if state.expected is not None:
        return state.expected
    found: set[str] = set()
    seen: set[int] = set()
    waiting: list[State | None] = [state]
    while waiting:
        at = waiting.pop()
        if at is None:
            found.add(EPSILON)
        elif id(at) not in seen:
            seen.add(id(at))
            found |= at.tokens
            if at.rule:
                found |= starting(at.rule)
            waiting += at.ways
    state.expected = frozenset(found)
    return state.expected


@functools.cache
def starting(rule: str) -> frozenset[str]:
    """What a rule can begin with; none is empty."""
    return following(_ENTRIES[rule])
