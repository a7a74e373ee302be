"""SPDY: what is sent arrives, however the wire cuts it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from steersman.kit.spdy import Data
from unit.kit.spdy_pair import Pair


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=100), max_size=8), st.integers(1, 40))
def test_bytes_arrive_whole_and_in_order_however_they_are_cut(pieces: list[bytes], cut: int) -> None:
    pair = Pair(cut)
    stream = pair.client.open({"a": "b"})
    for piece in pieces:
        pair.client.send(stream, piece)
    pair.client.end(stream)
    received = [event for event in pair.to_server() if isinstance(event, Data)]
    assert b"".join(event.payload for event in received) == b"".join(pieces)
    assert received[-1].fin
