"""The table of RFC 6455, sent whole, frame by frame and byte by byte, over our protocol and the reference."""

from collections.abc import Callable, Iterable

import pytest

from tests.uvicorn_ws.cases import CASES, REFERENCE_CASES, Case
from tests.uvicorn_ws.raw import CLOSE, PING, PONG, Frame, RawClient, close, encode
from tests.uvicorn_ws.server import Served

SPLITS: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "whole": lambda sent: [b"".join(sent)],
    "frame by frame": lambda sent: sent,
    "byte by byte": lambda sent: _pieces(b"".join(sent)),
}


def _pieces(data: bytes) -> list[bytes]:
    """Return the bytes of `data`, with those in the middle of a long one together."""
    if len(data) < 100:
        return [bytes([byte]) for byte in data]
    return [*_pieces(data[:20]), data[20:-20], *_pieces(data[-20:])]


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_answers_are_those_of_the_rfc(server: Served, case: Case, split: str) -> None:
    check(server, case, split)


@pytest.mark.parametrize("case", REFERENCE_CASES, ids=lambda case: case.name)
def test_the_reference_answers_so_too(reference: Served, case: Case) -> None:
    check(reference, case, "frame by frame")


def check(server: Served, case: Case, split: str) -> None:
    with server.client().opened() as client:
        client.send_pieces(SPLITS[split](case.sent))
        frames = client.until_close() if case.ends else client.some(len(case.answers))
        if not case.ends:
            assert _closes_cleanly(client)
    messages, controls = _sorted(map(_without_reason, frames))
    expected, ends = _sorted(map(_without_reason, case.answers))
    assert controls == ends
    # A message right before a failure need not be answered: the application has had no turn.
    assert messages == expected or (case.fails and not messages)


def _closes_cleanly(client: RawClient) -> bool:
    """Return True if the connection is alive and ends with the close code of the client."""
    client.send(encode(PING, b"alive") + encode(CLOSE, close(1000).payload))
    return client.rest() == [Frame(PONG, b"alive"), close(1000)]


def _without_reason(frame: Frame) -> Frame:
    """Return `frame` without the reason of a close: its words are free, and an echo of them is not asked for."""
    return Frame(CLOSE, frame.payload[:2]) if frame.opcode == CLOSE else frame


def _sorted(frames: Iterable[Frame]) -> tuple[list[Frame], list[Frame]]:
    """Return the messages and the control frames: a pong may overtake the answer to a message."""
    both = list(frames)
    return [frame for frame in both if frame.opcode < CLOSE], [
        frame for frame in both if frame.opcode >= CLOSE
    ]
