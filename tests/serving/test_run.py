"""`pyview run`: the real command in production mode."""

import os
import signal
import socket
import time
from pathlib import Path

import httpx
import psutil
import pytest

from tests.serving.command import COUNTER, WITHIN, Command, running

pytestmark = pytest.mark.slow

SECRET = "Zm9yIHRlc3RzIG9ubHksIG5vdCBmb3IgYW55IHNpdGU="
SHOP = COUNTER.replace(
    "app = PyView()",
    "import os, sys\nfrom pyview import SecurityConfig\n"
    "app = PyView(security=SecurityConfig(allowed_hosts=['127.0.0.1', 'shop.example.org']))\n"
    # In one piece: other processes write to the same output.
    "sys.stdout.write(f'served by {os.getpid()}\\n')\nsys.stdout.flush()\n",
)

BROKEN = """
import contextlib

@contextlib.asynccontextmanager
async def broken(app):
    raise OSError("no database")
    yield
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(SHOP)
    return tmp_path


def get(command: Command) -> str:
    response = httpx.get(f"{command.url}/", timeout=WITHIN)
    assert response.status_code == 200, response.text
    return response.text


def test_one_process_serves_and_stops_with_the_signal(folder: Path) -> None:
    with running(folder, "run", "--port", "0", PYVIEW_SECRET=SECRET) as command:
        assert "one 0" in get(command)
        command.process.send_signal(signal.SIGTERM)
        assert command.ended() == 0
    assert "Traceback" not in command.output
    assert not (folder / ".pyview").exists()


def test_workers_are_replaced_and_end_with_their_parent(folder: Path) -> None:
    state = str(folder / "state.db")
    with running(
        folder, "run", "--port", "0", "--workers", "2", PYVIEW_SECRET=SECRET, PYVIEW_STATE=state
    ) as command:
        assert "one 0" in get(command)
        # The check has imported the application, too.
        command.printed(r"(served by \d+(.|\n)*){3}")
        workers = [process for process in command.processes() if _is_worker(process)]
        workers[0].kill()
        command.printed(r"(served by \d+(.|\n)*){4}")
        assert "one 0" in get(command)
        stopped = time.monotonic()
        command.interrupt()
        assert command.ended() == 0
        assert time.monotonic() - stopped < 15  # seconds: `drain_timeout`, and the ends of the processes
    assert "Traceback" not in command.output


def _is_worker(process: psutil.Process) -> bool:
    return "spawn_main" in " ".join(process.cmdline())


@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_application_that_is_not_ready_for_production_does_not_start(tmp_path: Path, workers: str) -> None:
    (tmp_path / "app.py").write_text(COUNTER)
    with running(tmp_path, "run", "--port", "0", "--workers", workers) as command:
        assert command.ended() == 1
    assert "PYVIEW_SECRET is not set" in command.output
    assert "allowed_hosts" in command.output
    assert ("PYVIEW_STATE" in command.output) == (workers == "2")
    assert "The application does not start in production mode" in command.output
    assert "Traceback" not in command.output


def test_workers_that_cannot_start_end_the_server(folder: Path) -> None:
    """The check passes; the lifespan fails."""
    (folder / "app.py").write_text(BROKEN + SHOP.replace("PyView(", "PyView(lifespan=broken, "))
    with running(
        folder,
        "run",
        "--port",
        "0",
        "--workers",
        "2",
        PYVIEW_SECRET=SECRET,
        PYVIEW_STATE=str(folder / "s.db"),
    ) as command:
        assert command.ended() == 1
    assert "no database" in command.output


def test_a_unix_socket_is_for_a_proxy(folder: Path) -> None:
    path = folder / "shop.sock"
    left_over = socket.socket(socket.AF_UNIX)
    left_over.bind(str(path))
    left_over.close()
    arguments = ["run", "--unix-socket", str(path), "--forwarded-allow-ips", "*"]
    with running(folder, *arguments, PYVIEW_SECRET=SECRET) as command:
        command.printed(f"is served at {path}")
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), timeout=WITHIN) as proxy:
            headers = {"host": "shop.example.org", "x-forwarded-proto": "https"}
            assert "one 0" in proxy.get("http://shop.example.org/", headers=headers).text
        command.process.send_signal(signal.SIGTERM)
        assert command.ended() == 0
    assert not os.path.exists(path)
