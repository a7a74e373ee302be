"""Server-side apply at the API: what it refuses, sub-resources, several versions, and how ownership is bounded."""

from typing import Any

import pytest

from steersman.kit import http
from unit.apiserver.serving import APPLY, CONFIG_MAPS, JSON_PATCH, MERGE, Api

C = f"{CONFIG_MAPS}/c"
DEPLOYMENT = "/apis/apps/v1/namespaces/default/deployments/d"
AUTOSCALERS = "/apis/autoscaling/{}/namespaces/default/horizontalpodautoscalers/h"


def config_map(*, metadata: Any = None, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", **(metadata or {})}, "data": data}


def deployment(replicas: int | None = 1) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
    }
    if replicas is not None:
        spec["replicas"] = replicas
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": spec}


def scale(replicas: int) -> dict[str, Any]:
    return {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "d"}, "spec": {"replicas": replicas}}


async def applied(api: Api, target: str, tree: Any, manager: str = "m", more: str = "") -> tuple[int, Any]:
    return await api.call("PATCH", f"{target}?fieldManager={manager}{more}", tree, type=APPLY)


def owners(tree: Any) -> list[tuple[str, str, str, str]]:
    return [
        (each["manager"], each["operation"], each["apiVersion"], each.get("subresource", ""))
        for each in tree["metadata"].get("managedFields", ())
    ]


async def test_a_uid_is_a_precondition(api: Api) -> None:
    code, body = await applied(api, C, config_map(metadata={"uid": "abc"}))
    assert (code, body["message"]) == (
        409,
        (
            'Operation cannot be fulfilled on configmaps "c": '
            "uid mismatch: the provided object specified uid abc, and no existing object was found"
        ),
    )
    await applied(api, C, config_map(a="1"))
    code, _ = await applied(api, C, config_map(metadata={"uid": "abc"}, a="1"))
    assert code == 422


async def test_a_revision_is_a_precondition(api: Api) -> None:
    await applied(api, C, config_map(a="1"))
    code, body = await applied(api, C, config_map(metadata={"resourceVersion": "1"}, a="2"))
    assert (code, body["reason"]) == (409, "Conflict")
    assert body["details"] == {"name": "c", "kind": "configmaps"}


async def test_a_dry_run_applies_nothing_but_tells_conflicts(api: Api) -> None:
    code, body = await applied(api, C, config_map(a="1"), more="&dryRun=All")
    assert (code, owners(body)) == (201, [("m", "Apply", "v1", "")])
    assert (await api.call("GET", C))[0] == 404
    await applied(api, C, config_map(a="1"))
    code, body = await applied(api, C, config_map(a="2"), "n", "&dryRun=All")
    assert (code, body["message"]) == (409, 'Apply failed with 1 conflict: conflict with "m": .data.a')


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (config_map(metadata={"name": "d"}), "the name of the object (d) does not match the name on the URL (c)"),
        (config_map(metadata={"namespace": "x"}), "the namespace of the provided object does not match"),
        ({**config_map(), "apiVersion": "v2"}, "Incorrect version specified in apply patch."),
        ({**config_map(), "kind": "Secret"}, "invalid object type: v1, Kind=Secret"),
        (config_map(metadata={"managedFields": [{"manager": "x"}]}), "metadata.managedFields must be nil"),
    ],
)
async def test_a_configuration_is_of_the_object_of_its_url(api: Api, tree: Any, message: str) -> None:
    code, body = await applied(api, C, tree)
    assert code == 400
    assert body["message"].startswith(message)


async def test_a_key_that_comes_twice_in_yaml_is_heeded(api: Api) -> None:
    text = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  a: one\n  a: two\n"
    code, body = await applied(api, C, text, more="&fieldValidation=Strict")
    assert (code, body["message"]) == (
        400,
        (
            "error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n"
            '  line 6: key "a" already set in map'
        ),
    )
    answer = await api.send("PATCH", f"{C}?fieldManager=m", text, type=APPLY)
    assert isinstance(answer, http.Response)
    assert answer.status == 201
    assert [value for name, value in answer.headers if name.lower() == "warning"] == [
        '299 - "line 6: key \\"a\\" already set in map"'
    ]


async def test_entries_are_forgotten_on_request(api: Api) -> None:
    for path in ("put", "merge", "json"):
        await applied(api, C, config_map(a="1"), more="&force=true")
        if path == "put":
            code, body = await api.call("PUT", C, config_map(metadata={"managedFields": [{}]}, a="1"))
        elif path == "merge":
            code, body = await api.call("PATCH", C, {"metadata": {"managedFields": [{}]}}, type=MERGE)
        else:
            patch = [{"op": "replace", "path": "/metadata/managedFields", "value": [{}]}]
            code, body = await api.call("PATCH", C, patch, type=JSON_PATCH)
        assert (code, owners(body)) == (200, [])
    code, body = await api.call("PATCH", C, {"data": {"b": "2"}}, type=MERGE)
    assert owners(body) == []
    code, body = await applied(api, C, config_map(a="1"))
    assert owners(body) == [("m", "Apply", "v1", ""), ("before-first-apply", "Update", "v1", "")]


