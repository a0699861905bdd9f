"""How a connection ends, by either side, and what the other side and the application learn of it."""

import asyncio
import logging
from contextlib import suppress
from typing import Any

import pytest

from tests.uvicorn_ws.cases import INVALID_CODES, VALID_CODES
from tests.uvicorn_ws.raw import CLOSE, PING, PONG, TEXT, Frame, RawClient, close, encode, request, until
from tests.uvicorn_ws.server import OURS, REFERENCE, Connection, Served, serving

CLOSED = {"type": "websocket.disconnect"}


def end(client: RawClient, code: int | None = 1000, reason: bytes = b"") -> list[Frame]:
    client.send(encode(CLOSE, close(code, reason).payload))
    return client.rest()


class TestByTheClient:
    @pytest.mark.parametrize(
        ("code", "reason", "seen"),
        [(1000, b"bye", (1000, "bye")), (4999, "€".encode(), (4999, "€")), (1001, b"", (1001, ""))],
    )
    def test_code_and_reason_reach_the_application(
        self, any_server: Served, code: int, reason: bytes, seen: tuple[int, str]
    ) -> None:
        with any_server.client().opened() as client:
            assert [frame.payload[:2] for frame in end(client, code, reason)] == [close(code).payload]
        any_server.settled()
        assert any_server.last.disconnect == {**CLOSED, "code": seen[0], "reason": seen[1]}
        assert any_server.last.error is None

    def test_a_close_without_a_code_is_1005(self, any_server: Served) -> None:
        with any_server.client().opened() as client:
            assert end(client, None) == [close()]
        any_server.settled()
        assert any_server.last.disconnect is not None
        assert any_server.last.disconnect["code"] == 1005

    @pytest.mark.parametrize("how", ["half_close", "reset"])
    def test_a_lost_connection_ends_the_application(self, any_server: Served, how: str) -> None:
        with any_server.client().opened() as client:
            getattr(client, how)()
            any_server.settled()
        assert any_server.last.disconnect is not None
        # The reference says 1005 here, the code of a close frame without a code.
        assert any_server.last.disconnect["code"] == (1006 if any_server.ours else 1005)

    @pytest.mark.parametrize(("sent", "code"), [(encode(0x3), 1002), (encode(TEXT, b"\xff"), 1007)])
    def test_the_application_learns_of_a_failure(self, server: Served, sent: bytes, code: int) -> None:
        with server.client().opened() as client:
            client.send(sent)
            assert client.rest()[-1].payload[:2] == close(code).payload
        server.settled()
        assert server.last.disconnect is not None
        # The code that was sent, or that of a connection that was not closed by a close frame of the client.
        assert server.last.disconnect["code"] in (code, 1006)

    def test_messages_before_a_close_are_received_before_it(self, any_server: Served) -> None:
        @any_server.on("/late")
        async def receive_late(connection: Connection) -> None:
            await connection.accept()
            await asyncio.sleep(0.05)
            for _ in range(3):
                await asyncio.sleep(0)
                await connection.receive()

        with any_server.client().opened("/late") as client:
            client.send(encode(TEXT, b"1") + encode(TEXT, b"2") + encode(CLOSE, close(1000).payload))
            client.rest()
        any_server.settled()
        assert any_server.last.messages == ["1", "2"]
        assert any_server.last.disconnect is not None
        assert any_server.last.disconnect["code"] == 1000

    def test_receive_after_the_end_does_not_wait(self, server: Served) -> None:
        @server.on("/again")
        async def receive_again(connection: Connection) -> None:
            await connection.accept()
            for _ in range(3):
                assert (await connection.receive())["type"] == "websocket.disconnect"

        with server.client().opened("/again") as client:
            end(client)
        server.settled()
        assert server.last.error is None
        assert len(server.last.received) == 4

    def test_send_after_the_end_raises(self, any_server: Served) -> None:
        @any_server.on("/after")
        async def send_after(connection: Connection) -> None:
            await connection.accept()
            await connection.receive()
            await connection.text("too late")

        with any_server.client().opened("/after") as client:
            end(client)
        any_server.settled()
        assert isinstance(any_server.last.error, OSError)

    def test_close_after_the_end_is_nothing_or_raises(self, any_server: Served) -> None:
        """Frameworks close in a `finally`, also a socket that has gone."""

        @any_server.on("/close after")
        async def close_after(connection: Connection) -> None:
            await connection.accept()
            await connection.receive()
            await connection.send({"type": "websocket.close", "code": 1000})

        with any_server.client().opened("/close%20after") as client:
            end(client)
        any_server.settled()
        assert any_server.last.error is None or isinstance(any_server.last.error, OSError)


