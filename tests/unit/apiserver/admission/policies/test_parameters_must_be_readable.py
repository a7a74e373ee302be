"""Nobody reads through a policy what they may not read themselves."""

from typing import Any

from steersman.kit import http
from unit.apiserver.admission.policies.bound import VALIDATING, VALIDATING_BINDINGS, PolicyApi, named, rule, spec

ANN = http.User("ann", ("system:authenticated",))
RBAC = "/apis/rbac.authorization.k8s.io/v1"
SECRETS = {"apiVersion": "v1", "kind": "Secret"}
POLICY = named("p", spec(rule("pods"), paramKind=SECRETS, validations=[{"expression": "params.data.size() > 0"}]))
REF = {"name": "s", "namespace": "default", "parameterNotFoundAction": "Deny"}
BINDING = named("p", {"policyName": "p", "validationActions": ["Deny"], "paramRef": REF})


async def allow(api: PolicyApi, name: str, groups: list[str], resources: list[str], verbs: list[str]) -> None:
    role = {"metadata": {"name": name}, "rules": [{"apiGroups": groups, "resources": resources, "verbs": verbs}]}
    await api.make(f"{RBAC}/clusterroles", role)
    await api.make(f"{RBAC}/clusterrolebindings", {
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "ann"}],
    })  # fmt: skip


async def written(api: PolicyApi, target: str, body: Any) -> tuple[int, str]:
    code, answer = await api.call("POST", target, body, user=ANN)
    return code, answer.get("message", "")


async def test_who_writes_policies_must_read_their_parameters(api: PolicyApi) -> None:
    await allow(api, "policies", ["admissionregistration.k8s.io"], ["*"], ["*"])
    user = "Forbidden: user &{ann  [system:authenticated] map[]}"
    code, message = await written(api, VALIDATING, POLICY)
    assert code == 422
    assert message == (
        f'ValidatingAdmissionPolicy.admissionregistration.k8s.io "p" is invalid: spec.paramKind: {user} '
        'must have "get" permission on all objects of the referenced paramKind (kind=Secret, apiVersion=v1)'
    )
    await api.make(VALIDATING, POLICY)
    code, message = await written(api, VALIDATING_BINDINGS, BINDING)
    assert code == 422
    assert message == (
        f'ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io "p" is invalid: spec.paramRef: {user} '
        'does not have "get" permission on the object referenced by paramRef'
    )
    await api.call("DELETE", f"{VALIDATING}/p")
    await allow(api, "secrets", [""], ["secrets"], ["get"])
    assert (await written(api, VALIDATING, POLICY))[0] == 201
    assert (await written(api, VALIDATING_BINDINGS, BINDING))[0] == 201


async def test_what_was_there_before_may_be_kept(api: PolicyApi) -> None:
    await allow(api, "policies", ["admissionregistration.k8s.io"], ["*"], ["*"])
    await api.make(VALIDATING, POLICY)
    patch = {"spec": {"failurePolicy": "Ignore"}}
    code, _ = await api.call("PATCH", f"{VALIDATING}/p", patch, type="application/merge-patch+json", user=ANN)
    assert code == 200
