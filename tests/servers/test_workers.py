"""Several workers without a shared store of sign-outs: servers refuse them in production, and do not retry."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.ports import free_port
from tests.servers.test_secrets import ROOT, SOUND

pytestmark = pytest.mark.slow

APP = "tests.servers.shop:shop"
API = """
import uvicorn
if __name__ == "__main__":
    uvicorn.run("tests.servers.shop:shop", factory=True, workers=2, port={port})
"""
SERVERS = {
    "uvicorn": ["uvicorn", APP, "--factory", "--port", "{port}", "--workers", "2"],
    "uvicorn by environment": ["uvicorn", APP, "--factory", "--port", "{port}"],
    "hypercorn": ["hypercorn", f"{APP}()", "-b", "127.0.0.1:{port}", "-w", "2"],
    "granian": ["granian", "--interface", "asgi", "--factory", APP, "--port", "{port}", "--workers", "2"],
}


def started(command: list[str], **environ: str) -> "subprocess.Popen[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYVIEW_")}
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env={**kept, **SOUND, "PYVIEW_ENV": "production", **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def output_of(process: "subprocess.Popen[str]") -> str:
    """Return the output of a server that exits by itself."""
    try:
        return process.communicate(timeout=60)[0]
    except subprocess.TimeoutExpired:
        process.terminate()
        output, _ = process.communicate(timeout=30)
        raise AssertionError(f"it goes on:\n{output}") from None


@pytest.mark.parametrize("server", SERVERS)
def test_they_are_refused(server: str) -> None:
    command = [part.format(port=free_port()) for part in SERVERS[server]]
    environ = {"WEB_CONCURRENCY": "2"} if "environment" in server else {}
    output = output_of(started(["-m", *command], **environ))
    assert "PyView does not start:" in output
    assert "2 workers (" in output
    assert "PYVIEW_REDIS_URL" in output


def test_the_number_of_workers_in_code_is_known(tmp_path: Path) -> None:
    script = tmp_path / "serve.py"
    script.write_text(API.format(port=free_port()))
    output = output_of(started([str(script)], PYTHONPATH=str(ROOT)))
    assert "2 workers (the configuration of uvicorn)" in output


def test_with_a_file_they_start(tmp_path: Path) -> None:
    port = free_port()
    command = [part.format(port=port) for part in SERVERS["uvicorn"]]
    process = started(["-m", *command], PYVIEW_STATE=str(tmp_path / "state.db"))
    try:
        transport = httpx.HTTPTransport(retries=10)
        with httpx.Client(transport=transport, base_url=f"http://127.0.0.1:{port}") as client:
            assert client.get("/").status_code < 500
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=30)
    assert "Traceback" not in output
