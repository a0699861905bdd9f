"""One file that somebody has chosen: what is known of it, how far it has come, what is wrong with it.

The names that browsers give to files, made harmless: fit to be shown, and to be part of a path.
"""

import re
import unicodedata
import uuid
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel, ConfigDict

from pyview.wire.uploads import ChosenFile

_LONGEST = 255  # bytes, as file systems count
_LONGEST_PATH = 1024
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")


def file_name(raw: str) -> str:
    """The last part of `raw` as the name of a file: no separators, no control or invisible characters, not `.` or
    `..`, at most 255 bytes with its extension kept; "file" when nothing is left."""
    base = re.split(r"[/\\]", raw)[-1]
    return _shortened(_visible(base).strip().rstrip(". ")) or "file"


def relative_path(raw: str) -> str:
    """The path of a file in a chosen folder, each part a `file_name`; empty when there is none."""
    parts = [part for part in re.split(r"[/\\]", raw) if part.strip(". ")]
    path = "/".join(file_name(part) for part in parts)
    return path if len(path.encode()) <= _LONGEST_PATH else ""


def media_type(raw: str) -> str:
    """`type/subtype` in lower case and without parameters; empty for anything else."""
    kind = raw.partition(";")[0].strip().lower()
    return kind if _MEDIA_TYPE.fullmatch(kind) else ""


def _visible(text: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    spaced = (" " if unicodedata.category(each) == "Zs" else each for each in composed)
    return "".join(each for each in spaced if each.isprintable())


def _shortened(name: str) -> str:
    if len(name.encode()) <= _LONGEST:
        return name
    stem, dot, extension = name.rpartition(".")
    tail = f"{dot}{extension}" if stem and len(extension) <= 16 else ""
    room = _LONGEST - len(tail.encode())
    return (stem if tail else name).encode()[:room].decode(errors="ignore") + tail


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
    """What is wrong with the entry, or the input, of reference `ref`.

    `code` is a word for programs: `too_large`, `not_accepted`, `too_many_files`, `upload_failed` (its browser gave up),
    `timed_out`, `writer_failure`, `presign_error`, `too_many_uploads`, `no_room`, or what a validator returned.
    `reason` is what a writer or `external` said in an `UploadRejected`.
    """

    ref: str
    code: str
    reason: str | None = None

    @property
    def message(self) -> str:
        """The words for readers; those of a validator, and a `reason`, are the application's own."""
        return self.reason or _MESSAGES.get(self.code, self.code)


class UploadRejected(Exception):
    """Raised by a writer, or by `external`: the file is not wanted, and `reason` tells its reader why.

    It is no crash, so the log has nothing of it. Any other exception fails the file in general words.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = str(reason)


class ExternalUploadMeta(BaseModel):
    """What the script that uploads elsewhere needs to know: `uploader` is its name in `window.Uploaders`, the other
    fields are what it expects (`url`, `fields`, ...). They are sent to the browser."""

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
    """An uploader of the page's own has ended, and says so with `data`. Nobody has checked it."""

    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class UploadFailure:
    """The upload has failed. `error` is the browser's word for it, or the code of a `ConstraintViolation`; `reason` is
    what a writer said in an `UploadRejected`."""

    error: str
    reason: str | None = field(default=None, repr=False)


UploadResult = UploadSuccess | UploadSuccessWithData | UploadFailure


class Upload(Protocol):
    """The upload that an entry is chosen for: its `UploadConfig`."""

    name: str
    ref: str


class Receipt(Protocol):
    """What has been received of an entry, for as long as it is kept."""

    @property
    def received(self) -> int: ...
    @property
    def complete(self) -> bool: ...
    def meta(self) -> Any: ...
    def end(self, *, consumed: bool) -> None: ...


class UploadEntry:
    """One chosen file.

    `name`, `type`, `size` (bytes), `last_modified` (Unix time in milliseconds), `relative_path` (in a chosen folder)
    and `client_meta` are what its browser says; the name is made harmless, no part of a path. `ref` is its number in
    the page, `uuid` one that nobody else has. `progress` is percent, counted by the server where it receives the bytes.
    `done`: all of it has arrived. `valid`: nothing speaks against it; `errors` say what does. `meta` is what an
    external upload was prepared with.
    """

    __slots__ = (
        "cancelled",
        "client_meta",
        "done",
        "errors",
        "last_modified",
        "meta",
        "name",
        "preflighted",
        "progress",
        "receipt",
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
        self.receipt: Receipt | None = None

    @property
    def valid(self) -> bool:
        return not self.errors

    @property
    def path(self) -> str | None:
        """Where the file is, once it is done and its writer has put it into a file."""
        if not self.done or self.receipt is None:
            return None
        path = getattr(self.receipt.meta(), "path", None)
        return None if path is None else str(path)

    def fail(self, code: str, reason: str | None = None) -> None:
        """Say what is wrong with it; a second time changes nothing."""
        violation = ConstraintViolation(self.ref, code, reason)
        if violation not in self.errors:
            self.errors.append(violation)

    def __repr__(self) -> str:
        state = "done" if self.done else f"{self.progress}%" if self.valid else self.errors[0].code
        return f"<UploadEntry {self.ref}: {self.name!r}, {self.size} bytes, {state}>"
