"""Malformed frames, unknown uploads, and dangerous file names."""

import asyncio
from typing import Any

import pytest

from pyview.testing import LiveClient
from pyview.uploads import UploadEntry
from tests.asgi import eventually
from tests.frames import connect, load
from tests.uploads.raw_client import file, joined, raw_client
from tests.uploads.views import Stored, Uploads, app_with, view_with

POLICY = 1008


# Malformed frames


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"\x01\x01\x01\x05\x05" + b"77lvu:0chunkdata",
        b"\x00\xff\x01\x05\x05" + b"7",
        b"\x00\x01\x01\x05\x05" + b"77lvu:0\xff\xfe\xfd\xfc\xfb",
        b"\x00\x01\x01\x05\x05" + b"78lvu:0other",
    ],
)
async def test_a_malformed_binary_frame_closes_the_socket(data: bytes, stored: Stored) -> None:
    async with LiveClient(app_with(view_with())) as client, raw_client(client) as browser:
        await browser.join_upload(await browser.token(), "7")
        await browser.socket.send_bytes(data)
        assert await browser.socket.wait_closed() == POLICY
        await eventually(lambda: not stored())


async def test_a_chunk_as_text_closes_the_socket() -> None:
    async with LiveClient(app_with(view_with())) as client, raw_client(client) as browser:
        await browser.join_upload(await browser.token(), "7")
        await browser.socket.send_frame(["7", "8", "lvu:0", "chunk", {"data": "x"}])
        assert await browser.socket.wait_closed() == POLICY


async def test_bytes_for_a_view_close_the_socket() -> None:
    async with LiveClient(app_with(view_with())) as client, raw_client(client) as browser:
        await browser.socket.send_chunk("4", "8", browser.page.topic, "event", b"x")
        assert await browser.socket.wait_closed() == POLICY


@pytest.mark.parametrize(
    "files",
    [
        {},
        [1],
        [{"ref": "0"}],
        [file(size=-1)],
        [file() | {"size": 1.5}],
        [file() | {"size": True}],
        [file() | {"size": "10"}],
        [file(size=2**60)],
        [file(ref="")],
        [file(ref='"><script>')],
        [file(ref="x" * 65)],
        [file(name="x" * 5000)],
        [file() | {"name": ["a"]}],
        [{**file(), "ref": 0}],
    ],
)
@pytest.mark.parametrize("event", ["event", "allow_upload"])
async def test_malformed_files_close_the_socket(files: Any, event: str) -> None:
    async with LiveClient(app_with(view_with())) as client, raw_client(client) as browser:
        form = {"type": "form", "event": "check", "value": "", "uploads": {browser.ref: files}}
        payload = form if event == "event" else {"ref": browser.ref, "entries": files}
        await browser.socket.send_frame(["4", "9", browser.page.topic, event, payload])
        assert await browser.socket.wait_closed() == POLICY


@pytest.mark.parametrize("payload", [None, [], "x", {}, {"ref": "x"}, {"ref": "x", "entries": None}])
@pytest.mark.parametrize("event", ["allow_upload", "progress"])
async def test_messages_without_their_fields_close_the_socket(payload: Any, event: str) -> None:
    async with LiveClient(app_with(view_with())) as client, raw_client(client) as browser:
        await browser.socket.send_frame(["4", "9", browser.page.topic, event, payload])
        assert await browser.socket.wait_closed() == POLICY


async def test_messages_about_unknown_uploads_change_nothing() -> None:
    async with LiveClient(app_with(view_with())) as client, raw_client(client) as browser:
        assert await browser.declare(file(), upload="phx-other") == ("ok", {})
        _, response = await browser.preflight(file(), upload="phx-other")
        assert response == {"ref": "phx-other", "error": [["phx-other", "disallowed"]]}
        assert await browser.progress(50, "7") == ("ok", {})
        assert await browser.progress(50, "7", "phx-other") == ("ok", {})
        assert await browser.event("cancel", {"ref": "77"}) == ("ok", {})


