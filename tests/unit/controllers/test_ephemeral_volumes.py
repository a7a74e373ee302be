"""Claims for `ephemeral` volumes: made for their pod, never shared with another."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from steersman.controllers.ephemeralvolume.controller import Controller as EphemeralVolumes
from unit.controllers.served import Served

CLAIMS = "persistentvolumeclaims"
SPEC = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    made = await Served().open()
    await made.start(EphemeralVolumes(made.context("ephemeral-volume-controller")))
    account = {"kind": "ServiceAccount", "apiVersion": "v1", "metadata": {"name": "default", "namespace": "default"}}
    await made.client.create("serviceaccounts", account)
    yield made
    await made.close()


def a_pod() -> dict[str, Any]:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": SPEC}
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {"name": "p", "namespace": "default"},
        "spec": {
            "containers": [{"name": "c", "image": "i"}],
            "volumes": [{"name": "scratch", "ephemeral": {"volumeClaimTemplate": template}}],
        },
    }


async def test_a_pods_claim_is_its_own(served: Served) -> None:
    pod = await served.client.create("pods", a_pod())
    await served.clock.advance(1)
    claim = await served.client.get(CLAIMS, "p-scratch", "default")
    [owner] = claim["metadata"]["ownerReferences"]
    assert (owner["uid"], owner["controller"], owner["blockOwnerDeletion"]) == (pod["metadata"]["uid"], True, True)
    assert claim["metadata"]["labels"] == {"a": "b"}
    assert claim["spec"]["resources"] == SPEC["resources"]


async def test_a_claim_that_is_somebody_elses_is_not_taken(served: Served) -> None:
    other = {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "metadata": {"name": "p-scratch"}, "spec": SPEC}
    await served.client.create(CLAIMS, other, "default")
    await served.client.create("pods", a_pod())
    await served.clock.advance(1)
    text = "ephemeral volume scratch: PVC default/p-scratch was not created for pod default/p (pod is not owner)"
    assert ("FailedBinding", text) in await served.events()
    await served.client.patch(CLAIMS, "p-scratch", {"metadata": {"finalizers": None}}, "default")
    await served.client.delete(CLAIMS, "p-scratch", "default")
    await served.clock.advance(1)
    assert (await served.client.get(CLAIMS, "p-scratch", "default"))["metadata"]["ownerReferences"]
