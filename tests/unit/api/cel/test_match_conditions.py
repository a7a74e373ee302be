"""Which writes match conditions let a webhook or policy see."""

from typing import Any

import pytest

from steersman.api.cel import compiling, conditions, environments

_VARIABLES: dict[str, Any] = {
    "object": {"metadata": {"name": "a", "labels": {"x": "y"}}},
    "oldObject": None,
    "namespaceObject": {"metadata": {"name": "n", "creationTimestamp": "2020-01-01T00:00:00Z"}},
    "request": {"operation": "CREATE", "userInfo": {"username": "ann", "groups": ["devs"]}, "name": "a"},
}


def _hold(*texts: str, fails_open: bool = False) -> bool:
    return conditions.hold(conditions.compiled(texts), _VARIABLES, fails_open=fails_open)


def test_no_condition_is_met_by_everything() -> None:
    assert _hold()


def test_all_must_be_true() -> None:
    assert _hold("request.operation == 'CREATE'", "'devs' in request.userInfo.groups", "oldObject == null")
    assert not _hold("request.operation == 'CREATE'", "object.metadata.name == 'b'")


def test_one_false_counts_more_than_any_failure() -> None:
    assert not _hold("object.nosuch == 1", "false", "object.other == 1")


def test_a_failure_fails_the_write_or_excepts_it() -> None:
    with pytest.raises(conditions.NotEvaluated) as failed:
        _hold("true", "object.nosuch == 1")
    assert str(failed.value) == "expression 'object.nosuch == 1' resulted in error: no such key: nosuch"
    assert not _hold("true", "object.nosuch == 1", fails_open=True)


def test_several_failures_are_told_together_and_each_once() -> None:
    with pytest.raises(conditions.NotEvaluated) as failed:
        _hold("object.a == 1", "object.b == 1", "object.a == 1")
    assert str(failed.value) == (
        "[expression 'object.a == 1' resulted in error: no such key: a, "
        "expression 'object.b == 1' resulted in error: no such key: b]"
    )


def test_a_condition_that_is_no_expression_is_a_failure_not_a_fault() -> None:
    with pytest.raises(conditions.NotEvaluated, match="compilation error: compilation failed: ERROR"):
        _hold("nosuch")


def test_one_evaluation_has_a_limit_of_its_own() -> None:
    text = "[1,2,3,4,5,6,7,8,9].all(a, " * 7 + "a > 0" + ")" * 7
    with pytest.raises(conditions.NotEvaluated, match="operation cancelled: actual cost limit exceeded"):
        _hold(text)


def test_all_together_have_a_budget() -> None:
    text = "lists.range(300000).size() > {}"
    with pytest.raises(conditions.NotEvaluated) as failed:
        _hold(*(text.format(number) for number in range(9)))
    assert str(failed.value) == environments.OUT_OF_BUDGET
    assert _hold(*(text.format(number) for number in range(8)))


def test_the_namespace_has_typed_fields() -> None:
    assert _hold("namespaceObject.metadata.creationTimestamp < timestamp('2021-01-01T00:00:00Z')")
    assert not _hold("namespaceObject.metadata.name == 'm'")


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        (
            "zzz",
            "compilation failed: ERROR: <input>:1:1: undeclared reference to 'zzz' (in container '')\n | zzz\n | ^",
        ),
        ("1 + 1", "must evaluate to bool but got int"),
        ("object", "must evaluate to bool but got dyn"),
        (
            "request.nosuch == 1",
            "compilation failed: ERROR: <input>:1:8: undefined field 'nosuch'\n | request.nosuch == 1\n | .......^",
        ),
    ],
)
def test_a_configuration_with_a_bad_condition_is_refused(text: str, detail: str) -> None:
    with pytest.raises(compiling.Refused) as refused:
        conditions.check(text)
    assert str(refused.value) == detail


def test_params_are_known_only_where_there_are_some() -> None:
    conditions.check("params.limit > 3", params=True)
    with pytest.raises(compiling.Refused):
        conditions.check("params.limit > 3")
