"""Consuming uploads: consumers, context managers, completion callbacks, handlers in threads."""

from pathlib import Path
from typing import Any

import pytest

from pyview import LiveView, LiveViewSocket
from pyview.testing import LiveClient
from pyview.uploads import (
    Postpone,
    StoredFile,
    UploadConfig,
    UploadConstraints,
    UploadEntry,
    UploadInProgress,
    UploadResult,
)
from tests.asgi import eventually
from tests.uploads.views import INPUT, Socket, Stored, Uploads, app_with, errors, progress, text, view_with

# Consuming


class Progressive(Uploads):
    """Consumes each file as soon as it has arrived."""

    def allow(self, socket: Socket) -> UploadConfig:
        return socket.allow_upload("files", accept="any", max_entries=5, auto_upload=True, progress=self.came)

    async def came(self, entry: UploadEntry, socket: Socket) -> None:
        socket.context["log"].append(f"{entry.name} {entry.progress}")
        if entry.done:
            socket.context["saved"].append(await socket.consume_uploaded_entry(entry, self.keep))


async def test_a_progress_callback_may_consume() -> None:
    Progressive.kept.clear()
    async with LiveClient(app_with(Progressive)) as client:
        page = await client.open("/")
        await page.choose(INPUT, text("a.txt", 131072))
        assert page.find("#log").text == "a.txt 50, a.txt 100"
        assert Progressive.kept["a.txt"] == text("a.txt", 131072).content
        assert page.find(INPUT)["data-phx-active-refs"] == ""


async def test_a_postponed_file_stays(stored: Stored) -> None:
    class Later(Uploads):
        def keep(self, meta: Any, entry: UploadEntry) -> Any:
            return Postpone(f"later: {entry.name}")

    async with LiveClient(app_with(Later)) as client:
        page = await client.open("/")
        await page.choose(INPUT, text("a.txt"))
        await page.submit("form")
        assert page.find("ol li").text == "later: a.txt"
        assert progress(page) == ["100%"]
        assert len(stored()) == 1


async def test_consuming_raises_while_files_are_in_progress() -> None:
    caught: list[str] = []

    class Hasty(Uploads):
        async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
            if event == "hurry":
                with pytest.raises(UploadInProgress) as error:
                    await socket.consume_uploaded_entries("files", self.keep)
                caught.append(str(error.value))
                entry = socket.uploads["files"].entries[0]
                with pytest.raises(UploadInProgress):
                    await socket.consume_uploaded_entry(entry, self.keep)

    async with LiveClient(app_with(Hasty)) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, text("a.txt"))
        await chosen.send(percent=50)
        await page.push("hurry")
        assert "still in progress: 'a.txt'" in caught[0]


async def test_a_failed_consumer_keeps_the_file(stored: Stored) -> None:
    class Once(Uploads):
        async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
            if event != "save":
                return

            def fail(meta: Any, entry: UploadEntry) -> None:
                raise OSError("disk full")

            with pytest.raises(OSError, match="disk full"):
                await socket.consume_uploaded_entries("files", fail)
            socket.context["saved"] += await socket.consume_uploaded_entries("files", self.take)

        async def take(self, meta: StoredFile, entry: UploadEntry) -> str:
            return f"{entry.name}: {meta.path.stat().st_size}"

    async with LiveClient(app_with(Once)) as client:
        page = await client.open("/")
        await page.choose(INPUT, text("a.txt", 1234))
        await page.submit("form")
        assert page.find("ol li").text == "a.txt: 1234"


# The context managers of PyView 0.9


class Classic(Uploads):
    """Consumes by the context managers of the upload."""

    def allow(self, socket: Socket) -> UploadConfig:
        rules = UploadConstraints(max_file_size=5000, max_files=3, accept=["text/plain"])
        return socket.allow_upload("files", rules)

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        upload: UploadConfig = socket.context["upload"]
        if event == "cancel":
            upload.cancel_entry(payload["ref"])
        if event == "save":
            with upload.consume_uploads() as files:
                for one in files:
                    self.kept[one.entry.name] = Path(one.file.name).read_bytes()
        if event == "first":
            with upload.consume_upload_entry("0") as first:
                assert first is not None
                self.kept[first.entry.name] = first.file.read()


async def test_the_context_managers_of_pyview_0_9_consume(stored: Stored) -> None:
    Classic.kept = {}
    async with LiveClient(app_with(Classic)) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, text("a.txt", 10), text("b.txt", 20), text("c.txt", 30))
        await page.click("button", "Cancel b.txt")
        await chosen.send()
        await page.push("first")
        assert list(Classic.kept) == ["a.txt"]
        assert progress(page) == ["100%"]
        await page.submit("form")
        assert Classic.kept == {"a.txt": text(size=10).content, "c.txt": text(size=30).content}
        await eventually(lambda: not stored())


# Completion callbacks


async def test_entry_complete_is_called_once() -> None:
    results: list[UploadResult] = []

    async def complete(entry: UploadEntry, result: UploadResult, socket: LiveViewSocket[Any]) -> None:
        results.append(result)

    async with LiveClient(app_with(view_with(entry_complete=complete))) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, text("a.txt"))
        await chosen.send()
        await chosen.progress("0", 100)
        assert [type(result).__name__ for result in results] == ["UploadSuccess"]
        await page.submit("form")
        chosen = await page.choose(INPUT, text("b.txt"))
        await chosen.send(percent=10)
        await chosen.progress("1", {"error": "out of paper"})
        assert repr(results[1]) == "UploadFailure(error='out of paper')"
        assert errors(page) == ["upload_failed"]


# In worker threads


class Threaded(LiveView[dict[str, Any]]):
    """All callbacks are plain `def`, so they run in worker threads."""

    template = Uploads.template

    def mount(self, socket: Socket, session: Any) -> None:
        upload = socket.allow_upload("files", accept="any", progress=self.came, entry_complete=self.ended)
        socket.context = {"upload": upload, "saved": [], "log": []}

    def came(self, entry: UploadEntry, socket: Socket) -> None:
        socket.context["log"].append(f"{entry.progress}")

    def ended(self, entry: UploadEntry, result: UploadResult, socket: Socket) -> None:
        socket.context["log"].append(type(result).__name__)

    def handle_event(self, event: str, payload: Any, socket: Socket) -> Any:
        if event == "cancel":
            socket.cancel_upload("files", payload["ref"])
        if event == "save":
            with socket.uploads["files"].consume_uploads() as files:
                socket.context["saved"] = [one.entry.name for one in files]


async def test_handlers_in_threads_may_use_uploads(stored: Stored) -> None:
    async with LiveClient(app_with(Threaded)) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, text("a.txt", 131072))
        await chosen.send(percent=50)
        await page.click("button", "Cancel a.txt")
        await eventually(lambda: not stored())
        await page.choose(INPUT, text("b.txt", 10))
        await page.submit("form")
        assert page.find("ol li").text == "b.txt"
        assert page.find("#log").text == "50, 100, UploadSuccess"
