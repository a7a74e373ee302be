"""A zone as a table: what is in the cluster, what is asked, what is answered."""

from collections.abc import Sequence

import pytest

from steersman.api.tree import Tree
from steersman.dns import records, wire

ZONE = "cluster.local"


def service(name: str, ip: str, ports: Sequence[Tree] = (), **spec: object) -> Tree:
    return {
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"clusterIP": ip, "clusterIPs": [ip], "ports": list(ports), **spec},
    }


def slice_of(service: str, endpoints: Sequence[Tree], ports: Sequence[Tree] = ()) -> Tree:
    labels = {"kubernetes.io/service-name": service}
    return {
        "metadata": {"name": f"{service}-x", "namespace": "default", "labels": labels},
        "endpoints": list(endpoints),
        "ports": list(ports),
    }


HTTP = {"name": "http", "port": 80, "protocol": "TCP"}
SERVICES = [
    service("web", "10.96.0.7", [HTTP, {"name": "dns", "port": 53, "protocol": "UDP"}]),
    service("db", "None"),
    service("empty", "None"),
    service("early", "None", publishNotReadyAddresses=True),
    {
        "metadata": {"name": "away", "namespace": "default"},
        "spec": {"type": "ExternalName", "externalName": "a.example."},
    },
]
SLICES = [
    slice_of(
        "db",
        [
            {"addresses": ["10.244.0.5"], "hostname": "db-0", "conditions": {"ready": True}},
            {"addresses": ["10.244.0.6"], "conditions": {"ready": True}},
            {"addresses": ["10.244.0.7"], "conditions": {"ready": False}},
        ],
        [{"name": "sql", "port": 5432, "protocol": "TCP"}],
    ),
    slice_of("early", [{"addresses": ["10.244.0.8"], "conditions": {"ready": False}}]),
]


class Fixed:
    """A view over the lists above."""

    def service(self, namespace: str, name: str) -> Tree | None:
        found = [s for s in SERVICES if (s["metadata"]["namespace"], s["metadata"]["name"]) == (namespace, name)]
        return found[0] if found else None

    def slices(self, namespace: str, name: str) -> Sequence[Tree]:
        return [
            s
            for s in SLICES
            if s["metadata"]["labels"]["kubernetes.io/service-name"] == name and namespace == "default"
        ]

    def has_namespace(self, name: str) -> bool:
        return name == "default"

    def services_by_address(self, address: str) -> Sequence[Tree]:
        return [s for s in SERVICES if s["spec"].get("clusterIP") == address]

    def slices_by_address(self, address: str) -> Sequence[Tree]:
        return [s for s in SLICES if any(address in e["addresses"] for e in s["endpoints"])]


TABLE = [
    ("web.default.svc.cluster.local", wire.A, "A 10.96.0.7"),
    ("web.default.svc.cluster.local", wire.AAAA, "NODATA"),
    ("web.default.svc.cluster.local", wire.SRV,
     "SRV 80 web.default.svc.cluster.local, SRV 53 web.default.svc.cluster.local"),
    ("_http._tcp.web.default.svc.cluster.local", wire.SRV, "SRV 80 web.default.svc.cluster.local"),
    ("_http._udp.web.default.svc.cluster.local", wire.SRV, "NXDOMAIN"),
    ("_http._tcp.web.default.svc.cluster.local", wire.A, "NODATA"),
    ("db.default.svc.cluster.local", wire.A, "A 10.244.0.5, A 10.244.0.6"),
    ("db.default.svc.cluster.local", wire.AAAA, "NODATA"),
    ("db-0.db.default.svc.cluster.local", wire.A, "A 10.244.0.5"),
    ("10-244-0-6.db.default.svc.cluster.local", wire.A, "A 10.244.0.6"),
    ("10-244-0-7.db.default.svc.cluster.local", wire.A, "NXDOMAIN"),
    ("_sql._tcp.db.default.svc.cluster.local", wire.SRV,
     "SRV 5432 db-0.db.default.svc.cluster.local, SRV 5432 10-244-0-6.db.default.svc.cluster.local"),
    ("empty.default.svc.cluster.local", wire.A, "NXDOMAIN"),
    ("early.default.svc.cluster.local", wire.A, "A 10.244.0.8"),
    ("away.default.svc.cluster.local", wire.A, "CNAME a.example"),
    ("none.default.svc.cluster.local", wire.A, "NXDOMAIN"),
    ("web.other.svc.cluster.local", wire.A, "NXDOMAIN"),
    ("default.svc.cluster.local", wire.A, "NODATA"),
    ("other.svc.cluster.local", wire.A, "NXDOMAIN"),
    ("svc.cluster.local", wire.A, "NODATA"),
    ("cluster.local", wire.A, "NODATA"),
    ("dns-version.cluster.local", wire.TXT, "TXT 1.1.0"),
    ("10-244-0-9.default.pod.cluster.local", wire.A, "A 10.244.0.9"),
    ("10-244-0-9.other.pod.cluster.local", wire.A, "NXDOMAIN"),
    ("not-an-ip.default.pod.cluster.local", wire.A, "NXDOMAIN"),
    ("a.b.c.web.default.svc.cluster.local", wire.A, "NXDOMAIN"),
    ("7.0.96.10.in-addr.arpa", wire.PTR, "PTR web.default.svc.cluster.local"),
    ("5.0.244.10.in-addr.arpa", wire.PTR, "PTR db-0.db.default.svc.cluster.local"),
    ("9.9.9.9.in-addr.arpa", wire.PTR, "outside"),
    ("example.com", wire.A, "outside"),
    ("web.default.svc.cluster.local.example.com", wire.A, "outside"),
]  # fmt: skip

NAMES = {wire.A: "A", wire.AAAA: "AAAA", wire.SRV: "SRV", wire.CNAME: "CNAME", wire.PTR: "PTR", wire.TXT: "TXT"}


def told(name: str, kind: int) -> str:
    try:
        found = records.answer(Fixed(), ZONE, name, kind)
    except records.Outside:
        return "outside"
    if found.code == wire.NXDOMAIN:
        assert found.authority[0].type == wire.SOA
        return "NXDOMAIN"
    if not found.answers:
        assert found.authority[0].type == wire.SOA
        return "NODATA"
    shown = []
    for record in found.answers:
        data = record.data if isinstance(record.data, str) else f"{record.data[2]} {record.data[-1]}"
        shown.append(f"{NAMES[record.type]} {data}")
    return ", ".join(shown)


@pytest.mark.parametrize(("name", "kind", "expected"), TABLE)
def test_a_question_gets_the_answer_of_the_specification(name: str, kind: int, expected: str) -> None:
    assert told(name, kind) == expected


def test_a_port_of_a_headless_service_brings_the_addresses_along() -> None:
    found = records.answer(Fixed(), ZONE, "_sql._tcp.db.default.svc.cluster.local", wire.SRV)
    assert [record.data for record in found.additional] == ["10.244.0.5", "10.244.0.6"]
