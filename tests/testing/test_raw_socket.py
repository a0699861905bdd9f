"""Tests of `RawSocket` and of the lifespan."""

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from pyview.testing import LiveClient, NoAnswer, SocketClosed, SocketRefused


async def echo(websocket: WebSocket) -> None:
    await websocket.accept(subprotocol="phoenix" if websocket.scope["subprotocols"] else None)
    async for text in websocket.iter_text():
        await websocket.send_text(text)


async def bytes_echo(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_bytes(await websocket.receive_bytes())
    await websocket.close(4001, "done")


async def refuse(websocket: WebSocket) -> None:
    await websocket.close()


async def refuse_with_words(websocket: WebSocket) -> None:
    await websocket.send_denial_response(PlainTextResponse("not from there", status_code=401))


async def fail(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.receive_text()
    raise LookupError("a bug")


async def describe(websocket: WebSocket) -> None:
    await websocket.accept()
    scope = websocket.scope
    await websocket.send_json(
        {
            "headers": [[name.decode(), value.decode()] for name, value in scope["headers"]],
            "scope": [
                scope["path"],
                scope["raw_path"].decode(),
                scope["query_string"].decode(),
                scope["root_path"],
            ],
            "client": list(scope["client"]),
            "server": list(scope["server"]),
            "state": scope["state"],
        }
    )


async def flood(websocket: WebSocket) -> None:
    await websocket.accept()
    for number in range(3):
        await websocket.send_text(str(number))
    await asyncio.Event().wait()


async def hold(websocket: WebSocket) -> None:
    await websocket.accept()
    await asyncio.Event().wait()


ROUTES = {
    "/echo": echo,
    "/bytes": bytes_echo,
    "/refuse": refuse,
    "/words": refuse_with_words,
    "/fail": fail,
    "/a b": describe,
    "/flood": flood,
    "/hold": hold,
}
APP = Starlette(routes=[WebSocketRoute(path, endpoint) for path, endpoint in ROUTES.items()])


async def test_frames_go_both_ways() -> None:
    async with LiveClient(APP) as client, client.raw_socket("/echo") as socket:
        await socket.send_frame([None, "1", "phoenix", "heartbeat", {}])
        assert await socket.receive_text() == '[null,"1","phoenix","heartbeat",{}]'
        await socket.send_text("[]")
        assert await socket.receive_frame() == []
        await socket.expect_nothing()
        assert (socket.status, socket.open, socket.subprotocol) == (101, True, None)
    assert socket.close_code == 1000


async def test_subprotocols_are_offered_and_chosen() -> None:
    async with LiveClient(APP) as client, client.raw_socket("/echo", subprotocols=["phoenix", "x"]) as socket:
        assert socket.subprotocol == "phoenix"


async def test_bytes_and_a_close_by_the_application() -> None:
    async with LiveClient(APP) as client, client.raw_socket("/bytes") as socket:
        await socket.send_bytes(b"\x00\x01")
        assert await socket.receive() == b"\x00\x01"
        assert await socket.wait_closed() == 4001
        with pytest.raises(SocketClosed, match="code 4001 done"):
            await socket.receive()
        with pytest.raises(SocketClosed):
            await socket.send_text("too late")


async def test_refused_handshakes() -> None:
    async with LiveClient(APP) as client:
        with pytest.raises(SocketRefused) as refused:
            await client.raw_socket("/refuse").connect()
        assert refused.value.status == 403
        socket = client.raw_socket("/words")
        with pytest.raises(SocketRefused, match="not from there"):
            await socket.connect()
        assert (socket.status, socket.response_body) == (401, b"not from there")


async def test_exceptions_of_the_application_are_raised() -> None:
    async with LiveClient(APP) as client, client.raw_socket("/fail") as socket:
        await socket.send_text("go")
        with pytest.raises(LookupError, match="a bug"):
            await socket.receive()
        assert socket.close_code == 1006


async def test_the_scope_is_that_of_a_server() -> None:
    async with LiveClient(APP, headers={"x-all": "1"}, cookies={"c": "jar"}) as client:
        socket = client.raw_socket("/a%20b", params={"q": "1 2"}, headers={"Origin": None, "X-One": "a"})
        async with socket:
            seen = await socket.receive_frame()
        async with client.raw_socket("/a b", cookies={"c": "own"}) as socket:
            other = await socket.receive_frame()
    headers = dict(seen["headers"])
    assert (headers["cookie"], headers["x-all"], headers["x-one"], headers["host"]) == (
        "c=jar",
        "1",
        "a",
        "testserver",
    )
    assert "origin" not in headers
    assert seen["scope"] == ["/a b", "/a%20b", "q=1+2", ""]
    assert seen["client"] == ["127.0.0.1", 50000]
    assert seen["server"] == ["testserver", 80]
    assert dict(other["headers"])["cookie"] == "c=own"
    assert dict(other["headers"])["origin"] == "http://testserver"
    assert other["scope"][2] == "vsn=2.0.0"


async def test_a_client_that_does_not_read_makes_the_application_wait() -> None:
    async with LiveClient(APP) as client:
        socket = client.raw_socket("/flood")
        socket.pause_reading()
        await socket.connect()
        await socket.expect_nothing()
        socket.resume_reading()
        assert [await socket.receive_text() for _ in range(3)] == ["0", "1", "2"]
        socket.abort()


async def test_an_application_that_does_not_return() -> None:
    async with LiveClient(APP) as client:
        socket = await client.raw_socket("/hold").connect()
        with pytest.raises(NoAnswer, match="did not return from the connection"):
            await socket.close(timeout=0.02)


async def test_a_missing_message_is_an_error() -> None:
    async with LiveClient(APP) as client, client.raw_socket("/echo") as socket:
        with pytest.raises(NoAnswer, match=r"waited 0.01 s for a message"):
            await socket.receive(timeout=0.01)
        await socket.send_text("x")
        with pytest.raises(AssertionError, match=r"expected no message within .*, got 'x'"):
            await socket.expect_nothing()


async def test_lifespan_state_reaches_requests_and_sockets() -> None:
    events: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            scope["state"]["db"] = "open"
            for message in ("startup", "shutdown"):
                events.append((await receive())["type"])
                await send({"type": f"lifespan.{message}.complete"})
            return
        await APP(scope, receive, send)

    async with LiveClient(app) as client, client.raw_socket("/a b") as socket:
        assert (await socket.receive_frame())["state"] == {"db": "open"}
    assert events == ["lifespan.startup", "lifespan.shutdown"]


async def test_a_start_up_that_fails_is_raised() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise LookupError("no database")

    with pytest.raises(LookupError, match="no database"):
        async with LiveClient(app):
            pass
