"""A client that sends raw frames about files on one socket, valid or not."""

import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pyview.testing import LiveClient, RawSocket
from tests.frames import Page, connect, join, load


class RawClient:
    """Sends only the frames of the test. `ref` is the reference of the page's input."""

    def __init__(self, socket: RawSocket, page: Page, ref: str, join_ref: str) -> None:
        self.socket = socket
        self.page = page
        self.ref = ref
        self.join_ref = join_ref
        self._refs = itertools.count(100)

    async def ask(self, event: str, payload: Any, topic: str = "", join_ref: str = "") -> Any:
        """Return the answer `(status, response)`. Skip pushes before it."""
        ref = str(next(self._refs))
        await self.socket.send_frame(
            [join_ref or self.join_ref, ref, topic or self.page.topic, event, payload]
        )
        return await self.answer(ref)

    async def answer(self, ref: str) -> Any:
        while True:
            frame = await self.socket.receive_frame()
            if frame[3] == "phx_reply" and frame[1] == ref:
                return frame[4]["status"], frame[4]["response"]

    async def declare(self, *files: dict[str, Any], upload: str = "") -> Any:
        """Send the event of a form with files."""
        meta = {"_target": "files"}
        uploads = {upload or self.ref: list(files)}
        payload = {"type": "form", "event": "check", "value": "", "meta": meta, "uploads": uploads}
        return await self.ask("event", payload)

    async def preflight(self, *files: dict[str, Any], upload: str = "") -> Any:
        return await self.ask("allow_upload", {"ref": upload or self.ref, "entries": list(files)})

    async def token(self, **about: Any) -> str:
        """Announce a file and return its token."""
        await self.declare(file(**about))
        _, response = await self.preflight(file(**about))
        return str(response["entries"][about.get("ref", "0")])

    async def join_upload(self, token: Any, ref: str, topic: str = "lvu:0") -> Any:
        await self.socket.send_frame([ref, ref, topic, "phx_join", {"token": token}])
        return await self.answer(ref)

    async def chunk(self, data: bytes, join_ref: str, topic: str = "lvu:0") -> Any:
        ref = str(next(self._refs))
        await self.socket.send_chunk(join_ref, ref, topic, "chunk", data)
        return await self.answer(ref)

    async def progress(self, value: Any, entry: str = "0", upload: str = "") -> Any:
        return await self.ask("progress", {"ref": upload or self.ref, "entry_ref": entry, "progress": value})

    async def event(self, name: str, value: Any = None) -> Any:
        return await self.ask("event", {"type": "click", "event": name, "value": value or {}})

    async def next(self) -> Any:
        return await self.socket.receive_frame()


def file(ref: str = "0", size: int = 10, name: str = "a.txt", **more: Any) -> dict[str, Any]:
    return {"ref": ref, "name": name, "size": size, "type": "text/plain", "last_modified": 1, **more}


@asynccontextmanager
async def raw_client(client: LiveClient, path: str = "/") -> AsyncIterator[RawClient]:
    """A joined page."""
    page = await load(client, path)
    async with connect(client, page) as socket:
        yield await joined(socket, page)


async def joined(socket: RawSocket, page: Page, join_ref: str = "4", **changes: Any) -> RawClient:
    status, response = await join(socket, page, join_ref, **changes)
    assert status == "ok", response
    found = re.search(r'data-phx-upload-ref=\\?"([^"\\]+)', str(response))
    assert found, response
    return RawClient(socket, page, found[1], join_ref)
