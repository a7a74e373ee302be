"""What the checker finds: the types cel-go 0.26 gives to expressions, and its words where it gives none."""

import pytest

from steersman.cel import ast, environment, source, types
from steersman.cel.library import optional, standard, twovar

LIBRARIES = (standard.LIBRARY, optional.LIBRARY, twovar.LIBRARY)
STRINGS = types.map_of(types.STRING, types.STRING)
VARIABLES = {
    "i": types.INT,
    "u": types.UINT,
    "d": types.DOUBLE,
    "b": types.BOOL,
    "s": types.STRING,
    "x": types.DYN,
    "t": types.TIMESTAMP,
    "r": types.DURATION,
    "li": types.list_of(types.INT),
    "ls": types.list_of(types.STRING),
    "ld": types.list_of(types.DYN),
    "mss": STRINGS,
    "msi": types.map_of(types.STRING, types.INT),
    "msd": types.map_of(types.STRING, types.DYN),
    "lm": types.list_of(STRINGS),
    "oi": types.optional(types.INT),
    "wi": types.wrapper(types.INT),
    "q.r": types.INT,
    "q.r.s": types.STRING,
}
ENVIRONMENT = environment.Environment(LIBRARIES, VARIABLES)

OF_A_TYPE = [
    ("i + 1", "int"),
    ("x + x", "dyn"),
    ("x + 1", "int"),
    ("x + 'a'", "string"),
    ("i < d", "bool"),
    ("i < u", "bool"),
    ("x < 1", "bool"),
    ("b ? x : 1", "dyn"),
    ("b ? null : wi", "null"),
    ("s.size()", "int"),
    ("size(x)", "int"),
    ("size(li) + li.size()", "int"),
    ("li[0]", "int"),
    ("mss['a']", "string"),
    ("mss.a", "string"),
    ("x.a.b[0].c", "dyn"),
    ("[]", "list(dyn)"),
    ("[[], [1]]", "list(list(int))"),
    ("[[1], []]", "list(list(int))"),
    ("{}", "map(dyn, dyn)"),
    ("{1: {}, 2: {'a': 1}}", "map(int, map(string, int))"),
    ("li.all(e, e > 0)", "bool"),
    ("ls.exists(e, e == 'a')", "bool"),
    ("x.all(e, e > 0)", "bool"),
    ("mss.all(k, mss[k] == '')", "bool"),
    ("mss.map(k, k)", "list(string)"),
    ("li.map(e, string(e))", "list(string)"),
    ("li.exists_one(e, e == 1)", "bool"),
    ("li.map(e, e > 0, e * 2)", "list(int)"),
    ("[].map(e, e)", "list(dyn)"),
    ("[].all(e, e == 1)", "bool"),
    ("[].exists(e, e)", "bool"),
    ("li.all(e, li.all(f, e == f))", "bool"),
    ("ls.all(e, li.all(e, e == 1))", "bool"),
    ("ls.all(e, .i == 1)", "bool"),
    ("has(mss.a)", "bool"),
    ("has(x.a.b)", "bool"),
    ("q.r", "int"),
    ("q.r.s", "string"),
    ("type(i)", "type(int)"),
    ("type(i) == int", "bool"),
    ("int", "type(int)"),
    ("int == type(s)", "bool"),
    ("list", "type(list(dyn))"),
    ("map", "type(map(dyn, dyn))"),
    ("null", "null"),
    ("null == wi", "bool"),
    ("wi == 1", "bool"),
    ("wi + 1", "int"),
    ("[wi, 1]", "list(wrapper(int))"),
    ("[1, wi]", "list(int)"),
    ("t - r", "timestamp"),
    ("t - t", "duration"),
    ("t + r", "timestamp"),
    ("r + t", "timestamp"),
    ("duration('1h') + r", "duration"),
    ("timestamp(1)", "timestamp"),
    ("int(t)", "int"),
    ("string(b)", "string"),
    ("dyn(i) == 'a'", "bool"),
    ("dyn(i) + 1", "int"),
    ("dyn([1,2])[0]", "dyn"),
    ("i in li", "bool"),
    ("s in mss", "bool"),
    ("x in li", "bool"),
    ("s.matches('a')", "bool"),
    ("matches(s, 'a')", "bool"),
    ("-i", "int"),
    ("!(b && b) || b", "bool"),
    ("i / 0", "int"),
    ("li + li", "list(int)"),
    ("li + x", "list(int)"),
    ("t.getHours()", "int"),
    ("t.getHours('UTC')", "int"),
    ("r.getHours()", "int"),
    ("mss.?a", "optional_type(string)"),
    ("oi.hasValue()", "bool"),
    ("oi.value() + 1", "int"),
    ("oi.orValue(1)", "int"),
    ("oi.or(optional.none())", "optional_type(int)"),
    ("optional.of(1)", "optional_type(int)"),
    ("optional.none()", "optional_type(dyn)"),
    ("optional.ofNonZeroValue(s)", "optional_type(string)"),
    ("[?oi, 1]", "list(int)"),
    ("{?'a': oi}", "map(string, int)"),
    ("{?'a': mss.?b}", "map(string, string)"),
    ("mss[?'a']", "optional_type(string)"),
    ("li[?0].orValue(1)", "int"),
    ("oi.optMap(v, v + 1)", "optional_type(int)"),
    ("oi.optFlatMap(v, optional.of(v))", "optional_type(int)"),
    ("optional.of(x).a", "optional_type(dyn)"),
    ("null_type", "type(null)"),
    ("lm.all(m, m.a == 'b')", "bool"),
    ("lm.map(m, m.?a.orValue(''))", "list(string)"),
    ("lm[0].a", "string"),
    ("lm.filter(m, has(m.a)).map(m, m.a)", "list(string)"),
    ("[1,2,3].map(x, x * 2).filter(x, x > 2).exists(x, x == 4)", "bool"),
    ("{'a': [1]}.a.all(x, x == 1)", "bool"),
    ("[{'a': 1}, {}]", "list(map(string, int))"),
    ("b ? [] : [1]", "list(int)"),
    ("b ? {} : mss", "map(string, string)"),
    ("[] + [1]", "list(int)"),
    ("[1] + []", "list(int)"),
    ("[] + []", "list(dyn)"),
    ("[] == [1]", "bool"),
    ("s != x", "bool"),
    ("li == ld", "bool"),
    ("mss == msd", "bool"),
    ("ld[0] == ls[0]", "bool"),
    ("ld + li", "list(dyn)"),
    ("li + ld", "list(dyn)"),
    ("(ld + li)[0]", "dyn"),
    ("li.all(i, v, v > i)", "bool"),
    ("mss.all(k, v, v > k)", "bool"),
    ("mss.transformMap(k, v, v + 'a')", "map(string, string)"),
    ("mss.transformList(k, v, v)", "list(string)"),
    ("li.existsOne(i, v, i == v)", "bool"),
    ("mss.transformMapEntry(k, v, {v: k})", "map(string, string)"),
    ("x.map(e, e + 1)", "list(int)"),
    ("x.filter(e, e.a == 1).size()", "int"),
    ("type(type(1))", "type(type(int))"),
    ("type(1) == type", "bool"),
    ("{int: 1}", "map(type(int), int)"),
]

