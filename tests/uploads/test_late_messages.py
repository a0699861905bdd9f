"""Messages about a file that the browser sent before it knew that the file is gone do not list it again."""

from typing import Any

import pytest

from pyview.testing import LiveClient
from pyview.uploads import UploadEntry
from tests.frames import connect, load
from tests.uploads.raw_client import RawClient, file, joined, raw_client
from tests.uploads.views import Socket, Uploads, app_with, view_with


def listed(response: Any) -> str:
    """Return the references of an input from the diff that contains it."""
    _, found, rest = str(response).partition('data-phx-active-refs="')
    assert found, response
    return rest.partition('"')[0]


async def send(browser: RawClient, token: Any, ref: str) -> Any:
    """Send all ten bytes of a file; return the answer to its last message."""
    assert await browser.join_upload(token, f"u{ref}", f"lvu:{ref}") == ("ok", {})
    assert await browser.chunk(b"0123456789", f"u{ref}", f"lvu:{ref}") == ("ok", {})
    return await browser.progress(100, ref)


@pytest.mark.parametrize("auto_upload", [False, True])
async def test_a_cancelled_file_stays_cancelled_when_the_next_one_is_chosen(auto_upload: bool) -> None:
    view = view_with(auto_upload=auto_upload)
    async with LiveClient(app_with(view)) as client, raw_client(client) as browser:
        await browser.declare(file("0"))
        await browser.event("cancel", {"ref": "0"})
        for _ in range(2):  # the browser has not had the answer to the first list either
            await browser.declare(file("0"), file("1"))
        _, response = await browser.preflight(file("1"))
        assert list(response["entries"]) == ["1"]
        assert listed(response["diff"]) == "1"
        await send(browser, response["entries"]["1"], "1")
        await browser.event("save")
        assert list(view.kept) == ["a.txt"]


async def test_a_file_cancelled_before_its_preflight_is_ignored() -> None:
    view = view_with(auto_upload=True)
    async with LiveClient(app_with(view)) as client, raw_client(client) as browser:
        await browser.declare(file("0"), file("1"))
        await browser.event("cancel", {"ref": "0"})
        _, response = await browser.preflight(file("0"), file("1"))
        assert list(response["entries"]) == ["1"]
        assert "error" not in response


async def test_a_form_with_a_cancelled_file_retries_without_it() -> None:
    async with LiveClient(app_with(view_with())) as client, raw_client(client) as browser:
        await browser.declare(file("0"), file("1"))
        await browser.event("cancel", {"ref": "0"})
        _, refused = await browser.preflight(file("0"), file("1"))
        assert refused["error"] == [["0", "cancelled"]]
        _, response = await browser.preflight(file("1"))
        assert list(response["entries"]) == ["1"]


class Eager(Uploads):
    """Consumes each file as soon as it has arrived."""

    def allow(self, socket: Socket) -> Any:
        return socket.allow_upload(
            "files", accept="any", max_entries=3, auto_upload=True, progress=self.progress
        )

    async def progress(self, entry: UploadEntry, socket: Socket) -> None:
        if entry.done:
            socket.context["saved"].append(await socket.consume_uploaded_entry(entry, self.keep))


async def test_a_consumed_file_is_not_listed_again_when_the_next_one_is_chosen() -> None:
    async with LiveClient(app_with(Eager)) as client, raw_client(client) as browser:
        await send(browser, await browser.token(ref="0"), "0")
        assert Eager.kept == {"a.txt": b"0123456789"}
        _, response = await browser.declare(file("0"), file("1"))
        assert listed(response["diff"]) == "1"


async def test_gone_references_are_forgotten_after_the_next_choice() -> None:
    async with LiveClient(app_with(view_with())) as client, raw_client(client) as browser:
        await browser.declare(file("0"))
        await browser.event("cancel", {"ref": "0"})
        await browser.declare(file("1"))
        _, response = await browser.declare(file("1"), file("0"))
        assert listed(response["diff"]) == "1,0"


async def test_a_file_lost_with_the_connection_may_be_chosen_again() -> None:
    async with LiveClient(app_with(view_with())) as client:
        page = await load(client, "/")
        socket = await connect(client, page).connect()
        browser = await joined(socket, page)
        await browser.declare(file("0"))
        await socket.drop()
        async with connect(client, page) as socket:
            again = await joined(socket, page, params={"_csrf_token": page.csrf, "_mounts": 1})
            assert again.ref == browser.ref, "the view has waited"
            _, response = await again.declare(file("0"))
            assert listed(response["diff"]) == "0"
