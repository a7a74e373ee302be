"""What calls of Kubernetes' functions are expected to cost, and cost, in the numbers of its own tests."""

import pytest

from steersman.api.cel import authorizer, environments
from steersman.cel import estimating, types
from steersman.kit import http

_ENVIRONMENT = environments.BASE.extended(
    variables={"authorizer": authorizer.AUTHORIZER, "text": types.STRING, "texts": types.list_of(types.STRING)}
)


class _Twelve:
    """Every text whose size is not known has up to twelve code points."""

    def size(self, node: estimating.Node) -> estimating.Size | None:
        return estimating.Size(0, 12) if node.type in (types.STRING, types.BYTES) else None


def _expected(text: str) -> tuple[int, int]:
    found = estimating.estimate(_ENVIRONMENT.compile(text), _ENVIRONMENT, _Twelve())
    return found.min, found.max


def _spent(text: str) -> int:
    allows = authorizer.Authorizer(http.User("somebody"), lambda attributes: authorizer.Decision(True))
    program = _ENVIRONMENT.program(_ENVIRONMENT.compile(text))
    return program.run({"authorizer": allows, "text": "", "texts": []}).cost


_INTS, _UINTS = "[1, 2, 3, 4, 5]", "[uint(1), uint(2), uint(3), uint(4), uint(5)]"
_TEXTS = "['012345678901', '012345678901', '012345678901', '012345678901', '012345678901']"
_V4, _V6 = "ip('192.168.0.1')", "ip('2001:db8:3333:4444:5555:6666:7777:8888')"
_CIDR = "cidr('192.168.0.0/16')"

_ESTIMATES = [
    (f"{_INTS}.sum()", (15, 15)),
    (f"{_UINTS}.sum()", (20, 20)),
    (f"{_TEXTS}.isSorted()", (15, 25)),
    (f"{_TEXTS}.max()", (15, 25)),
    (f"{_INTS}.indexOf(3)", (15, 15)),
    (f"{_UINTS}.lastIndexOf(uint(3))", (21, 21)),
    (f"{_TEXTS}.indexOf('x')", (15, 25)),
    ("'01234567890123456789012345678901234567890123456789'.indexOf('123')", (5, 5)),
    ("url('https:://kubernetes.io/').getScheme()", (4, 4)),
    (_V4, (2, 2)),
    (_V6, (4, 4)),
    (f"{_V4}.isLoopback()", (3, 3)),
    ("ip.isCanonical('192.168.0.1')", (3, 3)),
    (_CIDR, (2, 2)),
    (f"{_CIDR}.masked()", (3, 3)),
    (f"{_CIDR}.ip()", (3, 3)),
    (f"{_CIDR}.containsCIDR(cidr('192.0.0.0/30'))", (7, 11)),
    (f"{_CIDR}.containsCIDR('192.0.0.0/30')", (7, 11)),
    (f"{_CIDR}.containsIP(ip('192.0.0.1'))", (4, 7)),
    (f"{_CIDR}.containsIP('192.169.0.1')", (5, 8)),
    ("'ABCDEFGHIJ abcdefghij'.lowerAscii()", (3, 3)),
    ("'ABCDEFGHIJ abcdefghij'.lowerAscii() == 'abcdefghij ABCDEFGHIJ'.lowerAscii()", (7, 9)),
    ("strings.quote('ABCDEFGHIJ abcdefghij')", (3, 3)),
    ("strings.quote('ABCDEFGHIJ abcdefghij') == strings.quote('ABCDEFGHIJ abcdefghij')", (7, 11)),
    ("'abc 123 def 123'.replace('123', '456')", (3, 3)),
    ("'abc 123 def 123'.replace('', 'x')", (3, 3)),
    ("'abc 123 def 123'.split(' ', 1)", (3, 3)),
    ("'abc 123 def 123'.substring(5, 8)", (2, 2)),
    ("'  abc 123 def 123  '.trim()", (2, 2)),
    ("['aa', 'bb', 'cc', 'd', 'e', 'f', 'g', 'h', 'i', 'j'].join(' ')", (11, 23)),
    ("['aa', 'bb', 'cc', 'd', 'e', 'f', 'g', 'h', 'i', 'j'].join()", (10, 22)),
    ("'abc 123 def 123'.find('123')", (2, 2)),
    ("'abc 123 def 123'.findAll('123', 1)", (2, 2)),
    ("authorizer.path('/healthz')", (2, 2)),
    ("authorizer.path('/healthz').check('get').allowed()", (350003, 350003)),
    ("authorizer.group('apps').resource('a').subresource('b').namespace('c').name('d').check('e').error()",
     (350007, 350007)),
    ('quantity("12Mi")', (1, 1)),
    ('quantity("200M") == quantity("200M")', (3, 3)),
    ('quantity("50k").add(20).sub(quantity("100k")).asInteger() > 0', (6, 6)),
    ("sets.contains([], [])", (21, 21)),
    ("sets.contains([1, 2, 3, 4], [2, 3])", (29, 29)),
    ("sets.equivalent([1], [1, 1])", (25, 25)),
    ("sets.intersects([1, 1], [1])", (23, 23)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), _ESTIMATES, ids=[case[0] for case in _ESTIMATES])
