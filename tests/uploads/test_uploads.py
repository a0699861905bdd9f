"""Uploads of a user: choosing, sending, progress, errors, cancelling, rules."""

from typing import Any

import pytest

from pyview.testing import LiveClient, LocalFile, Page, PageError, ViewCrashed
from pyview.uploads import (
    MemoryWriter,
    UploadConstraints,
    UploadEntry,
)
from tests.asgi import eventually
from tests.uploads.views import INPUT, Socket, Stored, Uploads, app_with, errors, progress, text, view_with

# Choosing and sending


async def test_a_form_sends_all_files_before_its_submit(stored: Stored) -> None:
    view = view_with()
    files = [text("one.txt", 200_000), text("two.txt", 64 * 1024), text("three.txt", 1)]
    async with LiveClient(app_with(view)) as client:
        page = await client.open("/")
        await page.choose(INPUT, *files)
        assert progress(page) == ["0%", "0%", "0%"]
        await page.submit("form")
        assert [one.text for one in page.find_all("ol li")] == ["one.txt", "two.txt", "three.txt"]
        assert view.kept == {file.name: file.content for file in files}
        assert progress(page) == []
        await eventually(lambda: not stored())


async def test_progress_is_reported_for_each_chunk(stored: Stored) -> None:
    async with LiveClient(app_with(view_with(chunk_size=1000))) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, text("a.txt", 10_000), text("b.txt", 5_000))
        await chosen.send("a.txt", percent=49)
        assert progress(page) == ["49%", "0%"]
        assert [file.stat().st_size for file in stored()] == [4900]
        await chosen.send("a.txt", percent=70)
        assert progress(page) == ["70%", "0%"]
        await chosen.send()
        assert progress(page) == ["100%", "100%"]
        assert [one.text for one in page.find_all("ul u")] == ["done", "done"]


async def test_auto_upload_sends_chosen_files_at_once() -> None:
    view = view_with(auto_upload=True)
    async with LiveClient(app_with(view)) as client:
        page = await client.open("/")
        await page.choose(INPUT, text("a.txt"))
        assert progress(page) == ["100%"]
        await page.choose(INPUT, text("b.txt"))
        assert progress(page) == ["100%", "100%"]
        await page.submit("form")
        assert list(view.kept) == ["a.txt", "b.txt"]


async def test_files_can_be_dropped_on_the_target() -> None:
    view = view_with()
    async with LiveClient(app_with(view)) as client:
        page = await client.open("/")
        await page.drop_files("#zone", text("dropped.txt"))
        await page.submit("form")
        assert list(view.kept) == ["dropped.txt"]


async def test_a_second_choice_adds_files_or_replaces_a_single_one() -> None:
    async with LiveClient(app_with(view_with())) as client:
        page = await client.open("/")
        await page.choose(INPUT, text("a.txt"))
        await page.choose(INPUT, text("b.txt"))
        assert [one.text for one in page.find_all("ul b")] == ["a.txt", "b.txt"]
    async with LiveClient(app_with(view_with(max_entries=1))) as client:
        page = await client.open("/")
        await page.choose(INPUT, text("a.txt"))
        await page.choose(INPUT, text("b.txt"))
        assert [one.text for one in page.find_all("ul b")] == ["b.txt"]
        assert "multiple" not in page.find(INPUT).attrs


async def test_a_file_that_is_replaced_while_it_is_sent_is_deleted(stored: Stored) -> None:
    async with LiveClient(app_with(view_with(max_entries=1))) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, text("a.txt"))
        await chosen.send(percent=50)
        await page.choose(INPUT, text("b.txt"))
        await eventually(lambda: not stored())


async def test_memory_keeps_small_files() -> None:
    view = view_with(writer=MemoryWriter)
    async with LiveClient(app_with(view)) as client:
        page = await client.open("/")
        await page.choose(INPUT, text("a.txt"))
        await page.submit("form")
        assert view.kept == {"a.txt": text().content}


# Refused files


