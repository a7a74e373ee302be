"""The Pod Security Standards object to what a real server objects to, in its words."""

import gzip
import json
import pathlib
from typing import Any

import pytest

from steersman.api import resources, status
from steersman.apiserver.access import authorization, reading
from steersman.apiserver.admission import pod_security
from steersman.apiserver.admission.attributes import Attributes, Operation
from steersman.apiserver.admission.plugin import Context
from steersman.kit.clock import RealClock
from steersman.kit.entropy import SeededEntropy
from steersman.kit.http import User

CASES = pathlib.Path(__file__).parents[4] / "shared/oracle/cases/podsecurity.jsonl.gz"


def plugin(labels: dict[str, str], *pods: Any) -> pod_security.PodSecurity:
    reader = reading.Memory()
    reader.put("namespaces", {"metadata": {"name": "x", "labels": labels}})
    reader.put("pods", *pods)
    return pod_security.PodSecurity(Context(reader, RealClock(), SeededEntropy(1), authorization.Superusers()))


def attributes(resource: str, new: Any, old: Any = None) -> Attributes:
    found = resources.BUILTIN.get(resource)
    assert found is not None
    operation = Operation.CREATE if old is None else Operation.UPDATE
    return Attributes(operation, found, "x", new["metadata"]["name"], User("u"), new, old)


@pytest.mark.oracle
async def test_objections_and_warnings_equal_those_of_a_real_server() -> None:
    if not CASES.exists():
        pytest.skip(f"{CASES} is not there")
    with gzip.open(CASES) as file:
        case = json.loads(next(iter(file)))
    labels: dict[str, str] = {}
    compared = 0
    for step, answer in zip(case["steps"], case["answers"], strict=True):
        body = step["body"]
        if step["method"] == "PATCH":
            labels = body["metadata"]["labels"]
            continue
        resource = {"pods": "pods", "deployments": "deployments.apps"}.get(
            step["path"].partition("?")[0].rpartition("/")[2], ""
        )
        # The strategy of pods turns AppArmor's old annotations into fields before this plug-in looks.
        if not resource or answer["code"] == 422 or "annotations" in body["metadata"]:
            continue
        a = attributes(resource, body)
        message = ""
        try:
            await plugin(labels).validate(a)
        except status.StatusError as refused:
            message = refused.message
        assert message == (answer["body"].get("message") or "")
        expected = [warning[7:-1].replace('\\"', '"') for warning in answer["warnings"]]
        assert a.warnings == [warning for warning in expected if "PodSecurity" in warning]
        compared += 1
    assert compared > 35


async def test_labels_that_say_nonsense_are_refused_where_they_are_set() -> None:
    new = {"metadata": {"name": "x", "labels": {"pod-security.kubernetes.io/enforce": "bogus"}}}
    with pytest.raises(status.StatusError) as refused:
        await plugin({}).validate(attributes("namespaces", new))
    assert refused.value.message == (
        'Namespace "x" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "bogus": must '
        "be one of privileged, baseline, restricted"
    )
    await plugin({}).validate(attributes("namespaces", {**new, "spec": {}}, new))


async def test_raising_the_level_tells_which_pods_would_not_come_back() -> None:
    def pod(name: str) -> dict[str, Any]:
        return {"metadata": {"name": name, "namespace": "x"}, "spec": {"hostNetwork": True, "containers": []}}

    old = {"metadata": {"name": "x", "labels": {}}}
    new = {"metadata": {"name": "x", "labels": {"pod-security.kubernetes.io/enforce": "baseline"}}}
    a = attributes("namespaces", new, old)
    await plugin({}, pod("a"), pod("b"), {**pod("c"), "spec": {}}).validate(a)
    assert a.warnings == [
        'existing pods in namespace "x" violate the new PodSecurity enforce level "baseline:latest"',
        "a (and 1 other pod): host namespaces",
    ]


async def test_an_older_version_of_the_standard_allows_what_it_did() -> None:
    probing = {"name": "c", "livenessProbe": {"httpGet": {"host": "h"}}}
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [probing]}}
    labels = {"pod-security.kubernetes.io/enforce": "baseline"}
    with pytest.raises(status.StatusError):
        await plugin(labels).validate(attributes("pods", pod))
    await plugin({**labels, "pod-security.kubernetes.io/enforce-version": "v1.33"}).validate(attributes("pods", pod))


async def test_an_update_that_changes_nothing_of_interest_passes() -> None:
    pod = {"metadata": {"name": "p"}, "spec": {"hostPID": True, "containers": [{"name": "c", "image": "a"}]}}
    labelled = {**pod, "metadata": {"name": "p", "labels": {"a": "b"}}}
    enforcing = plugin({"pod-security.kubernetes.io/enforce": "baseline"})
    await enforcing.validate(attributes("pods", labelled, pod))
    changed = {**pod, "spec": {"hostPID": True, "containers": [{"name": "c", "image": "b"}]}}
    with pytest.raises(status.StatusError):
        await enforcing.validate(attributes("pods", changed, pod))
