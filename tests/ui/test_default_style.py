"""The default style: its size, the contrast of its colours (WCAG 2.2, 1.4.3 and 1.4.11), and what a page links."""

import gzip
import re
from pathlib import Path
from typing import Any

import pytest

from pyview import LiveView, PyView, defaultRootTemplate
from pyview.testing import LiveClient

SOURCE = Path(__file__).resolve().parents[2] / "client" / "src"
PALETTE = dict(
    re.findall(r"--pv-([\w-]+): light-dark\((#\w{6}, #\w{6})\);", (SOURCE / "palette.css").read_text())
)
SCHEMES = {
    scheme: {name: both.split(", ")[i] for name, both in PALETTE.items()}
    for i, scheme in enumerate(("light", "dark"))
}
TEXTS = [
    *((text, ground) for text in ("ink", "soft") for ground in ("paper", "surface", "wash", "accent-wash")),
    *(("accent", ground) for ground in ("paper", "surface", "accent-wash")),
    ("accent-strong", "paper"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("good", "good-wash"),
    ("good", "surface"),
    ("warm", "warm-wash"),
    ("accent", "accent-wash"),
    ("surface", "ink"),
    ("bad", "bad-wash"),
    ("bad", "surface"),
    ("ink", "warm-wash"),
]


class Plain(LiveView[dict[str, Any]]):
    pass


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb`, from 0 to 1."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio, from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_text_has_enough_contrast(scheme: str, text: str, ground: str) -> None:
    assert contrast(SCHEMES[scheme][text], SCHEMES[scheme][ground]) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("ground", ["surface", "paper"])
def test_borders_of_controls_have_enough_contrast(scheme: str, ground: str) -> None:
    assert contrast(SCHEMES[scheme]["edge"], SCHEMES[scheme][ground]) >= 3


def test_the_core_components_have_the_same_colours_without_the_default_style() -> None:
    blocks = re.findall(r":where\(:root\) \{(.*?)\}", (SOURCE / "components.css").read_text(), re.DOTALL)
    for scheme, block in zip(SCHEMES.values(), blocks, strict=True):
        own = dict(re.findall(r"--pv-([\w-]+): (#\w{6});", block))
        assert own
        assert {name: scheme[name] for name in own} == own


async def test_a_new_page_links_one_small_style_sheet_that_browsers_keep() -> None:
    app = PyView()
    app.add_live_view("/", Plain)
    async with LiveClient(app) as client:
        page = await client.open("/")
        [link] = page.find_all("link[rel=stylesheet]")
        assert page.title == "Plain"
        sheet = await client.get(link["href"])
    assert "immutable" in sheet.headers["cache-control"]
    assert len(gzip.compress(sheet.content, 9)) < 11264
    # First in the page, and in a layer: every rule of an application takes precedence.
    assert sheet.text.startswith("@layer pyview;")


async def test_one_setting_takes_the_default_style_off() -> None:
    app = PyView()
    app.rootTemplate = defaultRootTemplate(style=False)
    app.add_live_view("/", Plain)
    async with LiveClient(app) as client:
        page = await client.open("/")
        [link] = page.find_all("link[rel=stylesheet]")
        assert "body" not in (await client.get(link["href"])).text
