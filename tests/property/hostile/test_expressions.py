"""CEL of any form, compiled and run: a policy is refused or it decides, and never breaks what it looks at."""

import copy
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from property.hostile import shots
from property.hostile.target import CONFIG_MAPS, OBJECTS, Target

POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
BINDINGS = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
POLICY = dict(OBJECTS)[POLICIES]
VALUES = st.sampled_from([
    "object", "object.metadata.name", "object.data", "oldObject", "request.userInfo", "namespaceObject", "authorizer",
    "dyn(object)", "[1, 2]", "[]", "{}", "{'a': 1}", "1", "1u", "1.5", "'a'", "''", "'é🙂'", "b'a'", "null", "true",
    "timestamp('2026-01-01T00:00:00Z')", "duration('1h')", "quantity('1Gi')", "ip('1.2.3.4')", "cidr('1.2.3.0/24')",
    "url('http://a/b')", "semver('1.2.3')", "-9223372036854775808", "9223372036854775807",
])  # fmt: skip
OPERATORS = st.sampled_from(["+", "-", "*", "/", "%", "==", "!=", "<", ">", "in", "&&", "||"])
CALLS = st.sampled_from([
    "size({})", "string({})", "int({})", "double({})", "bytes({})", "type({})", "{}.startsWith('a')",
    "{}.matches('(a+)+$')",
    "{}.all(x, x == x)", "{}.map(x, x)", "{}.exists(x, x)", "{}.split('')", "{}.substring(-1)", "{}.charAt(99)",
    "{}.join(',')", "{}.find('(')", "{}.sum()", "{}.isSorted()", "{}[0]", "{}['a']", "{}.a", "has({}.a)",
    "{}.getHours()",
    "{}.getDate('x/y')", "{}.add(1)", "{}.asInteger()", "{}.family()", "{}.containsIP('1.2.3.4')", "{}.getHost()",
    "'%s %d %.9f %x'.format([{0}, {0}])", "duration({})", "timestamp({})", "quantity({})", "optional.of({})",
    "{}.?a.orValue(1)", "sets.contains({}, [1])", "{}.group('').resource('x').check('get').allowed()", "dyn({})",
    "{}.slice(0, 99)", "{}.sort()", "lists.range({})", "{}.reverse()", "cel.bind(x, {}, x)", "!{}", "-{}",
])  # fmt: skip
EXPRESSIONS = st.recursive(
    VALUES,
    lambda inner: st.one_of(
        st.builds(lambda call, value: call.format(value), CALLS, inner),
        st.builds("({} {} {})".format, inner, OPERATORS, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
    ),
    max_leaves=5,
)


def policy(expression: str) -> Any:
    made = copy.deepcopy(POLICY)
    made["metadata"]["name"] = "shot"
    made["spec"] |= {"validations": [{"expression": expression}], "variables": []}
    return made


@shots.SETTINGS
@hypothesis.given(EXPRESSIONS)
def test_any_expression_decides_or_is_refused(target: Target, expression: str) -> None:
    code, _ = target.shoot("POST", POLICIES, policy(f"string(dyn({expression})) != 'x'"))
    if code != 201:
        return
    binding = {"metadata": {"name": "shot"}, "spec": {"policyName": "shot", "validationActions": ["Deny"]}}
    target.shoot("POST", BINDINGS, binding)
    target.shoot("POST", CONFIG_MAPS, {"metadata": {"name": "shot"}}, query=[("dryRun", "All")])
    target.shoot("DELETE", f"{BINDINGS}/shot")
    target.shoot("DELETE", f"{POLICIES}/shot")


@shots.SETTINGS
@hypothesis.given(st.text(st.sampled_from("ab01.,'\"()[]{}+-*/%=!<>&|? \\\n\0é"), max_size=30))
def test_any_text_is_no_expression_or_one(target: Target, text: str) -> None:
    target.shoot("POST", POLICIES, policy(text), query=[("dryRun", "All")])


@pytest.mark.parametrize(
    "text",
    ["(" * 5000, "[" * 5000, "!" * 5000 + "true", "a." * 5000 + "a", "-" * 5000 + "1", "'" * 5001, "true?" * 2000],
)
def test_depth_is_bounded(target: Target, text: str) -> None:
    code, _ = target.shoot("POST", POLICIES, policy(text), query=[("dryRun", "All")])
    assert code in (201, 422)
