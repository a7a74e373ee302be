from unit.apiserver.serving import CONFIG_MAPS, MERGE, PODS, Api


async def test_a_deletion_answers_with_a_status(api: Api) -> None:
    uid = (await api.config_map("a"))["metadata"]["uid"]
    code, body = await api.call("DELETE", f"{CONFIG_MAPS}/a")
    assert code == 200
    assert body["details"] == {"name": "a", "kind": "configmaps", "uid": uid}
    assert (await api.call("GET", f"{CONFIG_MAPS}/a"))[0] == 404


async def test_an_object_with_finalizers_waits_for_the_last(api: Api) -> None:
    await api.config_map("a", finalizers=["example.com/f", "example.com/g"])
    code, body = await api.call("DELETE", f"{CONFIG_MAPS}/a")
    assert (code, body["metadata"]["deletionGracePeriodSeconds"]) == (200, 0)
    await api.call("PATCH", f"{CONFIG_MAPS}/a", {"metadata": {"finalizers": ["example.com/g"]}}, type=MERGE)
    code, body = await api.call(
        "PATCH", f"{CONFIG_MAPS}/a", {"metadata": {"finalizers": ["example.com/x"]}}, type=MERGE
    )
    assert (code, body["reason"]) == (422, "Invalid")
    code, _ = await api.call("PATCH", f"{CONFIG_MAPS}/a", {"metadata": {"finalizers": None}}, type=MERGE)
    assert code == 200
    assert (await api.call("GET", f"{CONFIG_MAPS}/a"))[0] == 404


async def test_preconditions_protect_another_object_of_the_name(api: Api) -> None:
    await api.config_map("a")
    code, body = await api.call("DELETE", f"{CONFIG_MAPS}/a", {"preconditions": {"uid": "no"}})
    assert code == 409
    assert "does not match the UID in record" in body["message"]
    assert (await api.call("GET", f"{CONFIG_MAPS}/a"))[0] == 200


async def test_the_policy_becomes_a_finalizer(api: Api) -> None:
    await api.config_map("a")
    _, body = await api.call("DELETE", f"{CONFIG_MAPS}/a?propagationPolicy=Foreground")
    assert body["metadata"]["finalizers"] == ["foregroundDeletion"]
    await api.config_map("b")
    _, body = await api.call("DELETE", f"{CONFIG_MAPS}/b", {"orphanDependents": True})
    assert body["metadata"]["finalizers"] == ["orphan"]


async def test_a_pod_on_a_node_goes_gracefully_and_its_grace_only_shrinks(api: Api) -> None:
    await api.pod("p", nodeName="n1", terminationGracePeriodSeconds=20)
    _, body = await api.call("DELETE", f"{PODS}/p")
    first = body["metadata"]
    assert (first["deletionGracePeriodSeconds"], first["generation"]) == (20, 2)
    _, body = await api.call("DELETE", f"{PODS}/p?gracePeriodSeconds=60")
    assert body["metadata"]["resourceVersion"] == first["resourceVersion"]
    _, body = await api.call("DELETE", f"{PODS}/p?gracePeriodSeconds=5")
    assert body["metadata"]["deletionGracePeriodSeconds"] == 5
    assert body["metadata"]["deletionTimestamp"] < first["deletionTimestamp"]
    await api.call("DELETE", f"{PODS}/p?gracePeriodSeconds=0")
    assert (await api.call("GET", f"{PODS}/p"))[0] == 404


async def test_a_pod_that_no_node_has_goes_at_once(api: Api) -> None:
    await api.pod("p")
    await api.call("DELETE", f"{PODS}/p")
    assert (await api.call("GET", f"{PODS}/p"))[0] == 404


async def test_a_collection_is_deleted_by_selector(api: Api) -> None:
    await api.config_map("a", labels={"x": "1"})
    await api.config_map("b", labels={"x": "2"})
    code, body = await api.call("DELETE", f"{CONFIG_MAPS}?labelSelector=x%3D1")
    assert (code, [item["metadata"]["name"] for item in body["items"]]) == (200, ["a"])
    assert [i["metadata"]["name"] for i in (await api.get(CONFIG_MAPS))["items"]] == ["b"]


async def test_a_namespace_goes_when_its_finalizers_are_gone(api: Api) -> None:
    await api.make("/api/v1/namespaces", {"metadata": {"name": "web"}})
    _, body = await api.call("DELETE", "/api/v1/namespaces/web")
    assert body["status"]["phase"] == "Terminating"
    code, body = await api.call("POST", "/api/v1/namespaces/web/configmaps", {"metadata": {"name": "late"}})
    assert code == 403
    _, body = await api.call("GET", "/api/v1/namespaces/web")
    body["spec"]["finalizers"] = []
    code, _ = await api.call("PUT", "/api/v1/namespaces/web/finalize", body)
    assert code == 200
    assert (await api.call("GET", "/api/v1/namespaces/web"))[0] == 404


async def test_an_eviction_respects_the_budget(api: Api) -> None:
    await api.pod("p", nodeName="n1")
    ready = [{"type": "Ready", "status": "True"}]
    await api.call("PATCH", f"{PODS}/p/status", {"status": {"phase": "Running", "conditions": ready}}, type=MERGE)
    await api.call("PATCH", f"{PODS}/p", {"metadata": {"labels": {"app": "a"}}}, type=MERGE)
    budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "a"}}}
    await api.make(budgets, {"metadata": {"name": "b"}, "spec": spec})
    status = {"observedGeneration": 1, "disruptionsAllowed": 0, "currentHealthy": 1, "desiredHealthy": 1}
    await api.call("PATCH", f"{budgets}/b/status", {"status": status}, type=MERGE)
    code, body = await api.call("POST", f"{PODS}/p/eviction", {"metadata": {"name": "p"}})
    assert (code, body["details"]["causes"][0]["reason"]) == (429, "DisruptionBudget")
    await api.call("PATCH", f"{budgets}/b/status", {"status": {"disruptionsAllowed": 1}}, type=MERGE)
    code, _ = await api.call("POST", f"{PODS}/p/eviction", {"metadata": {"name": "p"}})
    assert code == 201
    assert (await api.get(f"{PODS}/p"))["metadata"]["deletionTimestamp"]
    assert list((await api.get(f"{budgets}/b"))["status"]["disruptedPods"]) == ["p"]
