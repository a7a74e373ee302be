"""Which ports of 127.0.0.1 a cluster's Services get, and what stands in a balancer's status."""

from typing import Any

from steersman.api.tree import Tree
from steersman.cluster import hostports
from steersman.cluster.hostports import Opening

NODE = "172.30.0.11"
OURS = [{"ip": "127.0.0.1", "ipMode": "Proxy"}]


def service(name: str, type: str, *ports: tuple[int, int], ingress: Any = None, **spec: Any) -> Tree:
    made: dict[str, Any] = {
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "type": type,
            "clusterIP": "10.96.0.7",
            "ports": [{"port": port, "nodePort": node} if node else {"port": port} for port, node in ports],
            **spec,
        },
    }
    if ingress is not None:
        made["status"] = {"loadBalancer": {"ingress": ingress}}
    return made


def openings(*services: Tree) -> dict[tuple[int, str], Opening]:
    return hostports.plan(services, NODE).openings


def test_a_node_port_opens_under_its_own_number() -> None:
    made = openings(service("web", "NodePort", (80, 30080)))
    assert made == {(30080, "TCP"): Opening(30080, "TCP", NODE, 30080, "default/web")}


def test_a_cluster_address_alone_opens_nothing() -> None:
    assert openings(service("web", "ClusterIP", (80, 0))) == {}


def test_a_balancer_opens_its_ports_and_its_node_ports() -> None:
    made = openings(service("web", "LoadBalancer", (80, 30080)))
    assert made[80, "TCP"] == Opening(80, "TCP", NODE, 30080, "default/web")
    assert set(made) == {(80, "TCP"), (30080, "TCP")}


def test_a_balancer_without_node_ports_goes_to_the_cluster_address() -> None:
    made = openings(service("web", "LoadBalancer", (80, 0)))
    assert made == {(80, "TCP"): Opening(80, "TCP", "10.96.0.7", 80, "default/web")}


def test_somebody_elses_balancer_is_left_to_them() -> None:
    made = service("web", "LoadBalancer", (80, 0), loadBalancerClass="example.com/other")
    assert openings(made) == {}
    assert hostports.balanced(made) is None


def test_the_first_by_name_has_a_port_and_the_other_is_named() -> None:
    plan = hostports.plan([service("b", "LoadBalancer", (80, 0)), service("a", "LoadBalancer", (80, 0))], NODE)
    assert plan.openings[80, "TCP"].service == "default/a"
    assert plan.refused == [("default/b", plan.openings[80, "TCP"])]
    assert set(plan.balanced) == {"default/a"}


def test_node_ports_go_before_balancers() -> None:
    plan = hostports.plan([service("a", "LoadBalancer", (30080, 0)), service("b", "NodePort", (80, 30080))], NODE)
    assert plan.openings[30080, "TCP"].service == "default/b"
    assert plan.refused[0][0] == "default/a"


def test_protocols_have_ports_of_their_own() -> None:
    ports = [{"port": 53, "nodePort": 30053}, {"port": 53, "nodePort": 30053, "protocol": "UDP"}]
    made = openings(service("dns", "NodePort", ports=ports))
    assert set(made) == {(30053, "TCP"), (30053, "UDP")}


def test_the_status_of_a_balancer_says_where_it_is() -> None:
    better = hostports.balanced(service("web", "LoadBalancer", (80, 0)))
    assert better is not None
    assert better["status"] == {"loadBalancer": {"ingress": OURS}}
    assert hostports.balanced(better) is None


def test_what_is_no_balancer_any_more_loses_our_address_and_keeps_others() -> None:
    was = service("web", "ClusterIP", (80, 0), ingress=OURS)
    better = hostports.balanced(was)
    assert better is not None
    assert better["status"] == {"loadBalancer": {}}
    assert hostports.balanced(service("web", "ClusterIP", (80, 0), ingress=[{"ip": "192.0.2.1"}])) is None
    assert hostports.balanced(service("web", "LoadBalancer", (80, 0), ingress=OURS), served=False) is not None
