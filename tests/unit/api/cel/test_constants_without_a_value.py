"""A rule whose constant part has no value is refused where it is written, not when it is used."""

from steersman.api.cel import schemas
from steersman.api.validation.customresources import expressions


def test_a_rule_and_its_message_are_refused() -> None:
    rules = [
        {"rule": "self.find('[') == ''"},
        {"rule": "self == int('x') + 'a'"},
        {"rule": "self == 'a'", "messageExpression": "string(int('x'))"},
        {"rule": "int('x') == 1"},
    ]
    schema = {"type": "string", "x-kubernetes-validations": rules}
    declared = schemas.declare(schema)
    assert declared is not None
    first, second, third, fourth = expressions.compile(declared, schema, estimated=True)
    assert first.error == "program instantiation failed: error parsing regexp: missing closing ]: `[`"
    assert second.error.startswith("compilation failed: ")
    failure = "type conversion error from 'string' to 'int'"
    assert third.message_error == f"messageExpression instantiation failed: {failure}"
    assert fourth.error == f"program instantiation failed: {failure}"
