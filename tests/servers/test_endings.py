"""A running handler is not interrupted: neither when its browser leaves nor when the server stops."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.asgi import eventually
from tests.ports import free_port
from tests.servers.test_servers import COMMANDS, ROOT, joined

APP = "tests.servers.charging:app"
CHARGE = {"type": "click", "event": "charge", "value": {}}


class Server:
    """A server process and the lines that its handlers wrote."""

    def __init__(self, process: "subprocess.Popen[bytes]", host: str, book: Path) -> None:
        self.process = process
        self.host = host
        self._book = book

    @property
    def book(self) -> list[str]:
        return self._book.read_text().splitlines()

    @property
    def workers(self) -> int:
        """Number of the workers that have started."""
        return len(list(self._book.parent.glob(f"{self._book.name}.*")))

    async def stop(self) -> tuple[float, str]:
        """Send SIGTERM; return the seconds until the process has ended, and its log."""
        begun = time.monotonic()
        self.process.terminate()
        output, _ = await asyncio.to_thread(self.process.communicate, timeout=60)
        return time.monotonic() - begun, output.decode()


@contextmanager
def charging(
    folder: Path, name: str = "uvicorn", options: Sequence[str] = (), **environment: str
) -> Iterator[Server]:
    port, book = free_port(), folder / "book"
    book.touch()
    command = [sys.executable, "-m", *(part.format(app=APP, port=port) for part in COMMANDS[name]), *options]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "BOOK": str(book), **environment},
        start_new_session=True,
    )
    try:
        yield Server(process, f"127.0.0.1:{port}", book)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)  # its workers too, which hold its output open
            process.communicate()


async def charge(socket: Any, topic: str, server: Server) -> None:
    await socket.send(json.dumps(["4", "5", topic, "event", CHARGE]))
    await eventually(lambda: server.book == ["begins"])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["granian", "uvicorn"])  # Hypercorn waits until the browsers have gone
@pytest.mark.parametrize("environment", [{}, {"IN_THREAD": "1"}], ids=["awaits", "in a thread"])
async def test_a_stopping_server_waits_for_handlers(
    tmp_path: Path, name: str, environment: dict[str, str]
) -> None:
    with charging(tmp_path, name, **environment) as server:
        async with joined(server.host, "") as (socket, topic):
            await charge(socket, topic, server)
            seconds, output = await server.stop()
    assert server.book == ["begins", "booked", "disconnect"], output
    assert seconds < 10
    assert "Traceback" not in output


@pytest.mark.slow
async def test_closing_the_tab_does_not_interrupt_a_handler(tmp_path: Path) -> None:
    with charging(tmp_path) as server:
        async with joined(server.host, "") as (socket, topic):
            await charge(socket, topic, server)
            await socket.send(json.dumps([None, "6", "phoenix", "goodbye", {}]))
        await eventually(lambda: server.book == ["begins", "booked", "disconnect"])


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(COMMANDS))
async def test_a_stopping_server_waits_for_handlers_of_closed_tabs(tmp_path: Path, name: str) -> None:
    with charging(tmp_path, name) as server:
        async with joined(server.host, "") as (socket, topic):
            await charge(socket, topic, server)
            await socket.send(json.dumps([None, "6", "phoenix", "goodbye", {}]))
        seconds, output = await server.stop()
    assert server.book == ["begins", "booked", "disconnect"], output
    assert seconds < 10


@pytest.mark.slow
async def test_a_handler_that_does_not_end_does_not_keep_the_server(tmp_path: Path) -> None:
    with charging(tmp_path, CHARGE_SECONDS="60", drain_timeout="2") as server:
        async with joined(server.host, "") as (socket, topic):
            await charge(socket, topic, server)
            seconds, output = await server.stop()
    assert server.book == ["begins", "cancelled", "disconnect"], output
    assert seconds < 8
    assert "Charge: event 'charge' was cancelled" in output