async def test_unknown_fields_of_a_file_are_ignored() -> None:
    nested = {"upload_config": {"uploads": {"0": {}}}, "path": "/etc/passwd", "done": True, "progress": 100}
    seen = await entry_of({**file(), **nested, "valid": False, "uuid": "1", "receipt": {}})
    assert (seen.done, seen.progress, seen.path, seen.valid, seen.incoming) == (False, 0, None, True, None)
    assert len(seen.uuid) == 36


async def entry_of(described: dict[str, Any]) -> UploadEntry:
    """Return the entry that the view has for a file."""
    seen: list[UploadEntry] = []

    class Watching(Uploads):
        async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
            seen.extend(socket.uploads["files"].entries)

    async with LiveClient(app_with(Watching)) as client, raw_client(client) as browser:
        _, response = await browser.declare(described)
        assert "<b>" not in str(response).replace("<b>', '</b>", "")
    return seen[0]


async def test_a_view_without_uploads_answers() -> None:
    async with LiveClient(app_with(view_with())) as client:
        page = await load(client, "/elsewhere")
        async with connect(client, page) as socket:
            await socket.send_frame(page.join("4"))
            await socket.receive_frame()
            for ref, event, payload in (
                ("5", "allow_upload", {"ref": "x", "entries": [file()]}),
                ("6", "progress", {"ref": "x", "entry_ref": "0", "progress": 5}),
            ):
                await socket.send_frame(["4", ref, page.topic, event, payload])
                assert (await socket.receive_frame())[4]["status"] == "ok"


# Names


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("../../../../etc/cron.d/x\x00.exe", "x.exe"),
        ("C:\\Users\\ada\\a.txt", "a.txt"),
        ("..", "file"),
        (".", "file"),
        ("a/..", "file"),
        ("...", "file"),
        ("a.txt. . ", "a.txt"),
        ("\u202etxt.exe", "txt.exe"),
        ("Foto 9.41\u202fAM.png", "Foto 9.41 AM.png"),
        ("e\u0301.txt", "é.txt"),
        ("<b>.txt", "<b>.txt"),
        ("é" * 300 + ".jpeg", "é" * 125 + ".jpeg"),
        ("x" * 300, "x" * 255),
        (".bashrc", ".bashrc"),
    ],
)
async def test_a_file_name_contains_no_path(sent: str, name: str) -> None:
    entry = await entry_of(file(name=sent))
    assert entry.name == name
    assert len(entry.name.encode()) <= 255


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ("holiday/beach/a.png", "holiday/beach/a.png"),
        ("/etc/passwd", "etc/passwd"),
        ("../../a/./b\\c/..", "a/b/c"),
        ("a\x00b/\u202ec", "ab/c"),
        ("..", ""),
        ("x/" * 1000, ""),
    ],
)
async def test_a_relative_path_stays_in_its_folder(sent: str, path: str) -> None:
    assert (await entry_of(file(relative_path=sent))).relative_path == path


@pytest.mark.parametrize("kind", ["x", "a/b/c", "text/html\n", "<b>/x", "a" * 200 + "/b", "text/ html"])
async def test_an_invalid_media_type_is_empty(kind: str) -> None:
    assert (await entry_of(file() | {"type": kind})).type in ("", "text/html")


async def test_a_socket_that_ends_within_a_chunk_leaves_no_file(stored: Stored) -> None:
    async with LiveClient(app_with(view_with())) as client:
        page = await load(client, "/")
        socket = await connect(client, page).connect()
        browser = await joined(socket, page)
        await browser.join_upload(await browser.token(size=100), "7")
        await socket.send_chunk("7", "8", "lvu:0", "chunk", b"x" * 50)
        await socket.drop()
        await eventually(lambda: not stored())
        await asyncio.sleep(0)
