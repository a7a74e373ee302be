"""CVE-2023-2727, CVE-2023-2728: what a pod may not have, it may not get later by an ephemeral container."""

from typing import Any

import pytest

from unit.apiserver.serving import Api

STRATEGIC = "application/strategic-merge-patch+json"
SAFE = {
    "allowPrivilegeEscalation": False, "runAsNonRoot": True, "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}  # fmt: skip


async def namespace(api: Api, name: str, **labels: str) -> str:
    await api.make("/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})
    await api.make(f"/api/v1/namespaces/{name}/serviceaccounts", {"metadata": {"name": "default"}})
    spec = {"containers": [{"name": "c", "image": "i", "securityContext": SAFE}]}
    await api.make(f"/api/v1/namespaces/{name}/pods", {"metadata": {"name": "p"}, "spec": spec})
    return f"/api/v1/namespaces/{name}/pods/p/ephemeralcontainers"


async def added(api: Api, path: str, container: Any) -> tuple[int, str]:
    body = {"spec": {"ephemeralContainers": [{"name": "debug", "image": "i", **container}]}}
    code, told = await api.call("PATCH", path, body, type=STRATEGIC)
    return code, told.get("message", "")


@pytest.mark.parametrize(
    "context",
    [
        {"privileged": True},
        {},
        {**SAFE, "runAsUser": 0},
        {**SAFE, "capabilities": {"add": ["SYS_ADMIN"], "drop": ["ALL"]}},
        {**SAFE, "seccompProfile": {"type": "Unconfined"}},
    ],
)
async def test_the_pod_security_standard(api: Api, context: dict[str, Any]) -> None:
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    path = await namespace(api, "strict", **labels)
    code, told = await added(api, path, {"securityContext": context})
    assert code == 403
    assert 'violates PodSecurity "restricted:latest"' in told
    code, told = await added(api, path, {"securityContext": SAFE})
    assert code == 200, told


@pytest.mark.parametrize(
    "container",
    [
        {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "other", "key": "k"}}}]},
        {"envFrom": [{"secretRef": {"name": "other"}}]},
    ],
)
async def test_the_secrets_that_an_account_lists(api: Api, container: dict[str, Any]) -> None:
    path = await namespace(api, "listed")
    account = {"metadata": {"annotations": {"kubernetes.io/enforce-mountable-secrets": "true"}}}
    code, _ = await api.call("PATCH", "/api/v1/namespaces/listed/serviceaccounts/default", account, type=STRATEGIC)
    assert code == 200
    code, told = await added(api, path, container)
    assert code == 403
    assert 'secret.secretName="other" is not allowed because service account default does not reference' in told


async def test_they_stay_what_they_were(api: Api) -> None:
    path = await namespace(api, "plain")
    code, _ = await added(api, path, {"securityContext": SAFE})
    assert code == 200
    code, told = await added(api, path, {"securityContext": {"privileged": True}})
    assert code == 422
    assert "existing ephemeral containers" in told


@pytest.mark.parametrize("field", ["ports", "resources", "livenessProbe", "readinessProbe", "lifecycle"])
async def test_they_have_nothing_that_outlives_a_look(api: Api, field: str) -> None:
    path = await namespace(api, "looked")
    values = {
        "ports": [{"containerPort": 1}], "resources": {"limits": {"cpu": "1"}},
        "livenessProbe": {"exec": {"command": ["x"]}}, "readinessProbe": {"exec": {"command": ["x"]}},
        "lifecycle": {"preStop": {"exec": {"command": ["x"]}}},
    }  # fmt: skip
    code, told = await added(api, path, {field: values[field]})
    assert code == 422
    assert "cannot be set for an Ephemeral Container" in told


async def test_other_ways_to_a_pod_do_not_add_them(api: Api) -> None:
    path = (await namespace(api, "other")).removesuffix("/ephemeralcontainers")
    for place in (path, f"{path}/status"):
        code, _ = await added(api, place, {"securityContext": {"privileged": True}})
        assert code in (200, 403, 422)
    assert "ephemeralContainers" not in (await api.get(path))["spec"]
    spec = {"containers": [{"name": "c", "image": "i"}], "ephemeralContainers": [{"name": "d", "image": "i"}]}
    code, told = await api.call("POST", "/api/v1/namespaces/other/pods", {"metadata": {"name": "q"}, "spec": spec})
    assert code == 422
    assert "cannot be set on create" in told["message"]
