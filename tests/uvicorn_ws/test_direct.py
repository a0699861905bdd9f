"""The direct way into an application: the answers are those of the ordinary way, however the bytes arrive.

The test decides where the bytes are cut, when the event loop has a turn in between, and when the transport takes no
more.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from uvicorn.server import ServerState

from tests.uvicorn_ws.peer import App, Peer
from tests.uvicorn_ws.raw import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    TEXT,
    Frame,
    close,
    encode,
)

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def ordinary(accepts_after: int = 0) -> App:
    """Return an application that answers each message after as many turns as its text says."""
    return _application(accepts_after, direct=False)


def direct(accepts_after: int = 0) -> App:
    """Return the same application, which answers at once by the direct way what does not have to wait."""
    return _application(accepts_after, direct=True)


def _application(accepts_after: int, direct: bool) -> App:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        way = scope["extensions"]["websocket.direct"]

        def on_text(text: str) -> bool:
            return _turns(text) == 0 and bool(way["send"](_answer(text)))

        async def switch(text: str) -> None:
            way["receive"](None if text.endswith("off") or not direct else on_text)

        assert (await receive())["type"] == "websocket.connect"
        for _ in range(accepts_after):
            await asyncio.sleep(0)
        await send({"type": "websocket.accept"})
        await switch("on")
        while (message := await receive())["type"] == "websocket.receive":
            if (data := message.get("bytes")) is not None:
                await send({"type": "websocket.send", "bytes": data})
                continue
            text = message["text"]
            for _ in range(_turns(text)):
                await asyncio.sleep(0)
            if "switch" in text:
                await switch(text)
            await send({"type": "websocket.send", "text": _answer(text)})

    return app


def _turns(text: str) -> int:
    """Return how long an answer takes: "2 wait" and "1 switch on" are slow, "0 fast" is not."""
    return int(text[0])


def _answer(text: str) -> str:
    return f"answer to {text}"


# Messages, and the frames they arrive in.
texts = st.sampled_from(
    ["0 fast", "0 fast €", "1 wait", "3 wait", "1 switch off", "1 switch on", "0" + "x" * 9000]
)
whole = texts.map(lambda text: (Frame(TEXT, _answer(text).encode()), encode(TEXT, text.encode())))
parts = texts.flatmap(
    lambda text: st.integers(0, len(text.encode())).map(
        lambda cut: (
            Frame(TEXT, _answer(text).encode()),
            encode(TEXT, text.encode()[:cut], fin=False)
            + encode(PING)
            + encode(CONTINUATION, text.encode()[cut:]),
        )
    )
)
binary = st.binary(max_size=3).map(lambda data: (Frame(BINARY, data), encode(BINARY, data)))
messages = st.lists(st.one_of(whole, whole, parts, binary), max_size=80)
# What happens between two reads.
between = st.sampled_from(["nothing", "nothing", "a turn", "three turns", "no writing", "writing"])
ways = st.sampled_from([ordinary, direct])


async def _talk(app: App, data: bytes, cuts: list[tuple[int, str]]) -> list[Frame]:
    peer = Peer(app)
    start = 0
    for cut, event in [*cuts, (len(data), "writing")]:
        await peer.feed(data[start:cut])
        start = max(start, cut)
        if event == "no writing" and peer.protocol._writable is None:
            peer.protocol.pause_writing()
        elif event == "writing":
            peer.protocol.resume_writing()
        for _ in range({"a turn": 1, "three turns": 3}.get(event, 0)):
            await asyncio.sleep(0)
    await peer.idle()
    await peer.feed(encode(TEXT, b"0 last"))
    await peer.idle()
    await peer.feed(encode(CLOSE, close(1000).payload))
    return await peer.ended()


@settings(max_examples=200)
@given(messages, st.data(), ways, st.integers(0, 5))
def test_every_message_is_answered_once_and_in_order(
    sent: list[tuple[Frame, bytes]], data: st.DataObject, way: Callable[[int], App], accepts_after: int
) -> None:
    stream = b"".join(part for _, part in sent)
    cuts = data.draw(st.lists(st.tuples(st.integers(0, len(stream)), between), max_size=12).map(sorted))
    frames = asyncio.run(_talk(way(accepts_after), stream, cuts))
    assert frames.pop() == close(1000)
    answers = [frame for frame in frames if frame.opcode in (TEXT, BINARY)]
    assert answers == [*(answer for answer, _ in sent), Frame(TEXT, b"answer to 0 last")]


@pytest.mark.parametrize("way", [ordinary, direct])
def test_a_full_queue_is_read_again(way: Callable[[int], App]) -> None:
    stream = b"".join(encode(TEXT, b"1 %d" % number) for number in range(200))
    cuts = [(start, "nothing") for start in range(0, len(stream), 300)]
    frames = asyncio.run(_talk(way(0), stream, cuts))
    expected = [f"answer to 1 {number}".encode() for number in range(200)]
    assert [frame.payload for frame in frames[:-2]] == expected


class TestReceiver:
    """What a receiver does, at a moment of the connection."""

    def run(self, scenario: Callable[[], Awaitable[None]]) -> None:
        asyncio.run(scenario())  # type: ignore[arg-type]

    @staticmethod
    async def peer_of(on_text: Callable[[Any, str], bool], received: list[Any] | None = None) -> Peer:
        """Return an open connection whose receiver is `on_text(way, text)`."""

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            way = scope["extensions"]["websocket.direct"]
            await receive()
            await send({"type": "websocket.accept"})
            way["receive"](lambda text: on_text(way, text))
            while (message := await receive())["type"] == "websocket.receive":
                if received is not None:
                    received.append(message["text"])
            if received is not None:
                received.append(message["code"])

        peer = Peer(app)
        await peer.idle()
        return peer

    def test_its_exception_is_logged_and_closes_with_1011(self, caplog: pytest.LogCaptureFixture) -> None:
        calls = []

        def fail(way: Any, text: str) -> bool:
            calls.append(text)
            raise ValueError("raised by the test")

        async def scenario() -> None:
            peer = await self.peer_of(fail, received)
            await peer.feed(encode(TEXT, b"a") + encode(TEXT, b"b"))
            await peer.idle()
            assert [frame.payload[:2] for frame in await peer.ended()] == [close(1011).payload]

        received: list[Any] = []
        with caplog.at_level(logging.ERROR, "uvicorn.error"):
            self.run(scenario)
        assert calls == ["a"]
        assert received == [1011]
        assert "raised by the test" in caplog.text

    def test_several_messages_go_out_in_one_piece_or_not_at_all(self) -> None:
        texts = [b"", b"a" * 125, b"b" * 126, "€".encode() * 30_000]

        def send_all(way: Any, text: str) -> bool:
            sent.append(way["send_all"](texts))
            return True

        async def scenario() -> None:
            peer = await self.peer_of(send_all)
            before = len(peer.wire.pieces)
            await peer.feed(encode(TEXT, b"now"))
            assert len(peer.wire.pieces) == before + 1
            peer.protocol.pause_writing()
            await peer.feed(encode(TEXT, b"not now"))
            peer.protocol.resume_writing()
            await peer.feed(encode(CLOSE, close(1000).payload))
            assert await peer.ended() == [*(Frame(TEXT, text) for text in texts), close(1000)]

        sent: list[bool] = []
        self.run(scenario)
        assert sent == [True, False]

    def test_it_gets_nothing_after_a_close_of_either_side(self) -> None:
        calls = []

        def note(way: Any, text: str) -> bool:
            calls.append(text)
            return True

        async def scenario() -> None:
            peer = await self.peer_of(note)
            await peer.feed(encode(TEXT, b"a") + encode(CLOSE, close(1000).payload) + encode(TEXT, b"late"))
            assert await peer.ended() == [close(1000)]

        self.run(scenario)
        assert calls == ["a"]

    def test_what_it_sends_after_the_end_is_refused(self) -> None:
        ways = []

        def keep(way: Any, text: str) -> bool:
            ways.append(way)
            return True

        async def scenario() -> None:
            peer = await self.peer_of(keep)
            await peer.feed(encode(TEXT, b"a"))
            send = ways[0]["send"]
            assert send("1") is True
            assert send(b"2") is True
            peer.protocol.pause_writing()
            assert send("3") is False
            peer.protocol.resume_writing()
            await peer.feed(encode(CLOSE, close(1000).payload))
            assert send("4") is False
            frames = await peer.ended()
            assert send("5") is False
            assert frames == [Frame(TEXT, b"1"), Frame(TEXT, b"2"), close(1000)]

        self.run(scenario)

    def test_it_may_remove_itself(self) -> None:
        def once(way: Any, text: str) -> bool:
            way["receive"](None)
            return True

        async def scenario() -> None:
            peer = await self.peer_of(once, received)
            await peer.feed(encode(TEXT, b"a") + encode(TEXT, b"b"))
            await peer.idle()
            await peer.ended()

        received: list[Any] = []
        self.run(scenario)
        assert received == ["b", 1006]

    def test_a_transport_that_is_lost_during_a_call_ends_it(self) -> None:
        """The receiver writes, the write fails, and the rest of what was read is not handed over."""
        calls = []

        def lose(way: Any, text: str) -> bool:
            calls.append(text)
            peers[0].wire.closed = True
            peers[0].protocol.connection_lost(ConnectionResetError())
            return False

        async def scenario() -> None:
            peers.append(await self.peer_of(lose, received))
            await peers[0].feed(encode(TEXT, b"a") + encode(TEXT, b"b"))
            await peers[0].idle()

        peers: list[Peer] = []
        received: list[Any] = []
        self.run(scenario)
        assert calls == ["a"]
        assert received == [1006]


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.binary(max_size=3), st.sampled_from([0, 9000])), max_size=40),
    st.data(),
)
def test_connections_that_share_a_parser_never_mix(
    sent: list[tuple[int, bytes, int]], data: st.DataObject
) -> None:
    """Five connections in turn, each with a part of what it has still to send."""
    streams = {number: b"" for number in range(5)}
    expected: dict[int, list[Frame]] = {number: [] for number in range(5)}
    for number, payload, more in sent:
        payload = b"%d" % number + payload + b"%d" % number * more
        streams[number] += encode(BINARY, payload)
        expected[number].append(Frame(BINARY, payload))

    async def scenario() -> dict[int, list[Frame]]:
        state = ServerState()
        peers = {number: Peer(ordinary(), state=state) for number in range(5)}
        for peer in peers.values():
            await peer.idle()
        while any(streams.values()):
            number = data.draw(st.sampled_from([number for number, left in streams.items() if left]))
            size = data.draw(st.integers(1, 20) | st.just(len(streams[number])))
            await peers[number].feed(streams[number][:size])
            streams[number] = streams[number][size:]
        for peer in peers.values():
            await peer.idle()
        return {number: await peer.ended() for number, peer in peers.items()}

    assert asyncio.run(scenario()) == expected
