"""A file that has arrived and waits for its view to return, perhaps in another worker of the same host."""

from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from pyview.uploads.config import UploadConfig
from pyview.uploads.entry import UploadEntry
from pyview.uploads.temporary import TEMPORARY_FILES
from pyview.uploads.writers import StoredFile
from pyview.wire.uploads import ChosenFile


@dataclass(frozen=True, slots=True)
class KeptFile:
    """One entry whose file has arrived completely: its upload, its description by the browser, its temporary file."""

    upload: str
    upload_ref: str
    ref: str
    name: str
    size: int
    type: str
    relative_path: str
    last_modified: int
    meta: Any
    path: str

    def data(self) -> list[Any]:
        """Return it as JSON data."""
        return list(astuple(self))

    @classmethod
    def of(cls, data: list[Any]) -> "KeptFile":
        return cls(*data)


class AdoptedFile:
    """The received part of an entry whose file this worker has taken over."""

    __slots__ = ("_path", "received")

    def __init__(self, path: Path, size: int) -> None:
        self._path: Path | None = path
        self.received = size

    @property
    def complete(self) -> bool:
        return True

    def meta(self) -> StoredFile:
        if self._path is None:
            raise FileNotFoundError("the file of this upload has been consumed, or left for another worker")
        return StoredFile(self._path)

    def pin(self, until: float) -> Path | None:
        if self._path is not None:
            TEMPORARY_FILES.pin(self._path, until)
        return self._path

    def leave(self) -> None:
        if self._path is not None and TEMPORARY_FILES.leave(self._path):
            self._path = None

    def end(self, *, consumed: bool) -> None:
        path, self._path = self._path, None
        if path is not None:
            TEMPORARY_FILES.delete(path)


def kept_files(upload: UploadConfig, until: float) -> list[KeptFile]:
    """Return the files of an upload that have arrived, which stay on the disk until the Unix time `until`."""
    if upload.is_external:
        return []
    return [kept for entry in upload.completed if (kept := _kept(upload, entry, until)) is not None]


def _kept(upload: UploadConfig, entry: UploadEntry, until: float) -> KeptFile | None:
    path = None if entry.incoming is None or not entry.valid else entry.incoming.pin(until)
    if path is None:
        return None  # its writer keeps it in another place
    return KeptFile(
        upload.name,
        upload.ref,
        entry.ref,
        entry.name,
        entry.size,
        entry.type,
        entry.relative_path,
        entry.last_modified,
        entry.client_meta,
        str(path),
    )


def leave_files(upload: UploadConfig) -> None:
    """Leave the files of an upload that have arrived to the next worker, because this view ends."""
    for entry in upload.completed:
        if entry.incoming is not None:
            entry.incoming.leave()


def adopt(upload: UploadConfig, kept: KeptFile) -> bool:
    """List a kept file in the upload of that name. Return False if it is gone, or on another host.

    The upload takes the reference that the page knows, so that the page keeps its input and its previews.
    """
    try:
        path = TEMPORARY_FILES.adopt(Path(kept.path), kept.size)
    except OSError:
        return False
    file = ChosenFile(
        kept.ref, kept.name, kept.size, kept.type, kept.relative_path, kept.last_modified, kept.meta
    )
    upload.ref = kept.upload_ref
    upload.add_arrived(file, AdoptedFile(path, kept.size))
    return True
