"""Uploads in a real browser: choosing, dropping, previews, cancelling, to the server and to a bucket."""

import asyncio
import hashlib
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FilePayload, JSHandle, Page, expect
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from examples.gallery import app as gallery_app
from pyview import LiveView, PyView
from pyview.components import ComponentSocket, LiveComponent
from pyview.template.live_template import LiveTemplate
from pyview.uploads import (
    ExternalUploadMeta,
    MemoryWriter,
    TempFileWriter,
    UploadEntry,
    UploadRejected,
    UploadResult,
    UploadSuccessWithData,
)
from tests.browser.retry import SECONDS, break_off
from tests.browser.server import serving
from tests.uploads.views import Socket, Uploads, app_with, temporary_files, view_with

LIVE = "[data-phx-main].phx-connected"
Serve = Callable[[ASGIApp], str]
Stored = Callable[[], list[Path]]


@pytest.fixture(autouse=True)
def stored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Stored]:
    """Return the sizes of the temporary files of uploads; none may be left at the end of the test."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    with temporary_files(monkeypatch, folder) as files:
        yield files


@pytest.fixture(scope="module")
def gallery() -> Iterator[str]:
    with serving(gallery_app) as url:
        yield url


def visit(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.locator(LIVE)).to_be_attached()


def png(shade: int, side: int = 60) -> bytes:
    """Return a picture of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\x00" + bytes([shade, 120, 255 - shade]) * side
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(row * side)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def payload(name: str, content: bytes, kind: str = "application/octet-stream") -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": content}


def picture(name: str, shade: int = 90) -> FilePayload:
    return payload(name, png(shade), "image/png")


def transfer(page: Page, *names: str, content: str = "hello") -> JSHandle:
    """Return the data of a drag with files of that name."""
    script = """([names, content]) => {
      const data = new DataTransfer();
      for (const name of names) data.items.add(new File([content], name, {type: "text/plain"}));
      return data;
    }"""
    return page.evaluate_handle(script, [list(names), content])


def eventually(condition: Callable[[], object], seconds: float = SECONDS) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


# The example


