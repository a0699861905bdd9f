"""Clients that send endlessly, or never read, cost bounded memory. Each server is a process of its own."""

import contextlib
import json
import select
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import pytest

from tests.ports import free_port
from tests.uvicorn_ws.conftest import ON_LOOPS
from tests.uvicorn_ws.raw import CLOSE, CONTINUATION, PING, TEXT, RawClient, close, encode, request, until

ROOT = Path(__file__).resolve().parent.parent.parent
LIMIT = 100_000
FLOOD = 20_000_000
MOST_GROWTH = 8_000_000
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="asks Linux about memory"),
]


@dataclass
class Process:
    port: int

    def client(self, path: str) -> RawClient:
        return RawClient.to(self.port).opened(path)

    def is_serving(self) -> bool:
        with contextlib.suppress(OSError), self.client("/echo"):
            return bool(self.state())
        return False

    def state(self) -> dict[str, int]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/state", timeout=30) as response:
            state: dict[str, int] = json.load(response)
            return state

    def resident(self) -> int:
        return self.state()["resident"]


@pytest.fixture(scope="module", params=ON_LOOPS, ids=lambda pair: f"on {pair[1]}")
def process(request: pytest.FixtureRequest) -> Iterator[Process]:
    ws, loop = request.param
    with process_of(ws, loop) as found:
        yield found


@contextmanager
def process_of(ws: str, loop: str) -> Iterator[Process]:
    port = free_port()
    options = [
        *("--port", str(port), "--ws", ws, "--loop", loop, "--ws-max-size", str(LIMIT)),
        *("--log-level", "critical", "--ws-per-message-deflate", "false", "--timeout-graceful-shutdown", "1"),
    ]
    command = [sys.executable, "-m", "uvicorn", "tests.uvicorn_ws.hostile_app:app", *options]
    running = subprocess.Popen(command, cwd=ROOT)
    try:
        found = Process(port)
        until(found.is_serving, within=30)
        yield found
    finally:
        running.terminate()
        running.wait(30)


def flood(client: RawClient, data: bytes, most: int = FLOOD, patience: float = 0.3) -> int:
    """Send `data` again and again until the server has read `most` bytes, stops to read, or has closed."""
    sent = 0
    client.socket.setblocking(False)
    with contextlib.suppress(ConnectionError):
        while sent < most and select.select([], [client.socket], [], patience)[1]:
            with contextlib.suppress(BlockingIOError):
                sent += client.socket.send(data)
    client.socket.setblocking(True)
    client.socket.settimeout(10)
    return sent


FLOODS: dict[str, Callable[[], tuple[str, bytes, bytes]]] = {
    # path, sent once, sent again and again
    "behind a wrong frame": lambda: ("/echo", encode(0x3), b"x" * 65_536),
    "behind a text that is none": lambda: ("/echo", encode(TEXT, b"\xff"), b"x" * 65_536),
    "behind the head of a frame that is too large": lambda: (
        "/echo",
        encode(TEXT, b"x" * (LIMIT + 1))[:14],
        b"x" * 65_536,
    ),
    "empty fragments": lambda: (
        "/echo",
        encode(TEXT, fin=False),
        encode(CONTINUATION, fin=False) * 10_000,
    ),
    "empty fragments of one byte": lambda: (
        "/echo",
        encode(TEXT, fin=False),
        encode(CONTINUATION, b"x", fin=False) * 10_000,
    ),
    "pings whose pongs are not read": lambda: ("/echo", b"", encode(PING, b"x" * 125) * 500),
    "messages whose answers are not read": lambda: ("/echo", b"", encode(TEXT, b"x" * 60_000)),
    "messages that the application does not receive": lambda: ("/deaf", b"", encode(TEXT, b"x" * 60_000)),
    "short messages that it does not receive": lambda: ("/deaf", b"", encode(TEXT, b"x") * 9000),
    "frames before the accept": lambda: ("/never", b"", encode(TEXT, b"x" * 60_000)),
    "frames after the close of the application": lambda: ("/closing", b"", encode(TEXT, b"x" * 60_000)),
    "pings after the close of the application": lambda: ("/closing", b"", encode(PING, b"x" * 125) * 500),
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_is_not_kept(process: Process, name: str) -> None:
    path, first, again = FLOODS[name]()
    before = process.resident()
    with RawClient.to(process.port) as client:
        client.send(request(path))
        if path != "/never":
            assert client.response().status == 101
        client.send(first)
        # Kept frames of two bytes would need far more memory than their bytes.
        flood(client, again, FLOOD // 4 if name == "empty fragments" else FLOOD)
        assert process.resident() - before < MOST_GROWTH


def test_the_size_of_a_frame_is_enough_to_refuse_it(process: Process) -> None:
    """Nothing of it is read first."""
    with process.client("/echo") as client:
        client.send(encode(TEXT, b"x" * (LIMIT + 1))[:14])
        assert client.rest()[-1].payload[:2] == (1009).to_bytes(2)


def test_a_client_that_does_not_read_stops_the_sender(process: Process) -> None:
    before = process.resident()
    with process.client("/talking"):
        started = monotonic()
        until(lambda: monotonic() - started > 0.5)
        assert process.resident() - before < MOST_GROWTH


def test_connections_that_sent_large_messages_keep_no_buffer(process: Process) -> None:
    """Each echoes one message of nearly the limit, and is idle then."""
    count = 50
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(process.client("/echo")) for _ in range(count)]
        before = process.resident()
        for client in clients:
            client.send(encode(TEXT, b"x" * 90_000))
            assert client.receive() is not None
        grown = process.resident() - before
    assert grown < count * 90_000 / 3 + 1_000_000


@pytest.mark.parametrize("path", ["/echo", "/talking", "/closing"])
def test_ends_of_all_kinds_leave_nothing(process: Process, path: str) -> None:
    def ended() -> bool:
        state = process.state()
        return (state["files"], state["tasks"]) == (before["files"], before["tasks"])

    before = process.state()
    for number in range(100):
        with process.client(path) as client:
            client.send_pieces([encode(TEXT, b"x" * number)[: number or None]])
            if number % 2:
                client.reset()
    until(ended, within=30)


DEAF_ENDS: dict[str, bytes] = {
    "half a connection": b"",
    "a close": encode(CLOSE, close(1000).payload),
    "two closes": encode(CLOSE, close(1000).payload) * 2,
    "a mistake": encode(0x3),
    "a close and a mistake": encode(CLOSE, close(1000).payload) + encode(0x3),
}


def test_clients_that_end_and_read_nothing_are_dropped(process: Process) -> None:
    """What was sent to them can never be delivered, and TCP itself would wait for days."""

    def dropped() -> bool:
        return process.state()["files"] == files

    files = process.state()["files"]
    with contextlib.ExitStack() as stack:
        for end in DEAF_ENDS.values():
            client = stack.enter_context(process.client("/talking"))
            until(lambda client=client: select.select([client.socket], [], [], 0)[0])  # type: ignore[misc]
            client.send(end)
            if not end:
                client.half_close()
        until(dropped, within=30)
