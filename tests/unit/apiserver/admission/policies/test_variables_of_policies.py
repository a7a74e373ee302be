"""`variables.x`: computed when asked for, from what came before."""

from typing import Any

import pytest

from steersman.api.cel import compiling, environments, policies
from steersman.cel import types
from unit.apiserver.admission.policies.bound import PolicyApi, check
from unit.apiserver.serving import CONFIG_MAPS


def composed(**variables: str) -> policies.Composition:
    made = policies.Composition(params=False)
    for name, text in variables.items():
        made.add(name, text)
    return made


def value(made: policies.Composition, text: str, tree: Any) -> Any:
    return policies.Evaluation(made, {"object": tree}).value(made.compile(text))


def test_a_variable_may_use_those_before_it() -> None:
    made = composed(a="object.n", b="variables.a + 1")
    assert value(made, "variables.b * 2", {"n": 3}) == 8
    with pytest.raises(compiling.Refused, match="undefined field 'd'"):
        made.add("c", "variables.d")
    with pytest.raises(compiling.Refused, match="undefined field 'c2'"):
        made.add("c2", "variables.c2")


def test_the_types_of_variables_are_known() -> None:
    made = composed(n="1", texts="['a']")
    with pytest.raises(compiling.Refused, match="found no matching overload"):
        made.compile("variables.n == 'a'")
    with pytest.raises(compiling.Refused, match=r"must evaluate to bool but got list\(string\)"):
        made.compile("variables.texts", types.BOOL)
    with pytest.raises(compiling.Refused, match=r"must evaluate to bool but got google\.protobuf\.Timestamp"):
        made.compile("timestamp('2020-01-01T00:00:00Z')", types.BOOL)


def test_a_variable_that_does_not_compile_fails_who_reads_it() -> None:
    made = policies.Composition(params=False)
    with pytest.raises(compiling.Refused):
        made.add("bad", "nosuch")
    assert value(made, "true || variables.bad", {}) is True
    with pytest.raises(policies.Failed, match='composited variable "bad" fails to compile: compilation failed: ERROR'):
        value(made, "variables.bad == 1", {})


def test_a_variable_without_a_value_fails_who_reads_it_every_time() -> None:
    made = composed(x="object.missing")
    run = policies.Evaluation(made, {"object": {}})
    for _ in range(2):
        with pytest.raises(policies.Failed, match='composited variable "x" fails to evaluate: no such key: missing'):
            run.value(made.compile("variables.x == 1"))


def test_a_variable_is_paid_for_once() -> None:
    made = composed(x="[1, 2, 3].map(n, n * 2)")
    run = policies.Evaluation(made, {})
    compiled = made.compile("variables.x.size() == 3")
    run.value(compiled)
    first = environments.RUNTIME_BUDGET - run.left
    run.value(compiled)
    assert environments.RUNTIME_BUDGET - run.left - first < first / 2


def test_what_variables_cost_counts() -> None:
    made = composed(x="[1, 2, 3].map(n, n * 2)")
    with pytest.raises(policies.OutOfBudget):
        policies.Evaluation(made, {}, 20).value(made.compile("variables.x.size() == 3"))


async def test_policies_have_variables(api: PolicyApi) -> None:
    variables = [{"name": "n", "expression": "object.data.size()"}]
    await api.validates("p", check("variables.n < 2", messageExpression="string(variables.n)"), variables=variables)
    await api.config_map("a", {"k": "v"})
    body = {"metadata": {"name": "b"}, "data": {"k": "v", "l": "w"}}
    assert (await api.refusal(CONFIG_MAPS, body))[1].endswith("denied request: 2")
