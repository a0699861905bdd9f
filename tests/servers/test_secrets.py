"""Secrets of a real server: those it refuses to start with, and their rotation."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from pyview.uvicorn_ws import websocket_protocol
from tests.asgi import first_response
from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
OLD = "YW4gb2xkZXIgb25lLCBhbHNvIGZvciB0ZXN0cyBvbmx5Li4="
NEW = "Zm9yIHRlc3RzIG9ubHksIG5vdCBmb3IgYW55IHNpdGU="
SESSION = "dGhlIHNlc3Npb24ncyBvd24sIGZvciB0ZXN0cyBvbmx5Lg=="
SOUND = {"SESSION_SECRET": SESSION, "HTTPS_ONLY": "1", "HOSTS": "127.0.0.1", "PYVIEW_SECRET": NEW}

pytestmark = pytest.mark.slow


def uvicorn(port: int, environ: dict[str, str]) -> "subprocess.Popen[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYVIEW_")}
    options = ["--factory", "--port", str(port), "--ws", websocket_protocol()]
    command = [sys.executable, "-m", "uvicorn", "tests.servers.shop:shop", *options]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env={**kept, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def served(port: int, **environ: str) -> Iterator[str]:
    process = uvicorn(port, {"SESSION_SECRET": SESSION, **environ})
    try:
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=30)
    assert "Traceback" not in output, output


class TestProductionDoesNotStart:
    def refused(self, **changes: str) -> str:
        environ = {name: value for name, value in {**SOUND, **changes}.items() if value}
        process = uvicorn(free_port(), {**environ, "PYVIEW_ENV": "production"})
        try:
            output, _ = process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
            raise AssertionError(f"it started:\n{output}") from None
        assert process.returncode not in (0, None), output
        return output

    @pytest.mark.parametrize("secret", ["", "short", "your-secret-key", "x" * 40])
    def test_with_a_weak_secret(self, secret: str) -> None:
        refusal = self.refused(PYVIEW_SECRET=secret)
        assert "PYVIEW_SECRET" in refusal
        assert "openssl rand -base64 32" in refusal

    def test_with_a_weak_secret_in_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("change-me-in-production\n")
        refusal = self.refused(PYVIEW_SECRET="", PYVIEW_SECRET_FILE=str(tmp_path / "secret"))
        assert f"PYVIEW_SECRET_FILE='{tmp_path / 'secret'}' is a value printed in documentation" in refusal

    @pytest.mark.parametrize("content", [None, ""])
    def test_with_a_file_that_gives_no_secret(self, tmp_path: Path, content: str | None) -> None:
        if content is not None:
            (tmp_path / "secret").write_text(content)
        refusal = self.refused(PYVIEW_SECRET="", PYVIEW_SECRET_FILE=str(tmp_path / "secret"))
        assert f"openssl rand -base64 32 > {tmp_path / 'secret'}" in refusal

    def test_with_a_weak_fallback(self) -> None:
        assert "PYVIEW_SECRET_FALLBACKS has 5 bytes" in self.refused(PYVIEW_SECRET_FALLBACKS=f"{OLD},short")

    @pytest.mark.parametrize(
        ("name", "value", "advice"),
        [
            ("SESSION_SECRET", "...", "SessionMiddleware(secret_key=...) is a value printed"),
            ("HTTPS_ONLY", "0", "Set https_only=True"),
            ("HOSTS", "", "SecurityConfig(allowed_hosts="),
        ],
    )
    def test_with_other_unsafe_settings(self, name: str, value: str, advice: str) -> None:
        assert advice in self.refused(**{name: value})

    def test_the_error_contains_no_secret(self) -> None:
        refusal = self.refused(PYVIEW_SECRET="p4ssw0rd", SESSION_SECRET="t1ny", HTTPS_ONLY="0")
        assert "p4ssw0rd" not in refusal
        assert "t1ny" not in refusal


class TestStarts:
    async def test_in_production_with_the_secret_in_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text(f"{NEW}\n")
        environ = {**SOUND, "PYVIEW_ENV": "production", "PYVIEW_SECRET_FILE": str(tmp_path / "secret")}
        with served(free_port(), **{**environ, "PYVIEW_SECRET": ""}) as host:
            assert (await first_response(f"http://{host}/basket")).status_code == 403


class TestRotation:
    """Both servers use the same port, so that the browser keeps its cookie and origin."""

    @pytest.mark.parametrize(
        ("after", "answer"),
        [
            ({"PYVIEW_SECRET": NEW, "PYVIEW_SECRET_FALLBACKS": OLD}, "ok"),
            ({"PYVIEW_SECRET": NEW}, "stale"),
        ],
    )
    async def test_a_page_joins_after_the_rotation(self, after: dict[str, str], answer: str) -> None:
        port = free_port()
        async with httpx.AsyncClient() as browser:
            with served(port, PYVIEW_SECRET=OLD) as host:
                await first_response(f"http://{host}/basket")
                await browser.post(f"http://{host}/login", data={"user": "ada"})
                html = (await browser.get(f"http://{host}/basket")).text
            with served(port, **after) as host:
                await first_response(f"http://{host}/basket")
                status, response = await join(host, html, browser.cookies)
        assert (status, response.get("reason", "ok")) == ("ok" if answer == "ok" else "error", answer)
        assert answer != "ok" or response["rendered"]["0"] == "ada"


async def join(host: str, html: str, cookies: httpx.Cookies) -> tuple[str, Any]:
    dom_id, session, csrf = (
        unescape(re.search(pattern, html)[1])  # type: ignore[index]
        for pattern in (r'id="(phx-[^"]+)"', r'data-phx-session="([^"]*)"', r'csrf-token" content="([^"]*)"')
    )
    payload = {"url": f"http://{host}/basket", "params": {"_csrf_token": csrf}, "session": session}
    headers = {"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    url = f"ws://{host}/live/websocket?vsn=2.0.0"
    async with connect(url, origin=f"http://{host}", additional_headers=headers) as socket:  # type: ignore[arg-type]
        await socket.send(json.dumps(["4", "4", f"lv:{dom_id}", "phx_join", payload]))
        reply = json.loads(await socket.recv())[4]
        return reply["status"], reply["response"]
