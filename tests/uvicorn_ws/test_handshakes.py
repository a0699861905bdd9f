"""Handshakes: good and bad ones, what the application learns of them, and its answers to them."""

import asyncio
import threading
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.uvicorn_ws.raw import ACCEPT_OF_KEY, CLOSE, KEY, TEXT, Frame, Response, close, encode, request
from tests.uvicorn_ws.server import Connection, Served, echo, serving

GOOD: dict[str, dict[str, str]] = {
    "as in the RFC": {},
    "names in other cases": {"Upgrade": "WebSocket", "Connection": "upgrade"},
    "as Firefox does": {"Connection": "keep-alive, Upgrade"},
    "a list of upgrades": {"Connection": "Upgrade, HTTP2-Settings"},
    "extensions and more": {
        "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits, x-unknown",
        "Sec-WebSocket-Protocol": "a, b",
        "Origin": "https://example.org",
        "Cookie": "a=b",
    },
    "bytes beyond ASCII in a header": {"X-Name": "caf\xe9"},
    "many headers": {f"X-{n}": "*" * 20 for n in range(100)},
}
LARGE: dict[str, bytes] = {
    "a large header": request("/", {"X-A": "*" * 66_000}),
    "a large path": request(f"/?{'*' * 66_000}"),
    "headers that are large together": request("/", {f"X-{n}": "*" * 1000 for n in range(100)}),
    "more headers than a browser ever sends": request("/", {f"X-{n}": "" for n in range(252)}),
}
BAD: dict[str, tuple[dict[str, str | None], set[int]]] = {
    "no key": ({"Sec-WebSocket-Key": None}, {400}),
    "an empty key": ({"Sec-WebSocket-Key": ""}, {400}),
    "a key of 15 bytes": ({"Sec-WebSocket-Key": "MTIzNDU2Nzg5MDEyMzQ1"}, {400}),
    "a key of 17 bytes": ({"Sec-WebSocket-Key": "MTIzNDU2Nzg5MDEyMzQ1Njc="}, {400}),
    "a key that is not base64": ({"Sec-WebSocket-Key": "!" * 24}, {400}),
    "two keys": ({"Sec-WebSocket-Key": f"{KEY}\r\nSec-WebSocket-Key: {KEY}"}, {400}),
    "no version": ({"Sec-WebSocket-Version": None}, {400, 426}),
    "a version of the future": ({"Sec-WebSocket-Version": "14"}, {400, 426}),
    "a version of the past": ({"Sec-WebSocket-Version": "8"}, {400, 426}),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_handshake_is_accepted(any_server: Served, name: str) -> None:
    with any_server.client() as client:
        client.send(request("/", GOOD[name]))
        response = client.response()
    assert response.status == 101
    assert response.header("sec-websocket-accept") == ACCEPT_OF_KEY
    assert (response.header("upgrade") or "").lower() == "websocket"
    assert (response.header("connection") or "").lower() == "upgrade"
    assert response.header("sec-websocket-extensions") is None
    assert response.header("sec-websocket-protocol") is None
    assert len({name for name, _ in response.headers}) == len(response.headers), "a header twice"


@pytest.mark.parametrize("name", BAD)
def test_a_bad_handshake_is_refused_before_the_application_starts(any_server: Served, name: str) -> None:
    headers, statuses = BAD[name]
    started = len(any_server.connections)
    with any_server.client() as client:
        client.send(request("/", headers))
        response = client.response()
    assert response.status in statuses, response
    if response.status == 426:
        assert response.header("sec-websocket-version") == "13"
    any_server.settled()
    assert len(any_server.connections) == started


@pytest.mark.parametrize("name", LARGE)
def test_a_large_handshake_is_refused(server: Served, name: str) -> None:
    """Its headers would be kept as long as the connection is open."""
    started = len(server.connections)
    with server.client() as client:
        client.send(LARGE[name])
        assert client.response().status == 431
    server.settled()
    assert len(server.connections) == started


@pytest.mark.parametrize("headers", [{"Content-Length": "5"}, {"Transfer-Encoding": "chunked"}])
def test_a_handshake_with_a_body_is_refused(server: Served, headers: dict[str, str]) -> None:
    started = len(server.connections)
    with server.client() as client:
        client.send(request("/", headers))
        client.send(b"5\r\nhello\r\n0\r\n\r\n" if "Transfer-Encoding" in headers else b"hello")
        assert client.response().status == 400
    server.settled()
    assert len(server.connections) == started


def test_a_handshake_with_an_empty_body_is_accepted(server: Served) -> None:
    with server.client().opened("/", {"Content-Length": "0"}) as client:
        client.send(encode(TEXT, b"a"))
        assert client.receive() == Frame(TEXT, b"a")


def test_a_handshake_of_the_largest_size_is_accepted(server: Served) -> None:
    headers = {f"X-{n}": "" for n in range(250)}
    with server.client() as client:
        client.send(request("/", {**headers, "X-A": "*" * 60_000}))
        assert client.response().status == 101
        client.send(encode(TEXT, b"a"))
        assert client.receive() == Frame(TEXT, b"a")


def test_only_get_opens_a_socket(any_server: Served) -> None:
    started = len(any_server.connections)
    with any_server.client() as client:
        client.send(request("/", {"Content-Length": "0"}, method="POST"))
        assert client.response().status in (400, 405, 500)
    any_server.settled()
    assert len(any_server.connections) == started


@pytest.mark.parametrize("http", ["h11", "httptools"])
def test_each_http_parser_of_uvicorn_hands_over(http: str) -> None:
    with serving(http=http) as server, server.client() as client:
        # The reference never answers more than 128 headers.
        client.send(request("/", {f"X-{n}": "*" * 20 for n in range(150)}))
        assert client.response().status == 101
        client.send(encode(TEXT, b"a"))
        assert client.receive() == Frame(TEXT, b"a")


TEXTS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=8)
VALUES = TEXTS.filter(lambda text: not any(0x7F <= ord(letter) < 0xA0 for letter in text))
TARGETS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="#"), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=TARGETS,
    headers=st.dictionaries(st.from_regex(r"\AX-[A-Za-z0-9_!#$%&'*+.^`|~-]{1,5}\Z"), VALUES, max_size=3),
    protocols=st.lists(st.from_regex(r"\A[a-z.]{1,4}\Z"), max_size=3),
)
@example(path="a%2Fb%C3%A9%ff%zz?x=%20&y", headers={}, protocols=[])
@example(path="?", headers={"X-A": ""}, protocols=["a", "b"])
def test_the_scope_is_that_of_the_reference(
    server: Served, reference: Served, path: str, headers: dict[str, str], protocols: list[str]
) -> None:
    named = {**headers, **({"Sec-WebSocket-Protocol": " , ".join(protocols)} if protocols else {})}
    ours, theirs = (_scope_of(at, f"/{path}", named) for at in (server, reference))
    assert ours == theirs


