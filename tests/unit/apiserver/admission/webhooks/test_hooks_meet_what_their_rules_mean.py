"""Rules, selectors, match policy and conditions: which writes a hook is asked about, and in which version."""

import asyncio
from typing import Any

import pytest

from steersman.apiserver.admission.webhooks import configurations, rules
from steersman.kit import http
from unit.apiserver.admission.webhooks.hooks import HookedApi, add, allow, deny, patch
from unit.apiserver.serving import CONFIG_MAPS, PODS

NAMESPACES = "/api/v1/namespaces"


def rule(*resources: str, groups: str = "*", versions: str = "*", operations: str = "*", scope: str = "*") -> Any:
    return configurations.rule({
        "resources": resources, "apiGroups": [groups], "apiVersions": [versions], "operations": operations.split(","),
        "scope": scope,
    })  # fmt: skip


def asked(resource: str, subresource: str = "", *, operation: str = "CREATE", namespace: str = "x") -> rules.Asked:
    plural, _, group = resource.partition(".")
    return rules.Asked(operation, group, "v1", plural, subresource, namespace)


@pytest.mark.parametrize(
    ("given", "write", "meant"),
    [
        (rule("pods"), asked("pods"), True),
        (rule("pods"), asked("pods", "status"), False),
        (rule("pods/status"), asked("pods"), False),
        (rule("pods/status"), asked("pods", "status"), True),
        (rule("pods/*"), asked("pods"), True),
        (rule("pods/*"), asked("pods", "exec"), True),
        (rule("pods/*"), asked("services"), False),
        (rule("*"), asked("services"), True),
        (rule("*"), asked("services", "status"), False),
        (rule("*/status"), asked("services", "status"), True),
        (rule("*/*"), asked("services", "status"), True),
        (rule("services", "pods"), asked("pods"), True),
        (rule("pods", groups="apps"), asked("pods"), False),
        (rule("deployments", groups="apps"), asked("deployments.apps"), True),
        (rule("pods", versions="v2"), asked("pods"), False),
        (rule("pods", operations="UPDATE,DELETE"), asked("pods"), False),
        (rule("pods", operations="CREATE,DELETE"), asked("pods", operation="DELETE"), True),
        (rule("pods", operations="UPDATE"), asked("pods", operation="CONNECT"), False),
        (rule("*", scope="Cluster"), asked("pods"), False),
        (rule("*", scope="Cluster"), asked("nodes", namespace=""), True),
        (rule("*", scope="Cluster"), asked("namespaces"), True),
        (rule("*", scope="Namespaced"), asked("pods"), True),
        (rule("*", scope="Namespaced"), asked("namespaces"), False),
        (rule("*", scope="Namespaced"), asked("nodes", namespace=""), False),
    ],
)
def test_what_a_rule_means(given: configurations.Rule, write: rules.Asked, meant: bool) -> None:
    assert rules.matches(given, write) is meant


