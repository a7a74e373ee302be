"""From any table to any other in one transaction that the kernel's order rules allow."""

import pytest

from steersman.nft import objects, transaction
from steersman.nft.fake import FakeNft
from steersman.nft.objects import Chain, Hook, Map, Set, Table
from steersman.nft.runner import NftError
from steersman.nft.transaction import Command, between


def test_whatever_was_there_is_replaced_at_first() -> None:
    kernel = FakeNft()
    kernel.apply_nowait(between(None, Table("t", chains={"old": Chain(["drop"])})))
    kernel.apply_nowait(between(None, Table("t", chains={"new": Chain()})))
    assert kernel.table("t") == Table("t", chains={"new": Chain(())})


def test_one_endpoint_more_touches_one_chain() -> None:
    old = Table("t", chains={"web": Chain(["goto a"]), "a": Chain(["accept"]), "other": Chain(["drop"])})
    new = Table("t", chains={**old.chains, "web": Chain(["goto b"]), "b": Chain(["accept"])})
    assert [str(command) for command in between(old, new)] == [
        "add chain ip t b",
        "flush chain ip t web",
        "add rule ip t web goto b",
        "add rule ip t b accept",
    ]


def test_a_set_with_another_timeout_is_made_anew_and_its_rules_written_again() -> None:
    def table(timeout: int) -> Table:
        remembered = Set("ipv4_addr", flags=("dynamic", "timeout"), timeout=timeout)
        return Table("t", chains={"c": Chain(["ip saddr @s accept"])}, sets={"s": remembered})

    assert [str(command) for command in between(table(5), table(9))] == [
        "flush chain ip t c",
        "delete set ip t s",
        "add set ip t s { type ipv4_addr ; flags dynamic,timeout ; timeout 9s ; }",
        "add rule ip t c ip saddr @s accept",
    ]


def test_an_element_that_leads_elsewhere_is_deleted_and_added() -> None:
    kind = "inet_proto . inet_service : verdict"
    old, new = (Table("t", maps={"m": Map(kind, {"tcp . 1": verdict})}) for verdict in ("drop", "accept"))
    assert [str(command) for command in between(old, new)] == [
        "delete element ip t m { tcp . 1 : drop }",
        "add element ip t m { tcp . 1 : accept }",
    ]


def test_a_chain_that_is_hung_on_a_hook_and_was_jumped_to_makes_all_anew() -> None:
    old = Table("t", chains={"a": Chain(("jump c",)), "c": Chain(("accept",))})
    new = Table("t", chains={"a": Chain(("drop",)), "c": Chain(("accept",), Hook("filter", "input", 0))})
    for before, after in ((old, new), (new, old)):
        kernel = FakeNft()
        kernel.apply_nowait(between(None, before))
        kernel.apply_nowait(between(before, after))
        assert kernel.table("t") == after


def test_many_elements_go_in_lines_of_a_bounded_length() -> None:
    elements = {f"tcp . {port}": "drop" for port in range(1000)}
    kind = "inet_proto . inet_service : verdict"
    commands = between(Table("t", maps={"m": Map(kind)}), Table("t", maps={"m": Map(kind, elements)}))
    assert len(commands) == 1000 / transaction.CHUNK
    assert max(len(str(command)) for command in commands) < 6000


@pytest.mark.parametrize(
    ("commands", "words"),
    [
        ([("add", "rule", "c", "jump nowhere")], "no chain nowhere"),
        ([("add", "rule", "c", "ip saddr @nobody drop")], "no set or map nobody"),
        ([("add", "rule", "base", "accept"), ("add", "rule", "c", "jump base")], "a chain on a hook"),
        ([("delete", "chain", "used", "")], "names the chain used"),
        ([("delete", "set", "s", "")], "looks into s"),
        ([("delete", "map", "s", "")], "s is a set"),
        ([("add", "set", "s", "{ type mark ; }")], "s is another set"),
        ([("add", "chain", "base", "")], "of another kind"),
    ],
)
def test_the_fake_refuses_what_nft_refuses_and_keeps_what_it_had(
    commands: list[tuple[str, str, str, str]], words: str
) -> None:
    kernel = FakeNft()
    chains = {
        "base": Chain((), Hook("nat", "output", -100)),
        "c": Chain(("jump used", "ip saddr @s drop")),
        "used": Chain(()),
    }
    table = Table("t", chains=chains, sets={"s": Set("ipv4_addr")})
    kernel.apply_nowait(between(None, table))
    lines = [Command(verb, what, "t", name=name, text=text) for verb, what, name, text in commands]
    with pytest.raises(NftError, match=words):
        kernel.apply_nowait([Command("add", "rule", "t", name="c", text="drop"), *lines])
    assert kernel.table("t") == table
    assert len(kernel.transactions) == 1


def test_a_table_reads_the_same_from_run_to_run() -> None:
    table = Table(
        "t",
        chains={"nat": Chain(["jump b"], Hook("nat", "prerouting", -100)), "b": Chain(["ip daddr @s drop"])},
        sets={"s": Set("ipv4_addr", frozenset({"10.0.0.2", "10.0.0.1"}))},
        maps={"m": Map("inet_proto . inet_service : verdict", {"tcp . 80": "goto b"})},
    )
    assert table.render() == (
        "table ip t {\n"
        "  set s { type ipv4_addr ; }\n"
        "    10.0.0.1\n"
        "    10.0.0.2\n"
        "  map m { type inet_proto . inet_service : verdict ; }\n"
        "    tcp . 80 : goto b\n"
        "  chain b\n"
        "    ip daddr @s drop\n"
        "  chain nat { type nat hook prerouting priority -100 ; policy accept ; }\n"
        "    jump b\n"
        "}\n"
    )


def test_what_a_rule_names_is_found_in_its_text() -> None:
    rule = "numgen random mod 2 vmap { 0 : goto endpoint-a , 1 : goto endpoint-b }"
    assert objects.targets(rule) == ["endpoint-a", "endpoint-b"]
    assert objects.containers("update @seen { ip saddr }") == ["seen"]