@pytest.mark.parametrize(
    ("accept", "name", "kind", "accepted"),
    [
        (".png", "a.png", "", True),
        (".png", "A.PNG", "image/png", True),
        (".png", "a.jpg", "image/png", False),
        (".png", ".png", "", False),
        (".tar.gz", "a.tar.gz", "", True),
        ("image/*", "a.bin", "image/webp", True),
        ("image/*", "a.png", "imagery/png", False),
        ("image/png", "a", "IMAGE/PNG; q=1", True),
        ("image/png,.txt", "a.txt", "text/plain", True),
        ("any", "anything.exe", "", True),
        ([], "anything.exe", "", True),
    ],
)
async def test_kinds_are_checked_by_the_server(accept: Any, name: str, kind: str, accepted: bool) -> None:
    async with LiveClient(app_with(view_with(accept=accept))) as client:
        page = await client.open("/")
        await page.choose(INPUT, LocalFile(name, b"x", kind))
        assert errors(page) == ([] if accepted else ["not_accepted"])


@pytest.mark.parametrize("accept", ["png", "image", "*.png", ".p ng", "/png"])
def test_an_invalid_kind_raises(accept: str) -> None:
    with pytest.raises(ValueError, match="expected extensions"):
        UploadConstraints(accept=[accept])


async def test_a_refused_file_is_listed_with_its_error_until_cancelled() -> None:
    view = view_with(max_file_size=1000)
    async with LiveClient(app_with(view)) as client:
        page = await client.open("/")
        await page.choose(INPUT, text("good.txt", 1000), text("big.txt", 1001))
        assert errors(page) == ["too_large"]
        assert page.find(INPUT)["data-phx-error-refs"] == "1"
        with pytest.raises(PageError, match="have errors"):
            await page.submit("form")
        await page.click("button", "Cancel big.txt")
        assert errors(page) == []
        await page.submit("form")
        assert list(view.kept) == ["good.txt"]


async def test_too_many_files_are_an_error_of_the_input() -> None:
    view = view_with(max_entries=2)
    async with LiveClient(app_with(view)) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, *(text(f"{name}.txt", 10) for name in "abc"))
        assert errors(page) == ["too_many_files"]
        answer = await chosen.preflight()
        assert answer["error"] == [[page.find(INPUT)["id"], "too_many_files"]]
        await page.click("button", "Cancel b.txt")
        assert errors(page) == []
        await page.submit("form")
        assert list(view.kept) == ["a.txt", "c.txt"]


async def test_auto_upload_accepts_valid_files_and_refuses_others() -> None:
    view = view_with(auto_upload=True, max_entries=2, accept=[".txt"])
    async with LiveClient(app_with(view)) as client:
        page = await client.open("/")
        await page.choose(INPUT, text("a.txt"), text("no.exe"), text("c.txt"), text("d.txt"))
        assert errors(page) == ["not_accepted", "too_many_files"]
        assert progress(page) == ["100%", "0%", "0%", "0%"]
        await page.click("button", "Cancel no.exe")
        await page.click("button", "Cancel d.txt")
        assert errors(page) == []


async def test_a_validator_returns_its_own_text() -> None:
    def no_drafts(entry: UploadEntry) -> str | None:
        return "no drafts, please" if entry.name.startswith("draft") else None

    async with LiveClient(app_with(view_with(validator=no_drafts))) as client:
        page = await client.open("/")
        await page.choose(INPUT, text("draft.txt"), text("final.txt"))
        assert errors(page) == ["no drafts, please"]


async def test_in_total_mode_consumed_files_count() -> None:
    view = view_with(max_entries=2, max_entries_mode="total")
    async with LiveClient(app_with(view)) as client:
        page = await client.open("/")
        await page.choose(INPUT, text("a.txt"))
        await page.submit("form")
        await page.choose(INPUT, text("b.txt"), text("c.txt"))
        assert errors(page) == ["too_many_files"]
        await page.click("button", "Cancel c.txt")
        await page.submit("form")
        assert list(view.kept) == ["a.txt", "b.txt"]


# Cancelling and ends of views


async def test_a_cancelled_file_is_deleted_and_its_channel_closed(stored: Stored) -> None:
    async with LiveClient(app_with(view_with())) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, text("a.txt"), text("b.txt"))
        await chosen.send("a.txt", percent=50)
        assert len(stored()) == 1
        await page.click("button", "Cancel a.txt")
        await eventually(lambda: not stored())
        await chosen.send("b.txt")
        assert progress(page) == ["100%"]
        await page.push("cancel", {"ref": "0"})  # twice does no harm


