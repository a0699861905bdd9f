"""Take the pictures of the documentation in a real browser: `make pictures` writes `docs/images/`.

They show the counter of README.md and an example of the gallery, as they are now, so each change of them is seen here.
"""

import os
import sys
import tempfile
from collections.abc import Callable
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


def broken_app(folder: Path) -> ASGIApp:
    for name, text in BROKEN.items():
        (folder / name).write_text(text, encoding="utf-8")
    app: ASGIApp = import_module("basket").app
    return app


def overlay(page: Page) -> None:
    page.get_by_role("button", name="Remove the last one").click()
    expect(page.get_by_role("dialog", name="Failure")).to_be_visible()
    expect(page.locator(LIVE)).to_be_attached()
    expect(page.locator("[data-pyview-loading]")).to_have_count(0)


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
        take(browser, broken_app(Path(folder)), "/", "overlay", (1000, 600), overlay)
        take(browser, import_module("examples.gallery").app, "/kanban/", "example", (1280, 640), board)
        browser.close()


if __name__ == "__main__":
    main()
