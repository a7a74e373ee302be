"""What the runtime is told: environment, names, resources, security; all pure."""

import base64
from typing import Any

import pytest

from steersman.kubelet import images
from steersman.kubelet.config import KubeletConfig
from steersman.kubelet.containers import cgroup, configs, dns, env, expand, fields, hosts, security, services
from steersman.kubelet.pods import qos, requests
from unit.kubelet.world import container

FACTS = fields.Facts("node1", ["192.168.0.1"], ["10.0.0.5", "fd00::5"], {"cpu": "4", "memory": "8Gi"})


def pod(**spec: Any) -> dict[str, Any]:
    meta = {"name": "p", "namespace": "a", "uid": "u", "labels": {"app": "x"}, "annotations": {"n": 'say "hi"'}}
    return {"metadata": meta, "spec": {"containers": [container()], **spec}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$(A)", "1"), ("x$(A)y$(B)", "x1y2"), ("$(C)", "$(C)"), ("$$(A)", "$(A)"), ("$$", "$"), ("$A", "$A"),
        ("$(A", "$(A"), ("$", "$"), ("a$", "a$"), ("$()", "$()"), ("$$$(A)", "$1"), ("", ""),
    ],
)  # fmt: skip
def test_references_are_expanded_as_the_reference_does(text: str, expected: str) -> None:
    assert expand.expand(text, {"A": "1", "B": "2"}) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("metadata.name", "p"), ("metadata.namespace", "a"), ("metadata.uid", "u"), ("metadata.labels['app']", "x"),
        ("metadata.labels['none']", ""), ("metadata.annotations", 'n="say \\"hi\\""'), ("spec.nodeName", "node1"),
        ("status.hostIP", "192.168.0.1"), ("status.podIP", "10.0.0.5"), ("status.podIPs", "10.0.0.5,fd00::5"),
    ],
)  # fmt: skip
def test_fields_of_the_pod(path: str, expected: str) -> None:
    assert fields.field_value(pod(), path, FACTS) == expected


@pytest.mark.parametrize(
    ("resource", "divisor", "expected"),
    [
        ("limits.cpu", "1", "1"), ("limits.cpu", "1m", "500"), ("requests.memory", "1Mi", "64"),
        ("requests.cpu", "1m", "0"), ("limits.memory", "1", "8589934592"), ("limits.memory", "1Gi", "8"),
    ],
)  # fmt: skip
def test_resources_are_counted_in_divisors_and_unset_limits_are_the_nodes(
    resource: str, divisor: str, expected: str
) -> None:
    one = container(resources={"limits": {"cpu": "500m"}, "requests": {"memory": "64Mi"}})
    assert fields.resource_value(pod(), {"resource": resource, "divisor": divisor}, one, FACTS) == expected


def test_the_environment_is_built_in_order() -> None:
    one = container(
        envFrom=[{"prefix": "P_", "configMapRef": {"name": "m"}}, {"secretRef": {"name": "s"}}],
        env=[
            {"name": "B", "value": "$(P_k) and $(K_SERVICE_HOST)"},
            {"name": "C", "valueFrom": {"configMapKeyRef": {"name": "m", "key": "absent", "optional": True}}},
            {"name": "D", "valueFrom": {"secretKeyRef": {"name": "s", "key": "x"}}},
            {"name": "K_SERVICE_PORT", "value": "mine"},
        ],
    )
    objects: env.Objects = {
        ("configmaps", "m"): {"data": {"k": "v", "bad-name": "y"}},
        ("secrets", "s"): {"data": {"x": base64.b64encode(b"hidden").decode()}},
    }
    assert set(env.references(one)) == set(objects)
    made = env.environment(pod(), one, objects, {"K_SERVICE_HOST": "h", "K_SERVICE_PORT": "1"}, FACTS)
    assert made == {
        "P_k": "v", "P_bad-name": "y", "x": "hidden", "B": "v and h", "D": "hidden", "K_SERVICE_PORT": "mine",
        "K_SERVICE_HOST": "h",
    }  # fmt: skip