PODS_RULE = {"operations": ["*"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}
NAMESPACE_RULE = {"operations": ["*"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["namespaces"]}
NODE_RULE = {"operations": ["*"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["nodes"]}
WATCHED = {"matchLabels": {"watched": "yes"}}


async def test_a_namespace_selector_looks_at_the_labels_of_the_namespace(api: HookedApi) -> None:
    await api.make(NAMESPACES, {"metadata": {"name": "watched", "labels": {"watched": "yes"}}})
    await api.validates("/no", deny("m"), namespaceSelector=WATCHED)
    await api.config_map("a")
    code, _ = await api.call("POST", "/api/v1/namespaces/watched/configmaps", {"metadata": {"name": "a"}})
    assert code == 400


async def test_of_a_namespace_its_own_labels_count(api: HookedApi) -> None:
    await api.validates("/no", deny("m"), NAMESPACE_RULE, namespaceSelector=WATCHED)
    await api.make(NAMESPACES, {"metadata": {"name": "a"}})
    code, _ = await api.call("POST", NAMESPACES, {"metadata": {"name": "b", "labels": {"watched": "yes"}}})
    assert code == 400
    body = {"metadata": {"labels": {"watched": "yes"}}}
    assert (await api.call("PATCH", f"{NAMESPACES}/a", body, type="application/merge-patch+json"))[0] == 400
    (first, second) = api.hook.reviews
    assert (first["namespace"], first["name"]) == ("b", "b")
    assert (second["namespace"], second["name"]) == ("a", "a")


async def test_what_is_of_the_cluster_no_namespace_selector_excepts(api: HookedApi) -> None:
    await api.validates("/no", deny("m"), NODE_RULE, namespaceSelector=WATCHED)
    code, _ = await api.call("POST", "/api/v1/nodes", {"metadata": {"name": "n"}})
    assert code == 400


async def test_an_object_selector_looks_at_the_new_and_the_old_object(api: HookedApi) -> None:
    await api.config_map("a", labels={"watched": "yes"})
    await api.validates("/no", deny("m"), objectSelector=WATCHED)
    await api.config_map("b")
    assert (await api.call("POST", CONFIG_MAPS, {"metadata": {"name": "c", "labels": {"watched": "yes"}}}))[0] == 400
    body = {"metadata": {"labels": None}}
    assert (await api.call("PATCH", f"{CONFIG_MAPS}/a", body, type="application/merge-patch+json"))[0] == 400
    assert (await api.call("DELETE", f"{CONFIG_MAPS}/a"))[0] == 400
    assert (await api.call("DELETE", f"{CONFIG_MAPS}/b"))[0] == 200


async def test_an_object_selector_sees_what_earlier_hooks_made(api: HookedApi) -> None:
    await api.mutates("/a", patch(add("/metadata/labels", {"watched": "yes"})))
    await api.mutates("/b", deny("seen"), objectSelector=WATCHED)
    code, _ = await api.call("POST", CONFIG_MAPS, {"metadata": {"name": "a"}})
    assert code == 400


SCALERS_V1 = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers"
SCALERS_V2 = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"
SCALER: dict[str, Any] = {
    "metadata": {"name": "a"},
    "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}, "maxReplicas": 3,
        "targetCPUUtilizationPercentage": 70,
    },
}  # fmt: skip
SCALER_RULE = {
    "operations": ["*"], "apiGroups": ["autoscaling"], "apiVersions": ["v2"], "resources": ["horizontalpodautoscalers"],
}  # fmt: skip


async def test_an_equivalent_hook_sees_another_version_in_its_own(api: HookedApi) -> None:
    await api.mutates("/ask", allow, SCALER_RULE)
    await api.validates("/ask2", allow, SCALER_RULE)
    await api.make(SCALERS_V1, SCALER)
    for request in api.hook.reviews:
        kind = {"group": "autoscaling", "version": "v2", "kind": "HorizontalPodAutoscaler"}
        assert request["kind"] == kind
        assert request["requestKind"] == {**kind, "version": "v1"}
        assert request["resource"]["version"] == "v2"
        assert request["requestResource"]["version"] == "v1"
        assert request["object"]["apiVersion"] == "autoscaling/v2"
        assert request["object"]["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] == 70


async def test_what_a_hook_changes_in_its_version_is_brought_back(api: HookedApi) -> None:
    path = "/spec/metrics/0/resource/target/averageUtilization"
    await api.mutates("/change", patch({"op": "replace", "path": path, "value": 50}), SCALER_RULE)
    made = await api.make(SCALERS_V1, SCALER)
    assert made["apiVersion"] == "autoscaling/v1"
    assert made["spec"]["targetCPUUtilizationPercentage"] == 50


async def test_hooks_of_several_versions_see_each_others_changes(api: HookedApi) -> None:
    path = "/spec/metrics/0/resource/target/averageUtilization"
    await api.mutates("/a", patch({"op": "replace", "path": path, "value": 50}), SCALER_RULE)
    rule = {**SCALER_RULE, "apiVersions": ["v1"]}
    await api.mutates("/b", patch({"op": "replace", "path": "/spec/maxReplicas", "value": 9}), rule)
    made = await api.make(
        SCALERS_V2, {**SCALER, "spec": {k: SCALER["spec"][k] for k in ("scaleTargetRef", "maxReplicas")}}
    )
    assert api.hook.reviews[1]["object"]["spec"]["targetCPUUtilizationPercentage"] == 50
    assert made["apiVersion"] == "autoscaling/v2"
    assert made["spec"]["maxReplicas"] == 9
    assert made["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] == 50


async def test_an_exact_hook_is_not_asked_about_another_version(api: HookedApi) -> None:
    await api.mutates("/no", deny("m"), SCALER_RULE, matchPolicy="Exact")
    await api.make(SCALERS_V1, SCALER)
    assert not api.hook.asked


async def test_events_of_both_groups_are_equivalent(api: HookedApi) -> None:
    rule = {"operations": ["*"], "apiGroups": ["events.k8s.io"], "apiVersions": ["v1"], "resources": ["events"]}
    await api.mutates("/ask", allow, rule)
    body = {"metadata": {"name": "e"}, "involvedObject": {"namespace": "default"}, "message": "m"}
    await api.make("/api/v1/namespaces/default/events", body)
    (request,) = api.hook.reviews
    assert request["object"]["apiVersion"] == "events.k8s.io/v1"
    assert request["object"]["note"] == "m"


async def test_versions_of_a_custom_resource_are_equivalent(api: HookedApi) -> None:
    def version(name: str, storage: bool) -> Any:
        text = {"type": "string"}
        spec = {"type": "object", "properties": {"a": text, **({} if storage else {"only": text})}}
        schema = {"type": "object", "properties": {"spec": spec}}
        return {"name": name, "served": True, "storage": storage, "schema": {"openAPIV3Schema": schema}}

    crd = {
        "metadata": {"name": "gizmos.x.example.com"},
        "spec": {
            "group": "x.example.com", "scope": "Namespaced", "names": {"plural": "gizmos", "kind": "Gizmo"},
            "versions": [version("v1", True), version("v2", False)],
        },
    }  # fmt: skip
    await api.make("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd)
    for _ in range(200):
        await asyncio.sleep(0)
    rule = {"operations": ["*"], "apiGroups": ["x.example.com"], "apiVersions": ["v1"], "resources": ["gizmos"]}
    await api.mutates("/change", patch(add("/spec/a", "hook"), add("/spec/unknown", 1)), rule)
    home = "/apis/x.example.com/v2/namespaces/default/gizmos"
    head = {"apiVersion": "x.example.com/v2", "kind": "Gizmo"}
    made = await api.make(home, {**head, "metadata": {"name": "g"}, "spec": {"a": "b", "only": "v2"}})
    assert (made["apiVersion"], made["spec"]) == ("x.example.com/v2", {"a": "hook", "only": "v2"})
    (request,) = api.hook.reviews
    assert request["object"]["apiVersion"] == "x.example.com/v1"
    assert request["requestKind"]["version"] == "v2"


# conditions


def condition(*expressions: str) -> Any:
    return [{"name": f"c{index}", "expression": text} for index, text in enumerate(expressions)]


@pytest.mark.parametrize(
    ("expression", "asked"),
    [
        ("request.operation == 'CREATE'", True),
        ("request.operation == 'UPDATE'", False),
        ("object.metadata.name == 'a' && oldObject == null", True),
        ("request.userInfo.username == 'system:apiserver'", True),
        ("request.resource.resource == 'configmaps' && request.namespace == 'default'", True),
        ("!has(object.data)", True),
        ("authorizer.group('').resource('pods').namespace('default').check('delete').allowed()", True),
        ("authorizer.requestResource.check('create').allowed()", True),
    ],
)
async def test_a_hook_is_asked_where_its_condition_holds(api: HookedApi, expression: str, asked: bool) -> None:
    await api.validates("/ask", allow, matchConditions=condition("true", expression))
    await api.config_map("a")
    assert bool(api.hook.asked) is asked


async def test_a_mutating_hook_is_left_alone_by_its_condition(api: HookedApi) -> None:
    await api.mutates("/no", deny("m"), matchConditions=condition("object.metadata.name != 'a'"))
    await api.config_map("a")
    assert (await api.call("POST", CONFIG_MAPS, {"metadata": {"name": "b"}}))[0] == 400


async def test_a_condition_that_fails_forbids_the_write(api: HookedApi) -> None:
    await api.validates("/ask", allow, matchConditions=condition("object.data.k == 'v'"))
    code, body = await api.call("POST", CONFIG_MAPS, {"metadata": {"name": "a"}})
    assert (code, body["message"]) == (
        403,
        "configmaps \"a\" is forbidden: expression 'object.data.k == 'v'' resulted in error: no such key: data",
    )
    assert not api.hook.asked


async def test_a_condition_that_fails_leaves_out_a_hook_that_may_be_left_out(api: HookedApi) -> None:
    await api.validates("/no", deny("m"), matchConditions=condition("object.data.k == 'v'"), failurePolicy="Ignore")
    await api.config_map("a")
    assert not api.hook.asked


async def test_a_condition_sees_the_version_that_the_rules_name(api: HookedApi) -> None:
    await api.mutates("/no", deny("m"), SCALER_RULE, matchConditions=condition("has(object.spec.metrics)"))
    assert (await api.call("POST", SCALERS_V1, SCALER))[0] == 400


async def test_a_connection_is_asked_about(api: HookedApi) -> None:
    await api.make("/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
    await api.pod("a")
    connect = {"operations": ["CONNECT"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods/*"]}
    await api.validates("/no", deny("m"), connect)
    code, body = await api.call("POST", f"{PODS}/a/exec?command=sh&command=-c&stdin=true&container=c")
    assert (code, body["message"]) == (400, 'admission webhook "no.example.com" denied the request: m')
    (request,) = api.hook.reviews
    assert request["operation"] == "CONNECT"
    assert request["kind"] == {"group": "", "version": "v1", "kind": "PodExecOptions"}
    assert request["resource"] == {"group": "", "version": "v1", "resource": "pods"}
    assert (request["subResource"], request["name"], request["namespace"]) == ("exec", "a", "default")
    assert request["object"] == {
        "kind": "PodExecOptions", "apiVersion": "v1", "stdin": True, "stdout": True, "stderr": True, "container": "c",
        "command": ["sh", "-c"],
    }  # fmt: skip
    assert request["options"] is None
    for what in ("attach", "portforward", "proxy"):
        assert (await api.call("POST", f"{PODS}/a/{what}"))[0] == 400


async def test_a_mutating_hook_may_refuse_a_connection(api: HookedApi) -> None:
    await api.make("/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
    await api.pod("a")
    connect = {"operations": ["CONNECT"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods/attach"]}
    await api.mutates("/no", deny("m"), connect)
    _, body = await api.call("POST", f"{PODS}/a/attach")
    assert body["message"].endswith("denied the request: m")


class Kubelet:
    """Answers everything, and remembers it."""

    def __init__(self) -> None:
        self.asked: list[http.Request] = []

    async def send(self, request: http.Request) -> http.Answer:
        self.asked.append(request)
        return http.Response()

    async def close(self) -> None:
        """Nothing is open."""


async def test_a_hook_may_change_what_is_run_in_a_container(api: HookedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    kubelet = Kubelet()

    async def node(name: str) -> Kubelet:
        return kubelet

    monkeypatch.setattr(api.server.services.dialer, "node", node)
    await api.make("/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
    await api.make("/api/v1/nodes", {"metadata": {"name": "n"}})
    await api.pod("a", nodeName="n")
    connect = {"operations": ["CONNECT"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods/exec"]}
    await api.mutates("/safe", patch({"op": "replace", "path": "/command", "value": ["true"]}), connect)
    assert (await api.send("POST", f"{PODS}/a/exec?command=rm&command=-r&tty=true&stderr=false")) == http.Response()
    (request,) = kubelet.asked
    assert request.path == "/exec/default/a/c"
    assert list(request.query) == [("output", "1"), ("tty", "1"), ("command", "true")]
    await api.send("POST", f"{PODS}/a/portforward?ports=80")
    assert (kubelet.asked[1].path, list(kubelet.asked[1].query)) == ("/portForward/default/a", [("ports", "80")])
