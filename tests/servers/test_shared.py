"""`--workers 4` in development, with nothing configured: the workers act as one."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from pyview.uvicorn_ws import websocket_protocol
from tests.asgi import eventually, first_response, poll
from tests.frames import page_in
from tests.ports import free_port
from tests.servers.test_servers import ROOT

pytestmark = pytest.mark.slow

# Hypercorn starts its workers as uvicorn does.
SERVERS = {
    "uvicorn": [
        "uvicorn",
        "{app}",
        "--port",
        "{port}",
        "--workers",
        "{workers}",
        "--ws",
        websocket_protocol(),
    ],
    "granian": ["granian", "{app}", "--interface", "asgi", "--port", "{port}", "--workers", "{workers}"],
}


class Server:
    def __init__(self, process: "subprocess.Popen[str]", host: str, log: Path) -> None:
        self.process = process
        self.host = host
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text()


@contextmanager
def serving(name: str, folder: Path, workers: int, app: str = "app") -> Iterator[Server]:
    """Start workers without any setting. `folder` gets their temporary files and their log."""
    port, log = free_port(), folder / "log"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYVIEW_")}
    named = [
        part.format(app=f"tests.servers.team:{app}", port=port, workers=workers) for part in SERVERS[name]
    ]
    command = [sys.executable, "-m", *named]
    temporary = folder / "tmp"
    temporary.mkdir()
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**kept, "TMPDIR": str(temporary)},
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        yield Server(process, f"127.0.0.1:{port}", log)
    finally:
        process.terminate()
        process.wait(timeout=30)


class Tab:
    """A page of one user: its HTML comes from one worker, its socket may reach another one."""

    def __init__(self, user: str, socket: ClientConnection, topic: str, response: dict[str, Any]) -> None:
        self.user = user
        self.socket = socket
        self.topic = topic
        self.parts = response["rendered"]
        self.reader = asyncio.create_task(self._read())

    worker = property(lambda self: int(self.parts["0"]))
    people = property(lambda self: int(self.parts["2"]))
    text = property(lambda self: self.parts["3"])

    async def write(self, text: str) -> None:
        payload = {"type": "click", "event": "write", "value": {"text": text}}
        await self.socket.send(json.dumps(["1", "2", self.topic, "event", payload]))

    async def _read(self) -> None:
        with suppress(ConnectionClosed):
            async for frame in self.socket:
                payload = json.loads(frame)[4]
                self.parts = self.parts | payload.get("response", {}).get("diff", payload)


@asynccontextmanager
async def tab(host: str, user: str, path: str = "/") -> AsyncIterator[Tab]:
    async with httpx.AsyncClient(base_url=f"http://{host}") as client:
        assert (await client.post(f"/login/{user}")).status_code == 200
        page = page_in(await client.get("/"))
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        headers = {"cookie": cookie}
        url = f"ws://{host}/live/websocket?vsn=2.0.0"
        async with connect(url, origin=f"http://{host}", additional_headers=headers) as socket:  # type: ignore[arg-type]
            # A navigation within the session of live views: the token of one page opens another one.
            target = {} if path == "/" else {"url": None, "redirect": f"http://{host}{path}"}
            await socket.send(json.dumps(page.join("1", **target)))
            reply = json.loads(await socket.recv())[4]
            assert reply["status"] == "ok", reply
            opened = Tab(user, socket, page.topic, reply["response"])
            yield opened
            await client.post("/logout")
            await eventually(lambda: socket.close_code is not None)
            opened.reader.cancel()


async def tabs_of_all_workers(server: Server, stack: AsyncExitStack, number: int) -> list[Tab]:
    tabs: list[Tab] = []
    async with asyncio.timeout(120):
        while len({each.worker for each in tabs}) < number:
            path = "/other" if len(tabs) % 2 else "/"
            opened = tab(server.host, f"user {len(tabs)}", path)
            tabs.append(await stack.enter_async_context(opened))
    return tabs


@pytest.mark.parametrize(("name", "workers"), [("uvicorn", 4), ("granian", 2)])
async def test_workers_without_any_setting_act_as_one(name: str, workers: int, tmp_path: Path) -> None:
    """Each tab signs in, loads its page, joins, navigates and signs out, at whichever worker its requests reach."""
    with serving(name, tmp_path, workers) as server:
        await first_response(f"http://{server.host}/")
        async with AsyncExitStack() as stack:
            tabs = await tabs_of_all_workers(server, stack, workers)
            await eventually(lambda: {each.people for each in tabs} == {len(tabs)})
            await tabs[0].write("hello")
            await eventually(lambda: {each.text for each in tabs} == {"hello"})
        [shared] = (tmp_path / "tmp").glob("pyview-*")
        assert shared.stat().st_mode & 0o777 == 0o700
        assert (shared / "secret").stat().st_mode & 0o777 == 0o600
    assert not list((tmp_path / "tmp").glob("pyview-*")), "the last worker removes what they shared"
    assert "PYVIEW_SECRET: each refuses" not in server.log
    assert "Traceback" not in server.log


async def test_a_killed_worker_is_replaced(tmp_path: Path) -> None:
    with serving("uvicorn", tmp_path, 2) as server:
        await first_response(f"http://{server.host}/")
        async with AsyncExitStack() as stack:
            tabs = await tabs_of_all_workers(server, stack, 2)
            killed = tabs[0].worker
            left = [each for each in tabs if each.worker != killed]
            os.kill(killed, signal.SIGKILL)
            await eventually(lambda: {each.people for each in left} == {len(left)}, within=30)
            new = await stack.enter_async_context(tab(server.host, "new"))
            await new.write("hello again")
            await eventually(lambda: {each.text for each in (*left, new)} == {"hello again"})
    assert "Traceback" not in server.log


async def test_a_limit_of_sockets_holds_over_all_workers(tmp_path: Path) -> None:
    with serving("uvicorn", tmp_path, 2, "limited") as server:
        await first_response(f"http://{server.host}/")
        async with AsyncExitStack() as stack:
            for _ in range(3):
                await stack.enter_async_context(socket_at(server.host))
            await poll(lambda: all_refused(server.host), within=30)
        # The browser has closed them.
        await poll(lambda: is_accepted(server.host), within=30)


def socket_at(host: str) -> connect:
    return connect(f"ws://{host}/live/websocket?vsn=2.0.0", origin=f"http://{host}")  # type: ignore[arg-type]


async def is_accepted(host: str) -> bool:
    try:
        async with socket_at(host):
            return True
    except InvalidStatus as refused:
        return refused.response.status_code != 429


async def all_refused(host: str) -> bool:
    """Return True if a dozen handshakes are refused, which reach all workers."""
    return not any(await asyncio.gather(*(is_accepted(host) for _ in range(12))))
