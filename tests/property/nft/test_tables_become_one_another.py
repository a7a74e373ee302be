"""From any table to any other in one transaction that the kernel's order rules allow."""

from hypothesis import given, settings
from hypothesis import strategies as st

from steersman.nft.fake import FakeNft
from steersman.nft.objects import Chain, Hook, Map, Set, Table
from steersman.nft.transaction import between

BASE = ("in", "out")
PLAIN = ("a", "b", "c")
CONTAINERS = ("s", "t", "m")
HOOKS = st.sampled_from([Hook("nat", "prerouting", -100), Hook("filter", "input", 0), Hook("filter", "input", 5)])


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Tables that keep their own invariant, over few names so that two of them have much in common."""
    plain = draw(st.lists(st.sampled_from(PLAIN), unique=True))
    kinds = draw(st.dictionaries(st.sampled_from(CONTAINERS), st.sampled_from(["set", "dynamic", "map"])))
    verdicts = st.sampled_from([*(f"goto {name}" for name in plain), "drop"])
    sets = {}
    maps = {}
    for name, kind in kinds.items():
        if kind == "map":
            elements = draw(st.dictionaries(st.sampled_from(["tcp . 1", "tcp . 2"]), verdicts))
            maps[name] = Map(draw(st.sampled_from(["inet_proto . inet_service : verdict", "mark : verdict"])), elements)
        elif kind == "dynamic":
            sets[name] = Set("ipv4_addr", flags=("dynamic", "timeout"), timeout=draw(st.sampled_from([5, 10])))
        else:
            sets[name] = Set("ipv4_addr", draw(st.frozensets(st.sampled_from(["10.0.0.1", "10.0.0.2"]))))
    words = ["accept", *(f"jump {name}" for name in plain), *(f"ip saddr @{name} drop" for name in kinds)]
    rules = st.lists(st.sampled_from(words), max_size=3).map(tuple)
    chains = {name: Chain(draw(rules)) for name in plain}
    # Mostly the same name is the same kind of chain; once in a while a plain name hangs on a hook.
    hooked = [*BASE, *([] if "c" in plain else ["c"])]
    for name in draw(st.lists(st.sampled_from(hooked), unique=True)):
        chains[name] = Chain(draw(rules), draw(HOOKS))
    return Table("t", "ip", chains, sets, maps)


@settings(max_examples=50, derandomize=True, deadline=None)
@given(st.lists(tables(), min_size=1, max_size=4))
def test_each_transaction_leads_to_the_table_that_was_wanted(wanted: list[Table]) -> None:
    kernel = FakeNft()
    before: Table | None = None
    for table in wanted:
        table.check()
        kernel.apply_nowait(between(before, table))
        assert kernel.table("t") == table
        before = table


@settings(max_examples=25, derandomize=True, deadline=None)
@given(tables(), tables())
def test_the_difference_is_the_same_as_a_fresh_start(old: Table, new: Table) -> None:
    """The dumb twin: throw everything away and write it anew."""
    clever, dumb = FakeNft(), FakeNft()
    for kernel in (clever, dumb):
        kernel.apply_nowait(between(None, old))
    clever.apply_nowait(between(old, new))
    dumb.apply_nowait(between(None, new))
    assert clever.table("t") == dumb.table("t") == new


@settings(max_examples=25, derandomize=True, deadline=None)
@given(tables())
def test_nothing_to_do_is_no_command(table: Table) -> None:
    assert between(table, table) == []
