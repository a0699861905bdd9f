"""Start, observe and stop server processes."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

import psutil

from bench.machine import Usage, usage_of

BARE = "bench.apps.bare:app"
OURS = "bench.apps.ours:app"
GUARDED = "bench.apps.guarded:app"


@dataclass(frozen=True)
class Server:
    """A running server: its port and process."""

    name: str
    port: int
    process: psutil.Process

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def usage(self) -> Usage:
        return usage_of(self.process)


@contextlib.asynccontextmanager
async def running(application: str, core: int | None) -> AsyncIterator[Server]:
    """Start a server process that is ready to respond. It ends with the block.

    Raises `RuntimeError` if the application does not start within 20 seconds; its error is on stderr.
    """
    command = [sys.executable, "-m", "bench.serve", application, "" if core is None else str(core)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: ASYNC220
    try:
        server = Server(application, await _port_of(child), psutil.Process(child.pid))
        await _wait_until_ready(server)
        yield server
    finally:
        child.kill()
        child.communicate()


async def _port_of(child: subprocess.Popen[bytes]) -> int:
    assert child.stdout is not None
    line = await asyncio.to_thread(child.stdout.readline)
    if not line:
        raise RuntimeError("the server process ended before it listened: its message is above")
    return int(line)


async def _wait_until_ready(server: Server) -> None:
    """Wait for the first response: the socket listens before the application has been imported."""
    try:
        async with asyncio.timeout(20):
            answer = await _first_response(server.port)
    except TimeoutError:
        raise RuntimeError(f"{server.name} did not answer within 20 s; its output is above") from None
    if not answer:
        raise RuntimeError(f"{server.name} ended before it answered: its message is above")


async def _first_response(port: int) -> bytes:
    """Return the response to a GET, empty if the server has ended."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()
