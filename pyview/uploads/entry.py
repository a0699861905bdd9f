"""One chosen file: its name, size and type, its progress, and its errors.

File names from browsers are sanitised, so that they can be shown and used as part of a path.
"""

import re
import unicodedata
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel, ConfigDict

from pyview.wire.uploads import ChosenFile

_LONGEST = 255  # bytes, as file systems count
_LONGEST_PATH = 1024
# Characters and lengths of RFC 6838, section 4.2.
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")


def file_name(raw: str) -> str:
    """Return the last part of `raw` as a safe file name.

    It has no separators, no control or invisible characters, is not `.` or `..`, and has at most 255 bytes including
    its extension. If nothing remains, it is "file".
    """
    # Both separators, on every system: the file may be copied to another one. Windows drops dots and spaces
    # at the end of a name, so that `a.exe.` would be `a.exe` there.
    base = re.split(r"[/\\]", raw)[-1]
    return _shortened(_visible(base).strip().rstrip(". ")) or "file"


def relative_path(raw: str) -> str:
    """Return the path of a file in a chosen folder, each part sanitised by `file_name`; empty if there is none."""
    # Parts of dots alone would lead out of the folder.
    parts = [part for part in re.split(r"[/\\]", raw) if part.strip(". ")]
    path = "/".join(file_name(part) for part in parts)
    return path if len(path.encode()) <= _LONGEST_PATH else ""


def media_type(raw: str) -> str:
    """Return `type/subtype` in lower case, without parameters; empty for anything else."""
    kind = raw.partition(";")[0].strip().lower()
    return kind if _MEDIA_TYPE.fullmatch(kind) else ""


def _visible(text: str) -> str:
    # Unprintable characters could disguise the extension, for example by reversing the direction of the text.
    composed = unicodedata.normalize("NFC", text)
    spaced = (" " if unicodedata.category(each) == "Zs" else each for each in composed)
    return "".join(each for each in spaced if each.isprintable())


def _shortened(name: str) -> str:
    if len(name.encode()) <= _LONGEST:
        return name
    stem, dot, extension = name.rpartition(".")
    tail = f"{dot}{extension}" if stem and len(extension) <= 16 else ""
    # errors="ignore": the cut may split a character of several bytes.
    return (stem if tail else name).encode()[: _LONGEST - len(tail.encode())].decode(errors="ignore") + tail


_MESSAGES = MappingProxyType(
    {
        "too_large": "File too large",
        "too_many_files": "Too many files",
        "not_accepted": "This kind of file is not accepted",
        "upload_failed": "Upload failed",
        "presign_error": "The upload could not be prepared",
        "writer_failure": "The file could not be stored",
        "timed_out": "The upload stopped half-way",
        "too_many_uploads": "Too many uploads at once",
        "no_room": "There is no room for more uploads now",
    }
)


@dataclass(frozen=True, slots=True)
class ConstraintViolation:
    """An error of the entry or input with the reference `ref`.

    `code` is one of `too_large`, `not_accepted`, `too_many_files`, `upload_failed` (the browser gave up), `timed_out`,
    `writer_failure`, `presign_error`, `too_many_uploads`, `no_room`, or the result of a validator. `reason` is that of
    an `UploadRejected`, raised by a writer or by `external`.
    """

    ref: str
    code: str
    reason: str | None = None

    @property
    def message(self) -> str:
        """The text for users: the `reason`, else a default text for the code, else the code, such as a validator's."""
        return self.reason or _MESSAGES.get(self.code, self.code)


class UploadRejected(Exception):
    """Raised by a writer or by `external` to refuse a file. `reason` is the text for the user.

    It is no crash, so it is not logged. After any other exception, the user sees a general text.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = str(reason)


class ExternalUploadMeta(BaseModel):
    """Data for the browser's script of an external upload.

    `uploader` is the name of the script in `window.Uploaders`. The other fields, such as `url` and `fields`, are those
    that it expects. All of them are sent to the browser.
    """

    model_config = ConfigDict(extra="allow")

    uploader: str

    def __init__(self, *, uploader: str, **fields: Any) -> None:
        super().__init__(uploader=uploader, **fields)

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...


@dataclass(frozen=True, slots=True)
class UploadSuccess:
    """All of the file has arrived."""


@dataclass(frozen=True, slots=True)
class UploadSuccessWithData:
    """An uploader script of the page has finished with `data`, which comes from the browser unchecked."""

    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class UploadFailure:
    """The upload has failed.

    `error` is the text of the browser, or the code of a `ConstraintViolation`. `reason` is that of an `UploadRejected`.
    """

    error: str
    reason: str | None = field(default=None, repr=False)


UploadResult = UploadSuccess | UploadSuccessWithData | UploadFailure


class Upload(Protocol):
    """The `UploadConfig` of an entry. A Protocol, because `UploadConfig` contains entries."""

    name: str
    ref: str


class IncomingFile(Protocol):
    """The received part of an entry, as long as it is kept. Implemented by `pyview.process.transfer.Transfer`."""

    @property
    def received(self) -> int: ...
    @property
    def complete(self) -> bool: ...
    def meta(self) -> Any: ...
    def pin(self, until: float) -> Path | None:
        """Keep a temporary file on the disk until a Unix time, if this process is killed. Return its path, if any."""
        ...

    def leave(self) -> None:
        """Leave a pinned file to another worker: `end` does not delete it."""
        ...

    def end(self, *, consumed: bool) -> None: ...


class UploadEntry:
    """One chosen file.

    - Sent by the browser, unchecked: `name` (sanitised, without path), `type`, `size` (bytes), `last_modified` (Unix
      time in milliseconds), `relative_path` (in a chosen folder) and `client_meta`.
    - `ref` is its number in the page, `uuid` is unique.
    - `progress` is in percent. The server counts it, except for external uploads.
    - `done` is True when all of it has arrived. `valid` is False if there are `errors`.
    - `meta` is the result of `external`, for an external upload.
    """

    __slots__ = (
        "cancelled",
        "client_meta",
        "done",
        "errors",
        "incoming",
        "last_modified",
        "meta",
        "name",
        "preflighted",
        "progress",
        "ref",
        "relative_path",
        "size",
        "type",
        "upload_config",
        "uuid",
    )

    def __init__(self, config: Upload, file: ChosenFile) -> None:
        self.upload_config = config
        self.ref = file.ref
        self.name = file_name(file.name)
        self.size = file.size
        self.type = media_type(file.type)
        self.relative_path = relative_path(file.relative_path)
        self.last_modified = file.last_modified
        self.client_meta = file.meta
        self.uuid = str(uuid.uuid4())
        self.errors: list[ConstraintViolation] = []
        self.progress = 0
        self.preflighted = False
        self.cancelled = False
        self.done = False
        self.meta: ExternalUploadMeta | None = None
        self.incoming: IncomingFile | None = None

    @property
    def valid(self) -> bool:
        return not self.errors

    @property
    def path(self) -> str | None:
        """The path of the file, once it is done and if its writer stores files; else None."""
        if not self.done or self.incoming is None:
            return None
        path = getattr(self.incoming.meta(), "path", None)
        return None if path is None else str(path)

    def fail(self, code: str, reason: str | None = None) -> None:
        """Add an error, unless the entry has it already."""
        violation = ConstraintViolation(self.ref, code, reason)
        if violation not in self.errors:
            self.errors.append(violation)

    def __repr__(self) -> str:
        state = "done" if self.done else f"{self.progress}%" if self.valid else self.errors[0].code
        return f"<UploadEntry {self.ref}: {self.name!r}, {self.size} bytes, {state}>"
