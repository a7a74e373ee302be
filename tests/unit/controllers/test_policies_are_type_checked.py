"""What type checking writes into a validating policy's status."""

from typing import Any

from steersman.controllers.validatingadmissionpolicystatus.controller import DEFINITIONS, POLICIES, Controller
from unit.controllers.served import Served

GROUP = "rules.example.com"


def policy(name: str, *expressions: str, **spec: Any) -> dict[str, Any]:
    rule = {"operations": ["*"], "apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["deployments"]}
    return {
        "kind": "ValidatingAdmissionPolicy",
        "apiVersion": "admissionregistration.k8s.io/v1",
        "metadata": {"name": name},
        "spec": {
            "matchConstraints": {"resourceRules": spec.pop("rules", [rule])},
            "validations": [{"expression": text} for text in expressions],
            **spec,
        },
    }


async def status_of(*trees: dict[str, Any]) -> Any:
    """The status of the last of some objects, once a cluster has had a second for them."""
    served = await Served().open()
    await served.start(Controller(served.context("validatingadmissionpolicy-status-controller")))
    for tree in trees:
        await served.client.create(POLICIES if tree["kind"].endswith("Policy") else DEFINITIONS, tree)
        await served.clock.advance(1)
    found = await served.client.get(POLICIES, trees[-1]["metadata"]["name"])
    before = served.store.revision
    await served.clock.advance(600)
    assert served.store.revision == before
    await served.close()
    return found["status"]


def warnings(status: Any) -> list[tuple[str, str]]:
    assert status["observedGeneration"] == 1
    entries = status["typeChecking"].get("expressionWarnings", ())
    return [(entry["fieldRef"], entry["warning"]) for entry in entries]


async def test_a_field_that_is_not_there_is_a_warning() -> None:
    made = policy("p", "object.spec.replicas > 1", "object.foo > 1", "object.spec.replicas == 'many'")
    (first, absent), (second, mismatch) = warnings(await status_of(made))
    assert (first, second) == ("spec.validations[1].expression", "spec.validations[2].expression")
    assert absent == (
        "apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'foo'\n | object.foo > 1\n | ......^\n"
    )
    assert mismatch.startswith(
        "apps/v1, Kind=Deployment: ERROR: <input>:1:22: found no matching overload for '_==_' applied to "
        "'(int, string)'\n"
    )


async def test_what_fits_leaves_no_warning() -> None:
    made = policy(
        "p",
        "object.spec.template.spec.containers.all(c, variables.names.exists(n, n == c.name))",
        "object.metadata.creationTimestamp < timestamp('2040-01-01T00:00:00Z') && oldObject == null",
        "object.spec.template.spec.containers[0].resources.limits['cpu'] != '' && params.data['a'] == 'b'",
        "object.spec.strategy.rollingUpdate.maxSurge == 1 && authorizer.requestResource.check('get').allowed()",
        variables=[{"name": "names", "expression": "object.spec.template.spec.containers.map(c, c.name)"}],
        paramKind={"apiVersion": "v1", "kind": "ConfigMap"},
    )
    assert await status_of(made) == {"observedGeneration": 1, "typeChecking": {}}


async def test_messages_are_checked_too() -> None:
    made = policy("p", "object.spec.replicas > '1'")
    made["spec"]["validations"][0]["messageExpression"] = "'got ' + object.spec.replicas"
    found = warnings(await status_of(made))
    assert [place for place, _ in found] == [
        "spec.validations[0].expression", "spec.validations[0].messageExpression",
    ]  # fmt: skip
    assert "found no matching overload for '_>_' applied to '(int, string)'" in found[0][1]
    assert "found no matching overload for '_+_' applied to '(string, int)'" in found[1][1]


async def test_types_that_contain_themselves_are_known() -> None:
    rules = [{"operations": ["*"], "apiGroups": ["apiextensions.k8s.io"], "apiVersions": ["v1"],
              "resources": ["customresourcedefinitions"]}]  # fmt: skip
    text = "object.spec.versions[0].schema.openAPIV3Schema.properties['a'].properties['b'].type == 'string'"
    assert warnings(await status_of(policy("p", text, rules=rules))) == []


async def test_rules_with_wildcards_are_not_looked_at() -> None:
    rules = [{"operations": ["*"], "apiGroups": ["*"], "apiVersions": ["v1"], "resources": ["deployments"]}]
    assert warnings(await status_of(policy("p", "object.foo == 1", rules=rules))) == []


async def test_custom_resources_have_types() -> None:
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}}
    definition = {
        "kind": "CustomResourceDefinition", "apiVersion": "apiextensions.k8s.io/v1",
        "metadata": {"name": f"boxes.{GROUP}"},
        "spec": {
            "group": GROUP, "scope": "Namespaced", "names": {"plural": "boxes", "kind": "Box"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }  # fmt: skip
    rules = [{"operations": ["*"], "apiGroups": [GROUP], "apiVersions": ["v1"], "resources": ["boxes", "boxes/status"]}]
    made = policy(
        "p", "object.spec.size > 1 && object.metadata.labels['a'] == 'b'", "object.spec.colour == ''", rules=rules
    )
    ((place, text),) = warnings(await status_of(definition, made))
    assert place == "spec.validations[1].expression"
    assert text.startswith(f"{GROUP}/v1, Kind=Box: ERROR: <input>:1:12: undefined field 'colour'")
