"""Services, slices and who is where, for the tests of this folder.

10.96.0.x      Services        10.244.0.x   pods of node1, which is the node at hand
192.0.2.x      external IPs    10.244.1.x   pods of node2
198.51.100.x   balancers       203.0.113.x  the world
172.30.0.11    node1           172.30.0.12  node2
"""

from collections.abc import Sequence
from typing import Any

from steersman.api.tree import Tree
from steersman.proxy import model, rules

NODE, OTHER_NODE, WORLD = "172.30.0.11", "172.30.0.12", "203.0.113.5"
POD, REMOTE_POD = "10.244.0.9", "10.244.1.9"
CLUSTER_IP, EXTERNAL_IP, BALANCER = "10.96.0.7", "192.0.2.7", "198.51.100.7"
NODE_PORT = 30007
OWN = (NODE, "10.244.0.1", "127.0.0.1")
FACTS = rules.NodeFacts("node1", [NODE], "10.244.0.0/16", "10.96.0.0/16")


def service(name: str = "web", ip: str = CLUSTER_IP, ports: Sequence[Tree] = (), **spec: Any) -> dict[str, Any]:
    made = list(ports) or [{"name": "http", "port": 80, "protocol": "TCP"}]
    balancers = spec.pop("balancers", ())
    return {
        "kind": "Service",
        "apiVersion": "v1",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"clusterIP": ip, "clusterIPs": [ip], "ports": made, **spec},
        "status": {"loadBalancer": {"ingress": [{"ip": each} for each in balancers]}},
    }


def slice_of(owner: str, endpoints: Sequence[Tree], port: int = 8080, **port_fields: Any) -> dict[str, Any]:
    return {
        "kind": "EndpointSlice",
        "apiVersion": "discovery.k8s.io/v1",
        "metadata": {
            "name": f"{owner}-1",
            "namespace": "default",
            "labels": {"kubernetes.io/service-name": owner},
        },
        "addressType": "IPv4",
        "ports": [{"name": "http", "port": port, "protocol": "TCP", **port_fields}],
        "endpoints": list(endpoints),
    }


def endpoint(ip: str, **conditions: Any) -> dict[str, Any]:
    """On node1 or node2, as its address says; ready unless told."""
    node = "node1" if ip.startswith("10.244.0.") else "node2"
    hints = conditions.pop("hints", None)
    made: dict[str, Any] = {"addresses": [ip], "nodeName": node, "conditions": {"ready": True, **conditions}}
    return {**made, "hints": hints} if hints else made


ENDING = {"ready": False, "serving": True, "terminating": True}


def ports_of(services: Sequence[Tree], slices: Sequence[Tree] = ()) -> list[model.ServicePort]:
    return model.service_ports(services, slices, "node1")
