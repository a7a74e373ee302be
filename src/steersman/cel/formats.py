"""What is wrong with a literal `"...".format([...])`, as far as its text and the types of its arguments tell.

`format` itself (`library.formatting`) refuses values; this refuses an expression before there are any, in cel-go's
words.
"""

import re
from collections.abc import Iterator

from steersman.cel import ast, source, types, values
from steersman.cel.library import formatting

_Kind = types.Kind
_INTEGERS = frozenset({_Kind.INT, _Kind.UINT})
_DOUBLES = frozenset({_Kind.DOUBLE, _Kind.STRING})
"""Strings, for those that name what is no number."""
_STRINGS = frozenset(_Kind) - {_Kind.OPAQUE, _Kind.OBJECT, _Kind.ERROR}
_HEXADECIMAL = _INTEGERS | {_Kind.STRING, _Kind.BYTES}

_ALMOST_ALL = "strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps"
_CLAUSES: dict[str, tuple[frozenset[types.Kind], str]] = {
    "d": (_INTEGERS, "decimal clause can only be used on integers"),
    "f": (_DOUBLES, "fixed-point clause can only be used on doubles"),
    "e": (_DOUBLES, "scientific clause can only be used on doubles"),
    "b": (_INTEGERS | {_Kind.BOOL}, "only integers and bools can be formatted as binary"),
    "x": (_HEXADECIMAL, "only integers, byte buffers, and strings can be formatted as hex"),
    "X": (_HEXADECIMAL, "only integers, byte buffers, and strings can be formatted as hex"),
    "o": (_INTEGERS, "octal clause can only be used on integers"),
    "s": (_STRINGS, f"string clause can only be used on {_ALMOST_ALL}"),
}
_CLAUSE = re.compile(r"%(?:%|\.[0-9]*)?.?", re.DOTALL)


def complaints(checked: ast.Checked, call: ast.Call) -> Iterator[source.Issue]:
    """At most one: as cel-go, which stops at the first."""
    if not isinstance(call.target, ast.Literal) or len(call.args) != 1 or not isinstance(call.args[0], ast.CreateList):
        return
    text, arguments = call.target.value, call.args[0].elements
    if not isinstance(text, str):
        return
    used = 0
    for clause in _clauses(text):
        if used >= len(arguments):
            yield source.Issue(call.offset, f"index {used} out of range")
            return
        complaint = _misformed(clause)
        if complaint:
            yield source.Issue(call.offset, complaint)
            return
        allowed, words = _CLAUSES[clause[-1]]
        wrong = _not_one_of(checked, arguments[used], allowed, inside=clause[-1] == "s")
        if wrong is not None:
            given = _type_name(checked.types[wrong.id])
            yield source.Issue(wrong.offset, f"error during formatting: {words}, was given {given}")
            return
        used += 1
    if used < len(arguments):
        message = f"too many arguments supplied to string.format (expected {used}, got {len(arguments)})"
        yield source.Issue(call.offset, message)


def _clauses(text: str) -> Iterator[str]:
    at = text.find("%")
    while at >= 0:
        if text.startswith("%%", at):
            at = text.find("%", at + 2)
            continue
        found = _CLAUSE.match(text, at)
        assert found is not None
        yield found[0]
        at = text.find("%", found.end())


def _misformed(clause: str) -> str:
    try:
        formatting.format(clause, (0,))
    except values.EvaluationError as error:
        return "" if error.message.startswith("error during formatting") else error.message
    return ""


def _not_one_of(
    checked: ast.Checked, node: ast.Expr, allowed: frozenset[types.Kind], *, inside: bool
) -> ast.Expr | None:
    """The node, or one in the literal it is, that is of another kind."""
    type = checked.types[node.id]
    kind = type.parameters[0].kind if type.kind is _Kind.WRAPPER else type.kind
    if kind is not _Kind.DYN and kind not in allowed:
        return node
    parts: Iterator[ast.Expr] = iter(())
    if inside and isinstance(node, ast.CreateList):
        parts = iter(node.elements)
    elif inside and isinstance(node, ast.CreateMap):
        parts = (each for entry in node.entries for each in (entry.key, entry.value))
    for part in parts:
        wrong = _not_one_of(checked, part, allowed, inside=True)
        if wrong is not None:
            return wrong
    return None


def _type_name(type: types.Type) -> str:
    if type.kind is _Kind.NULL:
        return "null_type"
    if type.kind is _Kind.WRAPPER:
        return _type_name(type.parameters[0])
    return type.name or type.kind.value
