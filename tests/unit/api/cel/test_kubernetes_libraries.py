"""What Kubernetes' own functions give, and what they say of what they cannot do."""

from typing import Any

import pytest

from steersman.api.cel import environments, jsonpatch
from steersman.cel import source, values


def _value(text: str) -> Any:
    return environments.BASE.program(environments.BASE.compile(text)).evaluate({})


_TRUE = [
    # lists
    "[1, 2, 2, 3].isSorted() && !['b', 'a'].isSorted() && [].map(x, int(x)).isSorted()",
    "[1, 3].sum() == 4 && [1.5, 3.0].sum() == 4.5 && [duration('1m'), duration('1s')].sum() == duration('61s')",
    "[3, 1, 2].min() == 1 && ['a', 'c', 'b'].max() == 'c'",
    "[1, 2, 2, 3].indexOf(2) == 1 && [1, 2, 2, 3].lastIndexOf(2) == 2 && [1].indexOf(7) == -1",
    # cel-go's functions of lists
    "[1, 2, 3, 4].slice(1, 3) == [2, 3] && lists.range(3) == [0, 1, 2] && [1, 2].reverse() == [2, 1]",
    "[1, 2, 2, 1, 3].distinct() == [1, 2, 3] && [dyn(1), dyn(1.0), dyn('1')].distinct().size() == 2",
    "[[1], [2, 3]].flatten() == [1, 2, 3] && [dyn([[1]]), dyn(2)].flatten(2) == [1, 2]",
    "['b', 'a'].sort() == ['a', 'b'] && ['aaa', 'b', 'cc'].sortBy(x, x.size()) == ['b', 'cc', 'aaa']",
    # regex
    "'abc 123'.find('[0-9]+') == '123' && 'abc'.find('[0-9]') == ''",
    "'123 abc 456'.findAll('[0-9]+') == ['123', '456'] && '1 2 3'.findAll('[0-9]', 2) == ['1', '2']",
    "'1 2'.findAll('[0-9]', 0) == [] && 'ab'.findAll('a*') == ['a', '']",
    # url
    "url('https://user:pass@example.com:80/path?query=val#fragment').getHost() == 'example.com:80'",
    "url('https://[::1]:80/').getHostname() == '::1' && url('https://[::1]/').getHost() == '[::1]'",
    "url('/path').getScheme() == '' && url('https://a.b/').getPort() == '' && url('https://a.b:8/').getPort() == '8'",
    "url('https://example.com/path with spaces/').getEscapedPath() == '/path%20with%20spaces/'",
    "url('https://example.com/path?k1=a&k2=b&k2=c').getQuery() == {'k1': ['a'], 'k2': ['b', 'c']}",
    "url('https://example.com/path?key with spaces=value with spaces').getQuery().size() == 1",
    "isURL('/absolute') && isURL('https://a') && !isURL('../relative') && !isURL('https://a:b:c/')",
    "url('/a') == url('/a') && url('/a') != url('/b')",
    # ip
    "ip('127.0.0.1').family() == 4 && ip('::1').family() == 6 && string(ip('::0001')) == '::1'",
    "isIP('::1') && !isIP('127.0.0.256') && !isIP(':::1') && !isIP('fe80::1%eth0') && !isIP('::ffff:1.2.3.4')",
    "!isIP('1.2.3.04') && !isIP('1.2.3') && !isIP('1.2.3.4.5') && !isIP('')",
    "ip.isCanonical('2001:db8::abcd') && !ip.isCanonical('2001:DB8::ABCD') && !ip.isCanonical('2001:db8::0:0:0:abcd')",
    "ip('0.0.0.0').isUnspecified() && ip('::').isUnspecified() && !ip('127.0.0.1').isUnspecified()",
    "ip('127.9.9.9').isLoopback() && ip('::1').isLoopback() && !ip('10.0.0.1').isLoopback()",
    "ip('224.0.0.1').isLinkLocalMulticast() && !ip('224.0.1.1').isLinkLocalMulticast()",
    "ip('ff02::1').isLinkLocalMulticast() && !ip('fd00::1').isLinkLocalMulticast()",
    "ip('169.254.169.254').isLinkLocalUnicast() && ip('fe80::1').isLinkLocalUnicast()",
    "ip('192.168.0.1').isGlobalUnicast() && !ip('255.255.255.255').isGlobalUnicast()",
    "ip('2001:db8::abcd').isGlobalUnicast() && !ip('ff00::1').isGlobalUnicast() && !ip('fe80::1').isGlobalUnicast()",
    "ip('::1') == ip('0:0::1') && ip('1.1.1.1') != ip('1.1.1.2') && type(ip('::1')) == net.IP",
    # cidr
    "isCIDR('192.168.0.0/16') && isCIDR('192.168.0.1/16') && !isCIDR('192.168.0.0/33') && !isCIDR('::1/129')",
    "!isCIDR('10.0.0.0') && !isCIDR('10.0.0.0/08') && !isCIDR('10.0.0.0/+8') && !isCIDR('::ffff:1.2.3.0/120')",
    "cidr('192.168.0.0/24').containsIP('192.168.0.1') && !cidr('192.168.0.0/24').containsIP(ip('192.168.1.1'))",
    "!cidr('10.0.0.0/8').containsIP('::1')",
    "cidr('192.168.0.0/16').containsCIDR('192.168.10.0/24') && cidr('10.0.0.0/8').containsCIDR(cidr('10.0.0.0/8'))",
    "!cidr('192.168.1.0/24').containsCIDR('192.168.2.0/24') && !cidr('10.0.0.0/9').containsCIDR('10.0.0.0/8')",
    "cidr('192.168.0.1/24').ip() == ip('192.168.0.1') && cidr('::1/128').prefixLength() == 128",
    "cidr('192.168.0.1/24').masked() == cidr('192.168.0.0/24') && string(cidr('192.168.0.1/24')) == '192.168.0.1/24'",
    # quantity
    "isQuantity('1.3Gi') && !isQuantity('1,3G') && !isQuantity('200K') && !isQuantity('Three')",
    "quantity('200M') == quantity('0.2G') && quantity('50M').isLessThan(quantity('50Mi'))",
    "quantity('150Mi').isGreaterThan(quantity('100Mi')) && quantity('50M').compareTo(quantity('50Mi')) == -1",
    "quantity('50k').add(quantity('20')) == quantity('50.02k') && quantity('50k').sub(20) == quantity('49980')",
    "quantity('50k').add(20).sub(quantity('100k')).sub(-50000).asInteger() == 20",
    "quantity('50k').asInteger() == 50000 && quantity('50.703k').asApproximateFloat() == 50703.0",
    "quantity('1Gi').isInteger() && quantity('0.2G').isInteger() && !quantity('1000m').isInteger()",
    "!quantity('9999999999999999999999999999999999999G').isInteger() && sign(quantity('-1')) == -1",
    # semver
    "isSemver('1.0.0') && !isSemver('hello') && !isSemver('v1.0') && isSemver('v1.0', true)",
    "semver('1.2.3').major() == 1 && semver('1.2.3').minor() == 2 && semver('1.2.3').patch() == 3",
    "semver('01.01.01', true) == semver('1.1.1') && semver('v1.0', true) == semver('1.0.0')",
    "semver('1.2.3-alpha.2').isLessThan(semver('1.2.3-alpha.10')) && semver('1.2.3-1').isLessThan(semver('1.2.3-a'))",
    "semver('1.2.3').isGreaterThan(semver('1.2.3-rc.1')) && semver('1.2.3+a').compareTo(semver('1.2.3+b')) == 0",
    # format
    "!format.dns1123Label().validate('my-label').hasValue() && format.dns1123Label().validate('a b').hasValue()",
    "format.named('uuid').hasValue() && !format.named('nosuch').hasValue()",
    "!format.dns1123LabelPrefix().validate('my-').hasValue() && format.dns1123Label().validate('my-').hasValue()",
    "format.uri().validate('a b').value()[0] == 'parse \"a b\": invalid URI for request'",
    "!format.uuid().validate('123e4567-e89b-12d3-a456-426614174000').hasValue()",
    "!format.byte().validate('aGVsbG8=').hasValue() && format.byte().validate('!').value() == ['invalid base64']",
    "!format.date().validate('2021-01-01').hasValue() && format.date().validate('2021-13-01').hasValue()",
    "!format.datetime().validate('2021-01-01T00:00:00Z').hasValue()",
    "format.portName().validate('http').hasValue() == false && format.labelValue().validate('a b').hasValue()",
]  # fmt: skip


