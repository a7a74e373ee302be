"""An API server for which a policy with its binding is one line."""

from collections.abc import Mapping
from typing import Any

from unit.apiserver.serving import Api

GROUP = "/apis/admissionregistration.k8s.io/v1"
VALIDATING, VALIDATING_BINDINGS = f"{GROUP}/validatingadmissionpolicies", f"{GROUP}/validatingadmissionpolicybindings"
MUTATING, MUTATING_BINDINGS = f"{GROUP}/mutatingadmissionpolicies", f"{GROUP}/mutatingadmissionpolicybindings"
CONFIG_MAPS = {"operations": ["*"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]}


def rule(*resources: str, group: str = "", version: str = "v1", operations: tuple[str, ...] = ("*",)) -> dict[str, Any]:
    return {
        "operations": list(operations), "apiGroups": [group], "apiVersions": [version], "resources": list(resources),
    }  # fmt: skip


def spec(*rules: Mapping[str, Any], match: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"matchConstraints": {"resourceRules": list(rules or (CONFIG_MAPS,)), **(match or {})}, **more}


def check(expression: str, **more: Any) -> dict[str, Any]:
    return {"expression": expression, **more}


def named(name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": dict(spec)}


class PolicyApi(Api):
    async def validates(
        self, name: str, *checks: Mapping[str, Any] | str, binding: Mapping[str, Any] | None = None, **more: Any
    ) -> None:
        """Set up a policy for config maps, unless `rules` says what else, and its binding of the same name."""
        rules = more.pop("rules", ())
        validations = [check(each) if isinstance(each, str) else dict(each) for each in checks]
        await self.make(VALIDATING, named(name, spec(*rules, validations=validations, **more)))
        await self.binds(name, **(binding or {}))

    async def binds(self, policy: str, name: str = "", **more: Any) -> None:
        made = {"policyName": policy, "validationActions": ["Deny"], **more}
        await self.make(VALIDATING_BINDINGS, named(name or policy, made))

    async def mutates(
        self, name: str, *expressions: str, binding: Mapping[str, Any] | None = None, **more: Any
    ) -> None:
        """Set up a mutating policy of apply configurations (`Object...`) and JSON patches, and its binding."""
        rules = more.pop("rules", ())
        mutations = [
            {"patchType": "JSONPatch", "jsonPatch": {"expression": text}}
            if text.startswith("[")
            else {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": text}}
            for text in expressions
        ]
        given = {"reinvocationPolicy": "Never", **more}
        await self.make(MUTATING, named(name, spec(*rules, mutations=mutations, **given)))
        await self.make(MUTATING_BINDINGS, named(name, {"policyName": name, **(binding or {})}))

    async def refusal(self, target: str, body: Any, **how: Any) -> tuple[int, str]:
        """Code and message of a creation that must not happen."""
        code, answer = await self.call("POST", target, body, **how)
        assert answer["kind"] == "Status", answer
        assert code == answer["code"]
        return code, answer["message"]
