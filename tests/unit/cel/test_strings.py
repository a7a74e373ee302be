"""cel-go's extensions: strings, `format`, sets."""

from typing import Any

import pytest

from steersman.cel import environment, types, values
from steersman.cel.library import optional, sets, standard, strings

ENVIRONMENT = environment.Environment((standard.LIBRARY, strings.LIBRARY, sets.LIBRARY, optional.LIBRARY))


DURING = "error during formatting"
PRECISION = "could not parse formatting clause: error while parsing precision"


def evaluate(text: str) -> Any:
    return ENVIRONMENT.program(ENVIRONMENT.compile(text)).evaluate({})


def failure(text: str) -> str:
    with pytest.raises(values.EvaluationError) as caught:
        evaluate(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'tacocat'.charAt(3)", "o"),
        ("'tacocat'.charAt(7)", ""),
        ("'©αT'.charAt(1)", "α"),
        ("'tacocat'.indexOf('ac') + 'tacocat'.indexOf('none') + 'tacocat'.indexOf('')", 0),
        ("'tacocat'.indexOf('a', 3)", 5),
        ("'tacocat'.indexOf('', 3)", 3),
        ("'tacocat'.indexOf('a', 99)", -1),
        ("'tacocat'.lastIndexOf('at') + 'tacocat'.lastIndexOf('')", 12),
        ("'tacocat'.lastIndexOf('a', 4)", 1),
        ("'tacocat'.lastIndexOf('', 4)", 4),
        ("'ab'.lastIndexOf('abc')", -1),
        ("'tacocat'.lastIndexOf('a', 99)", -1),
        ("'TacoCÆt Xii'.lowerAscii() + 'TacoCÆt æ'.upperAscii()", "tacocÆt xiiTACOCÆT æ"),
        ("'12 days 12'.replace('12', '3')", "3 days 3"),
        ("'12 12 12'.replace('12', '3', 2)", "3 3 12"),
        ("'12'.replace('12', '3', 0) + '12'.replace('', '-', -5)", "12-1-2-"),
        ("'a,b,c'.split(',')", ["a", "b", "c"]),
        ("'a,b,c'.split(',', 2)", ["a", "b,c"]),
        ("'a,b,c'.split(',', 0)", []),
        ("'abc'.split('')", ["a", "b", "c"]),
        ("'abc'.split('', 2)", ["a", "bc"]),
        ("''.split('')", []),
        ("''.split(',')", [""]),
        ("'tacocat'.substring(4) + 'tacocat'.substring(0, 4)", "cattaco"),
        ("' \\t trim\\n \\u00a0'.trim()", "trim"),
        ("'\\x1c'.trim()", "\x1c"),
        ("['a', 'b'].join() + ['a', 'b'].join('-') + [].join('-')", "aba-b"),
        ("strings.quote('a\\n\"b\"\\\\')", '"a\\n\\"b\\"\\\\"'),
    ],
)
def test_strings(text: str, value: Any) -> None:
    assert evaluate(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("'abc'.charAt(-1)", "index out of range: -1"),
        ("'abc'.charAt(4)", "index out of range: 4"),
        ("'abc'.indexOf('a', -1)", "index out of range: -1"),
        ("'abc'.substring(4)", "index out of range: 4"),
        ("'abc'.substring(2, 1)", "invalid substring range. start: 2, end: 1"),
        ("'abc'.substring(0, 4)", "index out of range: 4"),
        ("[dyn(1)].join()", "join: invalid input: 1"),
        ("string('%s %s').format(['a'])", "index 1 out of range"),
        ("string('%').format([1])", "unexpected end of string"),
        ("string('%q').format([1])", 'could not parse formatting clause: unrecognized formatting clause "q"'),
        (
            "string('%d').format(['a'])",
            "error during formatting: decimal clause can only be used on integers, was given string",
        ),
        ("string('%f').format([1])", f"{DURING}: fixed-point clause can only be used on doubles, was given int"),
        ("string('%.9').format([1.0])", f"{PRECISION}: could not find end of precision specifier"),
    ],
)
def test_failures(text: str, message: str) -> None:
    assert failure(text) == message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'%s is %d%%'.format(['a', 5])", "a is 5%"),
        ("'%s'.format([null]) + '%s'.format([true]) + '%s'.format([1.5])", "nulltrue1.5"),
        ("'%s'.format([[1, 'a\\n', 2.5, [null]]])", '[1, "a\\n", 2.500000, [null]]'),
        ("'%s'.format([{'b': 2u, 'a': b'x'}])", '{"a":b"x", "b":2}'),
        ("'%s'.format([[duration('90s')]])", '[duration("90s")]'),
        ("'%s'.format([duration('90s')]) + '%s'.format([type(1)])", "90sint"),
        ("'%s'.format([[timestamp('2020-01-02T03:04:05Z')]])", '[timestamp("2020-01-02T03:04:05Z")]'),
        ("'%f'.format([1234.5]) + '%.2f'.format([2.0])", "1,234.5000002.00"),
        ("'%f'.format(['NaN']) + '%.1f'.format(['Infinity'])", "NaN∞"),
        ("'%e'.format([2.71828])", "2.718280\u202f×\u202f10⁰⁰"),
        ("'%b %b %o %x %X'.format([5, true, 8, 255, 255])", "101 1 10 ff FF"),
        ("'%x'.format(['hi']) + '%X'.format([b'\\xff'])", "6869FF"),
    ],
)
def test_format(text: str, value: str) -> None:
    assert evaluate(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("sets.contains([1, 2], [2.0])", True),
        ("sets.contains([1], [1, 2])", False),
        ("sets.contains([1], [])", True),
        ("sets.equivalent([1, 2, 2], [2, 1])", True),
        ("sets.equivalent([1], [1, 2])", False),
        ("sets.intersects([1, 2], [2, 3])", True),
        ("sets.intersects([1], [])", False),
    ],
)
def test_sets(text: str, value: bool) -> None:
    if "2.0" in text:
        text = text.replace("[2.0]", "[dyn(2.0)]")
    assert evaluate(text) is value


@pytest.mark.parametrize("text", ["s.replace('', s)", "parts.join()", "'%s%s%s'.format(parts)"])
def test_no_function_makes_a_text_that_does_not_fit_in_memory(text: str) -> None:
    environment = ENVIRONMENT.extended(variables={"s": types.STRING, "parts": types.list_of(types.STRING)})
    program = environment.program(environment.compile(text))
    big = "x" * 30_000_000
    with pytest.raises(values.EvaluationError, match="is too long"):
        program.evaluate({"s": big, "parts": [big, big, big]})
