"""File uploads: pictures with previews, sent with the form, and texts that are sent and counted at once."""

from dataclasses import dataclass
from typing import Any, TypedDict

from examples.uploads.pictures import Picture, shelf
from pyview import LiveView, LiveViewSocket
from pyview.events import event
from pyview.uploads import MemoryWriter, StoredBytes, StoredFile, UploadConfig, UploadEntry

MIB = 1024 * 1024


@dataclass(frozen=True)
class Count:
    """Number of lines and words of a text."""

    name: str
    lines: int
    words: int


class UploadsContext(TypedDict):
    pictures: UploadConfig
    texts: UploadConfig
    album: list[Picture]
    refused: list[str]
    counts: list[Count]


Socket = LiveViewSocket[UploadsContext]


class UploadsLiveView(LiveView[UploadsContext]):
    async def mount(self, socket: Socket, session: Any) -> None:
        pictures = socket.allow_upload(
            "pictures",
            accept=[".png", ".jpg", ".jpeg", ".gif", ".webp"],
            max_entries=6,
            max_file_size=2 * MIB,
        )
        texts = socket.allow_upload(
            "texts",
            accept=[".txt", ".md", ".csv"],
            max_entries=3,
            max_file_size=MIB // 4,
            auto_upload=True,
            writer=MemoryWriter,
            progress=self.count_when_done,
        )
        socket.context = {"pictures": pictures, "texts": texts, "album": [], "refused": [], "counts": []}

    @event
    async def check(self, socket: Socket) -> None:
        """Receive the chosen files. PyView needs the `phx-change` event; there is nothing else to do."""

    @event
    async def cancel(self, socket: Socket, upload: str, ref: str) -> None:
        if upload in socket.uploads:
            socket.cancel_upload(upload, ref)

    @event
    async def keep(self, socket: Socket) -> None:
        """Handle the submit, which the client sends when all pictures have been uploaded."""
        results = await socket.consume_uploaded_entries("pictures", store_picture)
        socket.context["album"] += [result for result in results if isinstance(result, Picture)]
        socket.context["refused"] = [result for result in results if isinstance(result, str)]

    async def count_when_done(self, entry: UploadEntry, socket: Socket) -> None:
        if entry.done:
            socket.context["counts"].append(await socket.consume_uploaded_entry(entry, count))

    async def disconnect(self, socket: Socket) -> None:
        shelf.remove(socket.context["album"])


def store_picture(file: StoredFile, entry: UploadEntry) -> Picture | str:
    """Return the picture, or the name of a file that is not a picture."""
    return shelf.put(entry.name, file.path.read_bytes()) or entry.name


def count(file: StoredBytes, entry: UploadEntry) -> Count:
    text = file.data.decode(errors="replace")
    return Count(entry.name, len(text.splitlines()), len(text.split()))
