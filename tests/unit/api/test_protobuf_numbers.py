import pytest

from steersman.api import schema
from steersman.api.codec.protobuf import numbers

NOT_SENT = {"io.k8s.apimachinery.pkg.apis.meta.v1.Patch", "io.k8s.apimachinery.pkg.version.Info"}
BY_HAND = {"io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent"}


def flat(name: str) -> list[str]:
    """The JSON names of a type's fields, those of embedded structs among them."""
    found = []
    for marked in numbers.of(name) or {}:
        if marked.startswith("@"):
            found += flat(f"{name.rpartition('.')[0]}.{marked[1:]}")
        else:
            found.append(marked.rstrip("*"))
    return found


def test_every_field_of_every_type_has_a_number() -> None:
    wrong = {}
    for name in schema.names():
        node = schema.definition(name)
        if node.kind != "object" or name in NOT_SENT | BY_HAND:
            continue
        has, wants = set(flat(name)), set(node.fields)
        missing = wants - has - {"kind", "apiVersion"}
        if missing or has - wants or numbers.of(name) is None:
            wrong[name] = (missing, has - wants)
    assert not wrong


def test_no_name_and_no_number_stands_twice() -> None:
    for name in schema.names():
        found = numbers.of(name) or {}
        assert len(set(found.values())) == len(found), name
        fields = flat(name)
        assert len(set(fields)) == len(fields), name


@pytest.mark.parametrize(
    ("type", "expected"),
    [
        ("core.v1.PodSpec", {"containers": 2, "initContainers": 20, "hostNetwork": 11, "hostPID": 12, "hostIPC": 13}),
        ("core.v1.PodSpec", {"automountServiceAccountToken": 21, "shareProcessNamespace": 27, "hostUsers": 37}),
        ("core.v1.PodStatus", {"containerStatuses": 8, "initContainerStatuses": 10, "podIPs": 12, "hostIPs": 16}),
        ("core.v1.SecurityContext", {"privileged": 2, "runAsNonRoot": 5, "readOnlyRootFilesystem": 6}),
        ("storage.v1.CSIDriverSpec", {"attachRequired": 1, "podInfoOnMount": 2, "storageCapacity": 4}),
        ("events.v1.Event", {"metadata": 1, "eventTime": 2, "regarding": 8, "note": 10}),
        ("core.v1.Event", {"metadata": 1, "involvedObject": 2, "eventTime": 10}),
        ("core.v1.PodList", {"metadata": 1, "items": 2}),
        ("core.v1.Volume", {"name": 1, "@VolumeSource": 2}),
        ("discovery.v1.EndpointPort", {"protocol": 2, "port": 3}),
        ("core.v1.EndpointPort", {"port": 2, "protocol": 3}),
    ],
)
def test_numbers_that_no_example_tells_apart(type: str, expected: dict[str, int]) -> None:
    found = numbers.of(f"io.k8s.api.{type}")
    assert found is not None
    assert {name: found[name] for name in expected} == expected
