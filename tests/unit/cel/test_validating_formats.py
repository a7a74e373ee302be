"""Literal calls of `format` that cannot work are refused with the expression."""

import pytest

from steersman.cel import environment, source, types
from steersman.cel.library import optional, standard, strings

ENVIRONMENT = environment.Environment(
    (standard.LIBRARY, optional.LIBRARY, strings.LIBRARY),
    {
        "u": types.UINT,
        "d": types.DOUBLE,
        "b": types.BOOL,
        "s": types.STRING,
        "x": types.DYN,
        "t": types.TIMESTAMP,
        "r": types.DURATION,
        "li": types.list_of(types.INT),
        "mss": types.map_of(types.STRING, types.STRING),
        "oi": types.optional(types.INT),
        "wi": types.wrapper(types.INT),
    },
)
STRING = (
    "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and "
    "timestamps"
)

PRECISION = "could not parse formatting clause: error while parsing precision:"

CALLS = [
    ("'%d'.format([1])",),
    ("'%d'.format(['a'])", "1:14 ~ decimal clause can only be used on integers, was given string"),
    ("'%d'.format([1.5])", "1:14 ~ decimal clause can only be used on integers, was given double"),
    ("'%d'.format([x])",),
    ("'%d'.format([t])", "1:14 ~ decimal clause can only be used on integers, was given google.protobuf.Timestamp"),
    ("'%d'.format([li])", "1:14 ~ decimal clause can only be used on integers, was given list"),
    ("'%d'.format([b])", "1:14 ~ decimal clause can only be used on integers, was given bool"),
    ("'%d'.format([wi])",),
    ("'%d'.format([oi])", "1:14 ~ decimal clause can only be used on integers, was given optional_type"),
    ("'%d'.format([null])", "1:14 ~ decimal clause can only be used on integers, was given null_type"),
    ("'%d'.format([type(1)])", "1:18 ~ decimal clause can only be used on integers, was given type"),
    ("'%d %d'.format([1])", "1:15 index 1 out of range"),
    ("'%d'.format([1, 2])", "1:12 too many arguments supplied to string.format (expected 1, got 2)"),
    ("'%d'.format([])", "1:12 index 0 out of range"),
    ("''.format([1])", "1:10 too many arguments supplied to string.format (expected 0, got 1)"),
    ("'%%'.format([])",),
    ("'%'.format([1])", "1:11 unexpected end of string"),
    (
        "'%.'.format([1])",
        "1:12 PRECISION could not find end of precision specifier",
    ),
    (
        "'%.3'.format([1])",
        "1:13 PRECISION could not find end of precision specifier",
    ),
    ("'%q'.format([1])", '1:12 could not parse formatting clause: unrecognized formatting clause "q"'),
    ("'%.2f'.format([1])", "1:16 ~ fixed-point clause can only be used on doubles, was given int"),
    ("'%.2f'.format([1.0])",),
    ("'%.2f'.format(['a'])",),
    ("'%f'.format([u])", "1:14 ~ fixed-point clause can only be used on doubles, was given uint"),
    ("'%e'.format([1])", "1:14 ~ scientific clause can only be used on doubles, was given int"),
    ("'%e'.format([1u])", "1:14 ~ scientific clause can only be used on doubles, was given uint"),
    ("'%e'.format([d])",),
    ("'%s'.format([1])",),
    ("'%s'.format([oi])", "1:14 ~ STRING, was given optional_type"),
    ("'%s'.format([[1, 'a']])",),
    ("'%s'.format([[oi]])", "1:15 ~ STRING, was given optional_type"),
    ("'%s'.format([{'a': oi}])", "1:20 ~ STRING, was given optional_type"),
    ("'%s'.format([{oi: 1}])", "1:15 ~ STRING, was given optional_type"),
    ("'%s'.format([{'a': 1}])",),
    ("'%s'.format([mss])",),
    ("'%s'.format([null])",),
    ("'%s'.format([type(1)])",),
    ("'%s'.format([t])",),
    ("'%s'.format([r])",),
    ("'%b'.format([1])",),
    ("'%b'.format([true])",),
    ("'%b'.format(['a'])", "1:14 ~ only integers and bools can be formatted as binary, was given string"),
    ("'%b'.format([1.0])", "1:14 ~ only integers and bools can be formatted as binary, was given double"),
    ("'%x'.format([1])",),
    ("'%x'.format(['a'])",),
    ("'%X'.format([b'a'])",),
    ("'%x'.format([1.0])", "1:14 ~ only integers, byte buffers, and strings can be formatted as hex, was given double"),
    ("'%X'.format([1.0])", "1:14 ~ only integers, byte buffers, and strings can be formatted as hex, was given double"),
    ("'%o'.format([1])",),
    ("'%o'.format(['a'])", "1:14 ~ octal clause can only be used on integers, was given string"),
    ("'%d %d %s'.format(['a', 'b', 1])", "1:20 ~ decimal clause can only be used on integers, was given string"),
    ("s.format(['a'])",),
    ("'%d'.format(li)",),
    ("'é%d'.format(['a'])", "1:15 ~ decimal clause can only be used on integers, was given string"),
    (
        "['%d'.format(['a']), '%d'.format([''])]",
        "1:15 ~ decimal clause can only be used on integers, was given string",
        "1:35 ~ decimal clause can only be used on integers, was given string",
    ),
]


def complaints(text: str) -> list[str]:
    try:
        ENVIRONMENT.compile(text)
    except source.CompileError as error:
        lines = [line for line in str(error).split("\n") if line.startswith("ERROR: ")]
        return [line.removeprefix("ERROR: <input>:").replace(": ", " ", 1) for line in lines]
    return []


@pytest.mark.parametrize(("text", "said"), [(text, list(said)) for text, *said in CALLS])
def test_a_call_of_format(text: str, said: list[str]) -> None:
    full = list(said)
    for short, words in (("~", "error during formatting:"), ("STRING", STRING), ("PRECISION", PRECISION)):
        full = [line.replace(short, words) for line in full]
    assert complaints(text) == full