def _scope_of(server: Served, path: str, headers: dict[str, str]) -> dict[str, Any]:
    """Return what the application of `server` sees of a handshake, without what differs by nature."""
    with server.client().opened(path, headers):
        scope = dict(server.last.scope)
    assert scope.pop("client")[0] == "127.0.0.1"
    assert scope.pop("server") == ("127.0.0.1", server.port)
    extensions = scope.pop("extensions")
    assert "websocket.http.response" in extensions
    return scope


class TestAnswers:
    """What the application may answer to a handshake."""

    def answer(self, server: Served, path: str, **headers: str) -> Response:
        with server.client() as client:
            client.send(request(path, headers))
            return client.response()

    def test_a_subprotocol_and_headers(self, any_server: Served) -> None:
        @any_server.on("/accept")
        async def accept(connection: Connection) -> None:
            await connection.accept(
                subprotocol="b", headers=[(b"x-a", b"1"), (b"X-A", b"2"), (b"set-cookie", b"c=\xe9")]
            )

        response = self.answer(any_server, "/accept", **{"Sec-WebSocket-Protocol": "a, b"})
        assert any_server.last.scope["subprotocols"] == ["a", "b"]
        assert response.status == 101
        assert response.header("sec-websocket-protocol") == "b"
        assert [pair for pair in response.headers if pair[0] in ("x-a", "set-cookie")] == [
            ("x-a", "1"),
            ("x-a", "2"),
            ("set-cookie", "c=\xe9"),
        ]

    @pytest.mark.parametrize(
        "options",
        [
            {"headers": [(b"x-a", b"1\r\nx-b: 2")]},
            {"headers": [(b"x-a", b"1\nx-b: 2")]},
            {"headers": [(b"x-a: 1\r\nx-b", b"2")]},
            {"subprotocol": "a\r\nx-b: 2"},
        ],
    )
    def test_no_header_is_smuggled_by_a_line_break(self, server: Served, options: dict[str, Any]) -> None:
        @server.on("/smuggled")
        async def accept(connection: Connection) -> None:
            await connection.accept(**options)

        response = self.answer(server, "/smuggled")
        assert response.header("x-b") is None
        assert response.status == 500

    def test_a_refusal(self, any_server: Served) -> None:
        @any_server.on("/refused")
        async def refuse(connection: Connection) -> None:
            await connection.receive()
            await connection.send({"type": "websocket.close", "code": 1008})
            await connection.receive()

        response = self.answer(any_server, "/refused")
        assert response.status == 403
        any_server.settled()
        assert any_server.last.disconnect is not None
        assert any_server.last.disconnect["code"] == 1006

    @pytest.mark.parametrize("parts", [[b"no"], [b"n", b"", b"o"], [b""]])
    def test_a_response(self, any_server: Served, parts: list[bytes]) -> None:
        @any_server.on("/response")
        async def respond(connection: Connection) -> None:
            await connection.receive()
            await connection.send(
                {
                    "type": "websocket.http.response.start",
                    "status": 401,
                    "headers": [(b"x-a", b"1"), (b"x-a", b"2")],
                }
            )
            for number, part in enumerate(parts):
                more = number < len(parts) - 1
                await connection.send(
                    {"type": "websocket.http.response.body", "body": part, "more_body": more}
                )

        response = self.answer(any_server, "/response")
        assert (response.status, response.body) == (401, b"".join(parts))
        assert [value for name, value in response.headers if name == "x-a"] == ["1", "2"]
        assert response.header("content-length") == str(len(b"".join(parts)))
        any_server.settled()

    def test_a_crash_before_the_accept(self, any_server: Served) -> None:
        @any_server.on("/crash")
        async def crash(connection: Connection) -> None:
            raise ValueError("raised by the test")

        assert self.answer(any_server, "/crash").status == 500
        any_server.settled()

    def test_no_answer(self, any_server: Served) -> None:
        @any_server.on("/nothing")
        async def do_nothing(connection: Connection) -> None: ...

        assert self.answer(any_server, "/nothing").status == 500
        any_server.settled()


