"""What is refused, in which words, in which order: examples of the rules that many objects meet."""

from typing import Any

import pytest

from steersman.api import defaults, resources, validation


def made(name: Any, tree: Any, *, object_name: Any = "x") -> Any:
    resource = resources.EVERYTHING.get(name)
    assert resource is not None
    metadata = {"name": object_name, "namespace": "n"}
    tree = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata, **tree}
    defaults.apply(resource, tree)
    return resource, tree


def refused(name: Any, tree: Any, **options: Any) -> Any:
    resource, tree = made(name, tree, **options)
    return [str(error) for error in validation.create(resource, tree)]


def changed(name: Any, before: Any, after: Any) -> Any:
    resource, old = made(name, before)
    _, new = made(name, after)
    return [str(error) for error in validation.update(resource, new, old)]


def spec(**more: Any) -> Any:
    return {"containers": [{"name": "c", "image": "busybox:1", "resources": {}}], **more}


def test_a_plain_pod_is_sound() -> None:
    assert refused("pods", {"spec": spec()}) == []


def test_containers_need_name_and_image() -> None:
    assert refused("pods", {"spec": {"containers": [{}]}}) == [
        "spec.containers[0].name: Required value",
        "spec.containers[0].image: Required value",
    ]


def test_a_mount_names_a_volume_that_is_sound() -> None:
    container = {"name": "c", "image": "a:1", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}
    assert refused("pods", {"spec": spec(containers=[container], volumes=[{"name": "v", "secret": {}}])}) == [
        "spec.volumes[0].secret.secretName: Required value",
        'spec.containers[0].volumeMounts[0].name: Not found: "v"',
    ]


def test_requests_may_not_exceed_limits() -> None:
    container = {"name": "c", "image": "a:1", "resources": {"limits": {"cpu": "1"}, "requests": {"cpu": "2"}}}
    assert refused("pods", {"spec": spec(containers=[container])}) == [
        'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'
    ]


def test_host_ports_are_taken_once() -> None:
    containers = [
        {"name": name, "image": "a:1", "ports": [{"containerPort": 80, "hostPort": 80}]} for name in ("a", "b")
    ]
    assert refused("pods", {"spec": spec(containers=containers)}) == [
        'spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//80"'
    ]


def test_a_toleration_without_a_key_tolerates_everything_or_nothing() -> None:
    (found,) = refused("pods", {"spec": spec(tolerations=[{"operator": "Equal"}])})
    assert found.startswith('spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when')


def test_of_a_running_pod_only_images_and_little_else_change() -> None:
    other = [{"name": "c", "image": "busybox:2", "resources": {}}]
    assert changed("pods", {"spec": spec()}, {"spec": spec(containers=other)}) == []
    found = changed("pods", {"spec": spec()}, {"spec": spec(hostname="h")})
    assert len(found) == 1
    assert found[0].startswith("spec: Forbidden: pod updates may not change fields other than")
    assert '- "Hostname": "",\n+ "Hostname": "h",\n' in found[0]


def test_a_pod_keeps_its_containers() -> None:
    two: Any = [{"name": name, "image": "a:1", "resources": {}} for name in ("c", "d")]
    assert changed("pods", {"spec": spec()}, {"spec": spec(containers=two)}) == [
        "spec.containers: Forbidden: pod updates may not add or remove containers"
    ]


def deployment(labels: Any, selector: Any) -> Any:
    template = {"metadata": {"labels": labels}, "spec": spec()}
    return {"spec": {"selector": {"matchLabels": selector}, "template": template}}


def test_a_deployment_selects_its_own_pods_and_for_ever_the_same() -> None:
    assert refused("deployments.apps", deployment({"a": "b"}, {"a": "c"})) == [
        'spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`'
    ]
    assert changed("deployments.apps", deployment({"a": "b"}, {"a": "b"}), deployment({"a": "c"}, {"a": "c"})) == [
        'spec.selector: Invalid value: {"matchLabels":{"a":"c"}}: field is immutable'
    ]


def test_a_rollout_that_may_not_move_is_refused() -> None:
    tree = deployment({"a": "b"}, {"a": "b"})
    tree["spec"]["strategy"] = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}
    assert refused("deployments.apps", tree) == [
        "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"
    ]


def test_a_service_of_two_ports_names_them() -> None:
    ports = [{"port": 80}, {"port": 80, "name": "b"}]
    shown = '{"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}'
    assert refused("services", {"spec": {"ports": ports}}) == [
        "spec.ports[0].name: Required value",
        f"spec.ports[1]: Duplicate value: {shown}",
    ]


def test_an_immutable_config_map_stays() -> None:
    before = {"data": {"a": "b"}, "immutable": True}
    assert changed("configmaps", before, {"data": {"a": "c"}}) == [
        "immutable: Forbidden: field is immutable when `immutable` is set",
        "data: Forbidden: field is immutable when `immutable` is set",
    ]


def test_a_claims_spec_is_shown_where_it_differs() -> None:
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "volumeName": "v"}
    found = changed("persistentvolumeclaims", {"spec": claim}, {"spec": {**claim, "volumeName": "w"}})
    assert len(found) == 1
    assert '- "VolumeName": "v",\n+ "VolumeName": "w",\n' in found[0]


