from unit.apiserver.serving import APPLY, CONFIG_MAPS, JSON_PATCH, MERGE, PODS, STRATEGIC, Api, causes

DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
SPEC = {
    "replicas": 2,
    "selector": {"matchLabels": {"app": "a"}},
    "template": {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
}


async def test_a_put_replaces_and_keeps_what_is_not_its_to_say(api: Api) -> None:
    before = (await api.config_map("a", {"k": "1"}))["metadata"]
    code, body = await api.call("PUT", f"{CONFIG_MAPS}/a", {"metadata": {"name": "a"}, "data": {"k": "2"}})
    assert (code, body["data"]) == (200, {"k": "2"})
    assert body["metadata"]["uid"] == before["uid"]
    assert body["metadata"]["creationTimestamp"] == before["creationTimestamp"]


async def test_a_put_of_an_old_revision_is_a_conflict(api: Api) -> None:
    old = await api.config_map("a", {"k": "1"})
    await api.call("PATCH", f"{CONFIG_MAPS}/a", {"data": {"k": "2"}}, type=MERGE)
    code, body = await api.call("PUT", f"{CONFIG_MAPS}/a", old)
    assert code == 409
    assert "the object has been modified" in body["message"]


async def test_a_change_of_nothing_keeps_the_revision(api: Api) -> None:
    made = await api.config_map("a", {"k": "1"})
    _, body = await api.call("PATCH", f"{CONFIG_MAPS}/a", {"data": {"k": "1"}}, type=MERGE)
    assert body["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


async def test_some_kinds_must_name_the_revision(api: Api) -> None:
    driver = {"metadata": {"name": "d.example.com"}, "spec": {"attachRequired": False}}
    await api.make("/apis/storage.k8s.io/v1/csidrivers", driver)
    code, body = await api.call("PUT", "/apis/storage.k8s.io/v1/csidrivers/d.example.com", driver)
    assert code == 422
    assert causes(body) == {("FieldValueInvalid", "metadata.resourceVersion")}


async def test_some_kinds_are_created_by_a_put(api: Api) -> None:
    lease = {"metadata": {"name": "l"}, "spec": {"holderIdentity": "me"}}
    code, _ = await api.call("PUT", "/apis/coordination.k8s.io/v1/namespaces/default/leases/l", lease)
    assert code == 201
    code, _ = await api.call("PUT", f"{CONFIG_MAPS}/nothere", {"metadata": {"name": "nothere"}})
    assert code == 404


async def test_the_four_patches(api: Api) -> None:
    await api.config_map("a", {"k": "1"})
    _, body = await api.call("PATCH", f"{CONFIG_MAPS}/a", {"data": {"k": None, "m": "1"}}, type=MERGE)
    assert body["data"] == {"m": "1"}
    operation = {"op": "add", "path": "/data/j", "value": "2"}
    _, body = await api.call("PATCH", f"{CONFIG_MAPS}/a", [operation], type=JSON_PATCH)
    assert body["data"] == {"m": "1", "j": "2"}
    applied = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"z": "9"}}
    _, body = await api.call("PATCH", f"{CONFIG_MAPS}/a?fieldManager=me", applied, type=APPLY)
    assert body["data"] == {"m": "1", "j": "2", "z": "9"}
    await api.pod("p")
    containers = [{"name": "c", "image": "busybox:2"}]
    code, body = await api.call("PATCH", f"{PODS}/p", {"spec": {"containers": containers}}, type=STRATEGIC)
    assert code == 200
    assert [c["image"] for c in body["spec"]["containers"]] == ["busybox:2"]


async def test_an_apply_creates_what_is_absent(api: Api) -> None:
    applied = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "new"}, "data": {"z": "9"}}
    code, body = await api.call("PATCH", f"{CONFIG_MAPS}/new?fieldManager=me", applied, type=APPLY)
    assert code == 201
    assert body["metadata"]["managedFields"][0]["operation"] == "Apply"
    code, body = await api.call("PATCH", f"{CONFIG_MAPS}/new", applied, type=APPLY)
    assert causes(body) == {("FieldValueRequired", "fieldManager")}


async def test_an_apply_of_somebody_elses_field_conflicts(api: Api) -> None:
    applied = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"z": "9"}}
    await api.call("PATCH", f"{CONFIG_MAPS}/a?fieldManager=me", applied, type=APPLY)
    applied["data"] = {"z": "10"}
    code, body = await api.call("PATCH", f"{CONFIG_MAPS}/a?fieldManager=you", applied, type=APPLY)
    assert (code, body["message"]) == (409, 'Apply failed with 1 conflict: conflict with "me": .data.z')
    code, _ = await api.call("PATCH", f"{CONFIG_MAPS}/a?fieldManager=you&force=true", applied, type=APPLY)
    assert code == 200


