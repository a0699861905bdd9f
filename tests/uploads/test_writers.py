"""Writers: order of calls, failures, timeouts, and temporary files."""

import asyncio
import gc
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pyview.testing import LiveClient
from pyview.uploads import CloseReason, TempFileWriter, UploadEntry, UploadWriter
from tests.asgi import eventually
from tests.uploads.raw_client import raw_client
from tests.uploads.views import INPUT, Stored, app_with, text, view_with


class Parts(UploadWriter):
    """Writes like an S3 multipart upload: parts of a minimum size, then the completion."""

    calls: list[str]
    fail_at = ""
    wait_at = ""

    def __init__(self, entry: UploadEntry) -> None:
        self.entry = entry
        self.parts: list[bytes] = []
        self.buffer = b""

    async def called(self, call: str) -> None:
        self.calls.append(call)
        if call == self.wait_at:
            await asyncio.Event().wait()
        if call == self.fail_at:
            raise OSError("the store is away")

    async def open(self) -> None:
        await self.called("open")

    async def write_chunk(self, data: bytes) -> None:
        await self.called("write")
        self.buffer += data
        while len(self.buffer) >= 100_000:
            self.parts.append(self.buffer[:100_000])
            self.buffer = self.buffer[100_000:]

    async def close(self, reason: CloseReason) -> None:
        await self.called(f"close {reason}")
        if reason == "done" and self.buffer:
            self.parts.append(self.buffer)

    def meta(self) -> Any:
        return self

    @property
    def data(self) -> bytes:
        return b"".join(self.parts)

    async def release(self, *, consumed: bool) -> None:
        await self.called(f"release {consumed}")


def parts(**traits: Any) -> type[Parts]:
    return type("PartsOfOneTest", (Parts,), {**traits, "calls": []})


async def test_a_custom_writer_gets_all_chunks_in_order() -> None:
    writer = parts()
    view = view_with(writer=writer)
    async with LiveClient(app_with(view)) as client:
        page = await client.open("/")
        await page.choose(INPUT, text("a.txt", 230_000))
        await page.submit("form")
        assert view.kept == {"a.txt": text(size=230_000).content}
        await page.settle()
        assert writer.calls == ["open", *["write"] * 4, "close done", "release True"]


async def test_a_writer_is_closed_when_its_file_is_cancelled() -> None:
    writer = parts()
    async with LiveClient(app_with(view_with(writer=writer))) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, text("a.txt"), text("b.txt"))
        await chosen.send("a.txt", percent=20)
        await page.click("button", "Cancel a.txt")
        await chosen.send("b.txt")
        await page.click("button", "Cancel b.txt")
        await page.settle()
        cancelled = ["open", "write", "close cancel", "release False"]
        assert writer.calls == [*cancelled, "open", *["write"] * 4, "close done", "release False"]


@pytest.mark.parametrize(
    ("fail_at", "calls"),
    [
        ("open", ["open"]),
        ("write", ["open", "write", "close error", "release False"]),
        ("close done", ["open", *["write"] * 4, "close done", "release False"]),
    ],
)
async def test_an_exception_of_a_writer_fails_only_its_file(fail_at: str, calls: list[str]) -> None:
    writer = parts(fail_at=fail_at)
    async with LiveClient(app_with(view_with(writer=writer))) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, text("a.txt"))
        await chosen.send()
        await page.settle()
        assert writer.calls == calls
        assert chosen.errors == {"0": "writer_error"}
        assert [one.text for one in page.find_all("em")] == ["writer_failure"]
        assert page.crashes == 0


async def test_an_exception_in_a_writers_constructor_fails_only_its_file() -> None:
    def unmade(entry: UploadEntry) -> UploadWriter:
        raise RuntimeError("no credentials")

    async with LiveClient(app_with(view_with(writer=unmade))) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, text("a.txt"))
        await chosen.send()
        await page.settle()
        assert chosen.errors == {"0": "writer_error"}
        assert page.find("em").text == "writer_failure"
        assert page.crashes == 0
        assert page.connected


