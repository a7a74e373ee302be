from unit.apiserver.serving import CONFIG_MAPS, PODS, TABLE, Api, causes


async def test_a_new_object_gets_what_only_the_server_gives(api: Api) -> None:
    made = await api.config_map("a", {"k": "v"})
    metadata = made["metadata"]
    assert made["kind"] == "ConfigMap"
    assert metadata["namespace"] == "default"
    assert len(metadata["uid"]) == 36
    assert metadata["resourceVersion"] == str(api.store.revision)
    assert metadata["creationTimestamp"].endswith("Z")
    assert metadata["managedFields"][0]["fieldsV1"] == {"f:data": {".": {}, "f:k": {}}}
    assert await api.get(f"{CONFIG_MAPS}/a") == made


async def test_a_get_sends_the_bytes_that_are_stored(api: Api) -> None:
    await api.config_map("a")
    answer = await api.send("GET", f"{CONFIG_MAPS}/a")
    entry = api.store.get("/registry/configmaps/default/a")
    assert entry is not None
    assert answer.chunks[0] is entry.value  # type: ignore[union-attr]


async def test_a_name_is_taken_once(api: Api) -> None:
    await api.config_map("a")
    code, body = await api.call("POST", CONFIG_MAPS, {"metadata": {"name": "a"}})
    assert (code, body["message"]) == (409, 'configmaps "a" already exists')
    code, body = await api.call("POST", CONFIG_MAPS, {"metadata": {"name": "a", "resourceVersion": "9"}})
    assert (code, body["message"]) == (500, "resourceVersion should not be set on objects to be created")


async def test_names_are_generated(api: Api) -> None:
    first = await api.make(CONFIG_MAPS, {"metadata": {"generateName": "web-"}})
    second = await api.make(CONFIG_MAPS, {"metadata": {"generateName": "web-"}})
    assert first["metadata"]["name"].startswith("web-")
    assert len(first["metadata"]["name"]) == len("web-") + 5
    assert first["metadata"]["name"] != second["metadata"]["name"]


async def test_a_dry_run_stores_nothing(api: Api) -> None:
    before = api.store.revision
    code, body = await api.call("POST", f"{CONFIG_MAPS}?dryRun=All", {"metadata": {"name": "a"}})
    assert code == 201
    assert "resourceVersion" not in body["metadata"]
    assert api.store.revision == before


async def test_metadata_is_validated(api: Api) -> None:
    code, body = await api.call("POST", CONFIG_MAPS, {"metadata": {"name": "Not Valid"}})
    assert code == 422
    assert causes(body) == {("FieldValueInvalid", "metadata.name")}
    code, body = await api.call("POST", CONFIG_MAPS, {"metadata": {}})
    assert body["message"] == 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required'


async def test_an_object_of_another_namespace_is_refused(api: Api) -> None:
    code, body = await api.call("POST", CONFIG_MAPS, {"metadata": {"name": "a", "namespace": "elsewhere"}})
    assert code == 400
    assert body["message"] == "the namespace of the provided object does not match the namespace sent on the request"


async def test_a_namespace_must_be_there(api: Api) -> None:
    code, body = await api.call("POST", "/api/v1/namespaces/nowhere/configmaps", {"metadata": {"name": "a"}})
    assert (code, body["message"]) == (404, 'namespaces "nowhere" not found')


async def test_a_pod_begins_pending_with_a_quality_of_service(api: Api) -> None:
    pod = await api.pod("a")
    assert pod["status"] == {"phase": "Pending", "qosClass": "BestEffort"}
    assert pod["metadata"]["generation"] == 1
    pod = await api.make(
        PODS,
        {
            "metadata": {"name": "b"},
            "spec": {
                "containers": [{"name": "c", "image": "i", "resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}]
            },
        },
    )
    assert pod["status"]["qosClass"] == "Guaranteed"


async def test_unknown_paths_and_methods_are_told_apart(api: Api) -> None:
    for target, method, code in (
        ("/api/v1/nonsense", "GET", 404),
        ("/api/v1/configmaps/a", "GET", 404),
        ("/api/v1/namespaces/x/nodes", "GET", 404),
        (f"{CONFIG_MAPS}/a/status", "GET", 404),
        (CONFIG_MAPS, "PUT", 405),
        (f"{CONFIG_MAPS}/a", "POST", 405),
    ):
        found, body = await api.call(method, target)
        assert (target, found) == (target, code), body
    answer = await api.send("GET", "/apis/nope/v1/things")
    assert answer.content_type == "text/plain; charset=utf-8"  # type: ignore[union-attr]


async def test_only_the_metadata_is_sent_where_that_is_asked(api: Api) -> None:
    await api.config_map("a", {"k": "v"})
    accept = TABLE.replace("Table", "PartialObjectMetadata")
    code, body = await api.call("GET", f"{CONFIG_MAPS}/a", headers={"accept": accept})
    assert (code, body["kind"], "data" in body) == (200, "PartialObjectMetadata", False)


async def test_yaml_goes_in_and_out(api: Api) -> None:
    answer = await api.send(
        "POST", CONFIG_MAPS, b"metadata: {name: yaml-map}\ndata: {a: '1'}\n", type="application/yaml",
        headers={"accept": "application/yaml"},
    )  # fmt: skip
    assert answer.content_type == "application/yaml"  # type: ignore[union-attr]
    assert b"kind: ConfigMap" in answer.body  # type: ignore[union-attr]


async def test_a_body_may_not_be_too_large(api: Api) -> None:
    code, body = await api.call("POST", CONFIG_MAPS, b" " * (3 * 1024 * 1024 + 1))
    assert (code, body["reason"]) == (413, "RequestEntityTooLarge")


async def test_an_autoscaler_is_one_object_in_two_versions(api: Api) -> None:
    path = "namespaces/default/horizontalpodautoscalers"
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 3, "targetCPUUtilizationPercentage": 50}
    await api.make(f"/apis/autoscaling/v1/{path}", {"metadata": {"name": "a"}, "spec": spec})
    newer = await api.get(f"/apis/autoscaling/v2/{path}/a")
    assert newer["apiVersion"] == "autoscaling/v2"
    assert newer["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] == 50
    older = await api.get(f"/apis/autoscaling/v1/{path}/a")
    assert older["spec"]["targetCPUUtilizationPercentage"] == 50


async def test_an_event_is_one_object_in_two_groups(api: Api) -> None:
    event = {"metadata": {"name": "e"}, "involvedObject": {"kind": "Pod", "namespace": "default", "name": "a"}}
    await api.make("/api/v1/namespaces/default/events", {**event, "message": "m", "type": "Normal", "reason": "R"})
    newer = await api.get("/apis/events.k8s.io/v1/namespaces/default/events/e")
    assert (newer["regarding"]["name"], newer["note"]) == ("a", "m")
