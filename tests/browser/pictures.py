"""The width of pages, and pictures of them: `PYVIEW_SCREENSHOTS=1 make browser` writes `screenshots/`, to look at."""

import os
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Page

SCHEMES: Final[tuple[Literal["dark", "light"], ...]] = ("dark", "light")  # afterwards the page is light
_FOLDER: Final = Path(__file__).resolve().parents[2] / "screenshots"


def save_picture(page: Page, name: str, *, full_page: bool = False) -> None:
    """Save a picture of the page, if pictures are wanted. To take one costs as much as to open the page."""
    if os.environ.get("PYVIEW_SCREENSHOTS"):
        _FOLDER.mkdir(exist_ok=True)
        page.screenshot(path=_FOLDER / f"{name}.png", full_page=full_page)


def check_fit(page: Page, name: str, device: str) -> None:
    """Check that the page is not wider than its screen, in each color scheme."""
    assert page.viewport_size is not None
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        save_picture(page, f"{name}-{device}-{scheme}", full_page=True)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= page.viewport_size["width"], f"{name} is {wide} pixels wide on a {device}, {scheme}"
