"""What `socket.download` takes, and what the browser saves."""

import re
from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyview import SecurityConfig
from pyview.downloads.content import disposition, download_of, opened, safe_filename
from pyview.testing import LiveClient, PageError, ViewCrashed
from tests.downloads.views import application

CLOSED: list[str] = []


async def numbers() -> AsyncIterator[str]:
    try:
        for number in range(3):
            yield f"{number}\n"
    finally:
        CLOSED.append("async")


def letters() -> Iterator[bytes]:
    try:
        yield from (b"a", b"b" * 300_000)
    finally:
        CLOSED.append("plain")


async def made() -> bytes:
    return b"made"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"bytes", b"bytes"),
        ("grün", "grün".encode()),
        (b"", b""),
        (b"x" * 700_000, b"x" * 700_000),
        (numbers, b"0\n1\n2\n"),
        (numbers(), b"0\n1\n2\n"),
        (letters, b"a" + b"b" * 300_000),
        ([b"one", "two"], b"onetwo"),
        (made, b"made"),
        (lambda: b"called", b"called"),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_the_browser_saves_the_content(content: Any, expected: bytes) -> None:
    app = application({"get": lambda socket: socket.download(content, filename="file.bin")})
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.push("get")
        assert (await page.download()).content == expected


async def test_a_path_brings_its_name_type_and_size(tmp_path: Path) -> None:
    report = tmp_path / "report.csv"
    report.write_bytes(b"a,b\n" * 100_000)
    app = application({"get": lambda socket: socket.download(report)})
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.push("get")
        saved = await page.download()
    assert (saved.filename, saved.media_type) == ("report.csv", "text/csv; charset=utf-8")
    assert saved.content == report.read_bytes()


async def test_the_response_is_saved_and_never_shown_or_stored() -> None:
    app = application({"get": lambda socket: socket.download("<script>", filename="page.html")})
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.push("get")
        (url,) = page._tab.state.downloads
        response = await client.get(url)
    assert response.headers["content-disposition"] == 'attachment; filename="page.html"'
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-length"] == "8"


async def test_files_are_fetched_in_the_order_in_which_they_were_offered() -> None:
    def offer(socket: Any) -> None:
        for name in ("one.txt", "two.txt"):
            socket.download(name, filename=name)

    async with LiveClient(application({"get": offer})) as client:
        page = await client.open("/")
        await page.push("get")
        assert [(await page.download()).text, (await page.download()).text] == ["one.txt", "two.txt"]
        with pytest.raises(PageError, match="was offered no file"):
            await page.download()


@pytest.mark.parametrize("content", [None, 5, {"a": 1}, bytearray(b"x"), object()], ids=repr)
def test_another_content_is_refused_in_the_handler(content: Any) -> None:
    with pytest.raises(TypeError, match=r"expects bytes, a text, a pathlib.Path, an iterator"):
        download_of(content, "file.bin", None)


@pytest.mark.parametrize("name", [None, "", "  ", 5])
def test_a_file_needs_a_name(name: Any) -> None:
    with pytest.raises(TypeError, match=r"such as 'orders\.csv'"):
        download_of(b"", name, None)


async def test_bytes_beyond_the_limit_are_refused_in_the_handler() -> None:
    app = application(
        {"get": lambda socket: socket.download(b"12345", filename="file.bin")},
        security=SecurityConfig(max_pending_download_bytes=4),
    )
    async with LiveClient(app) as client:
        page = await client.open("/")
        with pytest.raises(ViewCrashed):
            await page.push("get")


async def test_an_iterator_that_fails_breaks_the_response_off(caplog: pytest.LogCaptureFixture) -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"part"
        raise ValueError("no more rows")

    app = application({"get": lambda socket: socket.download(failing, filename="file.bin")})
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.push("get")
        with pytest.raises(ValueError, match="no more rows"):
            await page.download()
        assert page.connected
    assert "the download of 'file.bin': the content crashed (error id " in caplog.text


@pytest.mark.parametrize("content", [lambda: 1 / 0, Path("/nowhere/file.bin"), lambda: 5])
async def test_content_that_cannot_be_opened_is_an_error_page_and_a_log_line(
    content: Any, caplog: pytest.LogCaptureFixture
) -> None:
    app = application({"get": lambda socket: socket.download(content, filename="file.bin")})
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.push("get")
        with pytest.raises(PageError, match="HTTP status 500"):
            await page.download()
    assert "the download of 'file.bin'" in caplog.text


async def test_generators_are_closed_when_the_browser_gives_up() -> None:
    CLOSED.clear()
    for content in (letters, numbers):
        file = await opened(download_of(content, "file.bin", None))
        assert await anext(file.chunks)
        await file.release()
    assert CLOSED == ["plain", "async"]


@given(st.text(st.characters(codec=None), max_size=300))
def test_any_name_becomes_one_that_a_header_and_a_file_system_can_hold(name: str) -> None:
    safe = safe_filename(name)
    assert safe
    assert len(safe.encode()) <= 200
    assert not re.search(r'[\x00-\x1f\x7f<>:"/\\|?*]', safe)
    assert safe not in (".", "..")
    disposition(safe).encode("ascii")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.txt", "a.txt"),
        ('a"b\r\nSet-Cookie: x.csv', "a_b__Set-Cookie_ x.csv"),
        ("Preise €.csv", "Preise €.csv"),
        ("...", "download"),
        ("x" * 300 + ".csv", "x" * 196 + ".csv"),
    ],
)
def test_names_lose_folders_and_control_characters(name: str, expected: str) -> None:
    assert safe_filename(name) == expected


async def test_a_name_of_other_letters_reaches_the_browser() -> None:
    app = application({"get": lambda socket: socket.download(b"", filename="Übersicht “März”.csv")})
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.push("get")
        assert (await page.download()).filename == "Übersicht “März”.csv"


def test_a_spreadsheet_has_its_media_type() -> None:
    offered = download_of(BytesIO(b"x"), "Orders.XLSX", None)
    assert offered.media_type == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