async def leave(page: Page) -> None:
    await page.navigate("/elsewhere")


async def crash(page: Page) -> None:
    with pytest.raises(ViewCrashed):
        await page.push("crash")


async def reload(page: Page) -> None:
    await page.reload()


async def drop(page: Page) -> None:
    await page.drop()


async def close(page: Page) -> None:
    await page.close()


@pytest.mark.parametrize("end", [leave, crash, reload, drop, close])
@pytest.mark.parametrize("percent", [50, 100])
async def test_no_file_is_left_after_any_end_of_a_view(end: Any, percent: int, stored: Stored) -> None:
    async with LiveClient(app_with(view_with(), reconnect_grace=0)) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, text("a.txt"))
        await chosen.send(percent=percent)
        assert len(stored()) == 1
        await end(page)
        await eventually(lambda: not stored())


async def test_complete_files_survive_a_lost_connection(stored: Stored) -> None:
    view = view_with()
    async with LiveClient(app_with(view)) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, text("whole.txt"), text("half.txt"))
        await chosen.send("whole.txt")
        await chosen.send("half.txt", percent=50)
        assert len(stored()) == 2
        await page.drop()
        await eventually(lambda: len(stored()) == 1)
        await page.reconnect()
        assert [one.text for one in page.find_all("ul b")] == ["whole.txt"]
        await page.submit("form")
        assert list(view.kept) == ["whole.txt"]


async def test_no_file_is_left_when_the_server_stops(stored: Stored) -> None:
    async with LiveClient(app_with(view_with())) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, text("a.txt"), text("b.txt"))
        await chosen.send("a.txt")
        await chosen.send("b.txt", percent=50)
        assert len(stored()) == 2
    assert stored() == []


# Rules


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({}, TypeError, "got no accept="),
        ({"accept": [".png"], "max_entries": 0}, ValueError, "above 0"),
        ({"accept": [".png"], "max_entries_mode": "ever"}, ValueError, "'selected'"),
        ({"accept": [".png"], "chunk_size": 2**20}, ValueError, "max_upload_frame"),
        ({"accept": [".png"], "max_file_size": 2**40}, ValueError, "max_upload_bytes"),
        ({"accept": [".png"], "max_entries": 101}, ValueError, "max_uploads"),
        (
            {"constraints": UploadConstraints(), "accept": [".png"]},
            TypeError,
            "both UploadConstraints and accept",
        ),
    ],
)
async def test_invalid_rules_raise_in_allow_upload(
    arguments: dict[str, Any], error: type[Exception], words: str
) -> None:
    caught: list[BaseException] = []

    class Mistaken(Uploads):
        mount_once = False

        def allow(self, socket: Socket) -> Any:
            with pytest.raises(error, match=words) as info:
                socket.allow_upload("files", **arguments)
            caught.append(info.value)
            return socket.allow_upload("files", accept="any")

    async with LiveClient(app_with(Mistaken)) as client:
        await client.open("/")
    assert len(caught) == 2  # for the HTTP response, and for the socket


async def test_an_upload_with_entries_is_neither_replaced_nor_disallowed() -> None:
    class Changing(Uploads):
        async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
            if event == "change":
                for change in (
                    lambda: socket.disallow_upload("files"),
                    lambda: socket.allow_upload("files", accept="any"),
                ):
                    with pytest.raises(ValueError, match="has entries"):
                        change()
                socket.cancel_upload("files", "0")
                socket.disallow_upload("files")
                with pytest.raises(ValueError, match="no upload 'files' is allowed"):
                    socket.uploaded_entries("files")
                socket.context["upload"] = socket.allow_upload("files", accept="any")

    async with LiveClient(app_with(Changing)) as client:
        page = await client.open("/")
        await page.choose(INPUT, text("a.txt"))
        before = page.find(INPUT)["id"]
        await page.push("change")
        assert page.find(INPUT)["id"] != before
        assert page.find(INPUT)["data-phx-active-refs"] == ""
