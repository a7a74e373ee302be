"""Writes through sub-resources: a status does not contradict itself, ephemeral containers stay."""

from typing import Any

import pytest

from steersman.api import resources, validation


def refused(name: Any, subresource: Any, new: Any, old: Any) -> Any:
    resource = resources.get(name)
    assert resource is not None
    return [str(error) for error in validation.update_subresource(resource, subresource, new, old)]


def test_no_more_replicas_are_ready_than_there_are() -> None:
    new = {"metadata": {}, "status": {"replicas": 1, "readyReplicas": 2}}
    assert refused("deployments.apps", "status", new, {"metadata": {}}) == [
        "status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas"
    ]


def pod(state: Any, **spec: Any) -> Any:
    statuses = [{"name": "c", "state": state}]
    return {"metadata": {}, "spec": spec, "status": {"containerStatuses": statuses, "qosClass": "BestEffort"}}


def test_an_ended_container_of_a_pod_that_never_restarts_stays_ended() -> None:
    ended: dict[str, Any]
    running: dict[str, Any]
    ended, running = {"terminated": {"exitCode": 1}}, {"running": {}}
    never = {"restartPolicy": "Never"}
    assert refused("pods", "status", pod(running, **never), pod(ended, **never)) == [
        "status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state"
    ]
    again = {"restartPolicy": "OnFailure"}
    assert refused("pods", "status", pod(running, **again), pod(ended, **again)) == []