def test_an_answer_to_a_client_that_has_gone_raises(any_server: Served) -> None:
    @any_server.on("/gone")
    async def answer_late(connection: Connection) -> None:
        assert (await connection.receive())["type"] == "websocket.connect"
        assert (await connection.receive())["type"] == "websocket.disconnect"
        await connection.send({"type": "websocket.accept"})

    with any_server.client() as client:
        client.send(request("/gone"))
        connection = any_server.connected("/gone")
    any_server.settled()
    assert connection.disconnect is not None
    assert connection.disconnect["code"] == 1006
    assert isinstance(connection.error, OSError)


def test_frames_before_the_accept_arrive_after_it(server: Served) -> None:
    """No browser sends them so early. They must not be taken for a part of the handshake, or get lost."""
    gate = threading.Event()

    @server.on("/slow")
    async def accept_late(connection: Connection) -> None:
        await asyncio.to_thread(gate.wait, 10)
        await echo(connection)

    with server.client() as client:
        client.send(request("/slow"))
        server.connected("/slow")
        client.send(encode(TEXT, b"early") + encode(TEXT, b"too"))
        gate.set()
        assert client.response().status == 101
        assert client.some(2) == [Frame(TEXT, b"early"), Frame(TEXT, b"too")]
        client.send(encode(CLOSE, close(1000).payload))
        assert client.rest() == [close(1000)]
    server.settled()