def test_service_variables() -> None:
    def service(name: str, namespace: str, ip: str, *ports: Any) -> dict[str, Any]:
        return {"metadata": {"name": name, "namespace": namespace}, "spec": {"clusterIP": ip, "ports": list(ports)}}

    known = [
        service("kubernetes", "default", "10.96.0.1", {"name": "https", "port": 443, "protocol": "TCP"}),
        service("my-db", "a", "10.96.0.2", {"port": 5432}),
        service("headless", "a", "None", {"port": 1}),
        service("other", "b", "10.96.0.3", {"port": 1}),
    ]
    made = services.variables(known, "a", links=True)
    assert made["KUBERNETES_SERVICE_HOST"] == "10.96.0.1"
    assert made["KUBERNETES_SERVICE_PORT_HTTPS"] == "443"
    assert made["MY_DB_PORT"] == "tcp://10.96.0.2:5432"
    assert made["MY_DB_PORT_5432_TCP_ADDR"] == "10.96.0.2"
    assert not [name for name in made if name.startswith(("OTHER", "HEADLESS"))]
    assert set(services.variables(known, "a", links=False)) == {n for n in made if n.startswith("KUBERNETES")}


def test_dns_by_policy() -> None:
    host = dns.parse_resolv("nameserver 1.1.1.1\nsearch corp.example.\noptions timeout:1 # x\n")
    cluster = dns.pod_dns(pod(), ["10.96.0.10"], "cluster.local", host)
    assert cluster == dns.Dns(
        ["10.96.0.10"], ["a.svc.cluster.local", "svc.cluster.local", "cluster.local", "corp.example"], ["ndots:5"]
    )
    assert dns.pod_dns(pod(dnsPolicy="Default"), ["10.96.0.10"], "cluster.local", host) == host
    assert dns.pod_dns(pod(hostNetwork=True), ["10.96.0.10"], "cluster.local", host) == host
    own = {
        "nameservers": ["9.9.9.9"],
        "searches": ["x"],
        "options": [{"name": "ndots", "value": "2"}, {"name": "edns0"}],
    }
    assert dns.pod_dns(pod(dnsPolicy="None", dnsConfig=own), ["10.96.0.10"], "cluster.local", host) == dns.Dns(
        ["9.9.9.9"], ["x"], ["ndots:2", "edns0"]
    )


def test_host_names() -> None:
    assert hosts.hostname(pod(), "cluster.local") == ("p", "p", "")
    named = pod(hostname="h", subdomain="s", setHostnameAsFQDN=True)
    assert hosts.hostname(named, "cluster.local") == ("h.s.a.svc.cluster.local", "h", "s.a.svc.cluster.local")


def test_resources_in_the_kernels_units() -> None:
    one = container(resources={"requests": {"cpu": "250m", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "2Gi"}})
    made = cgroup.resources(pod(containers=[one]), one, 8 << 30)
    assert (made.cpu_shares, made.cpu_quota, made.cpu_period, made.memory_limit) == (256, 100_000, 100_000, 2 << 30)
    assert made.oom_score_adj == 875
    assert cgroup.resources(pod(), container(), 8 << 30).oom_score_adj == 1000
    assert cgroup.resources(pod(), container(), 8 << 30).cpu_shares == 2
    assert cgroup.parent(pod()) == "kubepods/besteffort/podu"