OF_NONE = [
    ("i + 1u", "1:3 found no matching overload for '_+_' applied to '(int, uint)'"),
    ("i + d", "1:3 found no matching overload for '_+_' applied to '(int, double)'"),
    ("s + i", "1:3 found no matching overload for '_+_' applied to '(string, int)'"),
    ("i == d", "1:3 found no matching overload for '_==_' applied to '(int, double)'"),
    ("s < i", "1:3 found no matching overload for '_<_' applied to '(string, int)'"),
    ("b && i", "1:6 expected type 'bool' but found 'int'"),
    ("i || s", "1:1 expected type 'bool' but found 'int'", "1:6 expected type 'bool' but found 'string'"),
    ("b ? i : s", "1:3 found no matching overload for '_?_:_' applied to '(bool, int, string)'"),
    ("b ? 1 : 1.0", "1:3 found no matching overload for '_?_:_' applied to '(bool, int, double)'"),
    ("nosuch", "1:1 undeclared reference to 'nosuch' (in container '')"),
    ("nosuch.a", "1:1 undeclared reference to 'nosuch' (in container '')"),
    (
        "nosuch + nosuch2",
        "1:1 undeclared reference to 'nosuch' (in container '')",
        "1:10 undeclared reference to 'nosuch2' (in container '')",
    ),
    ("nosuch()", "1:7 undeclared reference to 'nosuch' (in container '')"),
    ("i.nosuch()", "1:9 undeclared reference to 'nosuch' (in container '')"),
    ("s.size(i)", "1:7 found no matching overload for 'size' applied to 'string.(int)'"),
    ("size(s, i)", "1:5 found no matching overload for 'size' applied to '(string, int)'"),
    ("size()", "1:5 found no matching overload for 'size' applied to '()'"),
    ("li['a']", "1:3 found no matching overload for '_[_]' applied to '(list(int), string)'"),
    ("mss[1]", "1:4 found no matching overload for '_[_]' applied to '(map(string, string), int)'"),
    ("mss.a.b", "1:6 type 'string' does not support field selection"),
    ("msi.a.b", "1:6 type 'int' does not support field selection"),
    ("i.a", "1:2 type 'int' does not support field selection"),
    ("li.a", "1:3 type 'list(int)' does not support field selection"),
    ("x.a.b[c]", "1:7 undeclared reference to 'c' (in container '')"),
    ("[1, 'a']", "1:5 expected type 'int' but found 'string'"),
    ("[1, 1.0]", "1:5 expected type 'int' but found 'double'"),
    ("[1, x, 'a']", "1:5 expected type 'int' but found 'dyn'"),
    ("{'a': 1, 'b': 'c'}", "1:15 expected type 'int' but found 'string'"),
    ("{'a': 1, 2: 3}", "1:10 expected type 'string' but found 'int'"),
    ("li.all(e, e)", "1:11 expected type 'bool' but found 'int'"),
    ("ls.exists(e, e == 1)", "1:16 found no matching overload for '_==_' applied to '(string, int)'"),
    (
        "i.all(e, e > 0)",
        "1:1 expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)",
    ),
    ("li.filter(e, e > 'a')", "1:16 found no matching overload for '_>_' applied to '(int, string)'"),
    ("li.filter(e, e)", "1:10 found no matching overload for '_?_:_' applied to '(int, list(int), list(int))'"),
    ("li.map(e, e, e * 2)", "1:7 found no matching overload for '_?_:_' applied to '(int, list(int), list(int))'"),
    ("e", "1:1 undeclared reference to 'e' (in container '')"),
    ("li.all(i, i == 'a')", "1:13 found no matching overload for '_==_' applied to '(int, string)'"),
    ("ls.all(i, .i == 1)", "1:14 found no matching overload for '_==_' applied to '(string, int)'"),
    ("has(i.a)", "1:4 type 'int' does not support field selection"),
    ("has(q.r)", "1:5 undeclared reference to 'q' (in container '')"),
    ("q.r.t", "1:4 type 'int' does not support field selection"),
    ("q.s", "1:1 undeclared reference to 'q' (in container '')"),
    ("q", "1:1 undeclared reference to 'q' (in container '')"),
    ("null == i", "1:6 found no matching overload for '_==_' applied to '(null, int)'"),
    ("null == s", "1:6 found no matching overload for '_==_' applied to '(null, string)'"),
    ("[wi, null]", "1:6 expected type 'wrapper(int)' but found 'null'"),
    ("[null, wi]", "1:8 expected type 'null' but found 'wrapper(int)'"),
    ("[1, null]", "1:5 expected type 'int' but found 'null'"),
    ("[t, null]", "1:5 expected type 'timestamp' but found 'null'"),
    ("[null, t]", "1:8 expected type 'null' but found 'timestamp'"),
    ("t + 1", "1:3 found no matching overload for '_+_' applied to '(timestamp, int)'"),
    ("t < r", "1:3 found no matching overload for '_<_' applied to '(timestamp, duration)'"),
    ("timestamp('x')", "1:11 invalid timestamp argument"),
    ("bool(i)", "1:5 found no matching overload for 'bool' applied to '(int)'"),
    ("dyn", "1:1 undeclared reference to 'dyn' (in container '')"),
    ("s in li", "1:3 found no matching overload for '@in' applied to '(string, list(int))'"),
    ("i in mss", "1:3 found no matching overload for '@in' applied to '(int, map(string, string))'"),
    ("i in i", "1:3 found no matching overload for '@in' applied to '(int, int)'"),
    ("1 in [1.0]", "1:3 found no matching overload for '@in' applied to '(int, list(double))'"),
    ("1 in ['a']", "1:3 found no matching overload for '@in' applied to '(int, list(string))'"),
    ("s.startsWith(1)", "1:13 found no matching overload for 'startsWith' applied to 'string.(int)'"),
    ("s.contains('a') && i", "1:20 expected type 'bool' but found 'int'"),
    ("!i", "1:1 found no matching overload for '!_' applied to '(int)'"),
    ("-s", "1:1 found no matching overload for '-_' applied to '(string)'"),
    ("-u", "1:1 found no matching overload for '-_' applied to '(uint)'"),
    ("i % d", "1:3 found no matching overload for '_%_' applied to '(int, double)'"),
    ("li + ls", "1:4 found no matching overload for '_+_' applied to '(list(int), list(string))'"),
    ("li + [1u]", "1:4 found no matching overload for '_+_' applied to '(list(int), list(uint))'"),
    ("mss + mss", "1:5 found no matching overload for '_+_' applied to '(map(string, string), map(string, string))'"),
    ("i.getHours()", "1:11 found no matching overload for 'getHours' applied to 'int.()'"),
    ("mss.?a.b", "1:7 type 'string' does not support field selection"),
    ("oi.a", "1:3 type 'int' does not support field selection"),
    ("oi.orValue('a')", "1:11 found no matching overload for 'orValue' applied to 'optional_type(int).(string)'"),
    (
        "oi.or(optional.of('a'))",
        "1:6 found no matching overload for 'or' applied to 'optional_type(int).(optional_type(string))'",
    ),
    (
        "optional.nosuch(1)",
        "1:1 undeclared reference to 'optional' (in container '')",
        "1:16 undeclared reference to 'nosuch' (in container '')",
    ),
    ("[?i]", "1:3 expected type 'optional_type(int)' but found 'int'"),
    ("[?oi, 'a']", "1:7 expected type 'int' but found 'string'"),
    ("{?'a': i}", "1:8 expected type 'optional_type(int)' but found 'int'"),
    ("li[?'a']", "1:3 found no matching overload for '_[?_]' applied to '(list(int), string)'"),
    ("oi.optMap(v, v + 'a')", "1:16 found no matching overload for '_+_' applied to '(int, string)'"),
    ("oi.optFlatMap(v, v)", "1:14 found no matching overload for '_?_:_' applied to '(bool, int, optional_type(dyn))'"),
    ("i{}", "1:2 'int' is not a type"),
    ("int{a: 1}", "1:4 'int' is not a message type", "1:6 unexpected failed resolution of 'int'"),
    ("x{}", "1:2 'dyn' is not a type"),
    ("Foo{a: 1}", "1:4 undeclared reference to 'Foo' (in container '')"),
    ("a.b.Foo{}", "1:8 undeclared reference to 'a.b.Foo' (in container '')"),
    ("li{a: 1}", "1:3 'list' is not a type", "1:5 unexpected failed resolution of 'li'"),
    ("t{}", "1:2 'google.protobuf.Timestamp' is not a type"),
    ("timestamp", "1:1 undeclared reference to 'timestamp' (in container '')"),
    ("duration", "1:1 undeclared reference to 'duration' (in container '')"),
    (
        "nosuch[nosuch2]",
        "1:1 undeclared reference to 'nosuch' (in container '')",
        "1:8 undeclared reference to 'nosuch2' (in container '')",
    ),
    (
        "[nosuch, nosuch]",
        "1:2 undeclared reference to 'nosuch' (in container '')",
        "1:10 undeclared reference to 'nosuch' (in container '')",
    ),
    (
        "nosuch == 1 && nosuch",
        "1:1 undeclared reference to 'nosuch' (in container '')",
        "1:16 undeclared reference to 'nosuch' (in container '')",
    ),
    (
        "f(nosuch)",
        "1:2 undeclared reference to 'f' (in container '')",
        "1:3 undeclared reference to 'nosuch' (in container '')",
    ),
    ("li.all(e, nosuch)", "1:11 undeclared reference to 'nosuch' (in container '')"),
    ("nosuch.all(e, e)", "1:1 undeclared reference to 'nosuch' (in container '')"),
    ("li.map(e, nosuch)", "1:11 undeclared reference to 'nosuch' (in container '')"),
    ("lm.all(m, m.a == 1)", "1:15 found no matching overload for '_==_' applied to '(string, int)'"),
    ("lm.exists(m, m)", "1:14 expected type 'bool' but found 'map(string, string)'"),
    ("{'a': [1]}['a'][0] + 'b'", "1:20 found no matching overload for '_+_' applied to '(int, string)'"),
    ("[{'a': 1}, {'b': 's'}]", "1:12 expected type 'map(string, int)' but found 'map(string, string)'"),
    ("[[], ['a'], [1]]", "1:13 expected type 'list(string)' but found 'list(int)'"),
    ("b ? [] : {}", "1:3 found no matching overload for '_?_:_' applied to '(bool, list(dyn), map(dyn, dyn))'"),
    ("b ? [1] : ['a']", "1:3 found no matching overload for '_?_:_' applied to '(bool, list(int), list(string))'"),
    ("[] == {}", "1:4 found no matching overload for '_==_' applied to '(list(dyn), map(dyn, dyn))'"),
    ("s == i", "1:3 found no matching overload for '_==_' applied to '(string, int)'"),
    ("li == ls", "1:4 found no matching overload for '_==_' applied to '(list(int), list(string))'"),
    ("[x, 1][0] + 'a'", "1:5 expected type 'dyn' but found 'int'"),
    ("[1, x][0] + 'a'", "1:5 expected type 'int' but found 'dyn'"),
    ("{'a': x, 'b': 1}.a + 'a'", "1:15 expected type 'dyn' but found 'int'"),
    ("ls.all(i, v, v > i)", "1:16 found no matching overload for '_>_' applied to '(string, int)'"),
    ("mss.exists(k, v, v > 1)", "1:20 found no matching overload for '_>_' applied to '(string, int)'"),
    (
        "li.existsOne(v, v == 1)",
        "1:13 undeclared reference to 'existsOne' (in container '')",
        "1:14 undeclared reference to 'v' (in container '')",
        "1:17 undeclared reference to 'v' (in container '')",
    ),
    ("1 == 1 == 1", "1:8 found no matching overload for '_==_' applied to '(bool, int)'"),
    ("li.map(e, [e, 'a'])", "1:15 expected type 'int' but found 'string'"),
    ("li.map(e, e == 1 ? 'a' : 2)", "1:18 found no matching overload for '_?_:_' applied to '(bool, string, int)'"),
    ("[1].exists(__result__, true)", "1:12 iteration variable overwrites accumulator variable"),
    ("[int, string]", "1:7 expected type 'type(int)' but found 'type(string)'"),
    ("[type(1), type('a')]", "1:15 expected type 'type(int)' but found 'type(string)'"),
    ("s == type", "1:3 found no matching overload for '_==_' applied to '(string, type(type))'"),
    ("b'a' + 'b'", "1:6 found no matching overload for '_+_' applied to '(bytes, string)'"),
    (
        "true && 1 && 'a' && nosuch",
        "1:9 expected type 'bool' but found 'int'",
        "1:14 expected type 'bool' but found 'string'",
        "1:21 undeclared reference to 'nosuch' (in container '')",
    ),
    ("b == true ? s : nosuch", "1:17 undeclared reference to 'nosuch' (in container '')"),
]

