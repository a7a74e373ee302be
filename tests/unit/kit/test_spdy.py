"""SPDY sessions, each tested against its other side."""

import struct
import zlib

import pytest

from steersman.kit import spdy
from steersman.kit.spdy import Data, Opened, Replied, Role, Session, WasReset
from unit.kit.spdy_pair import Pair


def test_the_dictionary_is_the_draft_s() -> None:
    assert len(spdy.DICTIONARY) == 1423
    assert zlib.adler32(spdy.DICTIONARY) == 0xE3C6A7C2


@pytest.mark.parametrize("cut", [1, 7, 1 << 30])
def test_a_stream_is_opened_answered_used_and_ended(cut: int) -> None:
    pair = Pair(cut)
    stream = pair.client.open({"streamType": "data", "port": "80"})
    assert pair.to_server() == [Opened(stream, {"streamtype": "data", "port": "80"}, False)]
    pair.server.reply(stream)
    pair.server.send(stream, b"hello")
    assert pair.to_client() == [Replied(stream, {}, False), Data(stream, b"hello", False)]
    pair.client.send(stream, b"bye", fin=True)
    assert pair.to_server() == [Data(stream, b"bye", True)]
    pair.server.end(stream)
    assert pair.to_client() == [Data(stream, b"", True)]
    assert pair.client.streams == pair.server.streams == {}


def test_headers_share_one_compressor_over_the_session() -> None:
    pair = Pair()
    for n in range(20):
        pair.client.open({"streamtype": "error", "requestid": str(n)})
    opened = pair.to_server()
    assert [event.headers["requestid"] for event in opened if isinstance(event, Opened)] == [str(n) for n in range(20)]
    assert [event.stream for event in opened if isinstance(event, Opened)] == list(range(1, 41, 2))


def test_each_role_opens_its_own_numbers() -> None:
    pair = Pair()
    assert (pair.client.open({}), pair.client.open({}), pair.server.open({})) == (1, 3, 2)


def test_a_ping_is_answered_and_an_answer_is_not() -> None:
    pair = Pair()
    ping = struct.pack(">III", 0x80030006, 4, 1)
    assert pair.server.receive(ping) == []
    assert pair.server.outgoing() == ping
    assert pair.client.receive(ping) == []
    assert pair.client.outgoing() == b""


def test_a_reset_closes_both_sides() -> None:
    pair = Pair()
    stream = pair.client.open({})
    pair.to_server()
    pair.server.reset(stream, spdy.REFUSED_STREAM)
    assert pair.to_client() == [WasReset(stream, spdy.REFUSED_STREAM)]
    pair.client.send(stream, b"late")
    assert pair.client.outgoing() == b""


def test_data_for_an_unknown_stream_is_reset() -> None:
    session = Session(Role.SERVER)
    assert session.receive(struct.pack(">II", 9, 1) + b"x") == []
    assert session.outgoing() == struct.pack(">IIII", 0x80030003, 8, 9, spdy.INVALID_STREAM)


def test_a_stream_number_of_the_wrong_side_is_reset() -> None:
    pair = Pair()
    pair.server.open({})
    data = pair.server.outgoing()
    other = Session(Role.SERVER)
    assert other.receive(data) == []
    assert other.outgoing()[-4:] == struct.pack(">I", spdy.PROTOCOL_ERROR)


def test_frames_that_do_not_concern_us_are_passed_over() -> None:
    settings_frame = struct.pack(">III", 0x80030004, 4, 0)
    window = struct.pack(">IIII", 0x80030009, 8, 1, 65536)
    assert Session(Role.SERVER).receive(settings_frame + window) == []


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">II", 0x80020001, 0),  # version 2
        struct.pack(">II", 0x80030001, 0),  # a stream without number
        struct.pack(">II", 0x80030001, 14) + struct.pack(">IIH", 1, 0, 0) + b"junk",
    ],
)
def test_nonsense_is_a_protocol_error(data: bytes) -> None:
    with pytest.raises(spdy.ProtocolError):
        Session(Role.SERVER).receive(data)


def test_sending_after_the_end_is_our_mistake() -> None:
    session = Session(Role.CLIENT)
    stream = session.open({})
    session.end(stream)
    session.end(stream)
    with pytest.raises(ValueError, match="was ended"):
        session.send(stream, b"x")
