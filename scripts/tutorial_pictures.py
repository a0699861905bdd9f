"""The pictures of docs/tutorial.md: the application as it is at the end of each step, from the code on the page."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from html import escape
from importlib import import_module
from pathlib import Path

from playwright.sync_api import Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from scripts.stamps import ROOT
from tests.docs.pages import blocks

PAGE = ROOT / "docs" / "tutorial.md"
# Two windows of one user, as two frames of the same site.
WINDOWS = """<!doctype html><html lang="en"><meta name="color-scheme" content="light dark"><title>Two windows</title>
<style>body { margin: 0; display: grid; grid-template-columns: 1fr 1fr; height: 100vh; gap: 1px; background: gray }
iframe { border: 0; width: 100%; height: 100% }</style>
<iframe src="/" title="One"></iframe><iframe src="/" title="Two"></iframe>"""
TERMINAL = """<!doctype html><html lang="en"><title>Terminal</title>
<style>:root {{ color-scheme: light dark }}
body {{ margin: 0; padding: 1.5rem; background: light-dark(#fff, #1a1e21); color: light-dark(#1d2226, #e9e7e2) }}
pre {{ margin: 0; font: 15px/1.6 ui-monospace, "DejaVu Sans Mono", monospace }}
b {{ color: light-dark(#0b6b5d, #62d2ba) }}</style><pre><b>$</b> {command}
{output}</pre>"""


def step(number: int, folder: Path) -> ASGIApp:
    """Return the application after step `number`, counted from 1, in `folder`."""
    write_files(number, folder)
    lunch: ASGIApp = import_module("lunch").app
    return lunch


def write_files(number: int, folder: Path) -> None:
    """Write the files of a reader after step `number`: those of the headings so far."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    starts = [at for at, line in enumerate(lines, 1) if line.startswith("## ")]
    for block in blocks(PAGE):
        if block.file_name and not block.hidden and block.line < starts[number]:
            (folder / block.file_name).write_text(block.code, encoding="utf-8")


def two_windows(number: int, folder: Path) -> ASGIApp:
    """Return the application after a step, with a page `/windows` that shows it twice."""

    async def windows(request: Request) -> HTMLResponse:
        return HTMLResponse(WINDOWS)

    inner = step(number, folder)
    assert isinstance(inner, Starlette)
    return Starlette(
        routes=[Route("/windows", windows), Mount("/", inner)], lifespan=inner.router.lifespan_context
    )


def terminal(number: int, command: Sequence[str], folder: Path) -> ASGIApp:
    """Return a page that shows a command and its output, in the files of a step."""
    write_files(number, folder)
    environment = os.environ | {"COLUMNS": "72"}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    text = TERMINAL.format(command=escape(" ".join(command)), output=escape(done.stdout.strip()))

    async def shown(request: Request) -> HTMLResponse:
        return HTMLResponse(text)

    return Starlette(routes=[Route("/", shown)])


def nothing(page: Page) -> None:
    """Leave the page as it is."""


def vote(*names: str) -> Callable[[Page], None]:
    """Return what clicks the buttons of places, one after the other."""

    def click(page: Page) -> None:
        for at, name in enumerate(names):
            button = page.get_by_role("button", name=f"Vote for {name}")
            button.click()
            row = page.get_by_role("listitem").filter(has=button)
            expect(row.locator("span")).to_have_text(str(names[: at + 1].count(name)))
        page.mouse.move(0, 0)

    return click


def suggest_twice(page: Page) -> None:
    vote("Taco truck")(page)
    page.get_by_label("Another place").fill("Taco truck")
    page.get_by_role("button", name="Suggest").click()
    expect(page.get_by_text("This place is on the list.")).to_be_visible()


def restart(page: Page) -> None:
    page.get_by_label("Another place").fill("Soup kitchen")
    page.get_by_role("button", name="Suggest").click()
    expect(page.get_by_text("Soup kitchen")).to_be_visible()
    vote("Soup kitchen", "Noodle bar", "Soup kitchen")(page)
    page.reload()
    expect(page.locator(".phx-connected")).to_be_attached()


def vote_in_one_window(page: Page) -> None:
    one, other = (page.frame_locator(f"iframe[title={name}]") for name in ("One", "Two"))
    for frame in (one, other):
        expect(frame.locator(".phx-connected")).to_be_attached()
    for shown in ("1", "2"):
        one.get_by_role("button", name="Vote for Taco truck").click()
        expect(other.get_by_role("listitem").filter(has_text="Taco truck").locator("span")).to_have_text(
            shown
        )


tests = partial(terminal, 7, ["pytest", "-v", "--no-header"])
routes = partial(terminal, 7, ["pyview", "routes"])
