"""Requests that do more than their verb says, and need the permission to `create` as well.

Exec, attach and port-forward begin with a GET when they come as a WebSocket; a PUT or an apply may create.
"""

from typing import Any

import pytest

from steersman.kit import http
from unit.apiserver.serving import APPLY, CONFIG_MAPS, PODS, Api

READER = http.User("reader", ("system:authenticated",))


async def _allow(api: Api, verbs: list[str]) -> None:
    group = "rbac.authorization.k8s.io"
    rules: list[dict[str, Any]] = [{"apiGroups": ["*"], "resources": ["*"], "verbs": verbs}]
    await api.make(f"/apis/{group}/v1/clusterroles", {"metadata": {"name": "r"}, "rules": rules})
    subject = {"kind": "User", "apiGroup": group, "name": "reader"}
    reference = {"kind": "ClusterRole", "apiGroup": group, "name": "r"}
    binding = {"metadata": {"name": "r"}, "roleRef": reference, "subjects": [subject]}
    await api.make(f"/apis/{group}/v1/clusterrolebindings", binding)


@pytest.mark.parametrize("what", ["exec?command=id", "portforward?ports=80"])
async def test_to_get_alone_is_not_enough(api: Api, what: str) -> None:
    await _allow(api, ["get"])
    await api.pod("p")
    code, body = await api.call("GET", f"{PODS}/p/{what}", user=READER)
    assert code == 403
    assert body["message"].startswith('pods "p" is forbidden: ')


async def test_get_and_create_together_are(api: Api) -> None:
    await _allow(api, ["get", "create"])
    await api.pod("p")
    code, body = await api.call("GET", f"{PODS}/p/exec?command=id", user=READER)
    assert (code, body["message"]) == (400, "pod p does not have a host assigned")


async def test_who_may_only_change_creates_nothing(api: Api) -> None:
    await _allow(api, ["get", "update", "patch"])
    applied = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "1"}}
    code, _ = await api.call("PATCH", f"{CONFIG_MAPS}/a?fieldManager=me", applied, type=APPLY, user=READER)
    assert code == 403
    leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
    code, _ = await api.call("PUT", f"{leases}/l", {"metadata": {"name": "l"}, "spec": {}}, user=READER)
    assert code == 403
    await api.config_map("a")
    code, _ = await api.call("PATCH", f"{CONFIG_MAPS}/a?fieldManager=me", applied, type=APPLY, user=READER)
    assert code == 200