async def test_the_generation_counts_changes_of_what_is_desired(api: Api) -> None:
    made = await api.make(DEPLOYMENTS, {"metadata": {"name": "d"}, "spec": SPEC})
    assert made["metadata"]["generation"] == 1
    _, body = await api.call("PATCH", f"{DEPLOYMENTS}/d", {"metadata": {"labels": {"a": "b"}}}, type=MERGE)
    assert body["metadata"]["generation"] == 1
    _, body = await api.call("PATCH", f"{DEPLOYMENTS}/d", {"spec": {"replicas": 3}}, type=MERGE)
    assert body["metadata"]["generation"] == 2
    _, body = await api.call("PATCH", f"{DEPLOYMENTS}/d/status", {"status": {"replicas": 3}}, type=MERGE)
    assert (body["metadata"]["generation"], body["status"]["replicas"]) == (2, 3)


async def test_status_and_the_rest_are_written_apart(api: Api) -> None:
    await api.make(DEPLOYMENTS, {"metadata": {"name": "d"}, "spec": SPEC, "status": {"replicas": 9}})
    body = await api.get(f"{DEPLOYMENTS}/d")
    assert "replicas" not in body["status"]
    patch = {"spec": {"replicas": 7}, "status": {"replicas": 1}}
    _, body = await api.call("PATCH", f"{DEPLOYMENTS}/d/status", patch, type=MERGE)
    assert (body["spec"]["replicas"], body["status"]["replicas"]) == (2, 1)
    _, body = await api.call("PATCH", f"{DEPLOYMENTS}/d", {**patch, "status": {"replicas": 5}}, type=MERGE)
    assert (body["spec"]["replicas"], body["status"]["replicas"]) == (7, 1)


async def test_replicas_are_scaled(api: Api) -> None:
    await api.make(DEPLOYMENTS, {"metadata": {"name": "d"}, "spec": SPEC})
    scale = await api.get(f"{DEPLOYMENTS}/d/scale")
    assert (scale["spec"], scale["status"]) == ({"replicas": 2}, {"replicas": 0, "selector": "app=a"})
    code, _ = await api.call("PUT", f"{DEPLOYMENTS}/d/scale", {"metadata": {"name": "d"}, "spec": {"replicas": 5}})
    assert code == 200
    _, body = await api.call("PATCH", f"{DEPLOYMENTS}/d/scale", {"spec": {"replicas": -1}}, type=MERGE)
    assert body["message"].startswith('Scale.autoscaling "d" is invalid: spec.replicas: Invalid value: -1')
    found = await api.get(f"{DEPLOYMENTS}/d")
    assert (found["spec"]["replicas"], found["metadata"]["generation"]) == (5, 2)


async def test_a_pod_is_bound_once(api: Api) -> None:
    await api.pod("p")
    binding = {"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n1"}}
    code, _ = await api.call("POST", f"{PODS}/p/binding", binding)
    assert code == 201
    pod = await api.get(f"{PODS}/p")
    assert pod["spec"]["nodeName"] == "n1"
    assert pod["status"]["conditions"][0]["type"] == "PodScheduled"
    code, body = await api.call("POST", f"{PODS}/p/binding", binding)
    assert (code, body["message"].rpartition(": ")[2]) == (409, 'pod p is already assigned to node "n1"')


async def test_unknown_fields_are_warned_of_or_refused(api: Api) -> None:
    body = {"metadata": {"name": "a"}, "nonsense": 1}
    answer = await api.send("POST", CONFIG_MAPS, body)
    assert ("Warning", '299 - "unknown field \\"nonsense\\""') in list(answer.headers)
    code, refused = await api.call("POST", f"{CONFIG_MAPS}?fieldValidation=Strict", body)
    assert code == 400
    assert 'strict decoding error: unknown field "nonsense"' in refused["message"]


async def test_strange_members_of_a_json_patch_are_warned_of_or_refused(api: Api) -> None:
    await api.call("POST", CONFIG_MAPS, {"metadata": {"name": "strange"}, "data": {"k": "1"}})
    body = [{"op": "add", "path": "/data/k", "value": "5", "extra": 1}]
    told = 'json patch unknown field "[0].extra"'
    code, refused = await api.call("PATCH", f"{CONFIG_MAPS}/strange?fieldValidation=Strict", body, type=JSON_PATCH)
    assert code == 422
    assert refused["message"].endswith(f": strict decoding error: {told}")
    answer = await api.send("PATCH", f"{CONFIG_MAPS}/strange", body, type=JSON_PATCH)
    assert "Warning" in dict(answer.headers)
    assert [text for name, text in answer.headers if name == "Warning"] == [
        '299 - "json patch unknown field \\"[0].extra\\""'
    ]
    answer = await api.send("PATCH", f"{CONFIG_MAPS}/strange?fieldValidation=Ignore", body, type=JSON_PATCH)
    assert "Warning" not in dict(answer.headers)


async def test_a_json_patch_of_a_scale_is_checked_as_any(api: Api) -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
    path = "/apis/apps/v1/namespaces/default/replicasets"
    await api.call("POST", path, {"metadata": {"name": "r"}, "spec": spec})
    body = [{"op": "replace", "path": "/spec/replicas", "value": 0, "extra": 1}]
    answer = await api.send("PATCH", f"{path}/r/scale", body, type=JSON_PATCH)
    assert ("Warning", '299 - "json patch unknown field \\"[0].extra\\""') in list(answer.headers)