@pytest.mark.parametrize("text", _TRUE)
def test_it_is_true(text: str) -> None:
    assert _value(text) is True


_NET = "network address parse error during conversion from string"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[].map(x, int(x)).min()", "min called on empty list"),
        ("[9223372036854775807, 1].sum()", "integer overflow"),
        ("[1, 2].slice(1, 3)", "cannot slice(1, 3), list is length 2"),
        ("[1, 2].slice(2, 1)", "cannot slice(2, 1), start index must be less than or equal to end index"),
        ("[[1]].flatten(-1)", "level must be non-negative"),
        ("lists.range(99999999)", "lists.range: size 99999999 exceeds maximum allowed (10000000)"),
        ("'a'.find('(')", "error parsing regexp: missing closing ): `(`"),
        (
            "url('../relative')",
            'URL parse error during conversion from string: parse "../relative": invalid URI for request',
        ),
        (
            "url('https://a:b:c/')",
            'URL parse error during conversion from string: parse "https://a:b:c/": invalid port ":c" after host',
        ),
        (
            "ip('127.0.0.256')",
            (
                'IP Address "127.0.0.256" parse error during conversion from string: '
                'ParseAddr("127.0.0.256"): IPv4 field has value >255'
            ),
        ),
        (
            "ip(':::1')",
            (
                'IP Address ":::1" parse error during conversion from string: '
                'ParseAddr(":::1"): each colon-separated field must have at least one digit (at ":1")'
            ),
        ),
        ("ip('fe80::1%eth0')", 'IP address "fe80::1%eth0" with zone value is not allowed'),
        ("ip('::ffff:1.2.3.4')", 'IPv4-mapped IPv6 address "::ffff:1.2.3.4" is not allowed'),
        (
            "cidr('192.168.0.0/33')",
            f'{_NET}: {_NET}: netip.ParsePrefix("192.168.0.0/33"): prefix length out of range',
        ),
        ("cidr('1.2.3.4')", f"{_NET}: {_NET}: netip.ParsePrefix(\"1.2.3.4\"): no '/'"),
        ("quantity('10Mo')", None),
        ("quantity('10Mm')", "unable to parse quantity's suffix"),
        ("quantity('9999999999999999999999999999999999999G').asInteger()", "cannot convert value to integer"),
        ("semver('')", "Version string empty"),
        ("semver('1.2')", "No Major.Minor.Patch elements found"),
        ("semver('01.2.3')", 'Major number must not contain leading zeroes "01"'),
        ("semver('1.b.3')", 'Invalid character(s) found in minor number "b"'),
        ("semver('1.2.3-')", "Prerelease is empty"),
        ("semver('1.2-a', true)", "short version cannot contain PreRelease/Build meta data"),
    ],
)
def test_it_has_no_value(text: str, message: str | None) -> None:
    with pytest.raises(values.EvaluationError) as refused:
        _value(text)
    assert message is None or str(refused.value) == message


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("duration('1x') > duration('1s')", "1:10: invalid duration argument"),
        ("timestamp('yesterday') > timestamp('2020-01-01T00:00:00Z')", "1:11: invalid timestamp argument"),
        ("['a'].all(x, x.matches('('))", "1:24: invalid matches argument"),
    ],
)
def test_a_literal_that_can_never_do_is_refused_when_compiled(text: str, place: str) -> None:
    with pytest.raises(source.CompileError) as refused:
        environments.BASE.compile(text)
    assert str(refused.value).startswith(f"ERROR: <input>:{place}")


def test_the_overload_is_chosen_by_the_value_where_the_type_is_not_known() -> None:
    assert _value("dyn(semver('1.2.3')).isGreaterThan(semver('1.0.0'))") is True
    assert _value("dyn(quantity('2')).isGreaterThan(quantity('1'))") is True
    assert _value("dyn([1, 2]).indexOf(2)") == 1
    assert _value("dyn('ab').indexOf('b')") == 1


def test_a_policy_makes_json_patches() -> None:
    env = environments.BASE.extended(libraries=(jsonpatch.LIBRARY,), provider=jsonpatch.TYPES)
    text = 'JSONPatch{op: "add", path: "/metadata/labels/" + jsonpatch.escapeKey("a/b~c"), value: "x"}'
    checked = env.compile(text)
    assert checked.result == jsonpatch.TYPE
    assert env.program(checked).evaluate({}) == {"op": "add", "path": "/metadata/labels/a~1b~0c", "value": "x"}
    with pytest.raises(source.CompileError, match="undefined field 'to'"):
        env.compile('JSONPatch{to: "a"}')