VALIDATED = [
    ("[1, 'a', true]", "1:5 expected type 'int' but found 'string'"),
    ("{1: 'a', 'b': 2}", "1:10 expected type 'int' but found 'string'", "1:15 expected type 'string' but found 'int'"),
    ("{1: 'a', 2: 2}", "1:13 expected type 'string' but found 'int'"),
    ("[1, x]", "1:5 expected type 'int' but found 'dyn'"),
    ("[x, 1]", "1:5 expected type 'dyn' but found 'int'"),
    ("[1, null]", "1:5 expected type 'int' but found 'null'"),
    ("[null, 1]", "1:8 expected type 'null' but found 'int'"),
    ("[[1], ['a']]", "1:7 expected type 'list(int)' but found 'list(string)'"),
    ("[[], [1]]",),
    ("[[1], []]",),
    ("[[], ['a'], [1]]", "1:13 expected type 'list(string)' but found 'list(int)'"),
    ("[{}, {'a': 1}]",),
    ("[{'a': 1}, {'a': 'b'}]", "1:12 expected type 'map(string, int)' but found 'map(string, string)'"),
    ("[{'a': 1}, {'a': 1.0}]", "1:12 expected type 'map(string, int)' but found 'map(string, double)'"),
    ("duration('x')", "1:10 invalid duration argument"),
    ("timestamp('y')", "1:11 invalid timestamp argument"),
    ("s.matches('[')", "1:11 invalid matches argument"),
    ("'a'.matches('[')", "1:13 invalid matches argument"),
    ("duration('1h') + duration('1z')", "1:27 invalid duration argument"),
    ("[1, wi]",),
    ("[wi, 1]",),
    ("[wi, null]", "1:6 expected type 'wrapper(int)' but found 'null'"),
    ("[1, dyn('a')]", "1:8 expected type 'int' but found 'dyn'"),
    ("[dyn(1), 'a']", "1:10 expected type 'dyn' but found 'string'"),
    ("[?oi, 'a']", "1:7 expected type 'int' but found 'string'"),
    ("[?oi, ?oi]",),
    ("[1, ?oi]",),
    ("{?'a': oi, 'b': 's'}", "1:17 expected type 'int' but found 'string'"),
    ("{?'a': oi, 'b': 1}",),
    (
        "[1, 'a'].map(x, [x, 1])",
        "1:5 expected type 'int' but found 'string'",
        "1:21 expected type 'dyn' but found 'int'",
    ),
    ("li.map(e, [e, s])", "1:15 expected type 'int' but found 'string'"),
    ("[?oi, 1]",),
    ("[li, ld]", "1:6 expected type 'list(int)' but found 'list(dyn)'"),
    ("[ld, li]", "1:6 expected type 'list(dyn)' but found 'list(int)'"),
    ("[[x], [1]]", "1:7 expected type 'list(dyn)' but found 'list(int)'"),
    ("[[1], [x]]", "1:7 expected type 'list(int)' but found 'list(dyn)'"),
    ("[type(1), int]",),
    ("[int, string]", "1:7 expected type 'type(int)' but found 'type(string)'"),
    ("[optional.of(1), optional.none()]",),
    ("[optional.none(), optional.of(1)]",),
    ("[optional.of(1), optional.of('a')]", "1:29 expected type 'optional_type(int)' but found 'optional_type(string)'"),
    ("[1, 1u]", "1:5 expected type 'int' but found 'uint'"),
    ("[1.0, 1]", "1:7 expected type 'double' but found 'int'"),
    ("[t, r]", "1:5 expected type 'timestamp' but found 'duration'"),
    ("s in ['a', 1]", "1:12 expected type 'string' but found 'int'"),
    ("{'a': 1}.map(k, [k, 1])", "1:21 expected type 'string' but found 'int'"),
    (
        "{'a': [1, 'b'], 'c': 2}",
        "1:11 expected type 'int' but found 'string'",
        "1:22 expected type 'list(dyn)' but found 'int'",
    ),
    ("timestamp('2021-01-01T00:00:00Z')",),
    ("timestamp('2021-01-01')", "1:11 invalid timestamp argument"),
    ("duration('1')", "1:10 invalid duration argument"),
    ("matches('a', '(')",),
    ("s.matches(s + '[')",),
    ('s.matches("a{1001}")', "1:11 invalid matches argument"),
    ('s.matches("\\\\p{foo}")', "1:11 invalid matches argument"),
    ("[[wi], [1]]",),
    ("wi in [1]",),
    ("li == [wi]",),
    ("x == wi",),
    ("b ? wi : 1",),
    ("b ? 1 : wi",),
    ("b ? [wi] : [1]",),
]


