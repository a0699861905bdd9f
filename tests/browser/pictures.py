"""Pictures of pages for inspection, in `screenshots/`."""

from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Page

SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
_FOLDER: Final = Path(__file__).resolve().parents[2] / "screenshots"


def photograph(page: Page, name: str) -> None:
    """Save a picture of the whole page in each color scheme. Afterwards the page is light."""
    _FOLDER.mkdir(exist_ok=True)
    for scheme in reversed(SCHEMES):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=_FOLDER / f"{name}-{scheme}.png", full_page=True)


def check_fit(page: Page, name: str, device: str) -> None:
    """Photograph the page, and check that it is not wider than its screen."""
    photograph(page, f"{name}-{device}")
    wide, screen = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= screen, f"{name} is {wide} pixels wide on a {device}"