def test_a_namespace_is_active_until_it_is_deleted() -> None:
    new = {"metadata": {}, "status": {"phase": "Terminating"}}
    assert refused("namespaces", "status", new, new) == [
        "status.Phase: Invalid value: \"Terminating\": may only be 'Active' if `deletionTimestamp` is empty"
    ]
    new["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert refused("namespaces", "status", new, new) == []


def test_a_kind_without_rules_takes_any_status() -> None:
    assert refused("configmaps", "status", {"metadata": {}}, {"metadata": {}}) == []


def debugged(*containers: Any, **metadata: Any) -> Any:
    main = [{"name": "c", "image": "i", "imagePullPolicy": "Always", "terminationMessagePolicy": "File"}]
    given = [{"imagePullPolicy": "Always", "terminationMessagePolicy": "File", **each} for each in containers]
    spec = {
        "containers": main, "ephemeralContainers": given, "restartPolicy": "Always", "dnsPolicy": "ClusterFirst",
        "terminationGracePeriodSeconds": 30, "nodeName": "n",
    }  # fmt: skip
    return {"metadata": {"name": "p", **metadata}, "spec": spec}


def test_an_ephemeral_container_stays_as_it_is() -> None:
    one, other = {"name": "d", "image": "a"}, {"name": "d", "image": "b"}
    assert refused("pods", "ephemeralcontainers", debugged(one, {"name": "e", "image": "a"}), debugged(one)) == []
    (gone,) = refused("pods", "ephemeralcontainers", debugged(), debugged(one))
    assert gone.endswith('existing ephemeral containers "d" may not be removed\n')
    (changed,) = refused("pods", "ephemeralcontainers", debugged(other), debugged(one))
    assert '"d" may not be changed\n@@ -1,6 +1,6 @@\n' in changed
    assert '\n- "Image": "a",\n+ "Image": "b",\n' in changed


def test_static_pods_have_no_ephemeral_containers() -> None:
    old = debugged(annotations={"kubernetes.io/config.mirror": "x"})
    new = debugged({"name": "d", "image": "a"}, annotations={"kubernetes.io/config.mirror": "x"})
    (text,) = refused("pods", "ephemeralcontainers", new, old)
    assert text.endswith("static pods do not support ephemeral containers")


def job(*conditions: str, spec: Any = None, **status: Any) -> Any:
    found = [{"type": each, "status": "True"} for each in conditions]
    return {"metadata": {}, "spec": spec or {}, "status": {**({"conditions": found} if found else {}), **status}}


START, END = "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"
UNMET = "without the SuccessCriteriaMet=true condition"
DONE = ("SuccessCriteriaMet", "Complete")


@pytest.mark.parametrize(
    ("new", "old", "complaints"),
    [
        (job(*DONE, startTime=START, completionTime=END, succeeded=1), job(startTime=START, active=1), []),
        (job("FailureTarget", "Failed", startTime=START, failed=1), job(startTime=START), []),
        (job(active=-1), job(), ["active: Invalid value: -1: must be greater than or equal to 0"]),
        (
            job("Complete", startTime=START, completionTime=END),
            job(startTime=START),
            [f"conditions: Invalid value: cannot set Complete=True condition {UNMET}"],
        ),
        (
            job("Failed", startTime=START),
            job(startTime=START),
            ["conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition"],
        ),
        (
            job(*DONE, startTime=START, active=1),
            job(startTime=START, active=1),
            [
                "completionTime: Required value: completionTime is required for Complete jobs",
                "active: Invalid value: 1: active>0 is invalid for finished job",
            ],
        ),
        (
            job(*DONE, startTime=END, completionTime=START),
            job(startTime=END),
            [f'completionTime: Invalid value: "{START}": completionTime cannot be set before startTime'],
        ),
        (
            job(startTime=START),
            job(*DONE, startTime=START, completionTime=END),
            [
                "conditions: Invalid value: cannot disable the terminal Complete=True condition",
                "conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition",
            ],
        ),
        (
            job(succeeded=1, failed=1),
            job(succeeded=2, failed=2),
            [
                "failed: Invalid value: 1: cannot decrease the failed counter",
                "succeeded: Invalid value: 1: cannot decrease the succeeded counter",
            ],
        ),
        (
            job(startTime=END),
            job(startTime=START),
            ["startTime: Required value: startTime cannot be removed for unsuspended job"],
        ),
        (
            job(active=1, ready=2),
            job(active=1),
            ["ready: Invalid value: 2: cannot set more ready pods than active"],
        ),
        (
            job(spec={"completionMode": "Indexed", "completions": 3}, completedIndexes="0-3"),
            job(),
            ['completedIndexes: Invalid value: "0-3": error parsing completedIndexes: too large index: "3"'],
        ),
        (
            job(
                spec={"completionMode": "Indexed", "completions": 9, "backoffLimitPerIndex": 1},
                completedIndexes="0-3,7",
                failedIndexes="2,8",
            ),
            job(),
            ['failedIndexes: Invalid value: "2,8": failedIndexes and completedIndexes overlap at index: 2'],
        ),
        (
            job(uncountedTerminatedPods={"succeeded": ["a", ""], "failed": ["a"]}),
            job(),
            [
                'uncountedTerminatedPods.succeeded[1]: Invalid value: "": must not be empty',
                'uncountedTerminatedPods.failed[0]: Duplicate value: "a"',
            ],
        ),
    ],
)
def test_a_job_ends_once_and_says_one_thing(new: Any, old: Any, complaints: list[str]) -> None:
    assert refused("jobs.batch", "status", new, old) == [f"status.{each}" for each in complaints]


def test_a_finished_job_that_does_not_change_is_left_alone() -> None:
    odd = job("Complete", "Failed", active=2)
    assert refused("jobs.batch", "status", odd, odd) == []


def test_a_load_balancer_has_addresses_and_names() -> None:
    def service(kind: str, *ingress: Any) -> Any:
        return {"metadata": {}, "spec": {"type": kind}, "status": {"loadBalancer": {"ingress": list(ingress)}}}

    at = "status.loadBalancer.ingress"
    good = service("LoadBalancer", {"ip": "10.0.0.1", "ipMode": "VIP"}, {"hostname": "a.example.com"})
    assert refused("services", "status", good, good) == []
    bad = service("LoadBalancer", {"ip": "x", "ipMode": "Some"}, {"hostname": "10.0.0.1"}, {"ipMode": "VIP"})
    assert refused("services", "status", bad, good) == [
        f'{at}[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
        f'{at}[0].ipMode: Unsupported value: "Some": supported values: "Proxy", "VIP"',
        f'{at}[1].hostname: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
        f"{at}[2].ipMode: Forbidden: may not be specified when `ip` is not set",
    ]
    [text] = refused("services", "status", service("ClusterIP", {"ip": "10.0.0.1"}), good)
    assert text.startswith(f"{at}: Forbidden: may only be used when `spec.type` is ")


def test_a_budget_counts_up_from_nothing_and_gives_reasons() -> None:
    condition = {"type": "DisruptionAllowed", "status": "True", "reason": "SufficientPods", "lastTransitionTime": START}
    good = {"metadata": {}, "status": {"disruptionsAllowed": 1, "conditions": [condition]}}
    assert refused("poddisruptionbudgets.policy", "status", good, good) == []
    wrong = {"type": "DisruptionAllowed", "status": "Maybe"}
    bad = {"metadata": {}, "status": {"currentHealthy": -1, "conditions": [condition, wrong]}}
    assert refused("poddisruptionbudgets.policy", "status", bad, good) == [
        'status.conditions[1].type: Duplicate value: "DisruptionAllowed"',
        'status.conditions[1].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"',
        "status.conditions[1].lastTransitionTime: Required value: must be set",
        "status.conditions[1].reason: Required value: must be set",
        "status.currentHealthy: Invalid value: -1: must be greater than or equal to 0",
    ]


def test_amounts_in_a_status_are_amounts() -> None:
    quota = {"metadata": {}, "status": {"hard": {"pods": "1.5"}, "used": {"no such": "1"}}}
    found = refused("resourcequotas", "status", quota, quota)
    assert next(text.split(":")[0] for text in found) == "status.hard[pods]"
    assert any(text.startswith("status.used[no such]") for text in found)
    claim = {"metadata": {}, "status": {"capacity": {"storage": "-1Gi"}}}
    assert refused("persistentvolumeclaims", "status", claim, claim) == [
        'status.capacity[storage]: Invalid value: "-1Gi": must be greater than or equal to 0'
    ]


KEPT = "Forbidden: updates may not"


def signing(*conditions: str, certificate: str = "", status: str = "True") -> Any:
    found = [{"type": each, "status": status} for each in conditions]
    return {"metadata": {}, "status": {"conditions": found, **({"certificate": certificate} if certificate else {})}}


@pytest.mark.parametrize(
    ("subresource", "new", "old", "complaints"),
    [
        ("approval", signing("Approved"), signing(), []),
        ("status", signing("Approved", certificate="YQ=="), signing("Approved"), []),
        (
            "approval",
            signing("Approved", "Denied"),
            signing("Approved"),
            ['[1].type: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive'],
        ),
        ("approval", signing("Approved", "Approved"), signing(), ['[1].type: Duplicate value: "Approved"']),
        (
            "approval",
            signing("Denied", status="False"),
            signing(),
            ['[0].status: Unsupported value: "False": supported values: "True"'],
        ),
        (
            "approval",
            signing(),
            signing("Denied"),
            [f': {KEPT} remove a condition of type "Denied"'],
        ),
        ("status", signing("Approved"), signing(), [f': {KEPT} add a condition of type "Approved"']),
    ],
)
def test_what_was_decided_of_a_certificate_stays(subresource: str, new: Any, old: Any, complaints: list[str]) -> None:
    found = refused("certificatesigningrequests.certificates.k8s.io", subresource, new, old)
    assert found == [f"status.conditions{each}" for each in complaints]


def test_a_certificate_is_issued_once() -> None:
    name = "certificatesigningrequests.certificates.k8s.io"
    assert refused(name, "status", signing(certificate="Yg=="), signing(certificate="YQ==")) == [
        "status.certificate: Forbidden: updates may not modify existing certificate content"
    ]


def test_a_flow_schema_has_one_condition_of_a_type() -> None:
    twice = {"metadata": {}, "status": {"conditions": [{"type": "Dangling"}, {"type": "Dangling"}, {}]}}
    assert refused("flowschemas.flowcontrol.apiserver.k8s.io", "status", twice, {"metadata": {}}) == [
        'status.conditions[1].type: Duplicate value: "Dangling"',
        "status.conditions[2].type: Required value: must not be empty",
    ]
