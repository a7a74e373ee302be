"""Requests for certificates: who is approved, what is signed, what fails, and when they are forgotten."""

import base64
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from steersman.api.semantics import pods as podlib
from steersman.api.semantics import signing
from steersman.controllers.csrsigning.controller import Controller as Certificates
from steersman.kit import http, pki
from unit.controllers.served import ADMIN, Served

REQUESTS = "certificatesigningrequests.certificates.k8s.io"
BOOTSTRAP = http.User("system:bootstrap:abc", ("system:bootstrappers", "system:authenticated"))
NODE = http.User("system:node:n1", ("system:nodes", "system:authenticated"))
CLIENT = ("digital signature", "client auth")


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    made = await Served().open()
    authority = pki.authority("ca", now=made.clock.now(), entropy=made.entropy)
    await made.start(Certificates(made.context("certificate-controller"), authority))
    for kind, group in (("nodeclient", "system:bootstrappers"), ("selfnodeclient", "system:nodes")):
        await made.client.create(
            "clusterrolebindings.rbac.authorization.k8s.io",
            {
                "kind": "ClusterRoleBinding",
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "metadata": {"name": kind},
                "roleRef": {
                    "apiGroup": "rbac.authorization.k8s.io",
                    "kind": "ClusterRole",
                    "name": f"system:certificates.k8s.io:certificatesigningrequests:{kind}",
                },
                "subjects": [{"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": group}],
            },
        )
    yield made
    await made.close()


async def ask(
    served: Served,
    user: http.User,
    signer: str = signing.KUBELET_CLIENT,
    name: str = "system:node:n1",
    organisations: Sequence[str] = ("system:nodes",),
    usages: Sequence[str] = CLIENT,
) -> Any:
    document = base64.b64encode(pki.request(pki.new_key(), name, organisations)).decode()
    tree = {
        "kind": "CertificateSigningRequest",
        "apiVersion": "certificates.k8s.io/v1",
        "metadata": {"name": "r"},
        "spec": {"signerName": signer, "usages": list(usages), "request": document},
    }
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    if user is not ADMIN and user is not NODE:
        subject = {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": user.name}
        binding = {
            "kind": "ClusterRoleBinding",
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "metadata": {"name": "asks"},
            "roleRef": {**role, "name": "system:node-bootstrapper"},
            "subjects": [subject],
        }
        await served.client.create("clusterrolebindings.rbac.authorization.k8s.io", binding)
    await served.client_for(user).create(REQUESTS, tree)
    await served.clock.advance(1)
    return await served.client.get(REQUESTS, "r")


async def approve(served: Served) -> Any:
    tree = await served.client.get(REQUESTS, "r")
    condition = {"type": "Approved", "status": "True", "reason": "Person", "message": ""}
    await served.client.update(REQUESTS, {**tree, "status": {"conditions": [condition]}}, subresource="approval")
    await served.clock.advance(1)
    return await served.client.get(REQUESTS, "r")


@pytest.mark.parametrize(
    ("user", "message"),
    [
        (BOOTSTRAP, "Auto approving kubelet client certificate after SubjectAccessReview."),
        (NODE, "Auto approving self kubelet client certificate after SubjectAccessReview."),
    ],
)
async def test_a_node_gets_its_certificate_without_a_person(served: Served, user: http.User, message: str) -> None:
    found = await ask(served, user)
    condition = podlib.condition(found, "Approved")
    assert condition is not None
    assert (condition["reason"], condition["message"]) == ("AutoApproved", message)
    identity = pki.identity(pki.der(base64.b64decode(found["status"]["certificate"])))
    assert (identity.common_name, identity.organisations) == ("system:node:n1", ("system:nodes",))


async def test_others_wait_for_a_person(served: Served) -> None:
    found = await ask(served, ADMIN, signing.CLIENT, "jane", ("devs",))
    assert not found.get("status")
    found = await approve(served)
    assert pki.identity(pki.der(base64.b64decode(found["status"]["certificate"]))).common_name == "jane"


async def test_what_the_signer_would_not_sign_fails(served: Served) -> None:
    await ask(served, ADMIN, signing.CLIENT, "jane", ("devs",), ("server auth",))
    found = await approve(served)
    condition = podlib.condition(found, "Failed")
    assert condition is not None
    assert (condition["reason"], condition["message"]) == ("SignerValidationFailure", "usages did not match")
    assert not found["status"].get("certificate")


async def test_settled_requests_are_forgotten_in_time(served: Served) -> None:
    await ask(served, NODE)
    await served.clock.advance(3500)
    assert await served.maybe(REQUESTS, "r") is not None
    await served.clock.advance(200)
    assert await served.maybe(REQUESTS, "r") is None
    await ask(served, ADMIN, signing.CLIENT, "jane")
    await served.clock.advance(23 * 3600)
    assert await served.maybe(REQUESTS, "r") is not None
    await served.clock.advance(3700)
    assert await served.maybe(REQUESTS, "r") is None