class TestByTheApplication:
    def closing(self, server: Served, **options: Any) -> RawClient:
        @server.on("/closing")
        async def close_it(connection: Connection) -> None:
            await connection.accept()
            await connection.send({"type": "websocket.close", **options})
            while (await connection.receive())["type"] != "websocket.disconnect":
                pass

        return server.client().opened("/closing")

    @pytest.mark.parametrize("code", [code for code in VALID_CODES if code < 3000 or code > 4000])
    def test_the_client_gets_code_and_reason(self, any_server: Served, code: int) -> None:
        with self.closing(any_server, code=code, reason="because €") as client:
            assert client.receive() == close(code, "because €".encode())
            assert end(client, code) == []
        any_server.settled()
        assert any_server.last.disconnect is not None
        assert any_server.last.disconnect["code"] == code

    @pytest.mark.parametrize("options", [{}, {"code": 1000, "reason": ""}, {"code": 1000, "reason": None}])
    def test_1000_is_the_default(self, any_server: Served, options: dict[str, Any]) -> None:
        with self.closing(any_server, **options) as client:
            assert client.receive() == close(1000)
            assert end(client) == []
        any_server.settled()

    @pytest.mark.parametrize("reason", ["*" * 124, "€" * 41 + "*", "€" * 42, "\U0001f600" * 200])
    def test_a_reason_that_is_too_long_is_no_malformed_frame(self, server: Served, reason: str) -> None:
        with self.closing(server, code=1000, reason=reason) as client:
            frame = client.receive()
            assert frame is not None
            assert len(frame.payload) <= 125
            assert reason.startswith(frame.payload[2:].decode())
        server.settled()

    @pytest.mark.parametrize("code", INVALID_CODES)
    def test_a_code_that_may_not_be_sent_is_not_sent(self, server: Served, code: int) -> None:
        with self.closing(server, code=code) as client:
            frames = client.some(1)
            assert [frame.payload[:2] for frame in frames] in (
                [close(1011).payload],
                [close(1000).payload],
                [],
            )
        server.settled()

    def test_frames_after_it_are_dropped_until_the_client_closes(self, any_server: Served) -> None:
        with self.closing(any_server, code=4000) as client:
            assert client.receive() == close(4000)
            for _ in range(100):
                client.send(encode(TEXT, b"*" * 10_000))
            assert end(client, 4000) == []
        any_server.settled()
        assert any_server.last.messages == []

    @pytest.mark.slow
    def test_it_ends_without_an_answer_of_the_client(self) -> None:
        with serving() as server, self.closing(server, code=4000) as client:
            assert client.receive() == close(4000)
            client.socket.settimeout(30)
            assert client.rest() == []
            server.settled()

    @pytest.mark.parametrize("message", ["websocket.send", "websocket.accept", "websocket.close", "no.such"])
    def test_nothing_can_be_sent_after_it(self, server: Served, message: str) -> None:
        @server.on("/twice")
        async def send_twice(connection: Connection) -> None:
            await connection.accept()
            await connection.send({"type": "websocket.close"})
            await connection.send({"type": message, "text": "late"})

        with server.client().opened("/twice") as client:
            assert client.receive() == close(1000)
            assert end(client) == []
        server.settled()
        assert isinstance(server.last.error, (RuntimeError, OSError))

    def test_a_return_closes(self, any_server: Served) -> None:
        @any_server.on("/returns")
        async def accept_only(connection: Connection) -> None:
            await connection.accept()

        with any_server.client().opened("/returns") as client:
            frames = client.until_close()
        # The reference drops the connection, and the browser sees 1006.
        assert frames == ([close(1000)] if any_server.ours else [])
        any_server.settled()

    def test_a_crash_closes_with_1011(self, any_server: Served, caplog: pytest.LogCaptureFixture) -> None:
        @any_server.on("/crashes")
        async def crash(connection: Connection) -> None:
            await connection.accept()
            raise ValueError("raised by the test")

        with (
            caplog.at_level(logging.ERROR, "uvicorn.error"),
            any_server.client().opened("/crashes") as client,
        ):
            frames = client.until_close()
            any_server.settled()
        assert [frame.payload[:2] for frame in frames] == ([close(1011).payload] if any_server.ours else [])
        assert "raised by the test" in caplog.text
        assert not any(b"raised" in frame.payload for frame in frames), "details reached the client"