def test_security_is_merged_from_pod_and_container() -> None:
    whole = pod(
        securityContext={
            "runAsUser": 1000,
            "fsGroup": 2000,
            "supplementalGroups": [3000],
            "seccompProfile": {"type": "RuntimeDefault"},
        }
    )
    one = container(
        securityContext={"runAsGroup": 5, "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    )
    made = security.security(whole, one, "root")
    assert (made.run_as_user, made.run_as_group, list(made.supplemental_groups)) == (1000, 5, [3000, 2000])
    assert made.no_new_privileges
    assert made.drop_capabilities == ("ALL",)
    assert made.seccomp == "RuntimeDefault"
    assert "/proc/kcore" in made.masked_paths
    privileged = security.security(pod(), container(securityContext={"privileged": True}), "")
    assert (privileged.privileged, privileged.masked_paths) == (True, ())


@pytest.mark.parametrize(
    ("user", "own", "fault"),
    [
        ("", {}, "image will run as root"),
        ("0", {}, "image will run as root"),
        ("app", {}, r"image has non-numeric user \(app\), cannot verify user is non-root"),
        ("1000", {"runAsUser": 0}, "runAsUser breaks non-root policy"),
    ],
)
def test_who_must_not_be_root(user: str, own: Any, fault: str) -> None:
    with pytest.raises(env.ConfigFault, match=fault):
        security.security(pod(securityContext={"runAsNonRoot": True}), container(securityContext=own), user)
    assert security.security(pod(securityContext={"runAsNonRoot": True}), container(), "1000:5").run_as_user == 1000


def test_a_sandbox_has_its_ports_sysctls_and_labels(tmp_path: Any) -> None:
    whole = pod(
        containers=[container(ports=[{"containerPort": 80, "hostPort": 8080}, {"containerPort": 81}])],
        securityContext={"sysctls": [{"name": "net/ipv4/ip_local_port_range", "value": "1 2"}]},
    )
    config = KubeletConfig("node1", tmp_path, cluster_dns=["10.96.0.10"])
    made = configs.sandbox_config(config, whole, 2, dns.Dns())
    assert [(m.container_port, m.host_port) for m in made.port_mappings] == [(80, 8080)]
    assert made.sysctls == {"net.ipv4.ip_local_port_range": "1 2"}
    assert made.labels["io.kubernetes.pod.uid"] == "u"
    assert made.log_directory == f"{tmp_path}/log/pods/a_p_u"
    assert (made.hostname, made.attempt) == ("p", 2)
    assert (
        configs.sandbox_config(
            config, {**whole, "spec": {**whole["spec"], "hostNetwork": True}}, 0, dns.Dns()
        ).port_mappings
        == []
    )


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ([{}], "BestEffort"),
        ([{"requests": {"cpu": "1"}}], "Burstable"),
        ([{"requests": {"cpu": "1", "memory": "1"}, "limits": {"cpu": "1", "memory": "1"}}], "Guaranteed"),
        ([{"limits": {"cpu": "1", "memory": "1"}}, {}], "Burstable"),
        ([{"limits": {"cpu": "0"}}], "BestEffort"),
    ],
)
def test_the_class_of_service(resources: Any, expected: str) -> None:
    assert qos.qos_class(pod(containers=[container(f"c{i}", resources=r) for i, r in enumerate(resources)])) == expected


def test_a_pod_needs_what_its_containers_need_together_or_its_largest_init_container() -> None:
    def needs(cpu: str) -> Any:
        return {"requests": {"cpu": cpu}, "limits": {"cpu": "2"}}

    whole = pod(
        containers=[container("a", resources=needs("100m")), container("b", resources=needs("200m"))],
        initContainers=[
            container("i", resources=needs("1")),
            container("s", resources=needs("50m"), restartPolicy="Always"),
        ],
    )
    assert requests.shown(whole) == {"requests": {"cpu": "1"}, "limits": {"cpu": "6"}}
    assert requests.shown(pod()) == {}


def test_credentials_are_found_by_registry() -> None:
    config = b'{"auths":{"https://r.example/v1/":{"auth":"%s"},"other":{"username":"x"}}}' % base64.b64encode(b"u:p:w")
    secret = {"data": {".dockerconfigjson": base64.b64encode(config).decode()}}
    found = images.credentials([secret, {"data": {".dockercfg": "!!"}}], "r.example")
    assert [(c.username, c.password) for c in found] == [("u", "p:w")]
    assert images.credentials([secret], "none") == []


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (0.393, "393ms"), (1.5, "1.5s"), (61.25, "1m1.25s"), (2, "2s")]
)
def test_durations_are_written_as_go_writes_them(seconds: float, text: str) -> None:
    assert images.milliseconds(seconds) == text
