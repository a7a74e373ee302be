"""The table as text."""

import dataclasses

from steersman.proxy import model, rules
from unit.proxy.objects import FACTS, endpoint, ports_of, service, slice_of


def test_one_service_reads_like_this() -> None:
    ports = [{"name": "http", "port": 80, "protocol": "TCP", "nodePort": 30080}]
    web = service(ports=ports, type="NodePort", sessionAffinity="ClientIP")
    found = ports_of([web], [slice_of("web", [endpoint("10.244.0.5"), endpoint("10.244.1.5")])])
    assert found[0].id == "95253A1D-default/web/tcp/http"
    frame = rules.table([], FACTS).render().splitlines()
    lines = rules.table(found, FACTS).render().splitlines()
    assert [line.strip().replace(found[0].id, "web") for line in lines if line not in frame] == [
        "set affinity-web-10.244.0.5/8080 { type ipv4_addr ; flags dynamic,timeout ; timeout 10800s ; }",
        "set affinity-web-10.244.1.5/8080 { type ipv4_addr ; flags dynamic,timeout ; timeout 10800s ; }",
        "10.96.0.7",
        "tcp . 30080 : goto external-web",
        "10.96.0.7 . tcp . 80 : goto service-web",
        "chain endpoint-web-10.244.0.5/8080",
        "ip saddr 10.244.0.5 jump masquerade-later",
        "update @affinity-web-10.244.0.5/8080 { ip saddr }",
        "meta l4proto tcp dnat to 10.244.0.5:8080",
        "chain endpoint-web-10.244.1.5/8080",
        "ip saddr 10.244.1.5 jump masquerade-later",
        "update @affinity-web-10.244.1.5/8080 { ip saddr }",
        "meta l4proto tcp dnat to 10.244.1.5:8080",
        "chain external-web",
        "jump masquerade-later",
        "goto service-web",
        "chain service-web",
        "ip daddr 10.96.0.7 ip saddr != 10.244.0.0/16 jump masquerade-later",
        "ip saddr @affinity-web-10.244.0.5/8080 goto endpoint-web-10.244.0.5/8080",
        "ip saddr @affinity-web-10.244.1.5/8080 goto endpoint-web-10.244.1.5/8080",
        "numgen random mod 2 vmap { 0 : goto endpoint-web-10.244.0.5/8080 , 1 : goto endpoint-web-10.244.1.5/8080 }",
    ]


def test_the_frame_stands_without_any_service() -> None:
    assert rules.table([], FACTS).render() == FRAME


def test_names_stay_short_and_distinct_however_long_the_service_is_called() -> None:
    ports = [{"name": "p" * 14 + letter, "port": ord(letter), "protocol": "TCP"} for letter in "ab"]
    named = service("s" * 63, ports=ports)
    named["metadata"]["namespace"] = "n" * 63
    found = ports_of([named])
    assert len({port.id for port in found}) == 2
    assert all(len(f"endpoint-{port.id}-255.255.255.255/65535") < 256 for port in found)


def test_only_what_changed_is_made_again() -> None:
    ports, maker = model.Ports(), rules.Maker()
    services = [service("a", "10.96.0.1"), service("b", "10.96.0.2")]
    slices = [slice_of("a", [endpoint("10.244.0.5")]), slice_of("b", [endpoint("10.244.0.6")])]
    before = maker.table(ports.compute(services, slices, "node1"), FACTS)
    slices[1] = slice_of("b", [endpoint("10.244.0.7")])
    after = maker.table(ports.compute(services, slices, "node1"), FACTS)
    assert after.render() == rules.table(ports_of(services, slices), FACTS).render()
    same = {name for name, chain in after.chains.items() if before.chains.get(name) is chain and "/" in name}
    assert {name.split("/")[1] for name in same} == {"a"}
    # With other facts nothing is as it was.
    moved = dataclasses.replace(FACTS, pod_cidr="10.99.0.0/16")
    assert "10.244.0.0/16" not in maker.table(ports.compute(services, slices, "node1"), moved).render()


FRAME = """\
table ip steersman {
  set cluster-ips { type ipv4_addr ; }
  set node-addresses { type ipv4_addr ; }
    172.30.0.11
  map firewall-ips { type ipv4_addr . inet_proto . inet_service : verdict ; }
  map no-endpoint-ports { type inet_proto . inet_service : verdict ; }
  map no-endpoints { type ipv4_addr . inet_proto . inet_service : verdict ; }
  map node-ports { type inet_proto . inet_service : verdict ; }
  map service-ips { type ipv4_addr . inet_proto . inet_service : verdict ; }
  chain filter-forward { type filter hook forward priority 0 ; policy accept ; }
    jump refuse
  chain filter-input { type filter hook input priority 0 ; policy accept ; }
    jump refuse
  chain filter-output { type filter hook output priority -110 ; policy accept ; }
    jump firewall
  chain filter-output-after { type filter hook output priority -90 ; policy accept ; }
    jump refuse
  chain filter-prerouting { type filter hook prerouting priority -110 ; policy accept ; }
    jump firewall
  chain firewall
    ct state new ip daddr . meta l4proto . th dport vmap @firewall-ips
  chain host-ports
  chain masquerade-later
    meta mark set meta mark or 0x4000
  chain masquerading
    meta mark and 0x4000 == 0 return
    meta mark set meta mark xor 0x4000
    masquerade fully-random
  chain nat-output { type nat hook output priority -100 ; policy accept ; }
    jump services
  chain nat-postrouting { type nat hook postrouting priority 100 ; policy accept ; }
    jump masquerading
  chain nat-prerouting { type nat hook prerouting priority -100 ; policy accept ; }
    jump services
  chain refuse
    ct state new ip daddr . meta l4proto . th dport vmap @no-endpoints
    ct state new ip daddr @node-addresses meta l4proto . th dport vmap @no-endpoint-ports
    ct state new ip daddr @cluster-ips goto reject-new
    ct state new ip daddr 10.96.0.0/16 drop
  chain reject-new
    reject
  chain services
    ip daddr . meta l4proto . th dport vmap @service-ips
    ip daddr @node-addresses meta l4proto . th dport vmap @node-ports
    ip daddr @node-addresses jump host-ports
}
"""