async def test_many_writers_leave_ten_entries(api: Api) -> None:
    await api.config_map("c", {"a": "1"})
    for number in range(15):
        await api.clock.advance(1)
        await api.call("PATCH", f"{C}?fieldManager=u{number}", {"data": {f"k{number}": "1"}}, type=MERGE)
    tree = await api.get(C)
    assert [each[0] for each in owners(tree)] == ["ancient-changes", *(f"u{number}" for number in range(6, 15))]
    assert set(tree["metadata"]["managedFields"][0]["fieldsV1"]["f:data"]) == {
        ".", "f:a", *(f"f:k{number}" for number in range(6)),
    }  # fmt: skip


class TestStatus:
    async def test_is_applied_and_owned_apart(self, api: Api) -> None:
        await applied(api, DEPLOYMENT, deployment())
        tree = {**deployment(), "spec": {"replicas": 7}, "status": {"replicas": 3}}
        code, body = await applied(api, f"{DEPLOYMENT}/status", tree, "s")
        assert (code, body["spec"]["replicas"], body["status"]["replicas"]) == (200, 1, 3)
        assert owners(body) == [("m", "Apply", "apps/v1", ""), ("s", "Apply", "apps/v1", "status")]
        assert body["metadata"]["managedFields"][1]["fieldsV1"] == {"f:status": {"f:replicas": {}}}

    async def test_is_not_made_where_there_is_no_object(self, api: Api) -> None:
        code, _ = await applied(api, f"{DEPLOYMENT}/status", {**deployment(), "status": {"replicas": 3}})
        assert code == 404


class TestScale:
    async def test_is_applied_and_its_owner_owns_the_replicas(self, api: Api) -> None:
        await applied(api, DEPLOYMENT, deployment(None))
        await api.call("PATCH", f"{DEPLOYMENT}?fieldManager=u", {"spec": {"replicas": 2}}, type=MERGE)
        code, body = await applied(api, f"{DEPLOYMENT}/scale", scale(2), "s")
        assert (code, body["kind"], body["spec"]) == (200, "Scale", {"replicas": 2})
        tree = await api.get(DEPLOYMENT)
        assert ("s", "Apply", "apps/v1", "scale") in owners(tree)
        mine = next(each for each in tree["metadata"]["managedFields"] if each["manager"] == "s")
        assert mine["fieldsV1"] == {"f:spec": {"f:replicas": {}}}
        assert "time" not in mine
        again = await applied(api, f"{DEPLOYMENT}/scale", scale(2), "s")
        assert again[1]["metadata"]["resourceVersion"] == tree["metadata"]["resourceVersion"]

    async def test_replicas_of_another_owner_are_a_conflict_that_force_overrules(self, api: Api) -> None:
        await applied(api, DEPLOYMENT, deployment(1))
        code, body = await applied(api, f"{DEPLOYMENT}/scale", scale(3), "s")
        assert (code, body["message"]) == (409, 'Apply failed with 1 conflict: conflict with "m": .spec.replicas')
        code, body = await applied(api, f"{DEPLOYMENT}/scale", scale(3), "s", "&force=true")
        assert (code, body["spec"]["replicas"]) == (200, 3)
        tree = await api.get(DEPLOYMENT)
        assert tree["spec"]["replicas"] == 3
        first = next(each for each in tree["metadata"]["managedFields"] if each["manager"] == "m")
        assert "f:replicas" not in first["fieldsV1"]["f:spec"]
        code, body = await applied(api, DEPLOYMENT, deployment(1))
        assert body["message"] == (
            'Apply failed with 1 conflict: conflict with "s" with subresource "scale": .spec.replicas'
        )
        assert (await applied(api, DEPLOYMENT, deployment(None)))[1]["spec"]["replicas"] == 3

    async def test_is_refused_what_is_no_scale(self, api: Api) -> None:
        await applied(api, DEPLOYMENT, deployment())
        code, body = await applied(api, f"{DEPLOYMENT}/scale", {**scale(1), "kind": "Deployment"})
        assert (code, body["message"]) == (400, "invalid object type: autoscaling/v1, Kind=Deployment")
        code, _ = await applied(api, f"{DEPLOYMENT}/scale", scale(-1), more="&force=true")
        assert code == 422