def complaints(text: str) -> list[str]:
    """Place and message of each, as printed."""
    try:
        ENVIRONMENT.compile(text)
    except source.CompileError as error:
        lines = str(error).split("\n")
        found = [line.removeprefix("ERROR: <input>:") for line in lines if line.startswith("ERROR: ")]
        return [line.replace(": ", " ", 1) for line in found]
    return []


@pytest.mark.parametrize(("text", "type"), OF_A_TYPE)
def test_an_expression_has_a_type(text: str, type: str) -> None:
    assert str(ENVIRONMENT.compile(text).result) == type


@pytest.mark.parametrize(("text", "said"), [(text, list(said)) for text, *said in OF_NONE])
def test_an_expression_has_none(text: str, said: list[str]) -> None:
    assert complaints(text) == said


@pytest.mark.parametrize(("text", "said"), [(text, list(said)) for text, *said in VALIDATED])
def test_literals_are_looked_at_when_the_types_are_right(text: str, said: list[str]) -> None:
    assert complaints(text) == said


@pytest.mark.parametrize(
    ("text", "overloads"),
    [
        ("i + 1", ("add_int64",)),
        ("x + 1", ("add_int64",)),
        ("x + x", ("add_bytes", "add_double", "add_duration_duration", "add_duration_timestamp")),
        ("size(x)", ("size_bytes", "size_list", "size_map", "size_string")),
        ("b && x", ("logical_and",)),
    ],
)
def test_a_call_refers_to_all_overloads_that_fit(text: str, overloads: tuple[str, ...]) -> None:
    checked = ENVIRONMENT.compile(text)
    found = checked.references[checked.root.id].overloads
    assert set(overloads) <= set(found)
    assert (len(overloads) == 1) == (len(found) == 1)


