"""Parsers that connections share: frames arrive whole and in order, and an idle connection keeps nothing."""

from collections.abc import Callable, Iterator
from itertools import pairwise, zip_longest
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from picows import WSFrame, WSMsgType

from pyview.uvicorn_ws.parser import Parser, Parsers, Sink
from tests.uvicorn_ws.raw import BINARY, CLOSE, CONTINUATION, TEXT, encode

LIMIT = 100_000
WRONG_OPCODE = encode(3, b"")
payloads = st.one_of(st.binary(max_size=200), st.integers(0, 20_000).map(bytes))


class Receiver:
    """A connection that is read in pieces."""

    def __init__(self, parsers: Parsers) -> None:
        self.parsers = parsers
        self.own: Parser | Sink | None = None
        self.seen: list[bytes | int] = []

    def frame_received(self, frame: WSFrame) -> None:
        self.seen.append(frame.get_payload_as_bytes())

    def text_received(self, frame: WSFrame) -> None:
        assert (frame.msg_type, frame.fin) == (WSMsgType.TEXT, True)
        assert not any((frame.rsv1, frame.rsv2, frame.rsv3))
        self.frame_received(frame)

    def close_received(self, payload: bytes) -> None:
        self.seen.append(payload)

    def parsing_failed(self, code: int) -> None:
        self.seen.append(code)

    def read(self, data: bytes) -> None:
        """Read as a transport does: as much as fits into the buffer, again and again."""
        while data:
            buffer = (self.own or self.parsers.shared).get_buffer(-1)
            size = min(len(buffer), len(data))
            buffer[:size] = data[:size]
            self.own = self.parsers.feed(self.own, self, size)
            data = data[size:]


@pytest.fixture
async def parsers() -> Parsers:
    return Parsers(LIMIT)


def in_pieces(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    yield from (data[start:end] for start, end in pairwise(places))


Cuts = st.lists(st.integers(0, 1 << 20), max_size=8)


class Sent(NamedTuple):
    """A frame of any kind. picows accepts fragments and reserved bits wherever they stand."""

    opcode: int
    payload: bytes
    fin: bool
    rsv: int

    def encoded(self) -> bytes:
        return encode(self.opcode, self.payload, fin=self.fin, rsv=self.rsv)


Frames = st.lists(
    st.builds(
        Sent,
        st.sampled_from([TEXT, BINARY, CONTINUATION]),
        payloads,
        st.booleans(),
        st.sampled_from([0, 0, 1, 4]),
    ),
    min_size=1,
    max_size=6,
)


@given(st.lists(st.tuples(Frames, Cuts), min_size=1, max_size=3))
async def test_connections_that_are_read_in_turn_get_their_own_frames(
    sent: list[tuple[list[Sent], list[int]]],
) -> None:
    parsers = Parsers(LIMIT)
    receivers = [Receiver(parsers) for _ in sent]
    streams = [b"".join(each.encoded() for each in frames) for frames, _ in sent]
    pieces = [in_pieces(stream, cuts) for stream, (_, cuts) in zip(streams, sent, strict=True)]
    for turn in zip_longest(*pieces, fillvalue=b""):
        for receiver, piece in zip(receivers, turn, strict=True):
            receiver.read(piece)
    assert [receiver.seen for receiver in receivers] == [
        [each.payload for each in frames] for frames, _ in sent
    ]
    assert all(receiver.own is None for receiver in receivers)


@given(st.one_of(st.just(b""), st.binary(min_size=2, max_size=2), st.binary(max_size=125)), st.booleans())
async def test_a_close_frame_alone_is_read_as_among_others(payload: bytes, masked: bool) -> None:
    frame = encode(CLOSE, payload, masked=masked)
    alone, behind = Receiver(Parsers(LIMIT)), Receiver(Parsers(LIMIT))
    alone.read(frame)
    behind.read(encode(TEXT, b"hello") + frame)
    assert behind.seen[1:] == alone.seen


async def test_a_close_frame_without_a_reason_costs_no_parser(parsers: Parsers) -> None:
    receiver, shared = Receiver(parsers), parsers.shared
    for payload in (b"", b"\x03\xe8"):
        receiver.read(encode(CLOSE, payload))
    assert receiver.seen == [b"", b"\x03\xe8"]
    assert parsers.shared is shared
    assert receiver.own is None


async def test_a_parser_is_kept_only_while_a_frame_is_incomplete(parsers: Parsers) -> None:
    receiver, frame = Receiver(parsers), encode(TEXT, b"hello")
    receiver.read(frame[:3])
    own = receiver.own
    assert isinstance(own, Parser)
    assert own is not parsers.shared
    receiver.read(frame[3:])
    assert receiver.own is None
    receiver.read(frame[:3])
    other = Receiver(parsers)
    other.read(frame[:3])
    assert other.own is own


async def test_a_buffer_that_grew_is_not_filled_by_one_read(parsers: Parsers) -> None:
    """Reading can be paused only between reads, and thousands of short frames fit into the buffer of a large one."""
    receiver, frame = Receiver(parsers), encode(BINARY, bytes(90_000))
    receiver.read(frame[:-1])
    assert isinstance(receiver.own, Parser)
    assert 0 < len(receiver.own.get_buffer(-1)) <= 32_768
    receiver.read(frame[-1:] + encode(TEXT, b"") * 20_000)
    assert len(receiver.seen) == 20_001


@pytest.mark.parametrize(
    "last",
    [encode(BINARY, bytes(30_000)), encode(CLOSE, b"\x03\xe8"), WRONG_OPCODE],
    ids=["a buffer that grew", "a CLOSE frame", "a mistake"],
)
async def test_a_parser_is_not_used_again_after(parsers: Parsers, last: bytes) -> None:
    Receiver(parsers).read(last)
    for _ in range(20):
        receiver = Receiver(parsers)
        receiver.read(encode(TEXT, b"a") + encode(CLOSE, b"\x03\xe8"))
        assert receiver.seen == [b"a", b"\x03\xe8"]
        assert len(parsers.shared.get_buffer(-1)) < 8192


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (lambda: WRONG_OPCODE, 1002),
        (lambda: encode(CLOSE, b"\x03\xe8\xff"), 1007),
        (lambda: encode(TEXT, bytes(LIMIT + 1))[:14], 1009),
    ],
)
async def test_frames_before_a_mistake_are_taken_first(
    parsers: Parsers, wrong: Callable[[], bytes], code: int
) -> None:
    receiver = Receiver(parsers)
    receiver.read(encode(TEXT, b"a") + encode(TEXT, b"b") + wrong())
    assert receiver.seen == [b"a", b"b", code]
    receiver.read(encode(TEXT, b"dropped") + bytes(20_000))
    assert receiver.seen == [b"a", b"b", code]
