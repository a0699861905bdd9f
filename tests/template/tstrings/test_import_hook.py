"""The import hook of future-tstrings itself, which users have; in this repository `scripts.tstrings` replaces it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SHELF = """# future-tstrings
from pyview.template import TemplateView

class Shelf(TemplateView):
    def template(self, assigns, meta):
        return t"<p>{assigns['title']}</p>"
"""
USE = """
import future_tstrings
future_tstrings.install()
import asyncio
from pyview import LiveView, PyView
from pyview.testing import LiveClient
import shelf

class ShelfLiveView(shelf.Shelf, LiveView):
    async def mount(self, socket, session):
        socket.context = {"title": "Dune <1>"}

async def show():
    app = PyView(secret="a secret of this test alone 0123456789")
    app.add_live_view("/", ShelfLiveView)
    async with LiveClient(app) as client:
        print((await client.open("/")).find("p").text)

asyncio.run(show())
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python itself has template strings")
def test_modules_of_an_application_have_template_strings(tmp_path: Path) -> None:
    (tmp_path / "shelf.py").write_text(SHELF)
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-c", USE],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "Dune <1>\n"), done.stderr