def test_a_call_is_expected_to_cost_what_kubernetes_expects(text: str, expected: tuple[int, int]) -> None:
    assert _expected(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (_V4, 2),
        (_V6, 4),
        (f"{_V4}.family()", 3),
        ("ip.isCanonical('2001:db8:3333:4444:5555:6666:7777:8888')", 8),
        (f"{_CIDR}.containsCIDR(cidr('192.0.0.0/30'))", 7),
        (f"{_CIDR}.containsCIDR('192.0.0.0/30')", 7),
        (f"{_CIDR}.containsIP(ip('192.0.0.1'))", 4),
        (f"{_CIDR}.containsIP('192.169.0.1')", 5),
        ("url('https:://kubernetes.io/').getHost()", 4),
        ("'ABCDEFGHIJ abcdefghij'.lowerAscii()", 3),
        ("'abc 123 def 123'.replace('123', '456', 1)", 3),
        ("'abc 123 def 123'.split(' ')", 3),
        ("'abc 123 def 123'.find('123')", 2),
        ("authorizer.group('apps').resource('a').check('b').allowed()", 350004),
        ("authorizer.group('').resource('a').fieldSelector('a=b').labelSelector('c').check('b').allowed()", 350176),
        ('quantity("200M") == quantity("0.2G")', 3),
        ('quantity("50k").sub(20) == quantity("49980")', 4),
        ("format.dns1123Label().validate('abc')", 9),
        ("semver('1.2.3').major()", 2),
    ],
)
def test_a_call_costs_what_kubernetes_charges(text: str, expected: int) -> None:
    assert _spent(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("texts.sort()", (12, 2**64 - 1)),
        ("[3, 1].sort()", (29, 29)),
        ("['a', 'b'].sort()", (10 + 1 + 10 + 9, 10 + 1 + 10 + 9)),
        ("lists.range(5)", (16, 16)),
        ("[1, 2, 3].slice(0, 2)", (23, 23)),
        ("[[1], [2]].flatten()", (43, 43)),
    ],
)
def test_a_function_of_lists_is_expected_to_cost_by_its_result(text: str, expected: tuple[int, int]) -> None:
    assert _expected(text) == expected


@pytest.mark.parametrize(
    ("text", "old", "new", "result"),
    [
        ((3, 3), (0, 0), (1, 1), (7, 7)),
        ((3, 3), (1, 1), (0, 0), (0, 3)),
        ((4, 4), (2, 2), (4, 4), (4, 8)),
        ((4, 4), (0, 1), (0, 2), (0, 14)),
        ((4, 4), (1, 1), (1, 2), (4, 8)),
        ((4, 4), (1, 2), (1, 1), (2, 4)),
    ],
)
def test_the_size_of_a_replaced_text_lies_between_the_shortest_and_the_longest(
    text: tuple[int, int], old: tuple[int, int], new: tuple[int, int], result: tuple[int, int]
) -> None:
    function = environments.BASE.functions["replace"].overloads[0]
    assert function.estimate is not None
    target, *args = (estimating.Node(None, types.STRING, None, estimating.Size(*size)) for size in (text, old, new))
    checked = environments.BASE.compile("1")
    estimator = estimating.Walk(checked, environments.BASE, estimating.NoSizes())
    found = function.estimate(estimator, target, args)
    assert found is not None
    assert found.result_size == estimating.Size(*result)
