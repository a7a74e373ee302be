"""Exec, attach and port-forward begin with a GET when they come as a WebSocket, and are more than reading."""

from typing import Any

import pytest

from steersman.kit import http
from unit.apiserver.serving import PODS, Api

READER = http.User("reader", ("system:authenticated",))


async def _allow(api: Api, verbs: list[str]) -> None:
    group = "rbac.authorization.k8s.io"
    rules: list[dict[str, Any]] = [{"apiGroups": [""], "resources": ["pods/exec", "pods/portforward"], "verbs": verbs}]
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