def test_pictures_are_previewed_and_added_to_the_album(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/uploads/")
    send = page.get_by_role("button", name="Add to the album")
    expect(send).to_be_disabled()
    page.locator("#pictures-form input").set_input_files([picture("sea.png"), picture("sun.png", 200)])
    shots = page.locator("#pictures-form .shot")
    expect(shots).to_have_count(2)
    previews = "[...document.querySelectorAll('#pictures-form img')]"
    page.wait_for_function(
        f"{previews}.every((img) => img.naturalWidth === 60 && img.src.startsWith('blob:'))"
    )
    page.locator("#pictures-form input").set_input_files([picture("moon.png", 20)])
    expect(shots).to_have_count(3)
    page.get_by_role("button", name="Remove sun.png").click()
    expect(shots).to_have_count(2)
    send.click()
    expect(page.locator("#album .name")).to_have_text(["sea.png", "moon.png"])
    page.wait_for_function(
        "[...document.querySelectorAll('#album img')].every((img) => img.naturalWidth === 60)"
    )
    expect(shots).to_have_count(0)
    expect(send).to_be_disabled()
    # The same file again: the input has been reset.
    page.locator("#pictures-form input").set_input_files([picture("sea.png")])
    send.click()
    expect(page.locator("#album .name")).to_have_text(["sea.png", "moon.png", "sea.png"])


def test_a_dropped_text_file_is_counted(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/uploads/")
    zone = page.locator("#texts-form .drop")
    data = transfer(page, "poem.txt", content="so much depends")
    zone.dispatch_event("dragenter", {"dataTransfer": data})
    expect(zone).to_have_class("drop phx-drop-target-active")
    zone.dispatch_event("drop", {"dataTransfer": data})
    expect(page.locator("#counts")).to_contain_text("3 words, 1 line")
    expect(zone).to_have_class("drop")
    zone.dispatch_event("drop", {"dataTransfer": transfer(page, "tool.exe")})
    expect(page.locator("#texts-form .error")).to_have_text("This kind of file is not accepted")
    page.get_by_role("button", name="Remove tool.exe").click()
    expect(page.locator("#texts-form .error")).to_have_count(0)


def test_too_many_pictures_are_not_sent(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/uploads/")
    page.locator("#pictures-form input").set_input_files([picture(f"{n}.png", n * 20) for n in range(7)])
    expect(page.locator("#pictures-form > .error")).to_have_text("Too many files")
    expect(page.get_by_role("button", name="Add to the album")).to_be_disabled()
    expect(page.locator("#why-not")).to_be_visible()
    page.get_by_role("button", name="Remove 3.png").click()
    expect(page.locator("#pictures-form > .error")).to_have_count(0)
    page.get_by_role("button", name="Add to the album").click()
    expect(page.locator("#album .name")).to_have_count(6)


# During an upload


class Barrier:
    """A gate that lets three chunks of each file through, and the rest when it is opened."""

    def __init__(self) -> None:
        self.open = threading.Event()

    def writer(self, entry: UploadEntry) -> TempFileWriter:
        return GatedWriter(entry, self.open)


class GatedWriter(TempFileWriter):
    def __init__(self, entry: UploadEntry, gate: threading.Event) -> None:
        super().__init__(entry)
        self._gate = gate
        self._written = 0

    async def write_chunk(self, data: bytes) -> None:
        if self._written == 3:
            await asyncio.to_thread(self._gate.wait, 2 * SECONDS)
        self._written += 1
        await super().write_chunk(data)


def gated(gate: Barrier, **rules: Any) -> type[Uploads]:
    return view_with(writer=gate.writer, chunk_size=1000, chunk_timeout=2 * SECONDS, **rules)


def test_progress_is_shown_and_a_file_can_be_cancelled(page: Page, serve: Serve, stored: Stored) -> None:
    gate = Barrier()
    view = gated(gate)
    visit(page, serve(app_with(view)))
    files = [payload("a.bin", b"a" * 10_000), payload("b.bin", b"b" * 10_000)]
    page.locator("input[type=file]").set_input_files(files)
    expect(page.locator("ul li")).to_have_count(2)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("ul i")).to_have_text(["30%", "30%"])
    assert len(stored()) == 2
    page.get_by_role("button", name="Cancel a.bin").click()
    expect(page.locator("ul i")).to_have_text(["30%"])
    gate.open.set()
    expect(page.locator("ol li")).to_have_text(["b.bin"])
    assert view.kept == {"b.bin": b"b" * 10_000}
    eventually(lambda: not stored())


def test_a_form_waits_for_running_uploads(page: Page, serve: Serve) -> None:
    gate = Barrier()
    view = gated(gate, auto_upload=True)
    visit(page, serve(app_with(view)))
    page.locator("input[type=file]").set_input_files([payload("a.bin", b"a" * 10_000)])
    expect(page.locator("ul i")).to_have_text(["30%"])
    page.get_by_role("button", name="Save").click()
    expect(page.locator("ol li")).to_have_count(0)
    gate.open.set()
    expect(page.locator("ol li")).to_have_text(["a.bin"])


def go_elsewhere(page: Page) -> None:
    page.evaluate("liveSocket.js().navigate('/elsewhere')")
    expect(page.get_by_text("elsewhere")).to_be_visible()


def lose_the_network(page: Page) -> None:
    page.evaluate("liveSocket.disconnect()")


@pytest.mark.parametrize("end", [go_elsewhere, lose_the_network, Page.close, Page.reload])
def test_a_page_that_leaves_during_an_upload_leaves_no_file(
    page: Page, serve: Serve, stored: Stored, end: Any
) -> None:
    gate = Barrier()
    visit(page, serve(app_with(gated(gate, auto_upload=True))))
    page.locator("input[type=file]").set_input_files([payload("a.bin", b"a" * 10_000)])
    expect(page.locator("ul i")).to_have_text(["30%"])
    assert len(stored()) == 1
    end(page)
    gate.open.set()
    eventually(lambda: not stored())


def test_a_failing_writer_is_reported_and_the_next_file_works(page: Page, serve: Serve) -> None:
    class Full(TempFileWriter):
        def __init__(self, entry: UploadEntry) -> None:
            super().__init__(entry)
            self.full = entry.name == "bad.bin"

        async def write_chunk(self, data: bytes) -> None:
            if self.full:
                raise OSError("disk full")
            await super().write_chunk(data)

    view = view_with(writer=Full, auto_upload=True)
    visit(page, serve(app_with(view)))
    page.locator("input[type=file]").set_input_files([payload("bad.bin", b"x" * 100)])
    expect(page.locator("em")).to_have_text(["writer_failure"])
    page.get_by_role("button", name="Cancel bad.bin").click()
    page.locator("input[type=file]").set_input_files([payload("good.bin", b"x" * 100)])
    expect(page.locator("ul i")).to_have_text(["100%"])
    page.get_by_role("button", name="Save").click()
    expect(page.locator("ol li")).to_have_text(["good.bin"])


def test_the_reason_of_a_refused_file_is_shown(page: Page, serve: Serve) -> None:
    class NoScripts(MemoryWriter):
        async def write_chunk(self, data: bytes) -> None:
            if data.startswith(b"#!"):
                raise UploadRejected("This is a program.")
            await super().write_chunk(data)

    view = view_with(writer=NoScripts, auto_upload=True)
    view.template = LiveTemplate.from_string(
        "<form id='f' phx-change='check' phx-submit='save'>{{ live_file_input(upload) }}<button>Save</button></form>"
        "{% for entry in upload.entries %}{% for error in upload_errors(upload, entry) %}<em>{{ error.message }}</em>"
        "{% endfor %}{% endfor %}<i>{{ upload.completed|length }}</i>"
    )
    visit(page, serve(app_with(view)))
    page.locator("input[type=file]").set_input_files(
        [payload("run.sh", b"#!/bin/sh"), payload("a.txt", b"text")]
    )
    expect(page.locator("em")).to_have_text("This is a program.")
    expect(page.locator("i")).to_have_text("1")


def test_more_than_a_thousand_files_are_listed(page: Page, serve: Serve) -> None:
    limits = {"max_uploads": 1100, "max_upload_entries": 1100, "max_frame": 2**20}
    visit(page, serve(app_with(view_with(max_entries=1100), **limits)))
    page.evaluate("""() => {
      const data = new DataTransfer();
      for (let n = 0; n < 1050; n++) data.items.add(new File(["x"], `${n}.txt`, {type: "text/plain"}));
      const input = document.querySelector("input[type=file]");
      input.files = data.files;
      input.dispatchEvent(new Event("input", {bubbles: true}));
    }""")
    expect(page.locator("ul li")).to_have_count(1050)
    expect(page.locator("p.error")).to_have_count(0)


def test_many_files_at_once_arrive_complete(page: Page, serve: Serve) -> None:
    view = view_with(max_entries=30, max_file_size=10**7)
    visit(page, serve(app_with(view)))
    contents = {f"{n}.bin": hashlib.sha256(bytes([n])).digest() * 5000 for n in range(30)}
    page.locator("input[type=file]").set_input_files([payload(name, data) for name, data in contents.items()])
    expect(page.locator("ul li")).to_have_count(30)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("ol li")).to_have_count(30)
    assert view.kept == contents


def test_a_reconnected_page_accepts_files(page: Page, serve: Serve) -> None:
    view = view_with(auto_upload=True)
    visit(page, serve(app_with(view)))
    break_off(page)
    page.locator("input[type=file]").set_input_files([payload("a.bin", b"x" * 100)])
    expect(page.locator("ul i")).to_have_text(["100%"])


# Components


class Album(LiveComponent[dict[str, Any]]):
    template = LiveTemplate.from_string(
        """<form id="{{ name }}" phx-change="check" phx-submit="save" phx-target="{{ myself }}">
        {{ live_file_input(upload) }}{% for entry in upload.entries %}<i>{{ entry.name }}</i>{% endfor %}
        <button>Save</button><b>{{ saved|join(", ") }}</b></form>""",
        "album.html",
    )

    async def mount(self, socket: ComponentSocket[dict[str, Any]], assigns: dict[str, Any]) -> None:
        upload = socket.allow_upload("photos", accept="any", max_entries=3)
        socket.context = {"upload": upload, "saved": []}

    async def handle_event(self, event: str, payload: Any, socket: ComponentSocket[dict[str, Any]]) -> None:
        if event == "save":
            names = await socket.consume_uploaded_entries("photos", lambda meta, entry: entry.name)
            socket.context["saved"] = names


class Albums(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string(
        """<div>{{ live_component(Album, id="one", name="one") }}
        {{ live_component(Album, id="two", name="two") }}</div>""",
        "albums.html",
    )

    async def mount(self, socket: Any, session: Any) -> None:
        socket.context = {"Album": Album}


def test_components_have_their_own_inputs(page: Page, serve: Serve) -> None:
    visit(page, serve(app_with(Albums)))
    page.locator("#one input").set_input_files([payload("a.bin", b"x" * 100)])
    page.locator("#two input").set_input_files([payload("b.bin", b"x" * 100), payload("c.bin", b"y")])
    expect(page.locator("#one i")).to_have_text(["a.bin"])
    expect(page.locator("#two i")).to_have_text(["b.bin", "c.bin"])
    page.locator("#two button").click()
    expect(page.locator("#two b")).to_have_text("b.bin, c.bin")
    page.locator("#one button").click()
    expect(page.locator("#one b")).to_have_text("a.bin")


# External uploads


class Bucket:
    """A bucket for external uploads: one URL for forms, one for bytes, one for parts."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.parts: dict[int, bytes] = {}
        self.refusals = 0

    async def post(self, request: Request) -> Response:
        async with request.form() as form:
            self.objects[str(form["key"])] = await form["file"].read()  # type: ignore[union-attr]
        return Response(status_code=204)

    async def put(self, request: Request) -> Response:
        self.objects[request.path_params["key"]] = await request.body()
        return Response()

    async def part(self, request: Request) -> Response:
        number = request.path_params["number"]
        if number == 2 and self.refusals < 1:
            self.refusals += 1
            return Response(status_code=503)
        self.parts[number] = await request.body()
        return Response(headers={"etag": f'"tag-{number}"'})

    async def refuse(self, request: Request) -> Response:
        return Response(status_code=403)

    def routes(self) -> list[Route]:
        return [
            Route("/bucket", self.post, methods=["POST"]),
            Route("/bucket/{key}", self.put, methods=["PUT"]),
            Route("/parts/{number:int}", self.part, methods=["PUT"]),
            Route("/closed", self.refuse, methods=["POST"]),
        ]


PART = 40_000
METAS: dict[str, Callable[[UploadEntry], ExternalUploadMeta]] = {
    "S3": lambda entry: ExternalUploadMeta(uploader="S3", url="/bucket", fields={"key": entry.name}),
    "Put": lambda entry: ExternalUploadMeta(uploader="Put", url=f"/bucket/{entry.name}"),
    "S3Multipart": lambda entry: ExternalUploadMeta(
        uploader="S3Multipart",
        part_urls=[f"/parts/{n + 1}" for n in range(-(-entry.size // PART))],
        chunk_size=PART,
        upload_id="7",
        key=entry.name,
    ),
    "closed": lambda entry: ExternalUploadMeta(uploader="S3", url="/closed"),
}


def external(kind: str, results: list[UploadResult]) -> type[Uploads]:
    async def ended(entry: UploadEntry, result: UploadResult, socket: Socket) -> None:
        results.append(result)

    class External(Uploads):
        def allow(self, socket: Socket) -> Any:
            return socket.allow_upload(
                "files",
                accept="any",
                max_entries=3,
                external=lambda entry, context: METAS[kind](entry),
                entry_complete=ended,
            )

        def keep(self, meta: ExternalUploadMeta, entry: UploadEntry) -> str:
            return f"{meta.uploader} {entry.name}"

    return External


def serve_with_bucket(serve: Serve, view: type[Uploads]) -> tuple[str, Bucket]:
    bucket = Bucket()
    app: PyView = app_with(view)
    app.routes.extend(bucket.routes())
    return serve(app), bucket


@pytest.mark.parametrize("kind", ["S3", "Put"])
def test_a_file_is_uploaded_to_the_bucket_and_reported_to_the_server(
    page: Page, serve: Serve, kind: str
) -> None:
    results: list[UploadResult] = []
    url, bucket = serve_with_bucket(serve, external(kind, results))
    visit(page, url)
    contents = {"a.bin": b"a" * 300_000, "b.bin": b"b"}
    page.locator("input[type=file]").set_input_files([payload(name, data) for name, data in contents.items()])
    expect(page.locator("ul li")).to_have_count(2)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("ol li")).to_have_text([f"{kind} a.bin", f"{kind} b.bin"])
    assert bucket.objects == contents
    assert len(results) == 2


def test_a_large_file_is_sent_in_parts_with_a_retry(page: Page, serve: Serve) -> None:
    results: list[UploadResult] = []
    url, bucket = serve_with_bucket(serve, external("S3Multipart", results))
    visit(page, url)
    content = bytes(range(250)) * 800
    page.locator("input[type=file]").set_input_files([payload("a.bin", content)])
    expect(page.locator("ul li")).to_have_count(1)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("ol li")).to_have_text(["S3Multipart a.bin"])
    assert b"".join(bucket.parts[number] for number in sorted(bucket.parts)) == content
    assert bucket.refusals == 1
    [result] = results
    assert isinstance(result, UploadSuccessWithData)
    assert result.data["upload_id"] == "7"
    assert result.data["parts"] == [{"PartNumber": n, "ETag": f"tag-{n}"} for n in range(1, 6)]


def test_a_bucket_that_refuses_is_an_error_of_the_file(page: Page, serve: Serve) -> None:
    results: list[UploadResult] = []
    url, _ = serve_with_bucket(serve, external("closed", results))
    visit(page, url)
    page.locator("input[type=file]").set_input_files([payload("a.bin", b"x")])
    expect(page.locator("ul li")).to_have_count(1)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("em")).to_have_text(["upload_failed"])
    assert "403" in str(results[0])


def test_a_page_with_its_own_uploaders(page: Page, serve: Serve) -> None:
    page.add_init_script(
        """window.Uploaders = {S3: (entries) => entries.forEach((entry) => {
             window.seen = [entry.meta.url, entry.file.name];
             entry.progress(100);
           })};"""
    )
    results: list[UploadResult] = []
    url, bucket = serve_with_bucket(serve, external("S3", results))
    visit(page, url)
    page.locator("input[type=file]").set_input_files([payload("a.bin", b"x")])
    expect(page.locator("ul li")).to_have_count(1)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("ol li")).to_have_text(["S3 a.bin"])
    assert page.evaluate("window.seen") == ["/bucket", "a.bin"]
    assert bucket.objects == {}
