"""Cells of the other kinds: what each shows, and that none of them stumbles over what is missing."""

import json
from typing import Any

import pytest

from steersman.api import printers, resources

NOW = 1_000_000_000.0
META = {"name": "x", "creationTimestamp": "2001-09-09T01:46:30Z"}


def row(name: str, tree: dict[str, Any], version: str = "") -> list[Any]:
    resource = next(r for r in resources.EVERYTHING.all() if r.name == name and version in ("", r.version))
    found: list[Any] = printers.table(resource, [{"metadata": META, **tree}], now=NOW)["rows"][0]["cells"]
    return found


@pytest.mark.parametrize("resource", resources.EVERYTHING.all(), ids=lambda r: f"{r.name}.{r.version}")
def test_an_empty_object_prints_a_cell_for_each_column(resource: resources.Resource) -> None:
    for tree in ({}, {"metadata": None, "spec": None, "status": None}, {"metadata": META, "spec": {}, "status": {}}):
        made = printers.table(resource, [tree], now=NOW)
        surplus = resource.plural == "ipaddresses"  # the reference's, too
        assert len(made["rows"][0]["cells"]) == len(made["columnDefinitions"]) + surplus
        json.dumps(made)


@pytest.mark.parametrize("resource", resources.EVERYTHING.all(), ids=lambda r: f"{r.name}.{r.version}")
def test_columns_are_described_by_the_schema_where_they_name_a_field(resource: resources.Resource) -> None:
    for column in printers.printer(resource).columns:
        assert not column.of or column.definition()["description"], column


def test_a_kind_without_columns_shows_when_it_was_created() -> None:
    assert row("roles.rbac.authorization.k8s.io", {}) == ["x", "2001-09-09T01:46:30Z"]


def test_a_custom_resource_shows_its_age_unless_it_brings_columns() -> None:
    custom = resources.Resource("example.com", "v1", "widgets", "Widget", namespaced=True, custom=True)
    assert printers.table(custom, [{"metadata": META}], now=NOW)["rows"] == [{"cells": ["x", "10s"]}]
    size = printers.Printer((printers.Column("Size"),), lambda tree, now: [tree["spec"]["size"]])
    made = printers.table(custom, [{"spec": {"size": 3}}], now=NOW, using=size)
    assert made["rows"] == [{"cells": [3]}]
    assert [c["name"] for c in made["columnDefinitions"]] == ["Size"]


def test_flow_schemas_are_listed_by_precedence() -> None:
    resource = resources.get("flowschemas.flowcontrol.apiserver.k8s.io")
    assert resource is not None
    trees = [{"metadata": {"name": n}, "spec": {"matchingPrecedence": p}} for n, p in (("c", 5), ("b", 9), ("a", 9))]
    assert [t["metadata"]["name"] for t in printers.ordered(resource, trees)] == ["c", "a", "b"]


def test_a_claim_shows_what_it_got_once_it_is_bound() -> None:
    claim: dict[str, Any] = {
        "spec": {"storageClassName": "fast", "volumeMode": "Filesystem", "accessModes": ["ReadWriteOnce"]},
        "status": {"phase": "Pending"},
    }
    assert row("persistentvolumeclaims", claim) == [
        "x", "Pending", "", "", "", "fast", "<unset>", "10s", "Filesystem",
    ]  # fmt: skip
    claim["spec"]["volumeName"] = "pv1"
    claim["status"] = {
        "phase": "Bound",
        "capacity": {"storage": "5Gi"},
        "accessModes": ["ReadWriteMany", "ReadWriteOnce"],
    }
    assert row("persistentvolumeclaims", claim)[1:5] == ["Bound", "pv1", "5Gi", "RWO,RWX"]


