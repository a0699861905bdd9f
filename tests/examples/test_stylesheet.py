"""Contrast of the stylesheet's colours, light and dark (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re
from pathlib import Path

import pytest

import examples

CSS = (Path(examples.__file__).parent / "assets" / "gallery.css").read_text()
LIGHT, DARK = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
TEXTS = [
    ("ink", "paper"),
    ("ink", "sheet"),
    ("ink", "wash"),
    ("ink", "accent-wash"),
    ("soft", "paper"),
    ("soft", "sheet"),
    ("soft", "wash"),
    ("soft", "accent-wash"),
    ("accent", "paper"),
    ("accent", "sheet"),
    ("accent", "accent-wash"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("good", "sheet"),
    ("good", "good-wash"),
    ("bad", "sheet"),
    ("bad", "bad-wash"),
    ("warm", "warm-wash"),
    ("cool", "cool-wash"),
]


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb`, from 0 to 1."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio, from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture(params=[LIGHT, DARK], ids=["light", "dark"])
def colours(request: pytest.FixtureRequest) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", request.param))


@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_text_has_enough_contrast(colours: dict[str, str], text: str, ground: str) -> None:
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("ground", ["sheet", "paper"])
def test_borders_of_controls_have_enough_contrast(colours: dict[str, str], ground: str) -> None:
    assert contrast(colours["edge"], colours[ground]) >= 3
