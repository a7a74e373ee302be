"""Webhook configurations are refused for match conditions that are no expressions."""

from typing import Any

import pytest

from steersman.api.validation import webhooks
from steersman.api.validation.errors import Errors


def _configuration(*expressions: str) -> dict[str, Any]:
    conditions = [{"name": f"c{index}", "expression": text} for index, text in enumerate(expressions)]
    return {
        "webhooks": [
            {
                "name": "a.example.com",
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
                "clientConfig": {"url": "https://example.com/"},
                "matchConditions": conditions,
            }
        ]
    }


def _complaints(*expressions: str, old: dict[str, Any] | None = None, mutating: bool = False) -> list[str]:
    e = Errors()
    new = _configuration(*expressions)
    if old is not None:
        (webhooks.mutating_update if mutating else webhooks.validating_update)(new, old, e)
    else:
        (webhooks.mutating if mutating else webhooks.validating)(new, e)
    return [str(error) for error in e.found]


@pytest.mark.parametrize("mutating", [False, True])
def test_a_condition_must_be_an_expression(mutating: bool) -> None:
    assert _complaints("request.operation == 'CREATE'", mutating=mutating) == []
    assert _complaints("true", "zzz", mutating=mutating) == [
        (
            'webhooks[0].matchConditions[1].expression: Invalid value: "zzz": compilation failed: '
            "ERROR: <input>:1:1: undeclared reference to 'zzz' (in container '')\n | zzz\n | ^"
        )
    ]


def test_a_condition_must_give_a_bool() -> None:
    assert _complaints("'a'") == [
        "webhooks[0].matchConditions[0].expression: Invalid value: \"'a'\": must evaluate to bool but got string"
    ]


def test_conditions_that_did_not_change_are_not_compiled_again() -> None:
    assert _complaints("zzz", old=_configuration("zzz")) == []
    assert len(_complaints("zzz", old=_configuration("true"))) == 1