def test_a_volume_shows_its_claim_and_the_annotated_class() -> None:
    tree = {
        "metadata": {
            **META,
            "annotations": {"volume.beta.kubernetes.io/storage-class": "old"},
            "deletionTimestamp": "2001-09-09T01:46:30Z",
        },
        "spec": {"claimRef": {"namespace": "n", "name": "c"}, "storageClassName": "new"},
    }
    assert row("persistentvolumes", tree)[4:7] == ["Terminating", "n/c", "old"]


@pytest.mark.parametrize(
    ("spec", "status", "text"),
    [
        ({"type": "ClusterIP"}, {}, "<none>"),
        ({"type": "NodePort", "externalIPs": ["1.1.1.1", "2.2.2.2"]}, {}, "1.1.1.1,2.2.2.2"),
        ({"type": "LoadBalancer"}, {}, "<pending>"),
        (
            {"type": "LoadBalancer", "externalIPs": ["1.1.1.1"]},
            {"loadBalancer": {"ingress": [{"ip": "9.9.9.9"}, {"hostname": "h"}, {"ip": "3.3.3.3"}]}},
            "3.3.3.3,9.9.9.9,h,1.1.1.1",
        ),
        ({"type": "ExternalName", "externalName": "e.example"}, {}, "e.example"),
    ],
)
def test_a_service_shows_where_it_is_reached_from_outside(spec: Any, status: Any, text: str) -> None:
    assert row("services", {"spec": spec, "status": status})[3] == text


