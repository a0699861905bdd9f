"""Take the pictures of the documentation in a real browser: `make pictures` writes `docs/images/`.

They show the counter of README.md and an example of the gallery, as they are now, so each change of them is seen here.
"""

import os
import sys
import tempfile
from collections.abc import Callable
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
    for _ in range(3):
        page.get_by_role("button", name="+").click()
        page.wait_for_timeout(50)
    expect(page.get_by_role("heading")).to_have_text("3")


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
        page.screenshot(path=target)
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
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.executable, args=FLAGS, env=environment)
        take(browser, readme_app(Path(folder)), "/", "counter", (720, 320), counter)
        take(browser, import_module("examples.gallery").app, "/kanban/", "example", (1280, 640), board)
        browser.close()


if __name__ == "__main__":
    main()
