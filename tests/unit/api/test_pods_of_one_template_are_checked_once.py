"""What is remembered of a spec must be true of every pod that has it, and of no other."""

import copy
from typing import Any

import pytest

from steersman.api import defaults, resources, schema, validation, warnings
from steersman.api.apply import comparison, managed
from steersman.api.semantics import templates

PODS = resources.BUILTIN.get("pods")
assert PODS is not None


def pod(name: str = "a", token: str = "kube-api-access-bcdfg", **spec: Any) -> Any:
    mounts = [{"name": token, "mountPath": "/var/run/secrets", "readOnly": True}]
    volume = {"name": token, "projected": {"defaultMode": 420, "sources": [{"serviceAccountToken": {"path": "token"}}]}}
    tree = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "labels": {"x": name}},
        "spec": {
            "containers": [{"name": "c", "image": "i", "volumeMounts": mounts}],
            "serviceAccountName": "default",
            "volumes": [volume],
            **spec,
        },
    }
    assert PODS is not None
    defaults.apply(PODS, tree)
    return tree


def _judged(tree: Any) -> tuple[list[Any], list[str]]:
    assert PODS is not None
    return validation.create(PODS, tree), warnings.found(PODS, tree, None)


def test_the_name_of_the_servers_volume_makes_no_difference() -> None:
    one, other = pod(token="kube-api-access-bcdfg"), pod(token="kube-api-access-24567")
    assert templates.key(one["spec"]) == templates.key(other["spec"])
    assert templates.text(one["spec"]) != templates.text(other["spec"])


@pytest.mark.parametrize(
    "token",
    [
        "kube-api-access-",
        "kube-api-access-abc",
        "kube-api-access-aeiou",
        "kube-api-access-bcdfgh",
        'kube-api-access-"x',
    ],
)
def test_any_other_name_is_what_it_is(token: str) -> None:
    assert templates.key(pod(token=token)["spec"]) == templates.text(pod(token=token)["spec"])
    assert templates.key(pod(token=token)["spec"]) != templates.key(pod()["spec"])


def test_a_name_that_stands_elsewhere_too_is_the_same_name_there() -> None:
    name, other = "kube-api-access-bcdfg", "kube-api-access-24567"
    same = pod(token=name, hostname=name), pod(token=other, hostname=other)
    apart = pod(token=name, hostname=other)
    assert templates.key(same[0]["spec"]) == templates.key(same[1]["spec"])
    assert templates.key(apart["spec"]) != templates.key(same[0]["spec"])


def test_what_depends_on_the_pods_name_is_not_remembered() -> None:
    claim = {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
    volume = {"name": "v", "ephemeral": {"volumeClaimTemplate": claim}}
    assert templates.key(pod(volumes=[volume])["spec"]) is None


def test_a_spec_too_large_or_empty_is_not_remembered() -> None:
    assert templates.key(pod(hostname="x" * templates.LONGEST)["spec"]) is None
    assert templates.key({}) is None
    assert templates.text(None) is None


@pytest.mark.parametrize(
    "change",
    [
        {"restartPolicy": "Sometimes"},
        {"terminationGracePeriodSeconds": -1},
        {"containers": []},
        {"containers": [{"name": "c", "image": "i"}, {"name": "c", "image": "i"}]},
        {"nodeSelector": {"beta.kubernetes.io/os": "linux"}},
        {"nodeName": "N_1"},
        {"hostAliases": [{"ip": "1.2.3.4"}, {"ip": "1.2.3.4"}]},
    ],
)
def test_what_is_wrong_with_one_is_told_of_each(change: dict[str, Any]) -> None:
    fresh = _judged(pod(**copy.deepcopy(change)))
    assert fresh != ([], [])
    assert _judged(pod()) == ([], [])
    for _ in range(2):
        assert _judged(pod("b", **copy.deepcopy(change))) == fresh


def test_annotations_are_heeded_though_the_spec_is_known() -> None:
    assert _judged(pod()) == ([], [])
    tree = pod()
    tree["metadata"]["annotations"] = {"scheduler.alpha.kubernetes.io/critical-pod": ""}
    assert len(_judged(tree)[1]) == 1


def test_as_many_as_may_be_are_remembered() -> None:
    memory: templates.Memory[int] = templates.Memory()
    for number in range(templates.MOST + 1):
        memory.keep(b"%d" % number, number)
    spec = pod()["spec"]
    memory.keep(templates.key(spec), 7)
    assert memory.ask(spec)[0] == 7
    assert len(memory._found) == 2
    memory.keep(None, 8)
    assert len(memory._found) == 2


def test_where_all_differ_few_are_asked_about_until_one_is_known_again() -> None:
    memory: templates.Memory[bool] = templates.Memory()

    def asked(name: str) -> bool:
        found, key = memory.ask(pod(hostname=name)["spec"])
        if found is None:
            memory.keep(key, True)
        return key is not None

    assert all(asked(f"h{number}") for number in range(templates.PATIENCE))
    assert sum(asked(f"other{number}") for number in range(80)) == 80 // templates.SELDOM
    again = [asked("same") for _ in range(3 * templates.SELDOM)]
    assert all(again[2 * templates.SELDOM :])


def test_the_fields_of_a_known_spec_are_those_of_a_fresh_one() -> None:
    assert PODS is not None
    node = schema.node_of(PODS)
    empty = managed.empty(node)
    for tree in (pod("a"), pod("b"), pod("a", token="kube-api-access-24567"), {"metadata": {"name": "x"}}) * 2:
        tree["status"] = {"phase": "Pending"}
        assert comparison.of_new(empty, tree, node) == comparison.compare(empty, tree, node)
        found = comparison.of_new(empty, tree, node)
        assert list(found.added) == sorted(found.added)