def test_service_ports_show_node_ports() -> None:
    ports = [{"port": 80, "nodePort": 30080, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]
    assert row("services", {"spec": {"ports": ports}})[4] == "80:30080/TCP,53/UDP"


def test_endpoints_are_cut_after_three() -> None:
    addresses = [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]
    subsets = [{"addresses": addresses, "ports": [{"port": 80}, {"port": 443}]}, {"addresses": [{"ip": "10.0.0.9"}]}]
    assert row("endpoints", {"subsets": subsets})[1] == "10.0.0.1:80,[fd00::1]:80,10.0.0.1:443 + 2 more..."
    assert row("endpoints", {})[1] == "<none>"


def test_slices_show_numbers_names_or_any_port() -> None:
    tree = {
        "addressType": "IPv4",
        "ports": [{"port": 80}, {"name": "web"}, {}],
        "endpoints": [{"addresses": [f"10.0.0.{i}"]} for i in range(5)],
    }
    assert row("endpointslices.discovery.k8s.io", tree)[1:4] == [
        "IPv4",
        "80,web,*",
        "10.0.0.0,10.0.0.1,10.0.0.2 + 2 more...",
    ]


def test_ingress_hosts_are_cut_after_three_rules_with_one() -> None:
    rules = [{"host": h} if h else {} for h in ("a", "", "b", "c", "d")]
    assert row("ingresses.networking.k8s.io", {"spec": {"rules": rules}})[1:5] == [
        "<none>",
        "a,b,c + 2 more...",
        "",
        "80",
    ]
    assert row("ingresses.networking.k8s.io", {"spec": {"tls": [{}]}})[2:5] == ["*", "", "80, 443"]


@pytest.mark.parametrize(
    ("spec", "status", "text"),
    [
        ({"completions": 4}, {"succeeded": 1}, "1/4"),
        ({"parallelism": 3}, {}, "0/1 of 3"),
        ({"parallelism": 1}, {"succeeded": 1}, "1/1"),
    ],
)
def test_a_job_counts_its_completions(spec: Any, status: Any, text: str) -> None:
    assert row("jobs.batch", {"spec": spec, "status": status})[2] == text


@pytest.mark.parametrize(
    ("types", "deleting", "text"),
    [
        (["FailureTarget", "Failed"], True, "Failed"),
        (["Complete"], True, "Complete"),
        (["Suspended"], True, "Terminating"),
        (["Suspended"], False, "Suspended"),
        (["FailureTarget"], False, "FailureTarget"),
        ([], False, "Running"),
    ],
)
def test_a_job_shows_the_most_final_of_its_states(types: list[str], deleting: bool, text: str) -> None:
    metadata = {**META, "deletionTimestamp": "2001-09-09T01:46:40Z"} if deleting else META
    status = {"conditions": [{"type": t, "status": "True"} for t in types]}
    assert row("jobs.batch", {"metadata": metadata, "status": status})[1] == text


def test_a_job_lasts_until_it_is_complete() -> None:
    status = {"startTime": "2001-09-09T01:40:00Z"}
    assert row("jobs.batch", {"status": status})[3] == "6m40s"
    assert row("jobs.batch", {"status": {**status, "completionTime": "2001-09-09T01:41:00Z"}})[3] == "60s"


def test_a_node_shows_its_state_roles_and_addresses() -> None:
    tree = {
        "metadata": {
            **META,
            "labels": {
                "node-role.kubernetes.io/worker": "",
                "node-role.kubernetes.io/": "",
                "kubernetes.io/role": "edge",
            },
        },
        "spec": {"unschedulable": True},
        "status": {
            "conditions": [{"type": "Ready", "status": "Unknown"}],
            "addresses": [{"type": "Hostname", "address": "h"}, {"type": "InternalIP", "address": "10.0.0.1"}],
            "nodeInfo": {"kubeletVersion": "v1.36.2", "osImage": "Debian"},
        },
    }
    assert row("nodes", tree) == [
        "x", "NotReady,SchedulingDisabled", "edge,worker", "10s", "v1.36.2", "10.0.0.1", "<none>", "Debian",
        "<unknown>", "<unknown>",
    ]  # fmt: skip


def test_an_event_prints_alike_in_both_groups() -> None:
    core = {
        "involvedObject": {"kind": "Pod", "name": "p", "fieldPath": "spec.containers{c}"},
        "source": {"component": "kubelet", "host": "n1"},
        "firstTimestamp": "2001-09-09T01:40:00Z",
        "lastTimestamp": "2001-09-09T01:46:00Z",
        "count": 4,
        "message": " Back-off \n",
        "type": "Warning",
        "reason": "BackOff",
    }
    other = {
        "regarding": core["involvedObject"],
        "deprecatedSource": core["source"],
        "deprecatedFirstTimestamp": core["firstTimestamp"],
        "deprecatedLastTimestamp": core["lastTimestamp"],
        "deprecatedCount": 4,
        "note": " Back-off \n",
        "type": "Warning",
        "reason": "BackOff",
    }
    expected = ["40s", "Warning", "BackOff", "pod/p", "spec.containers{c}", "kubelet, n1", "Back-off", "6m40s", 4, "x"]
    assert row("events", core) == row("events.events.k8s.io", other) == expected


def test_a_series_tells_when_an_event_was_last_seen() -> None:
    tree = {
        "eventTime": "2001-09-09T01:40:00.000000Z",
        "series": {"count": 7, "lastObservedTime": "2001-09-09T01:46:38.500000Z"},
        "reportingComponent": "c",
        "reportingInstance": "c-1",
    }
    cells = row("events", tree)
    assert (cells[0], cells[5], cells[7], cells[8]) == ("1s", "c, c-1", "6m40s", 7)


METRICS = [
    {"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 80}}},
    {"type": "Pods", "pods": {"metric": {"name": "m"}, "target": {"averageValue": "10"}}},
    {"type": "Object", "object": {"target": {"value": "5"}}},
]
CURRENT = [
    {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 42, "averageValue": "1m"}}},
    {"type": "Pods", "pods": {"current": {"averageValue": "7"}}},
]


def test_an_autoscaler_shows_two_metrics_and_how_many_more() -> None:
    tree = {"spec": {"metrics": METRICS}, "status": {"currentMetrics": CURRENT}}
    assert row("horizontalpodautoscalers.autoscaling", tree, "v2")[2] == "cpu: 42%/80%, 7/10 + 1 more..."
    assert row("horizontalpodautoscalers.autoscaling", {"spec": {"metrics": METRICS[2:]}}, "v2")[2] == "<unknown>/5"
    assert row("horizontalpodautoscalers.autoscaling", {}, "v2")[1:4] == ["/", "<none>", "<unset>"]


