"""Take the pictures of the documentation in a real browser: `make pictures` writes `docs/images/`.

They show the counter of README.md and an example of the gallery, as they are now, so each change of them is seen here.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import chdir
from importlib import import_module
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright
from starlette.types import ASGIApp

from scripts.stamps import ROOT
from tests.browser.chromium import FLAGS, find_chromium
from tests.browser.server import serving
from tests.docs.pages import blocks

FOLDER = ROOT / "docs" / "images"
LARGEST = 100_000  # bytes
LIVE = "[data-phx-main].phx-connected"


def counter(page: Page) -> None:
    for shown in ("1", "2", "3"):
        page.get_by_role("button", name="+").click()
        expect(page.get_by_role("heading")).to_have_text(shown)
    page.mouse.move(0, 0)


# A handler with a mistake: an empty basket has no last item.
BROKEN = {
    "basket.py": """from pyview import LiveView, PyView
from pyview.events import event


class BasketLiveView(LiveView):
    async def mount(self, socket, session):
        socket.context = {"items": []}

    @event
    async def remove_last(self, socket):
        last = socket.context["items"][-1]
        socket.context["items"].remove(last)


app = PyView(debug=True)
app.add_live_view("/", BasketLiveView)
""",
    "basket.html": """<h1>Basket</h1>
<p>{{ items | length }} items</p>
<button phx-click="remove_last">Remove the last one</button>
""",
}


def written_app(folder: Path, files: Mapping[str, str], module: str) -> ASGIApp:
    """Write the files of an application, and return it."""
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    app: ASGIApp = import_module(module).app
    return app


def overlay(page: Page) -> None:
    page.get_by_role("button", name="Remove the last one").click()
    expect(page.get_by_role("dialog", name="Failure")).to_be_visible()
    expect(page.locator(LIVE)).to_be_attached()
    expect(page.locator("[data-pyview-loading]")).to_have_count(0)


# A list of things to do, which the inspector shows.
TODO = {
    "todo.py": """from pyview import LiveView, PyView
from pyview.events import event


class TodoLiveView(LiveView):
    async def mount(self, socket, session):
        socket.context = {"items": ["Water the plants"], "done": 0}

    @event
    async def add(self, socket, title: str):
        socket.context["items"] = [*socket.context["items"], title]

    @event
    async def finish(self, socket):
        socket.context["items"] = socket.context["items"][1:]
        socket.context["done"] += 1


app = PyView(development=True)
app.add_live_view("/", TodoLiveView)
""",
    "todo.html": """<h1>To do</h1>
<ul>{% for item in items %}<li>{{ item }}</li>{% endfor %}</ul>
<p>{{ done }} done</p>
<p>
  <button phx-click="add" phx-value-title="Call Grace">Add</button>
  <button phx-click="finish">Finish the first</button>
</p>
""",
}


def inspector(page: Page) -> None:
    page.get_by_role("button", name="Inspect").click()
    frame = page.frame_locator("iframe[title=Inspector]")
    for name in ("Add", "Finish the first"):
        page.get_by_role("button", name=name).click()
    frame.locator(".message[phx-value-number='3']").click()
    expect(frame.locator(".part").first).to_be_visible()


def board(page: Page) -> None:
    page.get_by_label("What is to be done").fill("Show it to a colleague")


def readme_app(folder: Path) -> ASGIApp:
    """Return the counter of README.md, from the files that a reader would write."""
    for block in blocks(ROOT / "README.md"):
        if (block.file_name or "").startswith("counter."):
            (folder / str(block.file_name)).write_text(block.code, encoding="utf-8")
    sys.path.insert(0, str(folder))
    app: ASGIApp = import_module("counter").app
    return app


def take(
    browser: Browser,
    app: ASGIApp,
    path: str,
    name: str,
    size: tuple[int, int],
    prepare: Callable[[Page], None],
) -> None:
    """Open a page, prepare it, and write a picture of it."""
    with serving(app) as url:
        page = browser.new_page(
            viewport={"width": size[0], "height": size[1]}, color_scheme="light", reduced_motion="reduce"
        )
        page.goto(f"{url}{path}")
        page.locator(LIVE).wait_for(state="attached")
        prepare(page)
        target = FOLDER / f"{name}.png"
        page.screenshot(path=target, animations="disabled")
        page.close()
    if target.stat().st_size > LARGEST:
        raise SystemExit(f"{target}: {target.stat().st_size} bytes, more than {LARGEST}")
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size} bytes")


def main() -> None:
    # Before the applications are imported, which warn without it.
    os.environ.setdefault("PYVIEW_SECRET", os.urandom(32).hex())
    FOLDER.mkdir(parents=True, exist_ok=True)
    chromium = find_chromium()
    environment: dict[str, str | float | bool] = {**os.environ, **chromium.environment}
    # Pages show the paths of files below the working directory without it.
    with tempfile.TemporaryDirectory() as folder, chdir(folder), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.executable, args=FLAGS, env=environment)
        take(browser, readme_app(Path(folder)), "/", "counter", (720, 320), counter)
        take(browser, written_app(Path(folder), BROKEN, "basket"), "/", "overlay", (1000, 600), overlay)
        take(browser, written_app(Path(folder), TODO, "todo"), "/", "inspector", (1180, 900), inspector)
        take(browser, import_module("examples.gallery").app, "/kanban/", "example", (1280, 640), board)
        browser.close()


if __name__ == "__main__":
    main()