@pytest.mark.parametrize(("text", "name"), [("q.r", "q.r"), ("q.r.s", "q.r.s"), (".i", "i"), ("int", "int")])
def test_a_qualified_name_is_one_identifier(text: str, name: str) -> None:
    checked = ENVIRONMENT.compile(text)
    assert isinstance(checked.root, ast.Ident)
    assert checked.root.name == name
    assert checked.references[checked.root.id].name == name


def test_a_function_with_a_qualified_name_has_no_target() -> None:
    root = ENVIRONMENT.compile("optional.of(1).hasValue()").root
    assert isinstance(root, ast.Call)
    assert isinstance(root.target, ast.Call)
    assert (root.target.function, root.target.target) == ("optional.of", None)


class Objects:
    """Object has a name and a spec; the spec an int and a list of Objects."""

    def find(self, name: str) -> types.Type | None:
        return types.object_(name) if name in ("Object", "Object.spec") else None

    def field(self, type_name: str, field: str) -> types.FieldType | None:
        fields = {
            ("Object", "name"): types.STRING,
            ("Object", "spec"): types.object_("Object.spec"),
            ("Object.spec", "replicas"): types.INT,
            ("Object.spec", "owners"): types.list_of(types.object_("Object")),
        }
        type = fields.get((type_name, field))
        return None if type is None else types.FieldType(type, field)

    def fields(self, type_name: str) -> tuple[str, ...]:
        return ("name", "spec") if type_name == "Object" else ("replicas", "owners")