WRONG: dict[str, list[dict[str, Any]]] = {
    "a send before the accept": [{"type": "websocket.send", "text": "a"}],
    "a second accept": [{"type": "websocket.accept"}, {"type": "websocket.accept"}],
    "a response after the accept": [
        {"type": "websocket.accept"},
        {"type": "websocket.http.response.start", "status": 200, "headers": []},
    ],
    "a body before its start": [{"type": "websocket.http.response.body", "body": b""}],
    "an unknown type": [{"type": "websocket.accept"}, {"type": "http.response.start", "status": 200}],
    "an accept within a response": [
        {"type": "websocket.http.response.start", "status": 200, "headers": []},
        {"type": "websocket.accept"},
    ],
    "a status that is none": [{"type": "websocket.http.response.start", "status": 1, "headers": []}],
    "a text that is none": [{"type": "websocket.accept"}, {"type": "websocket.send", "text": "\ud800"}],
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_message_of_the_application_raises(any_server: Served, name: str) -> None:
    @any_server.on("/wrong")
    async def do_wrong(connection: Connection) -> None:
        await connection.receive()
        for message in WRONG[name]:
            await connection.send(message)
        await connection.receive()

    with any_server.client() as client:
        client.send(request("/wrong"))
        with suppress(EOFError):  # the response had begun
            client.response()
    any_server.settled()
    assert isinstance(any_server.last.error, (RuntimeError, UnicodeEncodeError))


def test_an_empty_message_and_bytes_like_ones(any_server: Served) -> None:
    @any_server.on("/kinds")
    async def send_kinds(connection: Connection) -> None:
        await connection.accept()
        await connection.send({"type": "websocket.send", "text": "", "bytes": None})
        await connection.send({"type": "websocket.send", "text": None, "bytes": b""})
        await connection.send({"type": "websocket.send", "bytes": b"b"})
        await connection.send({"type": "websocket.send", "text": "t"})
        await connection.receive()

    with any_server.client().opened("/kinds") as client:
        assert client.some(4) == [Frame(TEXT), Frame(0x2), Frame(0x2, b"b"), Frame(TEXT, b"t")]
        end(client)
    any_server.settled()


def test_a_thousand_sends_of_one_turn_arrive_in_order(any_server: Served) -> None:
    """Their sizes need each form of the header, in turn, and together they fill the buffers of the system."""
    sizes = [7, 9000, 300, 70_000, 0, 8192] * 150
    texts = [f"{number}:".ljust(size, "x") for number, size in enumerate(sizes)]

    @any_server.on("/many")
    async def send_many(connection: Connection) -> None:
        await connection.accept()
        for text in texts:
            await connection.text(text)
        await connection.receive()

    with any_server.client().opened("/many") as client:
        for text in texts:
            frame = client.receive()
            assert frame is not None
            assert frame.payload == text.encode()
        end(client)
    any_server.settled()


@pytest.mark.parametrize("ws", [OURS, REFERENCE])
class TestStop:
    """The server stops while connections are open."""

    def test_open_connections_get_1012(self, ws: str) -> None:
        with serving(ws) as server:
            client = server.client().opened()
            client.send(encode(PING))
            assert client.receive() == Frame(PONG)
        assert client.rest() == [close(1012)]
        assert server.last.disconnect is not None
        assert server.last.disconnect["code"] == 1012
        client.socket.close()

    def test_handshakes_are_refused(self, ws: str) -> None:
        with serving(ws) as server:

            @server.on("/waits")
            async def wait(connection: Connection) -> None:
                assert (await connection.receive())["type"] == "websocket.connect"
                await connection.receive()

            client = server.client()
            client.send(request("/waits"))
            server.connected("/waits")
        assert client.response().status in (500, 503)
        client.socket.close()

    def test_an_application_that_does_not_end_is_cancelled(self, ws: str) -> None:
        with serving(ws) as server:

            @server.on("/stuck")
            async def stay(connection: Connection) -> None:
                await connection.accept()
                await asyncio.Event().wait()

            client = server.client().opened("/stuck")
        assert isinstance(server.last.error, asyncio.CancelledError)
        client.socket.close()


@pytest.mark.parametrize("ws", [OURS, REFERENCE])
class TestKeepalive:
    def test_a_client_that_answers_stays(self, ws: str) -> None:
        with (
            serving(ws, ws_ping_interval=0.05, ws_ping_timeout=5) as server,
            server.client().opened() as client,
        ):
            payloads = set()
            for _ in range(4):
                ping = client.receive()
                assert ping is not None
                assert ping.opcode == PING
                payloads.add(ping.payload)
                client.send(encode(PONG, ping.payload))
            assert len(payloads) == 4, "a stale pong would pass for an answer"
            assert end(client)[-1] == close(1000)

    def test_a_client_that_does_not_answer_is_closed(self, ws: str) -> None:
        with serving(ws, ws_ping_interval=0.05, ws_ping_timeout=0.1) as server:
            with server.client().opened() as client:
                frames = client.rest()
            assert [frame.opcode for frame in frames] == [PING, CLOSE]
            assert frames[1].payload[:2] == close(1011).payload
            server.settled()
            assert server.last.disconnect is not None

    def test_a_client_that_goes_while_nothing_is_received_is_noticed(self, ws: str) -> None:
        with serving(ws, ws_ping_interval=0.05, ws_ping_timeout=0.1) as server:

            @server.on("/deaf")
            async def receive_nothing(connection: Connection) -> None:
                await connection.accept()
                await asyncio.Event().wait()

            with server.client().opened("/deaf") as client:
                client.send(encode(TEXT, b"*") * 100)
            until(lambda: not server.server.server_state.connections)

    def test_a_pong_of_something_else_is_no_answer(self, ws: str) -> None:
        with serving(ws, ws_ping_interval=0.05, ws_ping_timeout=0.2) as server:
            with server.client().opened() as client:
                assert client.receive() is not None
                client.send(encode(PONG, b"else") + encode(PONG))
                assert client.rest()[-1].payload[:2] == close(1011).payload
            server.settled()

    def test_no_interval_sends_none(self, ws: str) -> None:
        with (
            serving(ws, ws_ping_interval=None, ws_ping_timeout=None) as server,
            server.client().opened() as client,
        ):
            client.socket.settimeout(0.3)
            with pytest.raises(TimeoutError):
                client.receive()
            client.socket.settimeout(10)
            assert end(client) == [close(1000)]


def test_two_servers_in_one_process_do_not_mix() -> None:
    with (
        serving() as one,
        serving() as other,
        one.client().opened() as first,
        other.client().opened() as second,
    ):
        first.send(encode(TEXT, b"a")[:4])
        second.send(encode(TEXT, b"b"))
        assert second.receive() == Frame(TEXT, b"b")
        first.send(encode(TEXT, b"a")[4:])
        assert first.receive() == Frame(TEXT, b"a")