@pytest.mark.parametrize(
    ("schedule", "why"),
    [
        ("zzz", "expected exactly 5 fields, found 1: [zzz]"),
        ("60 * * * *", "end of range (60) above maximum (59): 60"),
        ("x * * * *", 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'),
        ("@nonsense", "unrecognized descriptor: @nonsense"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
    ],
)
def test_a_schedule_is_refused_in_the_words_of_the_library(schedule: Any, why: Any) -> None:
    template = {"spec": {"template": {"spec": spec(restartPolicy="Never")}}}
    assert refused("cronjobs.batch", {"spec": {"schedule": schedule, "jobTemplate": template}}) == [
        f'spec.schedule: Invalid value: "{schedule}": {why}'
    ]


@pytest.mark.parametrize("schedule", ["*/5 * * * *", "0 0 1 jan sun", "@daily", "@every 1h30m", "1-5,7 0 * * 1-5"])
def test_a_sound_schedule_is_taken(schedule: Any) -> None:
    template = {"spec": {"template": {"spec": spec(restartPolicy="Never")}}}
    assert refused("cronjobs.batch", {"spec": {"schedule": schedule, "jobTemplate": template}}) == []


def test_a_role_binding_keeps_its_role() -> None:
    before = {"roleRef": {"kind": "Role", "name": "a"}}
    (found,) = changed("rolebindings.rbac.authorization.k8s.io", before, {"roleRef": {"kind": "Role", "name": "b"}})
    shown = '{"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"b"}'
    assert found == f"roleRef: Invalid value: {shown}: cannot change roleRef"


def test_an_ingress_path_is_absolute_and_has_a_type() -> None:
    paths = [{"path": "a", "pathType": "Prefix", "backend": {"service": {"name": "s", "port": {"number": 80}}}}, {}]
    assert refused("ingresses.networking.k8s.io", {"spec": {"rules": [{"http": {"paths": paths}}]}}) == [
        'spec.rules[0].http.paths[0].path: Invalid value: "a": must be an absolute path',
        "spec.rules[0].http.paths[1].pathType: Required value: pathType must be specified",
    ]


def test_a_custom_resource_is_no_business_of_these_rules() -> None:
    resource = resources.Resource("example.com", "v1", "pods", "Pod", True, custom=True)
    assert validation.create(resource, {"metadata": {}}) == []


STORED = [r for r in resources.EVERYTHING.all() if r.storage]


@pytest.mark.parametrize("resource", STORED, ids=lambda r: f"{r.name}-{r.version}")
def test_an_empty_object_of_any_kind_is_judged_without_a_fault(resource: Any) -> None:
    tree = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": {"name": "x"}}
    defaults.apply(resource, tree)
    validation.create(resource, tree)
    validation.update(resource, tree, tree)


def test_service_networks_are_one_of_each_family() -> None:
    kind = "servicecidrs.networking.k8s.io"
    assert refused(kind, {"spec": {"cidrs": ["10.0.0.0/16", "fd00::/108"]}}) == []
    text = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"
    assert refused(kind, {"spec": {"cidrs": ["10.0.0.0/16", "10.1.0.0/16"]}}) == [
        f'spec.cidrs: Invalid value: {{"CIDRs":["10.0.0.0/16","10.1.0.0/16"]}}: {text}'
    ]
    assert refused(kind, {"spec": {"cidrs": ["fd00::/108"] * 3}})[0].endswith("may only hold up to 2 values")


def test_a_lease_lasts_and_is_preferred_only_by_a_strategy() -> None:
    kind = "leases.coordination.k8s.io"
    assert refused(kind, {"spec": {"leaseDurationSeconds": 0, "preferredHolder": "a"}}) == [
        "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
        "spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined",
    ]
    assert refused(kind, {"spec": {"strategy": "Newest"}}) == [
        'spec.strategy: Unsupported value: "Newest": supported values: "OldestEmulationVersion"'
    ]
    assert refused(kind, {"spec": {"strategy": "example.com/mine"}}) == []


def test_what_drivers_and_attachments_say_stays() -> None:
    def node(key: str, count: int) -> Any:
        driver = {"name": "d.example.com", "nodeID": "n", "topologyKeys": [key], "allocatable": {"count": count}}
        return {"spec": {"drivers": [driver]}}

    kind = "csinodes.storage.k8s.io"
    assert changed(kind, node("zone", 1), node("zone", 2)) == []
    shown = '{"Name":"d.example.com","NodeID":"n","TopologyKeys":["rack"],"Allocatable":null}'
    assert changed(kind, node("zone", 1), node("rack", 1)) == [
        f"spec.drivers: Invalid value: {shown}: field is immutable"
    ]
    spec = {"attacher": "d.example.com", "nodeName": "n", "source": {"persistentVolumeName": "a"}}
    shown = '{"Attacher":"d.example.com","Source":{"PersistentVolumeName":"a","InlineVolumeSpec":null},"NodeName":"m"}'
    assert changed("volumeattachments.storage.k8s.io", {"spec": spec}, {"spec": {**spec, "nodeName": "m"}}) == [
        f"spec: Invalid value: {shown}: field is immutable"
    ]


def test_an_attached_drivers_way_stays() -> None:
    before, after = {"spec": {"attachRequired": True}}, {"spec": {"attachRequired": False}}
    assert changed("csidrivers.storage.k8s.io", before, after) == [
        "spec.attachedRequired: Invalid value: false: field is immutable"
    ]