OBJECTS = ENVIRONMENT.extended(variables={"o": types.object_("Object")}, provider=Objects())


@pytest.mark.parametrize(
    ("text", "type"),
    [
        ("o.spec.replicas", "int"),
        ("o.spec.owners.all(p, p.name == o.name)", "bool"),
        ("has(o.spec)", "bool"),
        ("o.?spec.replicas", "optional_type(int)"),
        ("o == null", "bool"),
        ("Object{}", "Object"),
        ("Object{name: 'a', spec: Object.spec{replicas: 1, owners: [Object{}]}}", "Object"),
        ("Object{?name: mss[?'a']}", "Object"),
        ("Object.spec", "type(Object.spec)"),
        ("o.spec == Object.spec{}", "bool"),
        ("b ? o : null", "Object"),
    ],
)
def test_objects(text: str, type: str) -> None:
    assert str(OBJECTS.compile(text).result) == type


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("o.nosuch", "1:2: undefined field 'nosuch'"),
        ("has(o.spec.nosuch)", "1:4: undefined field 'nosuch'"),
        ("o.?nosuch", "1:2: undefined field 'nosuch'"),
        ("o.name.first", "1:7: type 'string' does not support field selection"),
        ("Object{nosuch: 1}", "1:14: undefined field 'nosuch'"),
        ("Object{name: 1}", "1:12: expected type of field 'name' is 'string' but provided type is 'int'"),
        ("Object{?name: 'a'}", "1:15: expected type 'optional_type(string)' but found 'string'"),
        ("Object.nosuch{}", "1:14: undeclared reference to 'Object.nosuch' (in container '')"),
        ("o{}", "1:2: 'Object' is not a type"),
        ("int{}", "1:4: 'int' is not a message type"),
        ("o.spec == o", "1:8: found no matching overload for '_==_' applied to '(Object.spec, Object)'"),
        (
            "o.all(p, true)",
            "1:1: expression of type 'Object' cannot be range of a comprehension (must be list, map, or dynamic)",
        ),
    ],
)
def test_objects_used_wrongly(text: str, said: str) -> None:
    with pytest.raises(source.CompileError) as error:
        OBJECTS.compile(text)
    assert str(error.value).split("\n")[0] == f"ERROR: <input>:{said}"


def test_what_is_shared_by_many_nodes_is_checked_in_time() -> None:
    assert str(ENVIRONMENT.compile("[" * 200 + "]" * 200).result) == "list(" * 200 + "dyn" + ")" * 200


def test_macros_that_copy_have_an_end() -> None:
    text = "oi" + ".optMap(v, v + 1)" * 60
    assert complaints(text)[0].endswith("macros copy more than 100000 nodes")