class TestVersions:
    def of(self, version: str, **spec: Any) -> dict[str, Any]:
        target = {"kind": "Deployment", "name": "d", "apiVersion": "apps/v1"}
        return {
            "apiVersion": f"autoscaling/{version}", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "h"},
            "spec": {"scaleTargetRef": target, "maxReplicas": 3, **spec},
        }  # fmt: skip

    def cpu(self, percent: int) -> list[Any]:
        target = {"type": "Utilization", "averageUtilization": percent}
        return [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]

    async def test_a_conflict_is_told_in_the_owners_words(self, api: Api) -> None:
        await applied(api, AUTOSCALERS.format("v1"), self.of("v1", targetCPUUtilizationPercentage=50), "one")
        second = self.of("v2", metrics=self.cpu(60))
        code, body = await applied(api, AUTOSCALERS.format("v2"), second, "two")
        assert (code, body["message"]) == (
            409, 'Apply failed with 1 conflict: conflict with "one": .spec.targetCPUUtilizationPercentage',
        )  # fmt: skip
        code, body = await applied(api, AUTOSCALERS.format("v2"), second, "two", "&force=true")
        assert code == 200
        mine = next(each for each in body["metadata"]["managedFields"] if each["manager"] == "one")
        assert list(mine["fieldsV1"]["f:spec"]) == ["f:maxReplicas", "f:scaleTargetRef"]

    async def test_the_same_in_another_version_is_shared(self, api: Api) -> None:
        await applied(api, AUTOSCALERS.format("v1"), self.of("v1", targetCPUUtilizationPercentage=50), "one")
        code, body = await applied(api, AUTOSCALERS.format("v2"), self.of("v2", metrics=self.cpu(50)), "two")
        assert code == 200
        assert sorted(owners(body)) == [
            ("one", "Apply", "autoscaling/v1", ""), ("two", "Apply", "autoscaling/v2", ""),
        ]  # fmt: skip
        code, body = await applied(api, AUTOSCALERS.format("v1"), self.of("v1"), "one")
        assert body["spec"]["targetCPUUtilizationPercentage"] == 50

    async def test_an_applier_that_moves_on_gives_up_what_it_had_in_the_old_version(self, api: Api) -> None:
        await applied(api, AUTOSCALERS.format("v1"), self.of("v1", minReplicas=2), "one")
        code, body = await applied(api, AUTOSCALERS.format("v2"), self.of("v2"), "one")
        assert (code, body["spec"]["minReplicas"]) == (200, 1)
        assert owners(body) == [("one", "Apply", "autoscaling/v2", "")]


class TestCustomResources:
    BOATS = "/apis/example.com/{}/namespaces/default/boats/b"

    @pytest.fixture
    async def boats(self, api: Api) -> Api:
        size = {"type": "object", "properties": {"oars": {"type": "integer"}, "name": {"type": "string"}}}
        schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": size, "status": size}}}
        scale = {"specReplicasPath": ".spec.oars", "statusReplicasPath": ".status.oars"}
        common = {"served": True, "schema": schema, "subresources": {"status": {}, "scale": scale}}
        definition = {
            "metadata": {"name": "boats.example.com"},
            "spec": {
                "group": "example.com", "scope": "Namespaced", "names": {"plural": "boats", "kind": "Boat"},
                "versions": [{"name": "v1", "storage": True, **common}, {"name": "v2", "storage": False, **common}],
            },
        }  # fmt: skip
        await api.make("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition)
        return api

    def boat(self, version: str = "v1", **spec: Any) -> dict[str, Any]:
        return {"apiVersion": f"example.com/{version}", "kind": "Boat", "metadata": {"name": "b"}, "spec": spec}

    async def test_a_scale_is_applied_where_the_definition_says(self, boats: Api) -> None:
        where = self.BOATS.format("v1")
        await applied(boats, where, self.boat(oars=2, name="x"))
        tree = {**scale(4), "metadata": {"name": "b"}}
        code, body = await applied(boats, f"{where}/scale", tree, "s")
        assert (code, body["message"]) == (409, 'Apply failed with 1 conflict: conflict with "m": .spec.replicas')
        code, body = await applied(boats, f"{where}/scale", tree, "s", "&force=true")
        assert (code, body["spec"]) == (200, {"replicas": 4})
        found = await boats.get(where)
        assert found["spec"] == {"oars": 4, "name": "x"}
        fields = {each["manager"]: each["fieldsV1"] for each in found["metadata"]["managedFields"]}
        assert fields == {"m": {"f:spec": {"f:name": {}}}, "s": {"f:spec": {"f:oars": {}}}}

    async def test_versions_share_their_owners(self, boats: Api) -> None:
        await applied(boats, self.BOATS.format("v1"), self.boat("v1", oars=2), "one")
        code, body = await applied(boats, self.BOATS.format("v2"), self.boat("v2", oars=3), "two")
        assert (code, body["message"]) == (409, 'Apply failed with 1 conflict: conflict with "one": .spec.oars')
        code, body = await applied(boats, self.BOATS.format("v2"), self.boat("v2", name="x"), "one")
        assert (code, body["spec"]) == (200, {"name": "x"})
        assert owners(body) == [("one", "Apply", "example.com/v2", "")]

    async def test_a_status_is_owned_apart(self, boats: Api) -> None:
        await applied(boats, self.BOATS.format("v1"), self.boat(oars=2))
        tree = {**self.boat(oars=9), "status": {"oars": 1}}
        code, body = await applied(boats, f"{self.BOATS.format('v1')}/status", tree, "s")
        assert (code, body["spec"], body["status"]) == (200, {"oars": 2}, {"oars": 1})
        assert owners(body)[1] == ("s", "Apply", "example.com/v1", "status")
