"""Pictures of pages for inspection, in `screenshots/`."""

from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Page

SCHEMES: Final[tuple[Literal["dark", "light"], ...]] = ("dark", "light")  # afterwards the page is light
FOLDER: Final = Path(__file__).resolve().parents[2] / "screenshots"


def check_fit(page: Page, name: str, device: str) -> None:
    """Save a picture of the whole page in each color scheme, and check that it is not wider than its screen."""
    FOLDER.mkdir(exist_ok=True)
    assert page.viewport_size is not None
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=FOLDER / f"{name}-{device}-{scheme}.png", full_page=True)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= page.viewport_size["width"], f"{name} is {wide} pixels wide on a {device}, {scheme}"