def test_an_autoscaler_of_v1_prints_what_its_annotations_say() -> None:
    flat = [{"type": "Resource", "resource": {"name": "memory", "targetAverageValue": "100Mi"}}]
    now = [{"type": "Resource", "resource": {"name": "cpu", "currentAverageUtilization": 42}}]
    annotations = {
        "autoscaling.alpha.kubernetes.io/metrics": json.dumps(flat),
        "autoscaling.alpha.kubernetes.io/current-metrics": json.dumps(now),
    }
    tree = {
        "apiVersion": "autoscaling/v1",
        "metadata": {**META, "annotations": annotations},
        "spec": {"targetCPUUtilizationPercentage": 80},
    }
    assert row("horizontalpodautoscalers.autoscaling", tree, "v1")[2] == "cpu: 42%/80%, memory: <unknown>/100Mi"


def test_a_quota_parts_limits_from_the_rest() -> None:
    status = {"hard": {"pods": "5", "limits.cpu": "2", "cpu": "1"}, "used": {"pods": "3"}}
    assert row("resourcequotas", {"status": status})[1:3] == ["cpu: 0/1, pods: 3/5", "limits.cpu: 0/2"]


def test_a_default_class_is_marked() -> None:
    marked = {"metadata": {**META, "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}}
    assert row("storageclasses.storage.k8s.io", marked)[:5] == ["x (default)", "", "Delete", "Immediate", False]


def test_a_revision_names_its_controller_with_the_group() -> None:
    owner = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web", "controller": True}
    tree = {"metadata": {**META, "ownerReferences": [owner]}, "revision": 3}
    assert row("controllerrevisions.apps", tree) == ["x", "statefulset.apps/web", 3, "10s"]


def test_a_signing_request_tells_all_that_happened_to_it() -> None:
    status = {"conditions": [{"type": "Approved"}, {"type": "Failed"}], "certificate": "x"}
    cells = row(
        "certificatesigningrequests.certificates.k8s.io", {"spec": {"expirationSeconds": 600}, "status": status}
    )
    assert cells[2:] == ["<none>", "", "10m", "Approved,Failed,Issued"]


def test_a_policy_binding_names_its_parameter() -> None:
    name = "validatingadmissionpolicybindings.admissionregistration.k8s.io"
    assert row(name, {"spec": {"policyName": "p"}})[2] == "<unset>"
    assert row(name, {"spec": {"paramRef": {"name": "a"}}})[2] == "*/a"
    selector = {"matchLabels": {"b": "2", "a": "1"}}
    assert row(name, {"spec": {"paramRef": {"selector": selector}}})[2] == (
        "&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{},}"
    )


def test_a_claim_of_devices_shows_each_of_its_states() -> None:
    name = "resourceclaims.resource.k8s.io"
    held: dict[str, Any] = {"allocation": {}, "reservedFor": [{}]}
    assert row(name, {})[1] == "pending"
    assert row(name, {"status": held})[1] == "allocated,reserved"
    gone = {**META, "deletionTimestamp": "2001-09-09T01:46:40Z"}
    assert row(name, {"metadata": gone, "status": held})[1] == "deleted,allocated,reserved"
    assert row(name, {"metadata": gone})[1] == "deleted"


def test_what_is_never_stored_makes_no_table() -> None:
    find = resources.EVERYTHING.find
    review, pods = find("authentication.k8s.io", "v1", "tokenreviews"), find("", "v1", "pods")
    assert review is not None
    assert pods is not None
    assert not printers.is_convertible(review)
    assert printers.is_convertible(pods)
    assert printers.is_convertible(pods, "status")
    assert not printers.is_convertible(pods, "resize")
