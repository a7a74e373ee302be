"""What kinds get beside what was sent: profiles, labels, owners of what the server wrote."""

from typing import Any

import pytest

from steersman.kit import http
from unit.apiserver.serving import MERGE, PODS, TABLE, Api

JOBS = "/apis/batch/v1/namespaces/default/jobs"
PROFILE = "container.apparmor.security.beta.kubernetes.io/c"


def _warnings(answer: http.Answer) -> list[str]:
    return [value for name, value in answer.headers if name == "Warning"]


@pytest.mark.parametrize(
    ("annotation", "profile"),
    [
        ("unconfined", {"type": "Unconfined"}),
        ("runtime/default", {"type": "RuntimeDefault"}),
        ("localhost/mine", {"type": "Localhost", "localhostProfile": "mine"}),
    ],
)
async def test_a_profile_is_a_field_and_an_annotation(api: Api, annotation: str, profile: dict[str, str]) -> None:
    containers = [{"name": "c", "image": "i"}]
    old_way = {"metadata": {"name": "a", "annotations": {PROFILE: annotation}}, "spec": {"containers": containers}}
    answer = await api.send("POST", PODS, old_way)
    [warning] = _warnings(answer)
    assert 'use the \\"appArmorProfile\\" field instead' in warning
    made = await api.get(f"{PODS}/a")
    assert made["spec"]["containers"][0]["securityContext"]["appArmorProfile"] == profile

    context = {"securityContext": {"appArmorProfile": profile}}
    await api.make(PODS, {"metadata": {"name": "b"}, "spec": {"containers": containers, **context}})
    assert (await api.get(f"{PODS}/b"))["metadata"]["annotations"] == {PROFILE: annotation}


async def test_a_job_without_labels_has_those_of_its_pods(api: Api) -> None:
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}
    made = await api.make(JOBS, {"metadata": {"name": "j"}, "spec": {"template": template}})
    assert made["metadata"]["labels"] == made["spec"]["template"]["metadata"]["labels"]
    [owner] = made["metadata"]["managedFields"]
    assert "f:metadata" not in owner["fieldsV1"]


async def test_a_deletion_of_nothing_warns_all_the_same(api: Api) -> None:
    answer = await api.send("DELETE", f"{JOBS}/absent")
    assert (isinstance(answer, http.Response) and answer.status, len(_warnings(answer))) == (404, 1)


async def test_a_quota_is_booked_by_the_server(api: Api) -> None:
    quotas = "/api/v1/namespaces/default/resourcequotas"
    await api.make(quotas, {"metadata": {"name": "q"}, "spec": {"hard": {"pods": "2"}}})
    status = {"status": {"hard": {"pods": "2"}, "used": {"pods": "0"}}}
    await api.call("PATCH", f"{quotas}/q/status", status, type=MERGE)
    await api.pod("p")
    found = await api.get(f"{quotas}/q")
    owners: dict[str, Any] = {each["manager"]: each for each in found["metadata"]["managedFields"]}
    assert found["status"]["used"] == {"pods": "1"}
    assert owners["kube-apiserver"]["fieldsV1"] == {"f:status": {"f:used": {"f:pods": {}}}}
    assert owners["kube-apiserver"]["subresource"] == "status"


async def test_an_annotation_that_stands_for_a_field_is_no_metadata(api: Api) -> None:
    pod = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": pod}
    sets = "/apis/apps/v1/namespaces/default/daemonsets"
    made = await api.make(sets, {"metadata": {"name": "d"}, "spec": spec})
    assert list(made["metadata"]["annotations"]) == ["deprecated.daemonset.template.generation"]
    _, table = await api.call("GET", sets, headers={"accept": TABLE})
    assert "annotations" not in table["rows"][0]["object"]["metadata"]


async def test_an_address_object_is_called_by_an_address(api: Api) -> None:
    addresses = "/apis/networking.k8s.io/v1/ipaddresses"
    reference = {"resource": "services", "namespace": "default", "name": "x"}
    for name, text in (("zzz", "must be a valid IP address"), ("2001:0db8::1", "must be in canonical form")):
        body = {"metadata": {"name": name}, "spec": {"parentRef": reference}}
        code, refused = await api.call("POST", addresses, body)
        assert code == 422
        assert text in refused["message"]


async def test_a_value_that_cannot_be_read_is_no_apply(api: Api) -> None:
    resources = {"requests": {"cpu": "{{CPU}}m"}}
    spec = {"containers": [{"name": "c", "image": "i", "resources": resources}]}
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": spec}
    code, refused = await api.call("PATCH", f"{PODS}/a?fieldManager=me", body, type="application/apply-patch+yaml")
    assert code == 500
    assert refused["message"].startswith("failed to convert new object (default/a; /v1, Kind=Pod) to proper version: ")