async def test_an_exception_at_the_end_of_a_writer_is_only_logged(caplog: pytest.LogCaptureFixture) -> None:
    writer = parts(fail_at="close cancel")
    async with LiveClient(app_with(view_with(writer=writer))) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, text("a.txt"))
        await chosen.send(percent=10)
        await page.click("button", "Cancel a.txt")
        await page.settle()
        assert writer.calls[-1] == "release False"
    assert "the store is away" in caplog.text


@pytest.mark.parametrize("wait_at", ["open", "write", "close cancel", "release False"])
async def test_a_stuck_writer_is_cancelled(wait_at: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyview.process.transfer._WRITER_TIMEOUT", 0.05)
    writer = parts(wait_at=wait_at)
    app = app_with(view_with(writer=writer))
    async with LiveClient(app) as client:
        async with raw_client(client) as browser:
            token = await browser.token(size=10)
            await browser.socket.send_frame(["7", "7", "lvu:0", "phx_join", {"token": token}])
            await browser.socket.send_chunk("7", "8", "lvu:0", "chunk", b"x")
            assert (await browser.event("nothing"))[0] == "ok"
        await eventually(lambda: not app.app_context.processes)


async def test_an_upload_without_chunks_times_out(stored: Stored) -> None:
    view = view_with(chunk_timeout=0.5)
    async with LiveClient(app_with(view)) as client, raw_client(client) as browser:
        await browser.join_upload(await browser.token(size=10), "7")
        await browser.chunk(b"x", "7")
        frames = [await browser.next(), await browser.next()]
        assert frames[0] == ["7", "7", "lvu:0", "phx_error", {}]
        assert "timed_out" in str(frames[1])
        await eventually(lambda: not stored())


async def test_the_time_of_the_writer_does_not_count_for_the_timeout() -> None:
    class Slow(TempFileWriter):
        async def write_chunk(self, data: bytes) -> None:
            await asyncio.sleep(0.5)  # longer than chunk_timeout, which does not count it
            await super().write_chunk(data)

    view = view_with(chunk_timeout=0.3, writer=Slow)
    async with LiveClient(app_with(view)) as client, raw_client(client) as browser:
        await browser.join_upload(await browser.token(size=2), "7")
        assert await browser.chunk(b"x", "7") == ("ok", {})
        assert await browser.chunk(b"y", "7") == ("ok", {})


async def test_a_temporary_file_is_in_its_directory_and_private(tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    view = view_with(writer=partial(TempFileWriter, directory=folder))
    async with LiveClient(app_with(view)) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, text("a.txt", 100))
        await chosen.send()
        [file] = folder.glob("pyview-upload-*")
        assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())
        assert file.stat().st_mode & 0o777 == 0o600
        await page.submit("form")
        await eventually(lambda: not list(folder.iterdir()))


async def test_a_moved_file_is_no_error(tmp_path: Path) -> None:
    class Moving(view_with()):  # type: ignore[misc]
        def keep(self, meta: Any, entry: UploadEntry) -> str:
            meta.path.rename(tmp_path / entry.name)
            return entry.name

    async with LiveClient(app_with(Moving)) as client:
        page = await client.open("/")
        await page.choose(INPUT, text("a.txt", 100))
        await page.submit("form")
        await page.settle()
    assert (tmp_path / "a.txt").read_bytes() == text(size=100).content


async def test_a_garbage_collected_writer_deletes_its_file(stored: Stored) -> None:
    writer = TempFileWriter(None)  # type: ignore[arg-type]
    await writer.open()
    await writer.write_chunk(b"x")
    assert len(stored()) == 1
    del writer

    def deleted() -> bool:
        gc.collect()  # the thread that wrote may not have let go of it at once
        return not stored()

    await eventually(deleted)


def test_a_process_that_exits_leaves_no_file(tmp_path: Path) -> None:
    folder = tmp_path / "there"
    folder.mkdir()
    code = (
        "import asyncio, sys, tempfile\n"
        f"tempfile.tempdir = {str(folder)!r}\n"
        "from pyview.uploads import TempFileWriter\n"
        "writer = TempFileWriter(None)\n"
        "asyncio.run(writer.open())\n"
        "from pathlib import Path; assert len([*Path(tempfile.tempdir).glob('pyview-upload-*')]) == 1\n"
        "sys.exit(3)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], check=False)
    assert ended.returncode == 3
    assert list(folder.iterdir()) == []
