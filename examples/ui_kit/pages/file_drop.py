"""Files."""

from typing import Any

from examples.ui_kit.demo import About, DemoLiveView
from pyview import LiveViewSocket
from pyview.events import event
from pyview.uploads import MemoryWriter, StoredBytes, UploadEntry


class FileDropPage(DemoLiveView):
    about = About(
        title="File drop zone",
        group="Inputs",
        summary="Choose files or drop them, with previews, progress and errors.",
        when=(
            "Use it over an upload of the view, `socket.allow_upload`.",
            "The rules of the upload are checked before a byte is sent, and again by the server.",
        ),
        keys=(
            ("Space", "Opens the dialog of the browser."),
            ("Tab", "Goes on to the buttons that remove a file."),
        ),
    )

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        await super().mount(socket, session)
        socket.context["papers"] = socket.allow_upload(
            "papers",
            accept=[".png", ".jpg", ".txt"],
            max_entries=3,
            max_file_size=200_000,
            writer=MemoryWriter,
        )
        socket.context["sizes"] = []

    @event
    async def check(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        """Receive the chosen files. PyView needs the event; there is nothing else to do."""

    @event
    async def cancel(self, socket: LiveViewSocket[dict[str, Any]], upload: str, ref: str) -> None:
        if upload in socket.uploads:
            socket.cancel_upload(upload, ref)

    @event
    async def send(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["sizes"] = await socket.consume_uploaded_entries("papers", described)


def described(file: StoredBytes, entry: UploadEntry) -> str:
    return f"{entry.name}: {len(file.data)} bytes"
