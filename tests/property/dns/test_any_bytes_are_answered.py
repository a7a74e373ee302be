"""Hostile bytes are parsed or refused, never a fault."""

import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from steersman.dns import server
from unit.dns.empty_view import NoView


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes_are_parsed_or_refused(data: bytes) -> None:
    resolver = server.Resolver(NoView(), "cluster.local", server.NoUpstream())
    for message in (data, struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0) + data):
        answer = resolver.answer_nowait(message)
        assert answer is not None
