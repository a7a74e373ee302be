"""What a namespace uses of its quotas, with the API server's own booking at work."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from steersman.api.tree import Tree
from steersman.client import errors
from steersman.controllers.resourcequota import plan
from steersman.controllers.resourcequota.controller import Controller as Quotas
from unit.controllers.served import Served


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    made = await Served().open()
    await made.start(Quotas(made.context("resourcequota-controller")))
    account = {"kind": "ServiceAccount", "apiVersion": "v1", "metadata": {"name": "default", "namespace": "default"}}
    await made.client.create("serviceaccounts", account)
    yield made
    await made.close()


def a_pod(name: str, cpu: str = "100m") -> dict[str, Any]:
    resources = {"requests": {"cpu": cpu}, "limits": {"cpu": cpu}}
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"containers": [{"name": "c", "image": "i", "resources": resources}]},
    }


def a_quota(hard: dict[str, str], **spec: Any) -> dict[str, Any]:
    return {
        "kind": "ResourceQuota",
        "apiVersion": "v1",
        "metadata": {"name": "q", "namespace": "default"},
        "spec": {"hard": hard, **spec},
    }


async def used(served: Served, seconds: float = 1) -> Any:
    await served.clock.advance(seconds)
    return (await served.client.get("resourcequotas", "q", "default"))["status"].get("used")


async def make(served: Served, *pods: dict[str, Any]) -> None:
    for pod in pods:
        await served.client.create("pods", pod)


def test_a_quota_counts_the_resources_that_its_limits_name() -> None:
    def counted(*names: str) -> set[str]:
        return set(plan.resources(a_quota(dict.fromkeys(names, "1"))))

    assert counted("requests.cpu") == counted("pods") == counted("requests.example.com/gpu") == {"pods"}
    assert counted("services.nodeports", "secrets") == {"services", "secrets"}
    assert counted("gold.storageclass.storage.k8s.io/requests.storage") == {"persistentvolumeclaims"}
    assert counted("count/jobs.batch", "count/configmaps") == {"jobs.batch", "configmaps"}
    assert counted("example.com/unknown") == set()


def test_the_same_figures_in_other_words_are_no_change() -> None:
    quota: Tree = {
        **a_quota({"requests.cpu": "1"}),
        "status": {"hard": {"requests.cpu": "1000m"}, "used": {"requests.cpu": "0"}},
    }
    assert plan.status(quota, {"pods": []}) is None
    assert plan.status(quota, {"pods": [a_pod("a")]}) == {
        "hard": {"requests.cpu": "1"},
        "used": {"requests.cpu": "100m"},
    }


async def test_a_new_quota_counts_what_is_there(served: Served) -> None:
    await make(served, a_pod("a"), a_pod("b", "1"))
    await served.client.create("resourcequotas", a_quota({"pods": "5", "requests.cpu": "2", "count/configmaps": "9"}))
    assert await used(served) == {"pods": "2", "requests.cpu": "1100m", "count/configmaps": "0"}


async def test_what_goes_away_is_free_again(served: Served) -> None:
    await served.client.create("resourcequotas", a_quota({"pods": "2"}))
    await served.clock.advance(1)
    await make(served, a_pod("a"), a_pod("b"))
    with pytest.raises(errors.Forbidden, match="exceeded quota"):
        await make(served, a_pod("c"))
    await served.client.delete("pods", "a", "default", grace=0)
    assert await used(served) == {"pods": "1"}
    await make(served, a_pod("c"))
    assert await used(served) == {"pods": "2"}
    pod = await served.client.get("pods", "c", "default")
    await served.client.update_status("pods", {**pod, "status": {"phase": "Succeeded"}})
    assert await used(served) == {"pods": "1"}


async def test_a_figure_that_is_wrong_is_set_right(served: Served) -> None:
    await served.client.create("resourcequotas", a_quota({"pods": "2"}))
    await served.clock.advance(1)
    tree = await served.client.get("resourcequotas", "q", "default")
    await served.client.update_status("resourcequotas", {**tree, "status": {**tree["status"], "used": {"pods": "2"}}})
    assert await used(served, 10) == {"pods": "0"}


async def test_only_what_is_in_scope_counts(served: Served) -> None:
    await make(served, a_pod("a"))
    await served.client.create("resourcequotas", a_quota({"pods": "2"}, scopes=["BestEffort"]))
    assert await used(served) == {"pods": "0"}


async def test_a_changed_limit_is_shown(served: Served) -> None:
    await served.client.create("resourcequotas", a_quota({"pods": "2"}))
    await served.clock.advance(1)
    await served.client.patch("resourcequotas", "q", {"spec": {"hard": {"pods": None, "secrets": "7"}}}, "default")
    assert await used(served) == {"secrets": "0"}
    found = await served.client.get("resourcequotas", "q", "default")
    assert found["status"]["hard"] == {"secrets": "7"}


async def test_nothing_is_counted_while_nothing_changes(served: Served) -> None:
    await make(served, a_pod("a"))
    await served.client.create("resourcequotas", a_quota({"pods": "2"}))
    await served.clock.advance(60)
    before = served.store.revision
    await served.clock.advance(3600)
    assert served.store.revision == before


async def test_a_resource_that_nobody_serves_is_not_asked_for_again_and_again(served: Served) -> None:
    await served.client.create("resourcequotas", a_quota({"count/widgets.example.com": "5", "pods": "1"}))
    assert await used(served) == {"pods": "0"}
    await served.clock.advance(60)
    before = served.store.revision
    await served.clock.advance(3600)
    assert served.store.revision == before
