"""The log of a real server holds no secret, even with every logger at its lowest level."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from pyview.environment.websockets import PICOWS_PROTOCOL
from tests.asgi import first_response
from tests.ports import free_port
from tests.servers.test_secrets import NEW, ROOT, SESSION, join
from tests.servers.test_servers import COMMANDS

APP = """
import logging
from tests.servers.shop import shop

logging.basicConfig(level=1, format="%(name)s %(levelname)s %(message)s")
app = shop()
"""
PASSWORD = "hunter2-hunter2"
API_KEY = "K3Y-0f3e8a52"


def server(folder: Path, port: int, level: str, websockets: str) -> "subprocess.Popen[str]":
    (folder / "debugged.py").write_text(APP)
    command = [sys.executable, "-m", "uvicorn", "debugged:app", "--port", str(port)]
    path = os.pathsep.join([str(ROOT), str(folder)])
    return subprocess.Popen(
        [*command, "--log-level", level, "--ws", websockets],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "PYVIEW_SECRET": NEW, "SESSION_SECRET": SESSION},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.parametrize("websockets", ["websockets", "websockets-sansio", PICOWS_PROTOCOL])
@pytest.mark.parametrize("level", ["debug", "trace"])
async def test_a_session_leaves_no_secret_in_the_log(tmp_path: Path, level: str, websockets: str) -> None:
    port = free_port()
    process = server(tmp_path, port, level, websockets)
    secrets = [PASSWORD, API_KEY, NEW, SESSION]
    try:
        host = f"127.0.0.1:{port}"
        await first_response(f"http://{host}/basket")
        async with httpx.AsyncClient() as browser:
            form = {"user": "ada", "password": PASSWORD}
            await browser.post(f"http://{host}/login?api_key={API_KEY}", data=form)
            html = (await browser.get(f"http://{host}/basket?token={API_KEY}")).text
            assert (await join(host, html, browser.cookies))[0] == "ok"
            secrets += browser.cookies.values()
            secrets += [part.partition('"')[0] for part in html.split('data-phx-session="')[1:]]
            secrets += [part.partition('"')[0] for part in html.split('csrf-token" content="')[1:]]
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=20)
    assert "auth.login: signed in ('identity:ada'" in output
    assert "phx_reply" not in output, "frames are not in the log"
    assert len(secrets) >= 7
    for secret in secrets:
        for part in {secret, secret[:24], secret[-24:]}:
            assert part not in output


def crashing(name: str, port: int) -> "subprocess.Popen[str]":
    command = [part.format(app="tests.servers.app:crashing", port=port) for part in COMMANDS[name]]
    return subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(COMMANDS))
async def test_a_failure_is_logged_once_with_the_application_frames_first(name: str) -> None:
    port = free_port()
    process = crashing(name, port)
    try:
        await first_response(f"http://127.0.0.1:{port}/count")
        async with httpx.AsyncClient() as browser:
            response = await browser.get(f"http://127.0.0.1:{port}/crash")
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=30)
    assert response.status_code == 500
    assert output.count("Traceback") == 1
    assert response.text.removeprefix("Internal Server Error ") in output
    first = output.partition("Traceback (most recent call last):\n")[2].splitlines()[0]
    assert "servers/app.py" in first
