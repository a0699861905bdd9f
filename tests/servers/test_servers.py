"""One page, one join and one event on every supported ASGI server."""

import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from pyview.uvicorn_ws import websocket_protocol
from tests.asgi import first_response
from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
APP = "tests.servers.app:app"

UVICORN = [
    *("uvicorn", "{app}", "--port", "{port}", "--log-level", "warning"),
    *("--ws-max-size", "1048576", "--ws-per-message-deflate", "false"),
]
COMMANDS = {
    "uvicorn": [*UVICORN, "--ws", websocket_protocol()],
    "uvicorn with its own protocol": [*UVICORN, "--ws", "websockets-sansio"],
    "granian": ["granian", "{app}", "--interface", "asgi", "--port", "{port}", "--log-level", "warning"],
    "hypercorn": ["hypercorn", "{app}", "--bind", "127.0.0.1:{port}", "--log-level", "warning"],
}


@contextmanager
def served(name: str, app: str = APP) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", *(part.format(app=app, port=port) for part in COMMANDS[name])]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=30)
    assert b"Traceback" not in output, output.decode()


async def page_at(url: str) -> str:
    response = await first_response(url)
    assert response.status_code == 200, response.text
    return response.text


@asynccontextmanager
async def joined(host: str, prefix: str) -> AsyncIterator[tuple[Any, str]]:
    html = await page_at(f"http://{host}{prefix}/count")
    dom_id, session, csrf = (
        unescape(re.search(pattern, html)[1])  # type: ignore[index]
        for pattern in (r'id="(phx-[^"]+)"', r'data-phx-session="([^"]*)"', r'csrf-token" content="([^"]*)"')
    )
    topic = f"lv:{dom_id}"
    payload = {
        "url": f"http://{host}{prefix}/count",
        "params": {"_csrf_token": csrf, "_mounts": 0},
        "session": session,
    }
    async with connect(f"ws://{host}{prefix}/live/websocket?vsn=2.0.0", origin=f"http://{host}") as socket:  # type: ignore[arg-type]
        await socket.send(json.dumps(["4", "4", topic, "phx_join", payload]))
        reply = json.loads(await socket.recv())
        assert reply[4]["status"] == "ok", reply
        yield socket, topic


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(COMMANDS))
async def test_a_page_is_served_joined_and_live(name: str) -> None:
    with served(name) as host:
        for prefix in ("", "/inside"):
            async with joined(host, prefix) as (socket, topic):
                event = {"type": "click", "event": "inc", "value": {"value": ""}}
                for count in range(1, 4):
                    await socket.send(json.dumps(["4", str(count), topic, "event", event]))
                    reply = json.loads(await socket.recv())
                    assert reply[4]["response"] == {"diff": {"0": str(count)}}
