"""The limits of a socket on every supported ASGI server, as a browser sees them."""

import asyncio
import contextlib
import json

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.servers.test_servers import COMMANDS, joined, page_at, served


async def handshake(host: str) -> ClientConnection:
    return await connect(f"ws://{host}/live/websocket?vsn=2.0.0", origin=f"http://{host}")  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(COMMANDS))
async def test_too_many_sockets_and_sockets_that_never_join(name: str) -> None:
    with served(name, "tests.servers.app:limited") as host:
        await page_at(f"http://{host}/count")
        sockets = [await handshake(host) for _ in range(3)]
        with pytest.raises(InvalidStatus) as refused:
            await handshake(host)
        assert refused.value.response.status_code == 429
        async with asyncio.timeout(30):
            for socket in sockets:
                await socket.wait_closed()
        assert [socket.close_code for socket in sockets] == [4408] * 3


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(COMMANDS))
async def test_a_flood(name: str) -> None:
    with served(name, "tests.servers.app:limited") as host:
        async with joined(host, "") as (socket, topic):
            answers = await asyncio.wait_for(click_until_closed(socket, topic), 30)
        assert socket.close_code == 1008
        assert answers[0] == "ok"
        assert "rate_limited" in answers


async def click_until_closed(socket: ClientConnection, topic: str) -> list[str]:
    """Click 200 times a second until the socket is closed; return the replies."""
    answers: list[str] = []
    with contextlib.suppress(ConnectionClosed):
        while True:
            event = {"type": "click", "event": "inc", "value": {"value": ""}}
            await socket.send(json.dumps(["4", str(100 + len(answers)), topic, "event", event]))
            reply = json.loads(await socket.recv())[4]
            answers.append(reply["response"].get("reason", reply["status"]))
            await asyncio.sleep(0.005)
    return answers
