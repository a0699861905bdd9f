"""Two worker processes: a sign-out at one takes effect at the other, by a file or by Valkey."""

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
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
from tests.stores.valkey import ValkeyProcess, running_valkey

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"

pytestmark = pytest.mark.slow


@contextmanager
def worker(
    environ: dict[str, str],
    log: Path = Path(os.devnull),
    end: Callable[[subprocess.Popen[bytes]], None] = subprocess.Popen.terminate,
) -> Iterator[str]:
    port = free_port()
    options = ["--port", str(port), "--ws", websocket_protocol(), "--log-level", "error"]
    command = [sys.executable, "-m", "uvicorn", "tests.identity.worker:app", *options]
    with log.open("a") as stderr:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={
                "PATH": "/usr/bin:/bin",
                "PYVIEW_SECRET": SECRET,
                "PYVIEW_SPOOL": os.environ["PYVIEW_SPOOL"],
                **environ,
            },
            stderr=stderr,
        )
    try:
        _wait_for(port)
        yield f"127.0.0.1:{port}"
    finally:
        end(process)
        process.wait(timeout=15)


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            httpx.get(f"http://127.0.0.1:{port}/")
            return
        except httpx.TransportError:
            time.sleep(0.02)
    raise AssertionError("the worker did not start")


@pytest.fixture(scope="module")
def valkey() -> Iterator[ValkeyProcess]:
    with running_valkey() as server:
        yield server


@pytest.fixture(params=["sqlite", "valkey"])
def workers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    if request.param == "sqlite":
        environ = {"PYVIEW_STATE": str(tmp_path / "state.db")}
    else:
        environ = {"PYVIEW_REDIS_URL": request.getfixturevalue("valkey").url}
    with ExitStack() as stack:
        yield stack.enter_context(worker(environ)), stack.enter_context(worker(environ))


async def signed_in(host: str, name: str) -> dict[str, str]:
    """Sign in and return the cookies."""
    async with httpx.AsyncClient(base_url=f"http://{host}") as client:
        assert (await client.post(f"/login/{name}")).status_code == 200
        return dict(client.cookies)


async def status(host: str, cookies: dict[str, str]) -> int:
    async with httpx.AsyncClient(base_url=f"http://{host}", cookies=cookies) as client:
        return (await client.get("/")).status_code


async def status_in_time(host: str, cookies: dict[str, str], expected: int) -> bool:
    """Return True if the page answers `expected` within ten seconds."""
    try:
        return await poll(lambda: answers(host, cookies, expected))
    except TimeoutError:
        return False


async def answers(host: str, cookies: dict[str, str], expected: int) -> bool:
    return await status(host, cookies) == expected


async def post(host: str, path: str, cookies: dict[str, str]) -> None:
    async with httpx.AsyncClient(base_url=f"http://{host}", cookies=cookies) as client:
        assert (await client.post(path)).status_code == 200


@asynccontextmanager
async def joined(host: str, cookies: dict[str, str]) -> AsyncIterator[ClientConnection]:
    async with httpx.AsyncClient(base_url=f"http://{host}", cookies=cookies) as client:
        html = (await client.get("/")).text
    found = [
        re.search(pattern, html)
        for pattern in (r'id="(phx-[^"]+)"', r'data-phx-session="([^"]*)"', r'csrf-token" content="([^"]*)"')
    ]
    dom_id, session, csrf = (unescape(match[1]) for match in found if match)
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    payload: dict[str, Any] = {"url": f"http://{host}/", "params": {"_csrf_token": csrf}, "session": session}
    url = f"ws://{host}/live/websocket?vsn=2.0.0"
    async with connect(url, additional_headers={"cookie": cookie}) as socket:
        await socket.send(json.dumps(["4", "4", f"lv:{dom_id}", "phx_join", payload]))
        assert json.loads(await socket.recv())[4]["status"] == "ok"
        yield socket


async def sent_away(socket: ClientConnection) -> float:
    """Return the seconds until the redirect; the end of the socket must follow."""
    started = time.monotonic()
    async with asyncio.timeout(20):
        assert json.loads(await socket.recv())[3] == "redirect"
        taken = time.monotonic() - started
        with suppress(ConnectionClosed):
            async for _ in socket:
                pass
    assert socket.close_code == 4001
    return taken


async def test_sign_out_at_one_worker_ends_pages_at_the_other(workers: tuple[str, str]) -> None:
    one, two = workers
    alice, bob = await signed_in(one, "alice"), await signed_in(two, "bob")
    async with joined(two, alice) as alices, joined(two, bob) as bobs:
        await post(one, "/logout", alice)
        assert await sent_away(alices) < 5.0
        assert await status(two, alice) == 401
        assert await status(one, alice) == 401
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(bobs.recv(), 0.2)
        assert await status(one, bob) == 200


async def test_logout_everywhere_reaches_every_device_at_every_worker(workers: tuple[str, str]) -> None:
    one, two = workers
    phone, laptop = await signed_in(one, "carol"), await signed_in(two, "carol")
    async with joined(one, phone) as first, joined(two, laptop) as second:
        await post(two, "/everywhere", laptop)
        assert await sent_away(first) < 5.0
        assert await sent_away(second) < 5.0
    assert [await status(host, cookies) for host in workers for cookies in (phone, laptop)] == [401] * 4
    assert await status(one, await signed_in(two, "carol")) == 200


async def test_during_an_outage_only_users_of_a_moment_ago_are_signed_in(tmp_path: Path) -> None:
    with running_valkey() as server, worker({"PYVIEW_REDIS_URL": server.url}) as host:
        known, unknown, gone = [await signed_in(host, name) for name in ("known", "unknown", "gone")]
        assert [await status(host, cookies) for cookies in (known, gone)] == [200, 200]
        await post(host, "/logout", gone)
        server.freeze()
        try:
            assert await status(host, known) == 200
            assert await status(host, unknown) == 503
            assert await status(host, gone) == 401
        finally:
            server.thaw()
        assert await status_in_time(host, unknown, 200)
        assert await status(host, gone) == 401
