"""One upload that a view allows: its rules, and the files that somebody has chosen for it."""

import io
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from pyview.uploads.constraints import UploadConstraints
from pyview.uploads.entry import ConstraintViolation, UploadEntry
from pyview.uploads.writers import TempFileWriter, UploadWriter
from pyview.wire.uploads import ChosenFile

Validator = Callable[[UploadEntry], str | None]
WriterFactory = Callable[[UploadEntry], UploadWriter]
Callback = Callable[..., Any]


class UploadInProgress(RuntimeError):
    """Files were to be consumed while others of the same input are still on their way."""


@dataclass(frozen=True, slots=True)
class Postpone:
    """Returned by a consumer of uploads: `value` is the result, and the file stays for another time."""

    value: Any = None


@dataclass(frozen=True, slots=True)
class UploadCallbacks:
    """What an application wants called; each may be sync or async."""

    progress: Callback | None = None
    external: Callback | None = None
    entry_complete: Callback | None = None
    validator: Validator | None = None
    writer: WriterFactory = TempFileWriter


class ActiveUpload:
    """A file that has arrived, within `consume_uploads`: `file` is open for reading, `file.name` is its path."""

    def __init__(self, entry: UploadEntry) -> None:
        self.entry = entry
        self.ref = entry.ref
        self._file: IO[bytes] | None = None

    @property
    def meta(self) -> Any:
        """What its writer says of it."""
        return None if self.entry.receipt is None else self.entry.receipt.meta()

    @property
    def file(self) -> IO[bytes]:
        """Raises `TypeError` for a writer that keeps neither a file nor bytes."""
        if self._file is None:
            self._file = _opened(self.meta)
        return self._file

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


