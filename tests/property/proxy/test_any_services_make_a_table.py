"""Any Services make a table that holds together, and any table becomes any other."""

from hypothesis import given, settings
from hypothesis import strategies as st

from steersman.nft.fake import FakeNft
from steersman.nft.objects import Table
from steersman.nft.transaction import between
from steersman.proxy import rules
from unit.proxy.objects import FACTS, OWN, endpoint, ports_of, service, slice_of
from unit.proxy.tracer import Tracer

_endpoints = st.lists(
    st.builds(
        endpoint,
        st.sampled_from(["10.244.0.5", "10.244.0.6", "10.244.1.5"]),
        ready=st.booleans(),
        serving=st.booleans(),
        terminating=st.booleans(),
    ),
    max_size=4,
)
_policies = st.sampled_from(["Cluster", "Local"])


@st.composite
def clusters(draw: st.DrawFn) -> Table:
    services, slices = [], []
    for index, name in enumerate(("a", "b")):
        port = {"name": "http", "port": 80, "protocol": "TCP", "nodePort": draw(st.sampled_from([0, 30001, 30002]))}
        services.append(
            service(
                name,
                f"10.96.0.{index + 1}",
                [port],
                type="LoadBalancer",
                externalIPs=draw(st.sampled_from([[], ["192.0.2.1"]])),
                balancers=draw(st.sampled_from([[], ["198.51.100.1"]])),
                internalTrafficPolicy=draw(_policies),
                externalTrafficPolicy=draw(_policies),
                sessionAffinity=draw(st.sampled_from(["None", "ClientIP"])),
                loadBalancerSourceRanges=draw(st.sampled_from([[], ["203.0.113.0/24"], ["0.0.0.0/0"]])),
            )
        )
        slices.append(slice_of(name, draw(_endpoints)))
    return rules.table(ports_of(services, slices), FACTS)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(clusters(), clusters())
def test_any_services_become_any_others_and_every_packet_has_an_end(old: Table, new: Table) -> None:
    kernel = FakeNft()
    kernel.apply_nowait(between(None, old))
    kernel.apply_nowait(between(old, new))
    found = kernel.table("steersman")
    assert found is not None
    assert found.render() == new.render()
    tracer = Tracer(new, OWN)
    for sender in ("10.244.0.9", "203.0.113.5", "172.30.0.11"):
        for address, port in (("10.96.0.1", 80), ("192.0.2.1", 80), ("198.51.100.1", 80), ("172.30.0.11", 30001)):
            tracer.send(sender, address, port)
