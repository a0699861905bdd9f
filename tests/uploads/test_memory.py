"""A large file does not grow the server's memory or delay other requests, and leaves no file."""

import asyncio
import hashlib
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from pyview.wire.message import encode_binary
from tests.attack.server import Server, served
from tests.uploads.raw_client import file

CHUNK = 64 * 1024
MIB = 1024**2
MOST_GROWTH = 12 * MIB
LONGEST_WAIT = 0.5

pytestmark = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="asks Linux about memory")


class Sender:
    """A browser that sends as fast as the server answers."""

    def __init__(self, socket: ClientConnection, topic: str) -> None:
        self.socket = socket
        self.topic = topic
        self.digest = hashlib.sha256()

    async def ask(self, join_ref: str, ref: str, topic: str, event: str, payload: Any) -> Any:
        await self.socket.send(json.dumps([join_ref, ref, topic, event, payload]))
        return await self.answer(ref)

    async def answer(self, ref: str) -> Any:
        while True:
            frame = json.loads(await self.socket.recv())
            if frame[1] == ref and frame[3] == "phx_reply":
                assert frame[4]["status"] == "ok", frame
                return frame[4]["response"]

    async def permitted(self, upload: str, size: int) -> str:
        described = file("0", size=size)
        form = {"type": "form", "event": "check", "value": "", "meta": {}, "uploads": {upload: [described]}}
        await self.ask("4", "5", self.topic, "event", form)
        response = await self.ask(
            "4", "6", self.topic, "allow_upload", {"ref": upload, "entries": [described]}
        )
        return str(response["entries"]["0"])

    async def send(self, size: int) -> None:
        pattern = bytes(range(256)) * (CHUNK // 256)
        for number in range(size // CHUNK):
            chunk = number.to_bytes(8) + pattern[8:]
            self.digest.update(chunk)
            ref = str(1000 + number)
            await self.socket.send(encode_binary("7", ref, "lvu:0", "chunk", chunk))
            await self.answer(ref)


class Watch:
    """Measures the server's memory and response times periodically."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.most = 0
        self.longest = 0.0

    async def measure(self) -> dict[str, Any]:
        began = time.perf_counter()
        state: dict[str, Any] = (await self._server.get("/state")).json()
        self.longest = max(self.longest, time.perf_counter() - began)
        self.most = max(self.most, state["resident"])
        return state

    async def __call__(self) -> None:
        while True:
            await self.measure()
            await asyncio.sleep(0.1)  # the interval of the measurements

    async def until_nothing_is_stored(self) -> dict[str, Any]:
        async with asyncio.timeout(20):
            while (state := await self.measure())["stored"]:  # noqa: ASYNC110  another process
                await asyncio.sleep(0.02)
        return state


async def begun(server: Server, socket: ClientConnection, size: int) -> tuple[Sender, str]:
    page = await server.page("/")
    sender = Sender(socket, page.topic)
    joined = await sender.ask(*page.join("4"))
    found = re.search(r'data-phx-upload-ref="([^"]+)"', json.dumps(joined).replace('\\"', '"'))
    assert found
    token = await sender.permitted(found[1], size)
    await sender.ask("7", "7", "lvu:0", "phx_join", {"token": token})
    return sender, found[1]


@pytest.fixture(autouse=True)
def temporary_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Return the folder of the server's temporary files, used by no other test."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def connected(server: Server) -> connect:
    return connect(server.socket_url, origin=Origin(server.origin))


@pytest.mark.parametrize("size", [64 * MIB, pytest.param(1024 * MIB, marks=pytest.mark.soak)])
async def test_a_large_file_arrives_without_growing_memory(size: int) -> None:
    async with served("tests.uploads.digest_app:app") as server, connected(server) as socket:
        sender, upload = await begun(server, socket, size)
        watch = Watch(server)
        before = (await watch.measure())["resident"]
        watching = asyncio.create_task(watch())
        await sender.send(size)
        assert (await watch.measure())["stored"] == [size]
        watching.cancel()
        done = {"ref": upload, "entry_ref": "0", "progress": 100}
        await sender.ask("4", "9", sender.topic, "progress", done)
        form = {"type": "form", "event": "save", "value": "", "meta": {}}
        saved = await sender.ask("4", "10", sender.topic, "event", form)
        assert sender.digest.hexdigest() in str(saved)
        await watch.until_nothing_is_stored()
    assert watch.most - before < MOST_GROWTH, (
        f"{(watch.most - before) / MIB:.1f} MiB for {size / MIB:.0f} MiB"
    )
    assert watch.longest < LONGEST_WAIT


async def test_an_interrupted_large_file_is_deleted() -> None:
    async with served("tests.uploads.digest_app:app") as server:
        watch = Watch(server)
        before = await watch.measure()
        async with connected(server) as socket:
            sender, _ = await begun(server, socket, 1024 * MIB)
            await sender.send(8 * MIB)
            assert (await watch.measure())["stored"] == [8 * MIB]
            socket.transport.abort()
        state = await watch.until_nothing_is_stored()
        assert state["files"] <= before["files"]
