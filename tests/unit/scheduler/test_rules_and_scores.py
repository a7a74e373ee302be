"""Single rules on a table without a server."""

from typing import Any

from steersman.kit.entropy import SeededEntropy
from steersman.scheduler import plugins
from steersman.scheduler.cycle import Scheduling, Unfit
from steersman.scheduler.table import Table
from unit.scheduler.pods_and_nodes import node, pod


def scheduling(table: Table) -> Scheduling:
    return Scheduling(table, plugins.default_plugins(), plugins.default_scorers(), SeededEntropy(1))


def place(table: Table, deciding: Scheduling, tree: dict[str, Any]) -> str:
    """The node that the pod goes to, or nothing."""
    wanted = table.shapes.pod(tree)
    found = deciding.decide(wanted)
    if isinstance(found, Unfit):
        return ""
    table.assume(wanted, found.node)
    return found.node.name


def spread(hard: bool = True, skew: int = 1, key: str = "zone") -> dict[str, Any]:
    return {
        "maxSkew": skew,
        "topologyKey": key,
        "whenUnsatisfiable": "DoNotSchedule" if hard else "ScheduleAnyway",
        "labelSelector": {"matchLabels": {"app": "x"}},
    }


def test_hard_spreading_keeps_the_skew() -> None:
    table = Table()
    table.put_node(node("a", labels={"zone": "1"}, cpu="100"))
    table.put_node(node("b", labels={"zone": "2"}, cpu="1"))
    deciding = scheduling(table)
    where = [
        place(table, deciding, pod(f"p{n}", cpu="500m", labels={"app": "x"}, topologySpreadConstraints=[spread()]))
        for n in range(6)
    ]
    assert sorted(where) == ["", "a", "a", "a", "b", "b"]


def test_a_soft_taint_sends_pods_elsewhere_while_there_is_room() -> None:
    table = Table()
    table.put_node(node("a", taints=[{"key": "k", "effect": "PreferNoSchedule"}], pods="5"))
    table.put_node(node("b", pods="2"))
    deciding = scheduling(table)
    assert [place(table, deciding, pod(f"p{n}")) for n in range(3)] == ["b", "b", "a"]


def test_preferred_affinity_draws_and_anti_affinity_pushes() -> None:
    table = Table()
    for name in "ab":
        table.put_node(node(name))
    deciding = scheduling(table)
    first = place(table, deciding, pod("first", labels={"app": "x"}))

    def rule(kind: str) -> dict[str, Any]:
        term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "x"}}}
        wish = {"weight": 100, "podAffinityTerm": term}
        return {kind: {"preferredDuringSchedulingIgnoredDuringExecution": [wish]}}

    assert place(table, deciding, pod("near", affinity=rule("podAffinity"))) == first
    assert place(table, deciding, pod("far", affinity=rule("podAntiAffinity"))) != first


def test_the_first_of_a_group_that_wants_itself_near_is_let_in() -> None:
    table = Table()
    for name in "ab":
        table.put_node(node(name))
    deciding = scheduling(table)
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "x"}}}
    rule = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    where = {place(table, deciding, pod(f"p{n}", labels={"app": "x"}, affinity=rule)) for n in range(4)}
    assert len(where) == 1


def test_sidecars_and_init_containers_count_by_their_greatest_moment() -> None:
    from steersman.api.semantics import pods

    def container(cpu: str, **more: Any) -> dict[str, Any]:
        return {"name": cpu, "image": "i", "resources": {"requests": {"cpu": cpu}}, **more}

    spec = {
        "initContainers": [container("1", restartPolicy="Always"), container("5"), container("2")],
        "containers": [container("500m")],
        "overhead": {"cpu": "100m"},
    }
    assert pods.requests({"spec": spec}) == {"cpu": 6100}
