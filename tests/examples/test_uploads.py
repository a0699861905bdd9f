"""Tests of the uploads: accepted and refused files, and their removal with the page."""

import pytest

from examples.uploads.app import app
from examples.uploads.pictures import MOST, Shelf, kind_of, shelf
from pyview.testing import LiveClient, LocalFile

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 200
PICTURES, TEXTS = "#pictures-form input", "#texts-form input"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0rest", "image/jpeg"),
        (b"GIF89a...", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", None),
        (b"", None),
    ],
)
def test_a_picture_is_detected_by_its_bytes(data: bytes, kind: str | None) -> None:
    assert kind_of(data) == kind


def test_the_shelf_keeps_the_latest_pictures() -> None:
    own = Shelf()
    for number in range(MOST + 5):
        own.put(f"{number}.png", PNG)
    assert len(own) == MOST


async def test_pictures_are_kept_while_the_page_is_open() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.choose(
            PICTURES, LocalFile("a.png", PNG, "image/png"), LocalFile("b.png", PNG, "image/png")
        )
        assert len(page.find_all(".shot")) == 2
        await page.click("#shot-0 button")
        await page.submit("#pictures-form")
        [image] = page.find_all("#album img")
        assert image["alt"] == "b.png"
        shown = await client.get(f"/{image['src']}")
        assert (shown.content, shown.headers["content-type"]) == (PNG, "image/png")
        await page.close()
        await page.settle()
        assert (await client.get(f"/{image['src']}")).status_code == 404
    assert len(shelf) == 0


async def test_an_invalid_file_blocks_the_form_with_a_message() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.choose(
            PICTURES, LocalFile("a.png", PNG, "image/png"), LocalFile("b.txt", b"text", "text/plain")
        )
        button = page.find("#pictures-form button[type=submit]")
        assert "disabled" in button.attrs
        assert page.find(f"#{button['aria-describedby']}").text.startswith("Remove what cannot be sent")
        await page.click("#shot-1 button")
        assert not page.exists("#why-not")
        await page.submit("#pictures-form")
        assert len(page.find_all("#album img")) == 1


async def test_a_file_that_is_not_a_picture_is_refused() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.choose(PICTURES, LocalFile("a.png", b"<script>alert(1)</script>", "image/png"))
        await page.submit("#pictures-form")
        assert page.has_text("a.png is not a picture.")
        assert not page.exists("#album")


async def test_a_text_is_counted_at_once() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.choose(TEXTS, LocalFile("poem.txt", b"so much depends\nupon\n", "text/plain"))
        assert page.find("#counts").text == "poem.txt 4 words, 2 lines"
        await page.choose(TEXTS, LocalFile("tool.exe", b"MZ"))
        assert page.find("#texts-form .error").text == "This kind of file is not accepted"
        await page.click("#texts-form button", "Remove")
        assert not page.exists("#texts-form .error")


async def test_cancelling_an_unknown_upload_changes_nothing() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.push("cancel", {"upload": "passwords", "ref": "0"})
        assert page.crashes == 0
