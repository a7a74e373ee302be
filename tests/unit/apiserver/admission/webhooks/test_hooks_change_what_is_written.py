"""Mutating webhooks: what they are asked, what their patches do, and in which order they come."""

from typing import Any

import pytest

from steersman.apiserver.server import SELF
from unit.apiserver.admission.webhooks.hooks import HookedApi, add, allow, patch, patched
from unit.apiserver.serving import CONFIG_MAPS, PODS

PODS_RULE = {"operations": ["*"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}


async def test_a_patch_changes_what_is_stored(api: HookedApi) -> None:
    await api.mutates("/label", patch(add("/metadata/labels", {"colour": "green"})))
    made = await api.config_map("a", {"k": "v"})
    assert made["metadata"]["labels"] == {"colour": "green"}
    stored = await api.get(f"{CONFIG_MAPS}/a")
    assert stored["metadata"]["labels"] == {"colour": "green"}
    assert stored["data"] == {"k": "v"}


async def test_a_hook_is_asked_about_the_whole_request(api: HookedApi) -> None:
    await api.mutates("/ask", allow)
    await api.config_map("a", {"k": "v"})
    (request,) = api.hook.reviews
    assert request["kind"] == {"group": "", "version": "v1", "kind": "ConfigMap"}
    assert request["resource"] == {"group": "", "version": "v1", "resource": "configmaps"}
    assert request["requestKind"] == request["kind"]
    assert request["requestResource"] == request["resource"]
    assert "subResource" not in request
    assert (request["name"], request["namespace"], request["operation"]) == ("a", "default", "CREATE")
    assert request["userInfo"] == {"username": SELF.name, "groups": list(SELF.groups)}
    assert request["object"]["kind"] == "ConfigMap"
    assert request["object"]["apiVersion"] == "v1"
    assert request["object"]["data"] == {"k": "v"}
    assert request["oldObject"] is None
    assert request["dryRun"] is False
    assert request["options"] == {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"}
    assert api.hook.asked[0].query == (("timeout", "10s"),)
    assert api.hook.asked[0].headers["user-agent"] == "kube-apiserver-admission"


async def test_an_update_shows_the_old_object_and_the_options(api: HookedApi) -> None:
    await api.config_map("a", {"k": "v"})
    await api.mutates("/ask", allow)
    code, _ = await api.call(
        "PATCH", f"{CONFIG_MAPS}/a?fieldManager=me&dryRun=All", {"data": {"k": "w"}},
        type="application/merge-patch+json",
    )  # fmt: skip
    assert code == 200
    (request,) = api.hook.reviews
    assert request["operation"] == "UPDATE"
    assert request["object"]["data"] == {"k": "w"}
    assert request["oldObject"]["data"] == {"k": "v"}
    assert request["dryRun"] is True
    assert request["options"] == {
        "kind": "UpdateOptions", "apiVersion": "meta.k8s.io/v1", "fieldManager": "me", "dryRun": ["All"],
    }  # fmt: skip


async def test_a_deletion_shows_the_old_object_alone(api: HookedApi) -> None:
    await api.config_map("a", {"k": "v"})
    await api.mutates("/ask", allow)
    code, _ = await api.call("DELETE", f"{CONFIG_MAPS}/a", {"propagationPolicy": "Background"})
    assert code == 200
    (request,) = api.hook.reviews
    assert request["operation"] == "DELETE"
    assert request["object"] is None
    assert request["oldObject"]["data"] == {"k": "v"}
    assert request["options"]["kind"] == "DeleteOptions"
    assert request["options"]["propagationPolicy"] == "Background"


async def test_a_deletion_cannot_be_patched(api: HookedApi) -> None:
    await api.config_map("a")
    await api.mutates("/label", patch(add("/metadata/labels", {"a": "b"})))
    code, body = await api.call("DELETE", f"{CONFIG_MAPS}/a")
    assert code == 500
    assert body["message"] == (
        'Internal error occurred: admission webhook "label.example.com" attempted to modify the object, '
        "which is not supported for this operation"
    )


async def test_what_a_hook_adds_is_defaulted(api: HookedApi) -> None:
    await api.make("/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
    await api.mutates("/sidecar", patch(add("/spec/containers/-", {"name": "s", "image": "proxy"})), PODS_RULE)
    pod = await api.pod("a")
    sidecar = pod["spec"]["containers"][1]
    assert sidecar["imagePullPolicy"] == "Always"
    assert sidecar["terminationMessagePath"] == "/dev/termination-log"


async def test_built_in_plug_ins_look_at_what_a_hook_added(api: HookedApi) -> None:
    """The service account's token is mounted into the container that the webhook brought."""
    await api.make("/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
    await api.mutates("/sidecar", once_sidecar, PODS_RULE)
    pod = await api.pod("a")
    mounts = [[mount["mountPath"] for mount in c["volumeMounts"]] for c in pod["spec"]["containers"]]
    assert mounts == [["/var/run/secrets/kubernetes.io/serviceaccount"]] * 2


def once_sidecar(request: Any) -> Any:
    if any(container["name"] == "s" for container in request["object"]["spec"]["containers"]):
        return {"allowed": True}
    return patched([add("/spec/containers/-", {"name": "s", "image": "proxy"})])


async def test_unknown_fields_that_a_hook_adds_go(api: HookedApi) -> None:
    await api.mutates("/odd", patch(add("/colour", "green")))
    assert "colour" not in await api.config_map("a")


async def test_a_wrong_type_that_a_hook_makes_is_the_servers_fault(api: HookedApi) -> None:
    await api.mutates("/odd", patch(add("/data", ["a"])))
    code, body = await api.call("POST", CONFIG_MAPS, {"metadata": {"name": "a"}})
    assert code == 500
    assert body["message"].startswith("Internal error occurred: ")


async def test_hooks_come_in_the_order_of_their_configurations_names(api: HookedApi) -> None:
    for name in ("/b", "/c", "/a"):
        await api.mutates(name, appended(name))
    made = await api.config_map("x", {"seen": ""})
    assert made["data"]["seen"] == "/a/b/c"


def appended(name: str) -> Any:
    return lambda request: patched([add("/data/seen", request["object"]["data"]["seen"] + name)])


async def test_a_hook_that_asks_for_it_is_called_again_when_a_later_one_changed_the_object(api: HookedApi) -> None:
    await api.mutates("/a", appended("a"), reinvocationPolicy="IfNeeded")
    await api.mutates("/b", appended("b"))
    made = await api.config_map("x", {"seen": ""})
    assert api.hook.paths == ["/a", "/b", "/a"]
    assert made["data"]["seen"] == "aba"


async def test_a_hook_is_not_called_again_for_its_own_change(api: HookedApi) -> None:
    await api.mutates("/a", appended("a"), reinvocationPolicy="IfNeeded")
    await api.config_map("x", {"seen": ""})
    assert api.hook.paths == ["/a"]


async def test_a_hook_that_did_not_ask_is_called_once(api: HookedApi) -> None:
    await api.mutates("/a", appended("a"))
    await api.mutates("/b", appended("b"))
    await api.config_map("x", {"seen": ""})
    assert api.hook.paths == ["/a", "/b"]


async def test_a_hook_is_called_again_when_a_built_in_plug_in_changed_what_it_left(api: HookedApi) -> None:
    await api.make("/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
    await api.mutates("/sidecar", once_sidecar, PODS_RULE, reinvocationPolicy="IfNeeded")
    await api.pod("a")
    first, second = api.hook.reviews
    assert "volumeMounts" not in first["object"]["spec"]["containers"][-1] or len(
        first["object"]["spec"]["containers"]
    ) == 1  # fmt: skip
    assert second["object"]["spec"]["containers"][1]["volumeMounts"]


async def test_a_hook_cannot_move_an_object_to_another_namespace(api: HookedApi) -> None:
    await api.mutates("/move", patch(add("/metadata/namespace", "kube-system")))
    code, body = await api.call("POST", CONFIG_MAPS, {"metadata": {"name": "a"}})
    assert code == 400
    assert "does not match the namespace sent on the request" in body["message"]


async def test_a_hook_cannot_rename_an_object_that_is_there(api: HookedApi) -> None:
    await api.config_map("a")
    await api.mutates("/rename", patch(add("/metadata/name", "b")))
    code, _ = await api.call("PATCH", f"{CONFIG_MAPS}/a", {"data": {"k": "v"}}, type="application/merge-patch+json")
    assert code in (400, 409, 422)
    assert (await api.call("GET", f"{CONFIG_MAPS}/b"))[0] == 404


async def test_an_apply_that_creates_is_a_creation(api: HookedApi) -> None:
    await api.mutates("/label", patch(add("/metadata/labels", {"a": "b"})))
    body = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "a"}, "data": {"k": "v"}}
    code, made = await api.call(
        "PATCH", f"{CONFIG_MAPS}/a?fieldManager=me", body, type="application/apply-patch+yaml"
    )  # fmt: skip
    assert code == 201
    assert made["metadata"]["labels"] == {"a": "b"}
    (request,) = api.hook.reviews
    assert request["operation"] == "CREATE"
    assert request["options"]["kind"] == "CreateOptions"
    assert request["options"]["fieldManager"] == "me"


async def test_v1beta1_reviews_are_sent_to_who_understands_no_others(api: HookedApi) -> None:
    await api.mutates(
        "/old", lambda request: {**patched([add("/data", {"a": "b"})]), "uid": "", "patchType": None},
        admissionReviewVersions=["v9", "v1beta1"],
    )  # fmt: skip
    made = await api.config_map("a")
    assert made["data"] == {"a": "b"}
    assert b'"apiVersion":"admission.k8s.io/v1beta1"' in api.hook.asked[0].body


async def test_managed_fields_of_the_request_survive(api: HookedApi) -> None:
    await api.mutates("/label", patch(add("/metadata/labels", {"a": "b"})))
    code, made = await api.call(
        "POST", f"{CONFIG_MAPS}?fieldManager=me", {"metadata": {"name": "a"}, "data": {"k": "v"}}
    )
    assert code == 201
    (entry,) = made["metadata"]["managedFields"]
    assert entry["manager"] == "me"
    assert entry["fieldsV1"] == {"f:data": {".": {}, "f:k": {}}}


async def test_a_change_of_a_hook_alone_is_a_change(api: HookedApi) -> None:
    await api.config_map("a", {"k": "v"})
    await api.mutates("/label", patch(add("/metadata/labels", {"a": "b"})))
    code, made = await api.call("PATCH", f"{CONFIG_MAPS}/a", {}, type="application/merge-patch+json")
    assert code == 200
    assert made["metadata"]["labels"] == {"a": "b"}


async def test_an_eviction_is_asked_about_as_what_it_is(api: HookedApi) -> None:
    await api.make("/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
    await api.pod("a")
    rule = {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods/eviction"]}
    await api.mutates("/evict", allow, rule)
    body = {"kind": "Eviction", "apiVersion": "policy/v1", "metadata": {"name": "a"}}
    code, _ = await api.call("POST", f"{PODS}/a/eviction", body)
    assert code == 201
    (request,) = api.hook.reviews
    assert request["kind"] == {"group": "policy", "version": "v1", "kind": "Eviction"}
    assert request["subResource"] == "eviction"
    assert request["requestSubResource"] == "eviction"
    assert request["object"]["kind"] == "Eviction"


DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
DEPLOYMENT = {
    "metadata": {"name": "d"},
    "spec": {
        "replicas": 1, "selector": {"matchLabels": {"a": "b"}},
        "template": {
            "metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]},
        },
    },
}  # fmt: skip


async def test_a_scale_is_shown_and_changed_as_a_scale(api: HookedApi) -> None:
    await api.make(DEPLOYMENTS, DEPLOYMENT)
    rule = {"operations": ["*"], "apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["deployments/scale"]}
    await api.mutates("/less", patch({"op": "replace", "path": "/spec/replicas", "value": 2}), rule)
    await api.validates("/look", allow, rule)
    code, made = await api.call(
        "PATCH", f"{DEPLOYMENTS}/d/scale", {"spec": {"replicas": 5}}, type="application/merge-patch+json"
    )
    assert (code, made["spec"]) == (200, {"replicas": 2})
    first, second = api.hook.reviews
    assert first["kind"] == {"group": "autoscaling", "version": "v1", "kind": "Scale"}
    assert first["resource"] == {"group": "apps", "version": "v1", "resource": "deployments"}
    assert first["object"]["spec"] == {"replicas": 5}
    assert first["oldObject"]["spec"] == {"replicas": 1}
    assert second["object"]["spec"] == {"replicas": 2}
    stored = await api.get(f"{DEPLOYMENTS}/d")
    assert stored["spec"]["replicas"] == 2
    assert stored["spec"]["template"]["spec"]["containers"][0]["image"] == "i"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"manager": "x", "operation": "Odd", "apiVersion": "v1"}, "operation must be `Apply` or `Update`"),
        ({"operation": "Update"}, "apiVersion must not be empty"),
        ({"operation": "Update", "apiVersion": "v1"}, "missing fieldsType in managed fields entry 0"),
    ],
)
async def test_owners_that_a_hook_spoils_are_put_back(api: HookedApi, entry: Any, said: str) -> None:
    await api.mutates("/spoil", patch({"op": "replace", "path": "/metadata/managedFields", "value": [entry]}))
    answer = await api.send("POST", f"{CONFIG_MAPS}?fieldManager=me", {"metadata": {"name": "a"}, "data": {"k": "v"}})
    ((_, warning),) = [each for each in answer.headers if each[0] == "Warning"]
    assert warning.endswith(f'please fix your requests: {said}"')
    made = await api.get(f"{CONFIG_MAPS}/a")
    assert [each["manager"] for each in made["metadata"]["managedFields"]] == ["me"]
