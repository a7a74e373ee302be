"""An empty list or map is not kept, but who sent one sees it in a refusal: `{}` and `[]`, not `null`."""

from typing import Any

from unit.apiserver.serving import MERGE, Api, causes

DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
HPAS = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"


def deployment(labels: Any) -> dict[str, Any]:
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    return {"metadata": {"name": "d"}, "spec": {"selector": {"matchLabels": {"app": "a"}}, "template": template}}


async def test_an_empty_map_is_shown_and_an_absent_one_is_null(api: Api) -> None:
    where = "spec.template.metadata.labels: Invalid value"
    _, body = await api.call("POST", DEPLOYMENTS, deployment({}))
    assert f"{where}: {{}}: `selector`" in body["message"]
    _, body = await api.call("POST", DEPLOYMENTS, deployment(None))
    assert f"{where}: null: `selector`" in body["message"]


async def test_the_result_of_a_patch_is_shown_so_too(api: Api) -> None:
    await api.make(CLASSES, {"metadata": {"name": "s"}, "provisioner": "p", "parameters": {"a": "b"}})
    _, body = await api.call("PATCH", f"{CLASSES}/s", {"parameters": {"a": None}}, type=MERGE)
    assert "parameters: Invalid value: {}: field is immutable" in body["message"]
    _, body = await api.call("PATCH", f"{CLASSES}/s", {"parameters": None}, type=MERGE)
    assert "parameters: Invalid value: null: field is immutable" in body["message"]


async def test_a_selector_leaves_empty_values_out_as_its_own_type_does(api: Api) -> None:
    wanted = deployment({"app": "a"})
    wanted["spec"]["selector"] = {"matchExpressions": [{"key": "app", "operator": "In", "values": []}]}
    _, body = await api.call("POST", DEPLOYMENTS, wanted)
    assert '{"matchExpressions":[{"key":"app","operator":"In"}]}' in body["message"]


async def test_what_is_stored_has_no_empty_map(api: Api) -> None:
    made = await api.config_map("a", {}, labels={})
    assert "data" not in made
    assert "labels" not in made["metadata"]


async def test_an_autoscaler_that_names_no_policy_gets_no_defaults(api: Api) -> None:
    wanted: dict[str, Any] = {
        "metadata": {"name": "h"},
        "spec": {
            "maxReplicas": 3,
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"},
            "behavior": {"scaleUp": {"policies": []}},
        },
    }
    code, body = await api.call("POST", HPAS, wanted)
    assert (code, causes(body)) == (422, {("FieldValueRequired", "spec.behavior.scaleUp.policies")})
    wanted["spec"]["behavior"]["scaleUp"] = {}
    code, body = await api.call("POST", HPAS, wanted)
    assert code == 201
    assert len(body["spec"]["behavior"]["scaleUp"]["policies"]) == 2
