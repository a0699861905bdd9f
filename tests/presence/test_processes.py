"""Worker processes that are killed, stand still and are replaced, while their pages are open."""

import asyncio
import json
import re
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from pyview.uvicorn_ws import websocket_protocol
from tests.asgi import poll
from tests.ports import free_port
from tests.stores.fixtures import own_valkey, valkey
from tests.stores.valkey import ValkeyProcess

__all__ = ["own_valkey", "valkey"]

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"

pytestmark = pytest.mark.slow


class Worker:
    def __init__(self, process: Process, port: int) -> None:
        self.process = process
        self.host = f"127.0.0.1:{port}"
        self.url = f"http://{self.host}"

    async def report(self) -> dict[str, Any]:
        """Return its list of users, with their numbers of pages, and what it was notified of since the first call."""
        async with httpx.AsyncClient(base_url=self.url, timeout=20) as client:
            response = await client.get("/report")
        report: dict[str, Any] = response.json()
        return report

    async def lists(self, names: str) -> bool:
        """Return True if it lists each of `names` with one page, and no others."""
        tabs = (await self.report())["tabs"]
        return bool(tabs == dict.fromkeys(names, 1))

    async def stop(self) -> None:
        self.process.terminate()
        await self.process.wait()


class Page:
    """A page in a browser, which connects to another worker when its connection is lost."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.socket: ClientConnection | None = None
        self._mounts = 0

    async def load(self, worker: Worker) -> None:
        async with httpx.AsyncClient(base_url=worker.url, timeout=20) as client:
            html = (await client.get("/user", params={"who": self.name})).text
        patterns = r'id="(phx-[^"]+)"', r'data-phx-session="([^"]*)"', r'csrf-token" content="([^"]*)"'
        found = [re.search(pattern, html) for pattern in patterns]
        self._id, self._session, self._csrf = (unescape(match[1]) for match in found if match)
        await self.join(worker)

    async def join(self, worker: Worker) -> None:
        params = {"_csrf_token": self._csrf, "_load": f"load of {self.name}", "_mounts": self._mounts}
        url = f"{worker.url}/user?who={self.name}"
        join = {"url": url, "params": params, "session": self._session}
        self._mounts += 1
        self.socket = await connect(f"ws://{worker.host}/live/websocket?vsn=2.0.0")
        await self.socket.send(json.dumps(["4", "4", f"lv:{self._id}", "phx_join", join]))
        assert json.loads(await self.socket.recv())[4]["status"] == "ok"

    async def lost(self) -> None:
        """Wait until the connection is lost."""
        assert self.socket is not None
        with suppress(ConnectionClosed):
            async for _ in self.socket:
                pass


@asynccontextmanager
async def workers(environ: dict[str, str]) -> AsyncIterator[list[Worker]]:
    """Three workers. Those that a test adds to the list are ended, too."""
    started: list[Worker] = []
    try:
        while len(started) < 3:
            started.append(await worker(environ))
        yield started
    finally:
        for each in started:
            if each.process.returncode is None:
                each.process.kill()
            await each.process.wait()


async def worker(environ: dict[str, str]) -> Worker:
    port = free_port()
    options = ["--port", str(port), "--log-level", "error", "--ws", websocket_protocol()]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "uvicorn", "tests.presence.room:app", *options),
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYVIEW_SECRET": SECRET, **environ},
        stderr=DEVNULL,
    )
    started = Worker(process, port)

    async def answers() -> bool:
        with suppress(httpx.TransportError):
            return bool(await started.report())
        return False

    await poll(answers, within=60)
    return started


async def opened(names: str, at: list[Worker]) -> list[Page]:
    pages = [Page(name) for name in names]
    for number, page in enumerate(pages):
        await page.load(at[number % len(at)])
    for each in at:
        await poll(lambda each=each: each.lists(names), within=30)  # type: ignore[misc]
    return pages


async def changes(worker: Worker) -> tuple[list[str], list[str]]:
    """Return the users that the worker has notified its views of: those who came, and those who left."""
    report = await worker.report()
    return sorted(report["arrived"]), sorted(report["left"])


async def test_a_killed_worker_and_a_frozen_one(valkey: ValkeyProcess) -> None:
    async with workers({"PYVIEW_REDIS_URL": valkey.url}) as [one, two, three, *_]:
        pages = await opened("abcdefghi", [one, two, three])
        one.process.kill()
        killed_at = time.monotonic()
        two.process.send_signal(signal.SIGSTOP)
        for page in pages[0:6:3]:
            await page.lost()
            await page.join(three)
        await asyncio.sleep(5)
        two.process.send_signal(signal.SIGCONT)
        await poll(lambda: three.lists("abcdefhi"), within=30)
        # Ten seconds, and some for a machine that is busy with other tests.
        assert time.monotonic() - killed_at < 16
        await poll(lambda: two.lists("abcdefhi"), within=30)
        for each in (two, three):
            assert await changes(each) == (list("abcdefghi"), ["g"]), "all others have stayed"


async def test_a_rolling_restart(tmp_path: Path) -> None:
    """Without a server: the workers share a file, and are connected to each other."""
    environ = {"PYVIEW_STATE": str(tmp_path / "state.db")}
    async with workers(environ) as started:
        pages = await opened("abcdef", started)
        for number in range(3):
            old, *others = started[number:]
            moved = [page for page in pages if page.socket is not None and _is_at(page, old)]
            stopping = asyncio.create_task(old.stop())
            for page in moved:
                await page.lost()
                await page.join(others[0])
            await stopping
            started.append(await worker(environ))
            report = await started[-1].report()
            assert report["tabs"] == dict.fromkeys("abcdef", 1), "the first list is complete"
        # As a server does that closes its sockets before it stops the application.
        await pages[1].socket.close(1012)  # type: ignore[union-attr]
        await asyncio.sleep(0.5)
        await pages[1].join(started[-1])
        await pages[0].socket.close(4000)  # type: ignore[union-attr]
        for each in started[3:]:
            await poll(lambda each=each: each.lists("bcdef"), within=30)  # type: ignore[misc]
            assert (await changes(each))[1] == ["a"]


@pytest.mark.soak
async def test_an_outage_of_the_broker_removes_nobody(own_valkey: ValkeyProcess) -> None:
    async with workers({"PYVIEW_REDIS_URL": own_valkey.url}) as started:
        pages = await opened("abc", started)
        own_valkey.kill()
        # Longer than a silent worker is waited for.
        await asyncio.sleep(13)
        await pages[0].socket.close(4000)  # type: ignore[union-attr]
        own_valkey.start()
        for each in started:
            await poll(lambda each=each: each.lists("bc"), within=30)  # type: ignore[misc]
        await asyncio.sleep(1)
        for each in started:
            assert await changes(each) == (list("abc"), ["a"])


def _is_at(page: Page, worker: Worker) -> bool:
    assert page.socket is not None
    return bool(page.socket.remote_address[1] == int(worker.host.split(":")[1]))
