"""The official Python client, `kubernetes`: typed calls, watching, patches, its informer and its dynamic client."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import kube
from compat import objects, packages

kubernetes = packages.needed("kubernetes")
watch = packages.needed("kubernetes.watch", "kubernetes")
stream = packages.needed("kubernetes.stream", "kubernetes")
dynamic = packages.needed("kubernetes.dynamic", "kubernetes")
utils = packages.needed("kubernetes.utils", "kubernetes")
ApiException = packages.needed("kubernetes.client.exceptions", "kubernetes").ApiException


@pytest.fixture(scope="module")
def api(kubeconfig: Path) -> Iterator[Any]:
    with kubernetes.config.new_client_from_config(str(kubeconfig)) as client:
        yield client


@pytest.fixture
def core(api: Any) -> Any:
    return kubernetes.client.CoreV1Api(api)


@pytest.fixture
def apps(api: Any) -> Any:
    return kubernetes.client.AppsV1Api(api)


@pytest.fixture
def namespace(core: Any, name: str) -> str:
    core.create_namespace(objects.namespace("py-" + name[:50]))
    return "py-" + name[:50]


@pytest.fixture
def many(core: Any, namespace: str) -> str:
    """A namespace with ten config maps of two colours (and the one that every namespace has)."""
    for number in range(10):
        colour = {"colour": "red" if number % 2 else "blue"}
        core.create_namespaced_config_map(namespace, objects.configmap(f"c{number}", colour, n=str(number)))
    return namespace


class TestObjects:
    def test_a_typed_object_goes_there_and_back(self, core: Any, namespace: str) -> None:
        client = kubernetes.client
        main = client.V1Container(name="main", image="app:1", ports=[client.V1ContainerPort(container_port=80)])
        pod = client.V1Pod(
            metadata=client.V1ObjectMeta(name="p", labels={"a": "b"}), spec=client.V1PodSpec(containers=[main])
        )
        made = core.create_namespaced_pod(namespace, pod)
        assert made.metadata.creation_timestamp.tzinfo is not None
        assert made.spec.containers[0].ports[0].protocol == "TCP"
        read = kube.eventually(
            lambda: (found := core.read_namespaced_pod("p", namespace)).status.phase == "Running" and found,
            "it runs",
            8,
        )
        assert read.status.container_statuses[0].ready
        assert core.read_namespaced_pod_log("p", namespace) == ""
        core.delete_namespaced_pod("p", namespace, grace_period_seconds=0)
        with pytest.raises(ApiException) as caught:
            core.read_namespaced_pod("p", namespace)
        assert caught.value.status == 404

    def test_a_deployment_rolls_out_and_scales(self, apps: Any, core: Any, namespace: str) -> None:
        apps.create_namespaced_deployment(namespace, objects.deployment("d", 1))
        apps.patch_namespaced_deployment_scale("d", namespace, {"spec": {"replicas": 3}})
        assert apps.read_namespaced_deployment_scale("d", namespace).spec.replicas == 3

        def ready() -> bool:
            return bool(apps.read_namespaced_deployment_status("d", namespace).status.ready_replicas == 3)

        kube.eventually(ready, "three ready", 8)
        assert len(core.list_namespaced_pod(namespace, label_selector="app=d").items) == 3

    def test_exec_in_a_pod(self, core: Any, namespace: str) -> None:
        core.create_namespaced_pod(namespace, objects.pod("p"))
        kube.eventually(lambda: core.read_namespaced_pod("p", namespace).status.phase == "Running", "it runs", 8)
        process = stream.stream(
            core.connect_get_namespaced_pod_exec,
            "p",
            namespace,
            command=["echo", "hello"],
            stdout=True,
            stderr=True,
            stdin=False,
            tty=False,
            _preload_content=False,
        )
        process.run_forever(timeout=5)
        assert (process.read_stdout(), process.returncode) == ("hello\n", 0)
        process.sock.shutdown()  # its own close() leaves the socket open when the server closed first

    def test_a_manifest_of_several_documents(self, api: Any, core: Any, namespace: str, tmp_path: Path) -> None:
        file = tmp_path / "all.yaml"
        file.write_text(yaml.safe_dump_all([objects.configmap("a"), objects.pod("b")]))
        utils.create_from_yaml(api, str(file), namespace=namespace)
        assert core.read_namespaced_pod("b", namespace).spec.restart_policy == "Always"

    def test_every_list_call_for_all_namespaces_is_understood(self, core: Any, apps: Any, api: Any) -> None:
        rbac, batch = kubernetes.client.RbacAuthorizationV1Api(api), kubernetes.client.BatchV1Api(api)
        for call in (
            core.list_node, core.list_pod_for_all_namespaces, core.list_service_for_all_namespaces,
            core.list_event_for_all_namespaces, core.list_persistent_volume, apps.list_replica_set_for_all_namespaces,
            apps.list_stateful_set_for_all_namespaces, batch.list_job_for_all_namespaces, rbac.list_cluster_role,
        ):  # fmt: skip
            assert call().metadata.resource_version
        assert kubernetes.client.VersionApi(api).get_code().git_version == "v1.36.2"


class TestLists:
    def test_selectors(self, core: Any, many: str) -> None:
        red = core.list_namespaced_config_map(many, label_selector="colour=red").items
        assert [item.metadata.name for item in red] == ["c1", "c3", "c5", "c7", "c9"]
        one = core.list_namespaced_config_map(many, field_selector="metadata.name=c4").items
        assert [item.data for item in one] == [{"n": "4"}]

    def test_pages_show_one_moment(self, core: Any, many: str) -> None:
        names: list[str] = []
        token = None
        while True:
            page = core.list_namespaced_config_map(many, limit=4, _continue=token, label_selector="colour")
            names += [item.metadata.name for item in page.items]
            token = page.metadata._continue
            if not token:
                break
            if len(names) == 4:
                core.delete_namespaced_config_map("c9", many)
        assert names == [f"c{number}" for number in range(10)]

    def test_delete_collection(self, core: Any, many: str) -> None:
        core.delete_collection_namespaced_config_map(many, label_selector="colour=red")
        left = core.list_namespaced_config_map(many, label_selector="colour").items
        assert [item.metadata.name for item in left] == ["c0", "c2", "c4", "c6", "c8"]


class TestPatches:
    def test_strategic_merge_and_json(self, apps: Any, namespace: str) -> None:
        apps.create_namespaced_deployment(namespace, objects.deployment("d", 0))
        side = {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "side:1"}]}}}}
        patched = apps.patch_namespaced_deployment("d", namespace, side)
        assert [c.name for c in patched.spec.template.spec.containers] == ["side", "main"]
        steps = [{"op": "remove", "path": "/spec/template/spec/containers/0"}]
        patched = apps.patch_namespaced_deployment("d", namespace, steps)
        assert [c.name for c in patched.spec.template.spec.containers] == ["main"]

    def test_apply_on_the_server(self, api: Any, namespace: str) -> None:
        client = dynamic.DynamicClient(api)
        configs = client.resources.get(api_version="v1", kind="ConfigMap")
        tree = objects.configmap("c", None, a="1")
        made = client.server_side_apply(configs, body=tree, namespace=namespace, field_manager="me")
        assert made.metadata.managedFields[0].manager == "me"
        with pytest.raises(ApiException) as caught:
            other = objects.configmap("c", None, a="2")
            client.server_side_apply(configs, body=other, namespace=namespace, field_manager="you")
        assert caught.value.status == 409

    def test_many_writers_at_once(self, core: Any, namespace: str) -> None:
        """A patch that names no revision does not fail because somebody else was faster."""
        core.create_namespaced_config_map(namespace, objects.configmap("c"))
        failed: list[Exception] = []

        def write(writer: int) -> None:
            for turn in range(10):
                try:
                    core.patch_namespaced_config_map("c", namespace, {"data": {f"w{writer}-{turn}": "x"}})
                except Exception as error:
                    failed.append(error)

        threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed
        assert len(core.read_namespaced_config_map("c", namespace).data) == 40


class TestRefusals:
    def test_conflict(self, core: Any, namespace: str) -> None:
        old = core.create_namespaced_config_map(namespace, objects.configmap("c", None, a="1"))
        core.patch_namespaced_config_map("c", namespace, {"data": {"a": "2"}})
        with pytest.raises(ApiException) as caught:
            core.replace_namespaced_config_map("c", namespace, old)
        assert (caught.value.status, caught.value.reason) == (409, "Conflict")

    def test_not_valid(self, core: Any, namespace: str) -> None:
        with pytest.raises(ApiException) as caught:
            core.create_namespaced_pod(namespace, objects.pod("p", None, containers=[{"name": "BAD", "image": "x"}]))
        assert caught.value.status == 422
        status = json.loads(caught.value.body)
        assert [cause["field"] for cause in status["details"]["causes"]] == ["spec.containers[0].name"]

    def test_deletion_by_uid(self, core: Any, namespace: str) -> None:
        core.create_namespaced_config_map(namespace, objects.configmap("c"))
        options = kubernetes.client.V1DeleteOptions(preconditions=kubernetes.client.V1Preconditions(uid="other"))
        with pytest.raises(ApiException) as caught:
            core.delete_namespaced_config_map("c", namespace, body=options)
        assert caught.value.status == 409


class TestWatch:
    def test_from_a_revision_nothing_is_missed(self, core: Any, namespace: str) -> None:
        revision = core.list_namespaced_config_map(namespace).metadata.resource_version
        core.create_namespaced_config_map(namespace, objects.configmap("c", None, a="1"))
        core.patch_namespaced_config_map("c", namespace, {"data": {"a": "2"}})
        core.delete_namespaced_config_map("c", namespace)
        seen = []
        watcher = watch.Watch()
        only = {"field_selector": "metadata.name=c", "resource_version": revision, "timeout_seconds": 5}
        for event in watcher.stream(core.list_namespaced_config_map, namespace, **only):
            seen.append((event["type"], event["object"].data["a"]))
            if event["type"] == "DELETED":
                watcher.stop()
        assert seen == [("ADDED", "1"), ("MODIFIED", "2"), ("DELETED", "2")]

    def test_without_a_revision_it_begins_with_what_is_there(self, core: Any, many: str) -> None:
        seen = []
        watcher = watch.Watch()
        for event in watcher.stream(
            core.list_namespaced_config_map, many, label_selector="colour=red", timeout_seconds=5
        ):
            seen.append(event["object"].metadata.name)
            if len(seen) == 5:
                watcher.stop()
        assert seen == ["c1", "c3", "c5", "c7", "c9"]

    def test_ends_when_it_was_told_to(self, core: Any, namespace: str) -> None:
        events = list(watch.Watch().stream(core.list_namespaced_secret, namespace, timeout_seconds=1))
        assert events == []

    def test_an_object_that_leaves_the_selection_is_deleted_from_it(self, core: Any, namespace: str) -> None:
        core.create_namespaced_config_map(namespace, objects.configmap("c", {"in": "yes"}))
        watcher, seen = watch.Watch(), []
        for event in watcher.stream(core.list_namespaced_config_map, namespace, label_selector="in", timeout_seconds=5):
            seen.append(event["type"])
            if event["type"] == "ADDED":
                core.patch_namespaced_config_map("c", namespace, {"metadata": {"labels": {"in": None}}})
            else:
                watcher.stop()
        assert seen == ["ADDED", "DELETED"]


class TestInformer:
    def test_its_cache_follows(self, core: Any, namespace: str) -> None:
        informer = packages.needed("kubernetes.informer", "kubernetes").SharedInformer(
            core.list_namespaced_config_map, namespace=namespace, label_selector="followed"
        )
        changes: list[str] = []
        for kind in ("ADDED", "MODIFIED", "DELETED"):
            informer.add_event_handler(kind, lambda _, kind=kind: changes.append(kind))
        core.create_namespaced_config_map(namespace, objects.configmap("c", {"followed": "yes"}, a="1"))
        informer.start()
        try:
            kube.eventually(lambda: len(informer.cache.list()) == 1, "the list", 5)
            core.patch_namespaced_config_map("c", namespace, {"data": {"a": "2"}})
            kube.eventually(lambda: informer.cache.list()[0].data == {"a": "2"}, "the change", 5)
            core.delete_namespaced_config_map("c", namespace)
            kube.eventually(lambda: informer.cache.list() == [], "the end", 5)
        finally:
            informer.stop()
        assert changes == ["ADDED", "MODIFIED", "DELETED"]


class TestDynamicClient:
    def test_finds_kinds_by_discovery(self, api: Any, namespace: str) -> None:
        client = dynamic.DynamicClient(api)
        deployments = client.resources.get(api_version="apps/v1", kind="Deployment")
        deployments.create(body=objects.deployment("d", 1), namespace=namespace)
        deployments.patch(
            name="d", namespace=namespace, body={"spec": {"replicas": 0}}, content_type="application/merge-patch+json"
        )
        assert deployments.get(name="d", namespace=namespace).spec.replicas == 0
        assert [item.metadata.name for item in deployments.get(namespace=namespace).items] == ["d"]
        deployments.delete(name="d", namespace=namespace)
        with pytest.raises(packages.needed("kubernetes.dynamic.exceptions", "kubernetes").ResourceNotFoundError):
            client.resources.get(api_version="v1", kind="Wombat")
