"""Which of the kernel's UDP connections lead to nobody any more."""

from steersman.proxy import conntrack, rules
from steersman.proxy.conntrack import Flow
from unit.proxy.objects import CLUSTER_IP, FACTS, NODE, endpoint, ports_of, service, slice_of

DNS = {"name": "dns", "port": 53, "protocol": "UDP", "nodePort": 30053}
LISTED = """\
udp      17 29 src=10.244.0.9 dst=10.96.0.7 sport=4000 dport=53 src=10.244.0.5 dst=10.244.0.9 sport=53 dport=4000 [ASSURED] mark=0 use=1
udp      17 29 src=10.244.0.9 dst=10.96.0.7 sport=4001 dport=53 src=10.244.0.5 dst=10.244.0.9 sport=53 dport=4001 mark=0 use=1
udp      17 9 src=10.244.0.9 dst=10.96.0.7 sport=4002 dport=53 [UNREPLIED] src=10.244.0.6 dst=10.244.0.9 sport=53 dport=4002 mark=0 use=1
"""  # noqa: E501


def answerers(*endpoints: object, host_ports: tuple[rules.HostPort, ...] = ()) -> conntrack.Answerers:
    made = service(ports=[DNS], type="NodePort")
    piece = slice_of("web", [*endpoints], 53, name="dns", protocol="UDP")  # type: ignore[list-item]
    return conntrack.answerers(ports_of([made], [piece]), FACTS, host_ports)


def test_connections_of_one_way_are_one_flow() -> None:
    assert conntrack.parse(LISTED) == {Flow(CLUSTER_IP, 53, "10.244.0.5"), Flow(CLUSTER_IP, 53, "10.244.0.6")}
    assert conntrack.parse("conntrack v1.4.7: 0 flow entries have been shown.\n") == set()


def test_a_flow_to_an_endpoint_that_left_is_stale_on_every_address() -> None:
    wanted = answerers(endpoint("10.244.0.6"))
    old, new = "10.244.0.5", "10.244.0.6"
    flows = [Flow(ip, port, by) for by in (old, new) for ip, port in ((CLUSTER_IP, 53), (NODE, 30053))]
    assert conntrack.stale(flows, wanted, FACTS) == [Flow(CLUSTER_IP, 53, old), Flow(NODE, 30053, old)]


def test_an_endpoint_that_ends_keeps_its_flows_while_it_serves() -> None:
    ending = answerers(endpoint("10.244.0.5", ready=False, serving=True, terminating=True))
    assert conntrack.stale([Flow(CLUSTER_IP, 53, "10.244.0.5")], ending, FACTS) == []
    gone = answerers(endpoint("10.244.0.5", ready=False, serving=False, terminating=True))
    assert conntrack.stale([Flow(CLUSTER_IP, 53, "10.244.0.5")], gone, FACTS) != []


def test_a_flow_that_began_before_there_was_an_endpoint_looks_again() -> None:
    waiting = [Flow(NODE, 30053, NODE)]
    assert conntrack.stale(waiting, answerers(), FACTS) == []
    assert conntrack.stale(waiting, answerers(endpoint("10.244.0.5")), FACTS) == waiting


def test_a_service_that_is_gone_leaves_nothing() -> None:
    flows = [Flow("10.96.0.99", 53, "10.244.0.5"), Flow("203.0.113.9", 53, "203.0.113.9")]
    assert conntrack.stale(flows, {}, FACTS) == flows[:1]


def test_strangers_are_left_alone() -> None:
    flows = [Flow(NODE, 4000, NODE), Flow("203.0.113.9", 30053, "203.0.113.9"), Flow("172.30.0.1", 53, "172.30.0.1")]
    assert conntrack.stale(flows, answerers(endpoint("10.244.0.5")), FACTS) == []


def test_a_host_port_that_moved_to_another_pod_is_looked_up_again() -> None:
    wanted = answerers(host_ports=(rules.HostPort("udp", 5353, "", "10.244.0.8", 53),))
    flows = [Flow(NODE, 5353, "10.244.0.7"), Flow(NODE, 5353, "10.244.0.8")]
    assert conntrack.stale(flows, wanted, FACTS) == flows[:1]
