"""An application that computes the digest of a large file, and reports memory and files of its process to tests."""

import contextlib
import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pyview import LiveView, LiveViewSocket, PyView
from pyview.template.live_template import LiveTemplate
from pyview.uploads import StoredFile, UploadEntry
from tests.attack.counted_app import open_files, resident

Socket = LiveViewSocket[dict[str, Any]]
LARGEST = 2 * 1024**3


class Large(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string(
        "<form id='f' phx-change='check' phx-submit='save'>{{ live_file_input(upload) }}</form><p>{{ digest }}</p>",
        "large.html",
    )

    async def mount(self, socket: Socket, session: Any) -> None:
        upload = socket.allow_upload("file", accept="any", max_file_size=LARGEST)
        socket.context = {"upload": upload, "digest": ""}

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        if event == "save":
            [socket.context["digest"]] = await socket.consume_uploaded_entries("file", digest)


def digest(meta: StoredFile, entry: UploadEntry) -> str:
    with meta.path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def state(request: Request) -> Response:
    return JSONResponse({"resident": resident(), "files": open_files(), "stored": list(sizes())})


def sizes() -> Iterator[int]:
    """Return the number of temporary files of uploads."""
    for path in Path(tempfile.gettempdir()).glob("pyview-upload-*"):
        with contextlib.suppress(FileNotFoundError):  # which a thread may delete just now
            yield path.stat().st_size


app = PyView(secret="Zm9yIHRlc3RzIG9ubHksIG5vdCBmb3IgYW55IHNpdGU=")
app.add_live_view("/", Large)
app.routes.append(Route("/state", state))