class UploadConfig:
    """What `socket.allow_upload` returns, and `live_file_input` shows.

    `name` is that of the input, `ref` its id in the page. `entries` are the chosen files, oldest first; `errors` what
    is wrong with their number. However many are chosen, no more than `most_listed` become entries, and `errors` say so.
    The `consume_...` context managers hand over what has arrived, and let go of it afterwards.
    """

    def __init__(
        self,
        name: str,
        constraints: UploadConstraints,
        *,
        auto_upload: bool = False,
        callbacks: UploadCallbacks | None = None,
        most_listed: int = 1000,
    ) -> None:
        self.name = name
        self.ref = f"phx-{secrets.token_hex(8)}"
        self.constraints = constraints
        self.auto_upload = auto_upload
        self.callbacks = callbacks or UploadCallbacks()
        self.entries_by_ref: dict[str, UploadEntry] = {}
        self.errors: list[ConstraintViolation] = []
        self.consumed = 0
        self._most_listed = most_listed
        self._left_out = False
        self._gone: dict[str, None] = {}

    @property
    def entries(self) -> list[UploadEntry]:
        return list(self.entries_by_ref.values())

    @property
    def autoUpload(self) -> bool:
        """`auto_upload`, as PyView 0.9 calls it."""
        return self.auto_upload

    @property
    def is_external(self) -> bool:
        """Whether the files go elsewhere, and only word of them comes here."""
        return self.callbacks.external is not None

    @property
    def capacity(self) -> int:
        """How many files there may be now."""
        counted = self.consumed if self.constraints.max_entries_mode == "total" else 0
        return max(self.constraints.max_files - counted, 0)

    @property
    def completed(self) -> list[UploadEntry]:
        return [entry for entry in self.entries if entry.done]

    @property
    def in_progress(self) -> list[UploadEntry]:
        """What is chosen and not done yet; files that were refused are neither."""
        return [entry for entry in self.entries if not entry.done and entry.valid]

    # What its browser says

    def choose(self, files: Collection[ChosenFile]) -> None:
        """List all that the input holds now. What it holds no more, its browser will never name again."""
        self._gone = dict.fromkeys(self.gone(file.ref for file in files))
        self.add_entries(files)

    def add_entries(self, files: Iterable[ChosenFile]) -> None:
        """List files that are not listed yet, each with what is wrong with it. One new file takes the place of an old
        one where there may be one only."""
        known = self.entries_by_ref.keys() | self._gone.keys()
        new = [file for file in files if file.ref not in known]
        if len(new) == 1 and self.constraints.max_files == 1:
            for entry in self.entries:
                self._drop(entry)
        room = max(self._most_listed - len(self.entries_by_ref), 0)
        for file in new[:room]:
            self._add(UploadEntry(self, file))
        if new:
            # Its browser forgets a file that is not listed, so this has to be said until another choice is made.
            self._left_out = len(new) > room
        self._count()

    def gone(self, refs: Iterable[str]) -> list[str]:
        """Which of `refs` are files that were cancelled or consumed here: the browser named them before it heard."""
        return [ref for ref in refs if ref in self._gone]

    def awaiting_preflight(self, refs: Iterable[str]) -> list[UploadEntry]:
        """Which of the entries `refs` may be sent now: those that are valid, new, and not too many."""
        listed = {entry.ref for entry in self.entries[: self.capacity]}
        entries = (self.entries_by_ref[ref] for ref in dict.fromkeys(refs) if ref in listed)
        return [entry for entry in entries if entry.valid and not entry.preflighted]

    def violations(self) -> list[ConstraintViolation]:
        """What is wrong with the input and with each of its entries."""
        return [*self.errors, *(error for entry in self.entries for error in entry.errors)]

    # What the application does

    def cancel_entry(self, ref: str) -> None:
        """Take a file off the list, wherever it is on its way. Raises `KeyError` for a file that is not listed."""
        self.drop_entry(ref)
        self._pass_over(ref)

    def drop_entry(self, ref: str) -> None:
        """The same for a file that nobody took off: its browser may choose it again."""
        entry = self.entries_by_ref[ref]
        entry.cancelled = True
        self._drop(entry)
        self._left_out = False
        self._count()

    def cancel_all(self) -> None:
        for ref in list(self.entries_by_ref):
            self.cancel_entry(ref)

    def consume_entry(self, entry: UploadEntry) -> None:
        """Let go of a file that the application has taken."""
        self.consumed += 1
        self._drop(entry, consumed=True)
        self._pass_over(entry.ref)
        self._count()

    def check_complete(self) -> None:
        """Raises `UploadInProgress` while a file is on its way."""
        if self.in_progress:
            names = ", ".join(repr(entry.name) for entry in self.in_progress)
            raise UploadInProgress(
                f"uploads of {self.name!r} were to be consumed while {names} is still on its way; "
                "a form's submit event comes when all have arrived, a progress callback has entry.done"
            )

    @contextmanager
    def consume_uploads(self) -> Iterator[list[ActiveUpload]]:
        """All files that have arrived. Afterwards they are gone. Raises `UploadInProgress`."""
        self._expect(external=False)
        self.check_complete()
        uploads = [ActiveUpload(entry) for entry in self.completed]
        try:
            yield uploads
        finally:
            for upload in uploads:
                self._consumed(upload)

    @contextmanager
    def consume_upload_entry(self, entry_ref: str) -> Iterator[ActiveUpload | None]:
        """One file that has arrived, or None. Afterwards it is gone."""
        self._expect(external=False)
        entry = self.entries_by_ref.get(entry_ref)
        upload = ActiveUpload(entry) if entry is not None and entry.done else None
        try:
            yield upload
        finally:
            if upload is not None:
                self._consumed(upload)

    @contextmanager
    def consume_external_uploads(self) -> Iterator[list[UploadEntry]]:
        """All files that have been uploaded elsewhere. Afterwards they are off the list. Raises `UploadInProgress`."""
        self._expect(external=True)
        self.check_complete()
        entries = self.completed
        try:
            yield entries
        finally:
            for entry in entries:
                self.consume_entry(entry)

    @contextmanager
    def consume_external_upload(self, entry_ref: str) -> Iterator[UploadEntry | None]:
        """One file that has been uploaded elsewhere, or None. Afterwards it is off the list."""
        self._expect(external=True)
        entry = self.entries_by_ref.get(entry_ref)
        done = entry if entry is not None and entry.done else None
        try:
            yield done
        finally:
            if done is not None:
                self.consume_entry(done)

    def close(self) -> None:
        """Let go of every file."""
        self.cancel_all()

    def _expect(self, *, external: bool) -> None:
        if self.is_external != external:
            kind, other = ("external", "server") if self.is_external else ("server", "external")
            raise ValueError(
                f"the files of {self.name!r} are {kind} uploads; consume them with the methods for those, "
                f"this one is for {other} uploads"
            )

    def _add(self, entry: UploadEntry) -> None:
        if entry.size > self.constraints.max_file_size:
            entry.fail("too_large")
        if not self.constraints.accepts(entry.name, entry.type):
            entry.fail("not_accepted")
        complaint = self.callbacks.validator(entry) if self.callbacks.validator and entry.valid else None
        if complaint:
            entry.fail(complaint)
        self.entries_by_ref[entry.ref] = entry

    def _consumed(self, upload: ActiveUpload) -> None:
        upload.close()
        if self.entries_by_ref.get(upload.ref) is upload.entry:
            self.consume_entry(upload.entry)

    def _drop(self, entry: UploadEntry, *, consumed: bool = False) -> None:
        self.entries_by_ref.pop(entry.ref, None)
        if entry.receipt is not None:
            entry.receipt.end(consumed=consumed)

    def _pass_over(self, ref: str) -> None:
        # Lists of files that are on their way here were made before the browser can know, and would bring it back.
        # References are not used again while a page is open.
        self._gone[ref] = None
        if len(self._gone) > self._most_listed:
            del self._gone[next(iter(self._gone))]

    def _count(self) -> None:
        too_many = self._left_out or len(self.entries_by_ref) > self.capacity
        self.errors = [ConstraintViolation(self.ref, "too_many_files")] if too_many else []

    def __repr__(self) -> str:
        return f"<UploadConfig {self.name!r}: {self.entries}>"


def _opened(meta: Any) -> IO[bytes]:
    if hasattr(meta, "path"):
        return open(meta.path, "rb")
    if hasattr(meta, "data"):
        return io.BytesIO(meta.data)
    raise TypeError(f"the writer of this upload keeps no file; what it keeps is upload.meta: {meta!r}")
