"""What the server fills in: the same facts for every kind, in a handful of examples each."""

from typing import Any

import pytest

from steersman.api import defaults, resources


def defaulted(name: Any, tree: Any) -> Any:
    resource = resources.EVERYTHING.get(name)
    assert resource is not None
    tree.setdefault("apiVersion", resource.api_version)
    tree.setdefault("metadata", {"name": "x"})
    defaults.apply(resource, tree)
    return tree


def pod(**spec: Any) -> Any:
    return defaulted("pods", {"spec": {"containers": [{"name": "c", "image": "busybox", "resources": {}}], **spec}})


def test_a_pod_gets_the_policies_that_it_does_not_name() -> None:
    spec = pod()["spec"]
    assert spec["restartPolicy"] == "Always"
    assert spec["dnsPolicy"] == "ClusterFirst"
    assert spec["terminationGracePeriodSeconds"] == 30
    assert spec["schedulerName"] == "default-scheduler"
    assert spec["enableServiceLinks"] is True
    assert spec["securityContext"] == {}


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("busybox", "Always"),
        ("busybox:latest", "Always"),
        ("localhost:5000/busybox", "Always"),
        ("busybox:1.36", "IfNotPresent"),
        ("localhost:5000/a/b:1", "IfNotPresent"),
        ("busybox@sha256:" + "0" * 64, "IfNotPresent"),
        ("Not_Valid!", "IfNotPresent"),
        ("", "IfNotPresent"),
    ],
)
def test_an_image_is_always_pulled_if_its_tag_is_latest_said_or_implied(image: Any, policy: Any) -> None:
    made = pod(containers=[{"name": "c", "image": image}])
    assert made["spec"]["containers"][0]["imagePullPolicy"] == policy


def test_requests_come_from_limits_in_a_pod_but_not_in_a_template() -> None:
    container = {"name": "c", "image": "a", "resources": {"limits": {"cpu": "1"}}}
    assert pod(containers=[container])["spec"]["containers"][0]["resources"]["requests"] == {"cpu": "1"}
    container = {"name": "c", "image": "a", "resources": {"limits": {"cpu": "1"}}}
    made = defaulted("podtemplates", {"template": {"spec": {"containers": [container]}}})
    assert "requests" not in made["template"]["spec"]["containers"][0]["resources"]


def test_host_ports_are_container_ports_on_the_hosts_network() -> None:
    made = pod(hostNetwork=True, containers=[{"name": "c", "image": "a", "ports": [{"containerPort": 80}]}])
    assert made["spec"]["containers"][0]["ports"] == [{"containerPort": 80, "protocol": "TCP", "hostPort": 80}]


def test_both_names_of_the_service_account_are_kept_the_same() -> None:
    assert pod(serviceAccountName="a")["spec"]["serviceAccount"] == "a"
    assert pod(serviceAccount="b")["spec"]["serviceAccountName"] == "b"


def test_a_volume_without_a_source_is_an_empty_directory() -> None:
    made = pod(
        volumes=[{"name": "v"}, {"name": "w", "configMap": {"name": "m"}}, {"name": "h", "hostPath": {"path": "/"}}]
    )
    assert [list(volume.values())[1] for volume in made["spec"]["volumes"]] == [
        {}, {"name": "m", "defaultMode": 420}, {"path": "/", "type": ""},
    ]  # fmt: skip


def test_probes_get_their_times() -> None:
    probe = {"httpGet": {"port": 80}}
    made = pod(containers=[{"name": "c", "image": "a", "livenessProbe": probe}])
    assert made["spec"]["containers"][0]["livenessProbe"] == {
        "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"},
        "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3,
    }  # fmt: skip


def test_amounts_are_rounded_up_to_thousandths() -> None:
    made = pod(containers=[{"name": "c", "image": "a", "resources": {"requests": {"cpu": "100u", "memory": "1Gi"}}}])
    assert made["spec"]["containers"][0]["resources"]["requests"] == {"cpu": "1m", "memory": "1Gi"}


def test_a_services_affinity_has_a_time_and_its_ports_a_target() -> None:
    made = defaulted("services", {"spec": {"sessionAffinity": "ClientIP", "ports": [{"port": 80}]}})["spec"]
    assert made["sessionAffinityConfig"] == {"clientIP": {"timeoutSeconds": 10800}}
    assert made["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 80}]
    assert (made["type"], made["internalTrafficPolicy"]) == ("ClusterIP", "Cluster")
    assert "externalTrafficPolicy" not in made


@pytest.mark.parametrize(
    ("name", "tree", "path", "value"),
    [
        (
            "deployments.apps",
            {"spec": {}},
            "strategy",
            {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
        ),
        ("daemonsets.apps", {"spec": {}}, "revisionHistoryLimit", 10),
        ("statefulsets.apps", {"spec": {}}, "podManagementPolicy", "OrderedReady"),
        ("jobs.batch", {"spec": {}}, "backoffLimit", 6),
        ("jobs.batch", {"spec": {"backoffLimitPerIndex": 1}}, "backoffLimit", 2147483647),
        ("cronjobs.batch", {"spec": {}}, "concurrencyPolicy", "Allow"),
        ("horizontalpodautoscalers.autoscaling", {"spec": {}}, "minReplicas", 1),
        ("networkpolicies.networking.k8s.io", {"spec": {"egress": [{}]}}, "policyTypes", ["Ingress", "Egress"]),
        ("persistentvolumes", {"spec": {}}, "persistentVolumeReclaimPolicy", "Retain"),
        (
            "customresourcedefinitions.apiextensions.k8s.io",
            {"spec": {"names": {"kind": "Foo"}}},
            "names",
            {"kind": "Foo", "singular": "foo", "listKind": "FooList"},
        ),
    ],
)
def test_a_kind_gets_what_its_spec_does_not_say(name: Any, tree: Any, path: Any, value: Any) -> None:
    assert defaulted(name, tree)["spec"][path] == value


def test_a_secrets_texts_become_data() -> None:
    made = defaulted("secrets", {"stringData": {"a": "b"}, "data": {"a": "eA==", "c": "ZA=="}})
    assert made["data"] == {"a": "Yg==", "c": "ZA=="}
    assert made["type"] == "Opaque"
    assert "stringData" not in made


def test_a_limit_range_fills_its_defaults_from_its_bounds() -> None:
    made = defaulted(
        "limitranges", {"spec": {"limits": [{"type": "Container", "max": {"cpu": "2"}, "min": {"memory": "1Mi"}}]}}
    )
    assert made["spec"]["limits"][0]["default"] == {"cpu": "2"}
    assert made["spec"]["limits"][0]["defaultRequest"] == {"memory": "1Mi", "cpu": "2"}


def test_a_replication_controller_takes_selector_and_labels_from_its_template() -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {}}
    made = defaulted("replicationcontrollers", {"spec": {"template": template}})
    assert made["spec"]["selector"] == made["metadata"]["labels"] == {"a": "b"}
    assert made["spec"]["selector"] is not template["metadata"]["labels"]


STORED = [r for r in resources.EVERYTHING.all() if r.storage]


@pytest.mark.parametrize("resource", STORED, ids=lambda r: f"{r.name}-{r.version}")
def test_an_empty_object_of_any_kind_can_be_defaulted_twice(resource: Any) -> None:
    tree = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": {"name": "x"}}
    defaults.apply(resource, tree)
    once = repr(tree)
    defaults.apply(resource, tree)
    assert repr(tree) == once
