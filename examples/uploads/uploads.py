"""Files: pictures that are chosen, looked at and sent; texts that are counted as soon as they are dropped."""

from dataclasses import dataclass
from typing import Any, TypedDict

from examples.uploads.pictures import Picture, shelf
from pyview import LiveView, LiveViewSocket
from pyview.events import event
from pyview.uploads import MemoryWriter, StoredBytes, StoredFile, UploadConfig, UploadEntry

MIB = 1024 * 1024


@dataclass(frozen=True)
class Count:
    """What is in a text."""

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
        """Tells the server what is chosen, which is all that there is to do."""

    @event
    async def cancel(self, socket: Socket, upload: str, ref: str) -> None:
        if upload in socket.uploads:
            socket.cancel_upload(upload, ref)

    @event
    async def keep(self, socket: Socket) -> None:
        """Sent when all pictures of the form have arrived."""
        brought = await socket.consume_uploaded_entries("pictures", put_on_shelf)
        socket.context["album"] += [each for each in brought if isinstance(each, Picture)]
        socket.context["refused"] = [each for each in brought if isinstance(each, str)]

    async def count_when_done(self, entry: UploadEntry, socket: Socket) -> None:
        if entry.done:
            socket.context["counts"].append(await socket.consume_uploaded_entry(entry, count))

    async def disconnect(self, socket: Socket) -> None:
        shelf.take_away(socket.context["album"])


def put_on_shelf(file: StoredFile, entry: UploadEntry) -> Picture | str:
    """The picture; or the name of what only says that it is one."""
    return shelf.put(entry.name, file.path.read_bytes()) or entry.name


def count(file: StoredBytes, entry: UploadEntry) -> Count:
    text = file.data.decode(errors="replace")
    return Count(entry.name, len(text.splitlines()), len(text.split()))
