"""The plugin for pytest, in projects without a conftest.py."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Mount

from pyview import LiveView, PyView, SecurityConfig
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient

APP = """
from pyview import LiveView, PyView, SecurityConfig
from pyview.template.live_template import LiveTemplate

class Home(LiveView):
    template = LiveTemplate.from_string("<h1>Hello</h1>")

app = PyView(security=SecurityConfig(allowed_hosts=["shop.example.org"]))
app.add_live_view("/", Home)
"""
TEST = """
async def test_home(live_client):
    page = await live_client.open("/")
    assert page.find("h1").text == "Hello"
"""


def run_pytest(folder: Path, **files: str) -> subprocess.CompletedProcess[str]:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    path = os.pathsep.join(entry for entry in sys.path if entry)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(folder)]
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.slow
def test_it_finds_the_application_and_a_host_that_it_accepts(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, app=APP, test_home=TEST)
    assert "1 passed" in done.stdout, done.stdout


@pytest.mark.slow
def test_a_missing_application_is_explained(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, test_home=TEST)
    assert "1 error" in done.stdout, done.stdout
    assert "live_app: no application found in app.py and main.py" in done.stdout
    assert "Traceback" not in done.stdout


OPTIONS: list[tuple[dict[str, Any], str]] = [
    ({}, "http://testserver/"),
    ({"security": SecurityConfig(allowed_hosts=["*"])}, "http://testserver/"),
    ({"security": SecurityConfig(allowed_hosts=["*.example.org"])}, "http://www.example.org/"),
    ({"middleware": [Middleware(TrustedHostMiddleware, allowed_hosts=["a.org"])]}, "http://a.org/"),
]


class Home(LiveView[Any]):
    template = LiveTemplate.from_string("<h1>Hello</h1>")


@pytest.mark.parametrize(("options", "url"), OPTIONS)
async def test_a_client_uses_an_address_that_the_application_accepts(
    options: dict[str, Any], url: str
) -> None:
    app = PyView(**options)
    app.add_live_view("/", Home)
    async with LiveClient(app) as client:
        assert (await client.open("/")).url == url
    async with LiveClient(Starlette(routes=[Mount("/live", app)])) as client:
        assert (await client.open("/live/")).connected
