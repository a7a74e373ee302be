"""The verdicts that the scheduler keeps, beside a scheduler that keeps none."""

from hypothesis import given, settings
from hypothesis import strategies as st

from steersman.kit.entropy import SeededEntropy
from steersman.scheduler import plugins
from steersman.scheduler.cycle import Chosen, Scheduling, Unfit
from steersman.scheduler.table import Table
from unit.scheduler.pods_and_nodes import node, pod


def scheduling(table: Table) -> Scheduling:
    return Scheduling(table, plugins.default_plugins(), plugins.default_scorers(), SeededEntropy(1))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["add", "remove", "node"]), st.integers(0, 5), st.integers(1, 8)), max_size=40)
)
def test_kept_verdicts_are_those_that_a_fresh_look_would_find(steps: list[tuple[str, int, int]]) -> None:
    """The cache of verdicts against a dumb twin that has none."""
    table = Table()
    table.put_node(node("n0", cpu="2"))
    deciding = scheduling(table)
    placed: dict[str, str] = {}
    for number, (step, which, size) in enumerate(steps):
        if step == "node":
            table.put_node(node(f"n{which}", cpu=str(size)))
        elif step == "remove":
            if placed:
                uid = sorted(placed)[which % len(placed)]
                table.remove_pod(uid)
                del placed[uid]
        else:
            wanted = table.shapes.pod(pod(f"p{number}", cpu=f"{size * 100}m"))
            mine, fresh = deciding.decide(wanted), scheduling(table).decide(wanted)
            assert type(mine) is type(fresh)
            if isinstance(mine, Chosen):
                table.assume(wanted, mine.node)
                placed[wanted.uid] = mine.node.name
            else:
                assert isinstance(fresh, Unfit)
                assert mine.message("") == fresh.message("")
        table.check()
