"""Aggregated ClusterRoles, and the Secrets that hold a service account's token."""

import base64
from typing import Any

from steersman.api.tree import Tree
from steersman.controllers.clusterroleaggregation.controller import Controller as Aggregation
from steersman.controllers.serviceaccounttoken.controller import Controller as Tokens
from unit.controllers.served import Served

ROLES = "clusterroles.rbac.authorization.k8s.io"


async def test_admin_edit_and_view_have_their_rules_and_take_new_ones() -> None:
    served = await Served().open()
    await served.start(Aggregation(served.context("clusterrole-aggregation-controller")))
    await served.clock.advance(1)
    sizes = {name: len((await served.client.get(ROLES, name))["rules"]) for name in ("view", "edit", "admin")}
    assert 0 < sizes["view"] < sizes["edit"] < sizes["admin"]
    rule = {"apiGroups": ["example.com"], "resources": ["widgets"], "verbs": ["get"]}
    more: dict[str, Any] = {
        "kind": "ClusterRole",
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "metadata": {"name": "widgets", "labels": {"rbac.authorization.k8s.io/aggregate-to-view": "true"}},
        "rules": [rule],
    }
    await served.client.create(ROLES, more)
    await served.clock.advance(1)
    for name in sizes:
        assert rule in (await served.client.get(ROLES, name))["rules"], name
    await served.client.delete(ROLES, "widgets")
    await served.clock.advance(1)
    assert {name: len((await served.client.get(ROLES, name))["rules"]) for name in sizes} == sizes
    before = served.store.revision
    await served.clock.advance(3600)
    assert served.store.revision == before
    await served.close()


def issue(account: Tree, secret: str) -> str:
    return f"{account['metadata']['name']} in {secret}"


def a_secret(account: str) -> dict[str, Any]:
    return {
        "kind": "Secret",
        "apiVersion": "v1",
        "metadata": {
            "name": "s",
            "namespace": "default",
            "annotations": {"kubernetes.io/service-account.name": account},
        },
        "type": "kubernetes.io/service-account-token",
    }


async def test_a_secret_gets_its_accounts_token_and_goes_with_the_account() -> None:
    served = await Served().open()
    await served.start(Tokens(served.context("system:kube-controller-manager"), "the CA", issue))
    account = {"kind": "ServiceAccount", "apiVersion": "v1", "metadata": {"name": "robot", "namespace": "default"}}
    made = await served.client.create("serviceaccounts", account)
    await served.client.create("secrets", a_secret("robot"))
    await served.clock.advance(1)
    found = await served.client.get("secrets", "s", "default")
    data = {key: base64.b64decode(value).decode() for key, value in found["data"].items()}
    assert data == {"ca.crt": "the CA", "namespace": "default", "token": "robot in s"}
    assert found["metadata"]["annotations"]["kubernetes.io/service-account.uid"] == made["metadata"]["uid"]
    await served.client.delete("serviceaccounts", "robot", "default")
    await served.clock.advance(1)
    assert await served.maybe("secrets", "s", "default") is None
    await served.client.create("secrets", a_secret("nobody"))
    await served.clock.advance(1)
    assert await served.maybe("secrets", "s", "default") is None
    await served.close()
