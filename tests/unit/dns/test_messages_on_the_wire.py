"""Messages: what is read and written is what RFC 1035 says, and hostile bytes are refused."""

import struct

import pytest

from steersman.dns import server, wire
from unit.dns.empty_view import NoView


def query(name: str, kind: int = wire.A, *, edns: bool = False) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    message = struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, int(edns)) + labels + b"\0" + struct.pack(">HH", kind, 1)
    return message + (struct.pack(">BHHIH", 0, wire.OPT, 1400, 0, 0) if edns else b"")


def test_a_question_is_read_in_lower_case_and_repeated_as_it_came() -> None:
    found = wire.parse(query("WeB.default"))
    assert (found.name, found.type, found.udp_size) == ("web.default", wire.A, 512)
    assert b"WeB" in wire.build(found, wire.Answer(), 512)


def test_names_of_the_answer_point_to_the_question() -> None:
    found = wire.parse(query("web.default.svc.cluster.local", edns=True))
    answer = wire.Answer(answers=[wire.Record("web.default.svc.cluster.local", wire.A, 5, "10.96.0.7")])
    message = wire.build(found, answer, found.udp_size)
    assert found.udp_size == 1400
    assert message.count(b"cluster") == 1
    assert bytes([10, 96, 0, 7]) in message


def test_an_answer_too_long_for_the_asker_is_cut_and_says_so() -> None:
    found = wire.parse(query("web.default"))
    answer = wire.Answer(answers=[wire.Record("web.default", wire.A, 5, f"10.0.0.{i}") for i in range(100)])
    message = wire.build(found, answer, 512)
    assert len(message) <= 512
    assert struct.unpack(">H", message[2:4])[0] & 0x0200


def test_a_pointer_that_loops_is_refused() -> None:
    looping = struct.pack(">HHHHHH", 7, 0, 1, 0, 0, 0) + b"\xc0\x0c" + struct.pack(">HH", 1, 1)
    with pytest.raises(wire.Malformed):
        wire.parse(looping)


def test_names_of_the_world_are_refused_where_there_is_no_way_out() -> None:
    resolver = server.Resolver(NoView(), "cluster.local", server.NoUpstream())
    answer = resolver.answer_nowait(query("example.com"))
    assert answer is not None
    assert answer[3] & 0xF == wire.REFUSED
