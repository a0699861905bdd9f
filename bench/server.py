"""Start, observe and stop server processes."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.machine import Usage, usage_of

HERE = Path(__file__).parent.parent


@dataclass(frozen=True)
class Site:
    """An application, the WebSocket protocol that it is served with, and the checkout of the repository.

    `protocol` is a name that `bench.serve` knows, empty for the default of the checkout. That of another checkout may
    know no names.
    """

    application: str
    protocol: str = ""
    checkout: Path = HERE

    def command(self, core: int | None) -> list[str]:
        """Return the command that serves the site, pinned to `core`."""
        python = sys.executable if self.checkout == HERE else str(self.checkout / ".venv/bin/python")
        names = [self.application, "" if core is None else str(core), self.protocol]
        return [python, "-m", "bench.serve", *(names if self.protocol else names[:2])]


BARE = Site("bench.apps.bare:app", "uvicorn")
BARE_ON_OURS = Site("bench.apps.bare:app", "picows")
OURS = Site("bench.apps.ours:app")
OURS_ON_UVICORN = Site("bench.apps.ours:app", "uvicorn")
GUARDED = Site("bench.apps.guarded:app")


@dataclass(frozen=True)
class Server:
    """A running server: its site, port and process."""

    site: Site
    port: int
    process: psutil.Process

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def usage(self) -> Usage:
        return usage_of(self.process)

    @property
    def is_bare(self) -> bool:
        return self.site.application == BARE.application


@contextlib.asynccontextmanager
async def running(site: Site, core: int | None) -> AsyncIterator[Server]:
    """Start a server process that is ready to respond. It ends with the block.

    Raises `RuntimeError` if the application does not start within 20 seconds; its error is on stderr.
    """
    child = subprocess.Popen(  # noqa: ASYNC220
        site.command(core), stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=site.checkout
    )
    try:
        server = Server(site, await _port_of(child), psutil.Process(child.pid))
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
        raise RuntimeError(f"{server.site} did not answer within 20 s; its output is above") from None
    if not answer:
        raise RuntimeError(f"{server.site} ended before it answered: its message is above")


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
