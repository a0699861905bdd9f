"""Uploads that end in any way leave no object, no task, no file and no descriptor."""

import asyncio
import gc
import logging
from collections import Counter
from typing import Any

import pytest

from pyview.process.transfer import Transfer
from pyview.process.uploads import UploadManager
from pyview.testing import LiveClient
from pyview.transport.uploads import UploadChannel, UploadChannels
from pyview.uploads import TempFileWriter, UploadConfig, UploadEntry
from tests.asgi import eventually
from tests.attack.counted_app import open_files
from tests.uploads.raw_client import RawClient, raw_client
from tests.uploads.views import app_with, view_with

OURS = (UploadManager, Transfer, UploadConfig, UploadEntry, TempFileWriter, UploadChannel, UploadChannels)


def census() -> dict[str, int]:
    gc.collect()
    alive = Counter(type(thing).__name__ for thing in gc.get_objects() if isinstance(thing, OURS))
    return {**alive, "tasks": len(asyncio.all_tasks()), "files": open_files()}


async def consumed(browser: RawClient) -> None:
    await browser.chunk(b"0123456789", "7")
    await browser.progress(100)
    await browser.event("save")


async def cancelled(browser: RawClient) -> None:
    await browser.chunk(b"01234", "7")
    await browser.event("cancel", {"ref": "0"})


async def too_long(browser: RawClient) -> None:
    await browser.chunk(b"0123456789x", "7")


async def left(browser: RawClient) -> None:
    await browser.chunk(b"01234", "7")
    await browser.ask("phx_leave", {}, "lvu:0", "7")


async def crashed(browser: RawClient) -> None:
    await browser.socket.send_chunk("7", "8", "lvu:0", "chunk", b"01234")
    page = browser.page
    await browser.socket.send_frame(
        ["4", "9", page.topic, "event", {"type": "click", "event": "crash", "value": {}}]
    )
    while (await browser.next())[3] != "phx_error":
        pass


async def abandoned(browser: RawClient) -> None:
    await browser.socket.send_chunk("7", "8", "lvu:0", "chunk", b"01234")


async def one(client: LiveClient, end: Any) -> None:
    async with raw_client(client) as browser:
        await browser.join_upload(await browser.token(size=10), "7")
        await end(browser)


async def test_uploads_leave_no_objects_tasks_files_or_descriptors(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "pyview")  # what is caught keeps the views in its tracebacks
    app = app_with(view_with())
    async with LiveClient(app) as client:
        before = census()
        for _ in range(6):
            for end in (consumed, cancelled, too_long, left, crashed, abandoned):
                await one(client, end)
        # A timer refers to a view for half a second after its end.
        await eventually(lambda: not app.app_context.processes and census() == before, 3)
