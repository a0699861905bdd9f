"""Several workers of one application, and requests that reach any of them: a proxy without sticky sessions."""

import itertools
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from pyview.uvicorn_ws import websocket_protocol
from tests.asgi import first_response
from tests.ports import free_port
from tests.servers.test_secrets import NEW, ROOT
from tests.stores.valkey import running_valkey

SITE = "site.test"


class Worker:
    """One uvicorn process with one worker."""

    def __init__(self, app: str, log: Path, environ: dict[str, str]) -> None:
        self.port = free_port()
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYVIEW_")}
        options = ["--port", str(self.port), "--ws", websocket_protocol(), "--log-level", "warning"]
        command = [sys.executable, "-m", "uvicorn", app, *options]
        with log.open("a") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env={**kept, "PYVIEW_SECRET": NEW, **environ}, stdout=output, stderr=output
            )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class Fleet:
    """Workers behind one name. Each request goes to the next one, or to the one that is set as `only`."""

    def __init__(self, workers: list[Worker]) -> None:
        self.workers = workers
        self.only: Worker | None = None
        self._turn = itertools.count()

    async def started(self) -> None:
        for worker in self.workers:
            await first_response(f"http://127.0.0.1:{worker.port}/state")

    def next_port(self) -> int:
        worker = self.only or self.workers[next(self._turn) % len(self.workers)]
        return worker.port

    def client(self, **options: Any) -> "FleetClient":
        return FleetClient(self, **options)


class FleetClient:
    """A browser: its requests reach one worker after the other."""

    def __init__(self, fleet: Fleet, **options: Any) -> None:
        self.fleet = fleet
        self._http = httpx.AsyncClient(headers={"host": SITE}, timeout=60, **options)

    async def __aenter__(self) -> "FleetClient":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        url = f"http://127.0.0.1:{self.fleet.next_port()}{path}"
        response = await self._http.request(method, url, **options)
        # As if it had come from the site.
        response.request = httpx.Request(method, f"http://{SITE}{path}")
        return response

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("GET", path, **options)

    async def post(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("POST", path, **options)

    async def delete(self, path: str) -> httpx.Response:
        return await self.request("DELETE", path)


@contextmanager
def running(
    count: int, tmp_path: Path, app: str = "tests.servers.anywhere:app", **environ: str
) -> Iterator[Fleet]:
    """Run `count` workers. Fail if one of them logs a traceback."""
    log = tmp_path / "workers.log"
    workers = [Worker(app, log, environ) for _ in range(count)]
    try:
        yield Fleet(workers)
    finally:
        for worker in workers:
            worker.process.terminate()
        for worker in workers:
            worker.process.wait(timeout=30)
    assert "Traceback" not in log.read_text(), log.read_text()


@asynccontextmanager
async def fleet_of(count: int, tmp_path: Path, broker: str, **environ: str) -> AsyncIterator[Fleet]:
    """Run `count` workers that find each other by one of `BROKERS`."""
    with BROKERS[broker](tmp_path) as found, running(count, tmp_path, **found, **environ) as fleet:
        await fleet.started()
        yield fleet


@contextmanager
def _valkey(tmp_path: Path) -> Iterator[dict[str, str]]:
    with running_valkey() as server:
        yield {"PYVIEW_REDIS_URL": server.url}


@contextmanager
def _one_host(tmp_path: Path) -> Iterator[dict[str, str]]:
    yield {"PYVIEW_STATE": str(tmp_path / "state.db")}


BROKERS = {"valkey": _valkey, "one host": _one_host}
