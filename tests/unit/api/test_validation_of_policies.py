"""What an admission policy and its binding must say, apart from its expressions."""

from typing import Any

import pytest

from steersman.api import defaults, resources, validation

POLICIES = "validatingadmissionpolicies.admissionregistration.k8s.io"
BINDINGS = "validatingadmissionpolicybindings.admissionregistration.k8s.io"
RULE = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
LABEL = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"  # noqa: E501


def refused(name: str, spec: Any) -> list[str]:
    resource = resources.EVERYTHING.get(name)
    assert resource is not None
    tree = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": {"name": "x"}, "spec": spec}
    defaults.apply(resource, tree)
    return [str(error) for error in validation.create(resource, tree)]


def policy(**more: Any) -> list[str]:
    plain = {"matchConstraints": {"resourceRules": [RULE]}, "validations": [{"expression": "true"}]}
    return refused(POLICIES, {**plain, **more})


def test_a_plain_policy_is_sound() -> None:
    assert policy(paramKind={"apiVersion": "v1", "kind": "ConfigMap"}) == []


def test_it_checks_or_notes_something() -> None:
    text = "Required value: validations or auditAnnotations must contain at least one item"
    assert policy(validations=[]) == [f"spec.validations: {text}", f"spec.auditAnnotations: {text}"]


@pytest.mark.parametrize(
    ("version", "complaint"),
    [
        ("a/b/c", 'Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c'),
        ("apps/", 'Invalid value: "apps/": version must be specified'),
        ("V1", f'Invalid value: "V1": {LABEL}'),
    ],
)
def test_the_version_of_parameters_is_one_that_could_be_served(version: str, complaint: str) -> None:
    assert policy(paramKind={"apiVersion": version, "kind": "A"}) == [f"spec.paramKind.apiVersion: {complaint}"]


def test_the_kind_of_parameters_is_one_that_could_be_served() -> None:
    (found,) = policy(paramKind={"apiVersion": "v1", "kind": "a/b"})
    assert (
        found == f'spec.paramKind.kind: Invalid value: "a/b": may have mixed case, but should otherwise match: {LABEL}'
    )


def test_a_message_is_one_line_that_is_not_blank() -> None:
    checks = [{"expression": "true", "message": text} for text in ("a\nb", " ", "fine")]
    assert policy(validations=checks) == [
        'spec.validations[0].message: Invalid value: "a\\nb": must not contain line breaks',
        'spec.validations[1].message: Invalid value: " ": must be non-empty if specified',
    ]


def test_a_reason_is_one_of_three() -> None:
    (found,) = policy(validations=[{"expression": "true", "reason": "Unauthorized"}])
    assert found.endswith(
        'Unsupported value: "Unauthorized": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"'
    )


def test_notes_are_few_and_short() -> None:
    notes = [{"key": f"k{number}", "valueExpression": "'a'"} for number in range(21)]
    assert "must not have more than 20 auditAnnotations" in policy(auditAnnotations=notes)[0]
    (long,) = policy(auditAnnotations=[{"key": "k", "valueExpression": "x" * 6000}])
    assert long == "spec.auditAnnotations[0].valueExpression: Required value: must not exceed 5120 bytes in length"


def test_a_variable_has_a_name_that_expressions_can_use() -> None:
    variables = [{"name": name, "expression": "1"} for name in ("a-b", "loop", "fine", "fine")]
    text = "must be a valid CEL identifier"
    assert policy(variables=variables) == [
        f'spec.variables[0].name: Invalid value: "a-b": {text}',
        f'spec.variables[1].name: Invalid value: "loop": {text}',
    ]


def test_names_of_resources_stand_once() -> None:
    rules = [{**RULE, "resourceNames": ["a", "a"]}]
    assert policy(matchConstraints={"resourceRules": rules}) == [
        'spec.matchConstraints.resourceRules[0].resourceNames[1]: Duplicate value: "a"'
    ]


def test_parameters_are_named_or_selected() -> None:
    spec = {"policyName": "p", "validationActions": ["Deny"]}
    given = {"name": "n", "selector": {}, "parameterNotFoundAction": "Deny"}
    text = "Forbidden: name and selector are mutually exclusive"
    assert refused(BINDINGS, {**spec, "paramRef": given}) == [
        f"spec.paramRef.name: {text}",
        f"spec.paramRef.selector: {text}",
    ]
