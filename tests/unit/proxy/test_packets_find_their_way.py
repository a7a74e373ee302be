"""What becomes of packets at one node: Services and endpoints as a table, addresses as in `objects`."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest

from steersman.nft.objects import Chain
from steersman.proxy import rules
from unit.proxy.objects import (
    BALANCER,
    CLUSTER_IP,
    ENDING,
    EXTERNAL_IP,
    FACTS,
    NODE,
    NODE_PORT,
    OTHER_NODE,
    OWN,
    POD,
    REMOTE_POD,
    WORLD,
    endpoint,
    ports_of,
    service,
    slice_of,
)
from unit.proxy.tracer import Tracer, Unknown

A, B, FAR = "10.244.0.5", "10.244.0.6", "10.244.1.5"
HTTP = {"name": "http", "port": 80, "protocol": "TCP", "nodePort": NODE_PORT}
OUTSIDE: dict[str, Any] = {
    "ports": [HTTP],
    "type": "LoadBalancer",
    "externalIPs": [EXTERNAL_IP],
    "balancers": [BALANCER],
}
LOCAL = {**OUTSIDE, "externalTrafficPolicy": "Local"}
WAYS = [(NODE, NODE_PORT), (EXTERNAL_IP, 80), (BALANCER, 80)]


def node(*endpoints: Any, facts: rules.NodeFacts = FACTS, **spec: Any) -> Tracer:
    """A node with one Service, `web`."""
    return tracer([service(**spec)], [slice_of("web", endpoints)], facts=facts)


def tracer(
    services: Sequence[Any],
    slices: Sequence[Any],
    host_ports: Sequence[rules.HostPort] = (),
    facts: rules.NodeFacts = FACTS,
) -> Tracer:
    return Tracer(rules.table(ports_of(services, slices), facts, host_ports), OWN)


def test_a_cluster_address_leads_to_every_ready_endpoint() -> None:
    made = node(endpoint(A), endpoint(FAR), endpoint(B, ready=False))
    assert made.every(POD, CLUSTER_IP, 80) == {f"{A}:8080", f"{FAR}:8080"}


def test_a_pod_that_reaches_itself_is_masqueraded() -> None:
    made = node(endpoint(A), endpoint(B))
    assert made.every(A, CLUSTER_IP, 80) == {f"{A}:8080 masqueraded", f"{B}:8080"}


def test_who_is_not_a_pod_is_masqueraded_at_a_cluster_address() -> None:
    made = node(endpoint(FAR))
    assert made.send(NODE, CLUSTER_IP, 80) == f"{FAR}:8080 masqueraded"
    assert made.send(WORLD, CLUSTER_IP, 80) == f"{FAR}:8080 masqueraded"
    assert made.send(REMOTE_POD, CLUSTER_IP, 80) == f"{FAR}:8080"


def test_other_traffic_passes_untouched() -> None:
    made = node(endpoint(A))
    assert made.send(POD, FAR, 8080) == f"{FAR}:8080"
    assert made.send(POD, WORLD, 443) == f"{WORLD}:443"
    assert made.send(WORLD, NODE, 22) == f"{NODE}:22"


@pytest.mark.parametrize("sender", [POD, NODE, WORLD])
@pytest.mark.parametrize(("address", "port"), [(CLUSTER_IP, 80), *WAYS])
def test_without_an_endpoint_a_connection_is_refused(sender: str, address: str, port: int) -> None:
    assert node(**OUTSIDE).send(sender, address, port) == "reject"
    assert node(endpoint(A, ready=False), **LOCAL).send(sender, address, port) == "reject"


def test_a_port_that_a_service_has_not_is_refused_and_an_address_nobody_has_is_dropped() -> None:
    made = node(endpoint(A))
    for sender in (POD, NODE):
        assert made.send(sender, CLUSTER_IP, 81) == "reject"
        assert made.send(sender, CLUSTER_IP, 80, "udp") == "reject"
        assert made.send(sender, "10.96.99.99", 80) == "drop"


@pytest.mark.parametrize(("address", "port"), WAYS)
def test_the_outer_addresses_lead_to_all_endpoints_masqueraded(address: str, port: int) -> None:
    made = node(endpoint(A), endpoint(FAR), **OUTSIDE)
    for sender in (WORLD, POD, NODE):
        assert made.every(sender, address, port) == {f"{A}:8080 masqueraded", f"{FAR}:8080 masqueraded"}


def test_a_node_port_answers_only_on_the_nodes_own_addresses() -> None:
    made = node(endpoint(A), **OUTSIDE)
    assert made.send(POD, OTHER_NODE, NODE_PORT) == f"{OTHER_NODE}:{NODE_PORT}"
    assert made.send("127.0.0.1", "127.0.0.1", NODE_PORT) == f"127.0.0.1:{NODE_PORT}"


@pytest.mark.parametrize(("address", "port"), WAYS)
class TestExternalTrafficPolicyLocal:
    def test_the_world_reaches_local_endpoints_with_its_own_address(self, address: str, port: int) -> None:
        made = node(endpoint(A), endpoint(FAR), **LOCAL)
        assert made.every(WORLD, address, port) == {f"{A}:8080"}

    def test_pods_are_inside_whichever_way_they_take(self, address: str, port: int) -> None:
        made = node(endpoint(A), endpoint(FAR), **LOCAL)
        assert made.every(POD, address, port) == {f"{A}:8080", f"{FAR}:8080"}

    def test_the_node_itself_reaches_all_masqueraded(self, address: str, port: int) -> None:
        made = node(endpoint(FAR), **LOCAL)
        assert made.every(NODE, address, port) == {f"{FAR}:8080 masqueraded"}

    def test_without_a_local_endpoint_the_world_is_dropped_and_those_inside_are_served(
        self, address: str, port: int
    ) -> None:
        made = node(endpoint(FAR), **LOCAL)
        assert made.send(WORLD, address, port) == "drop"
        assert made.send(POD, address, port) == f"{FAR}:8080"

    def test_ending_local_endpoints_serve_until_they_are_gone(self, address: str, port: int) -> None:
        made = node(endpoint(A, **ENDING), endpoint(FAR), **LOCAL)
        assert made.every(WORLD, address, port) == {f"{A}:8080"}
        assert made.every(POD, address, port) == {f"{FAR}:8080"}


class TestInternalTrafficPolicyLocal:
    def test_only_local_endpoints_serve(self) -> None:
        made = node(endpoint(A), endpoint(FAR), internalTrafficPolicy="Local")
        assert made.every(POD, CLUSTER_IP, 80) == {f"{A}:8080"}

    def test_without_one_it_is_dropped_not_refused(self) -> None:
        made = node(endpoint(FAR), internalTrafficPolicy="Local")
        assert made.send(POD, CLUSTER_IP, 80) == "drop"

    def test_the_outer_addresses_do_not_care(self) -> None:
        made = node(endpoint(FAR), internalTrafficPolicy="Local", **OUTSIDE)
        assert made.send(WORLD, NODE, NODE_PORT) == f"{FAR}:8080 masqueraded"
        assert made.send(POD, CLUSTER_IP, 80) == "drop"


def test_ending_endpoints_serve_only_where_no_other_is_ready() -> None:
    assert node(endpoint(A, **ENDING), endpoint(B)).every(POD, CLUSTER_IP, 80) == {f"{B}:8080"}
    assert node(endpoint(A, **ENDING), endpoint(B, ready=False)).every(POD, CLUSTER_IP, 80) == {f"{A}:8080"}
    gone = {**ENDING, "serving": False}
    assert node(endpoint(A, **gone)).send(POD, CLUSTER_IP, 80) == "reject"


def test_a_client_stays_with_its_endpoint_by_any_address_of_the_service() -> None:
    made = node(endpoint(A), endpoint(B), sessionAffinity="ClientIP", **OUTSIDE)
    made.pick = 1
    assert made.send(WORLD, CLUSTER_IP, 80).startswith(B)
    made.pick = 0
    assert made.send(WORLD, CLUSTER_IP, 80).startswith(B)
    assert made.send(WORLD, NODE, NODE_PORT).startswith(B)
    assert made.send(POD, CLUSTER_IP, 80).startswith(A)


def test_source_ranges_guard_the_balancers_address_and_nothing_else() -> None:
    ranges = ["203.0.113.0/24", "203.0.113.128/25", " 198.18.0.1/15 ", "2001:db8::/32"]
    made = node(endpoint(A), **OUTSIDE, loadBalancerSourceRanges=ranges)
    assert made.send(WORLD, BALANCER, 80) == f"{A}:8080 masqueraded"
    assert made.send("198.19.0.1", BALANCER, 80) == f"{A}:8080 masqueraded"
    for stranger in ("192.0.2.99", POD, NODE):
        assert made.send(stranger, BALANCER, 80) == "drop"
        assert made.send(stranger, NODE, NODE_PORT) == f"{A}:8080 masqueraded"


def test_a_node_in_the_source_ranges_may_also_speak_from_the_balancers_address() -> None:
    made = node(endpoint(A), **OUTSIDE, loadBalancerSourceRanges=["172.30.0.0/24"])
    assert made.send(NODE, BALANCER, 80) == f"{A}:8080 masqueraded"
    assert made.send(BALANCER, BALANCER, 80) == f"{A}:8080 masqueraded"
    assert made.send(WORLD, BALANCER, 80) == "drop"


def test_of_two_services_that_want_one_node_port_the_first_by_name_has_it() -> None:
    services = [
        service("b", "10.96.0.2", [HTTP], type="NodePort"),
        service("a", "10.96.0.1", [HTTP], type="NodePort"),
    ]
    made = tracer(services, [slice_of("b", [endpoint(B)])])
    assert made.send(WORLD, NODE, NODE_PORT) == "reject"
    both = tracer(services, [slice_of("a", [endpoint(A)])])
    assert both.send(WORLD, NODE, NODE_PORT) == f"{A}:8080 masqueraded"


def test_an_external_address_cannot_take_another_services_cluster_address() -> None:
    thief = service("a", "10.96.0.1", externalIPs=[CLUSTER_IP])
    made = tracer([thief, service()], [slice_of("a", [endpoint(A)]), slice_of("web", [endpoint(B)])])
    assert made.send(POD, CLUSTER_IP, 80) == f"{B}:8080"


def test_protocols_do_not_meet() -> None:
    ports = [{"name": "tcp", "port": 53, "protocol": "TCP"}, {"name": "udp", "port": 53, "protocol": "UDP"}]
    slices = [slice_of("web", [endpoint(A)], 1053, name="tcp"), slice_of("web", [endpoint(B)], 2053, name="udp")]
    slices[1]["ports"][0]["protocol"] = "UDP"
    made = tracer([service(ports=ports)], slices)
    assert made.send(POD, CLUSTER_IP, 53) == f"{A}:1053"
    assert made.send(POD, CLUSTER_IP, 53, "udp") == f"{B}:2053"
    assert made.send(POD, CLUSTER_IP, 53, "sctp") == "reject"


class TestHostPorts:
    WEB = rules.HostPort("tcp", 8000, "", A, 80)

    def test_they_answer_on_the_nodes_address_with_the_callers_own(self) -> None:
        made = tracer([], [], [self.WEB])
        assert made.send(WORLD, NODE, 8000) == f"{A}:80"
        assert made.send(NODE, NODE, 8000) == f"{A}:80"
        assert made.send(WORLD, NODE, 8000, "udp") == f"{NODE}:8000"
        assert made.send(POD, OTHER_NODE, 8000) == f"{OTHER_NODE}:8000"

    def test_a_pod_that_calls_its_own_is_masqueraded(self) -> None:
        assert tracer([], [], [self.WEB]).send(A, NODE, 8000) == f"{A}:80 masqueraded"

    def test_an_address_of_its_own_narrows_it(self) -> None:
        facts = dataclasses.replace(FACTS, addresses=[NODE, "172.30.0.99"])
        narrow = dataclasses.replace(self.WEB, host_ip="172.30.0.99")
        made = Tracer(rules.table([], facts, [narrow]), [*OWN, "172.30.0.99"])
        assert made.send(WORLD, NODE, 8000) == f"{NODE}:8000"
        assert made.send(WORLD, "172.30.0.99", 8000) == f"{A}:80"

    def test_a_node_port_goes_before(self) -> None:
        taken = dataclasses.replace(self.WEB, port=NODE_PORT)
        made = tracer([service(**OUTSIDE)], [slice_of("web", [endpoint(B)])], [taken])
        assert made.send(WORLD, NODE, NODE_PORT) == f"{B}:8080 masqueraded"


class TestHints:
    def test_where_all_have_hints_and_one_is_for_this_node_only_those_serve(self) -> None:
        near = endpoint(A, hints={"forNodes": [{"name": "node1"}]})
        far = endpoint(FAR, hints={"forNodes": [{"name": "node2"}]})
        assert node(near, far).every(POD, CLUSTER_IP, 80) == {f"{A}:8080"}

    def test_zones_come_after_nodes(self) -> None:
        facts = dataclasses.replace(FACTS, zone="east")
        near = endpoint(A, hints={"forZones": [{"name": "west"}]})
        far = endpoint(FAR, hints={"forZones": [{"name": "east"}]})
        assert node(near, far, facts=facts).every(POD, CLUSTER_IP, 80) == {f"{FAR}:8080"}
        assert node(near, far).every(POD, CLUSTER_IP, 80) == {f"{A}:8080", f"{FAR}:8080"}

    def test_an_endpoint_without_a_hint_makes_all_serve(self) -> None:
        near = endpoint(A, hints={"forNodes": [{"name": "node1"}]})
        assert node(near, endpoint(FAR)).every(POD, CLUSTER_IP, 80) == {f"{A}:8080", f"{FAR}:8080"}

    def test_local_policies_do_not_look_at_hints(self) -> None:
        far = endpoint(A, hints={"forNodes": [{"name": "node2"}]})
        near = endpoint(FAR, hints={"forNodes": [{"name": "node1"}]})
        made = node(far, near, internalTrafficPolicy="Local")
        assert made.every(POD, CLUSTER_IP, 80) == {f"{A}:8080"}


def test_the_tracer_refuses_a_rule_that_it_does_not_know() -> None:
    table = rules.table([], FACTS)
    chains = {**table.chains, "services": Chain(["ip ttl 1 drop"])}
    with pytest.raises(Unknown, match="ttl"):
        Tracer(dataclasses.replace(table, chains=chains), OWN).send(POD, CLUSTER_IP, 80)
