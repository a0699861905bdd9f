"""One upload that a view allows: its rules, its callbacks, and the files chosen for it."""

import io
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from pyview.uploads.constraints import UploadConstraints
from pyview.uploads.entry import ConstraintViolation, IncomingFile, UploadEntry
from pyview.uploads.writers import TempFileWriter, UploadWriter
from pyview.wire.uploads import ChosenFile

Validator = Callable[[UploadEntry], str | None]
WriterFactory = Callable[[UploadEntry], UploadWriter]
Callback = Callable[..., Any]


class UploadInProgress(RuntimeError):
    """Files cannot be consumed yet, because others of the same input are still being uploaded."""


@dataclass(frozen=True, slots=True)
class Postpone:
    """Result of a consumer that keeps the file: `value` is the result, and the file can be consumed later."""

    value: Any = None


@dataclass(frozen=True, slots=True)
class UploadCallbacks:
    """The application's callbacks for an upload. `progress`, `external` and `entry_complete` may be sync or async."""

    progress: Callback | None = None
    external: Callback | None = None
    entry_complete: Callback | None = None
    validator: Validator | None = None
    writer: WriterFactory = TempFileWriter


class ActiveUpload:
    """A file that has arrived, inside `consume_uploads`. `file` is open for reading, `file.name` is its path."""

    def __init__(self, entry: UploadEntry) -> None:
        self.entry = entry
        self.ref = entry.ref
        self._file: IO[bytes] | None = None

    @property
    def meta(self) -> Any:
        """The result of the writer's `meta()`."""
        return None if self.entry.incoming is None else self.entry.incoming.meta()

    @property
    def file(self) -> IO[bytes]:
        """The file, opened for reading. Raises `TypeError` if the writer keeps neither a file nor bytes."""
        if self._file is None:
            self._file = _opened(self.meta)
        return self._file

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


class UploadConfig:
    """An upload, as returned by `socket.allow_upload` and rendered by `live_file_input`.

    `name` is that of the input, `ref` its id in the page. `entries` are the chosen files, oldest first. `errors` are
    violations of their number. At most `max_listed` files become entries; if more are chosen, `errors` contains it. The
    `consume_...` context managers provide the files that have arrived, and delete them afterwards.
    """

    def __init__(
        self,
        name: str,
        constraints: UploadConstraints,
        *,
        auto_upload: bool = False,
        callbacks: UploadCallbacks | None = None,
        max_listed: int = 1000,
    ) -> None:
        self.name = name
        self.ref = f"phx-{secrets.token_hex(8)}"
        self.constraints = constraints
        self.auto_upload = auto_upload
        self.callbacks = callbacks or UploadCallbacks()
        self.entries_by_ref: dict[str, UploadEntry] = {}
        self.errors: list[ConstraintViolation] = []
        self.consumed = 0
        self._max_listed = max_listed
        self._truncated = False
        # A dict as an ordered set: cancelled and consumed references, the oldest first.
        self._gone: dict[str, None] = {}

    @property
    def entries(self) -> list[UploadEntry]:
        return list(self.entries_by_ref.values())

    @property
    def autoUpload(self) -> bool:
        """`auto_upload`, under its name in PyView 0.9."""
        return self.auto_upload

    @property
    def is_external(self) -> bool:
        """True if the browser sends the files to another server."""
        return self.callbacks.external is not None

    @property
    def capacity(self) -> int:
        """The number of files that are allowed now."""
        counted = self.consumed if self.constraints.max_entries_mode == "total" else 0
        return max(self.constraints.max_files - counted, 0)

    @property
    def completed(self) -> list[UploadEntry]:
        return [entry for entry in self.entries if entry.done]

    @property
    def in_progress(self) -> list[UploadEntry]:
        """The chosen files that are valid and not done yet."""
        return [entry for entry in self.entries if not entry.done and entry.valid]

    # Messages of the browser

    def choose(self, files: Collection[ChosenFile]) -> None:
        """List all files that the input contains now."""
        # The browser never sends the references of other files again, so they need not be remembered.
        self._gone = dict.fromkeys(self.gone(file.ref for file in files))
        self.add_entries(files)

    def add_entries(self, files: Iterable[ChosenFile]) -> None:
        """List and validate files that are not listed yet. If only one file is allowed, a new one replaces the old."""
        known = self.entries_by_ref.keys() | self._gone.keys()
        new = [file for file in files if file.ref not in known]
        # As in LiveView: an input without `multiple` has only the new file, and both would be too many.
        if len(new) == 1 and self.constraints.max_files == 1:
            for entry in self.entries:
                self._drop(entry)
        free = max(self._max_listed - len(self.entries_by_ref), 0)
        for file in new[:free]:
            self._add(UploadEntry(self, file))
        if new:
            # The browser forgets files that are not listed, so the error must stay until the next choice.
            self._truncated = len(new) > free
        self._count()

    def add_arrived(self, file: ChosenFile, incoming: IncomingFile) -> None:
        """List a file that has arrived in another worker. One that the rules refuse now is deleted."""
        entry = UploadEntry(self, file)
        entry.incoming = incoming
        self._add(entry)
        if not entry.valid:
            self._drop(entry)
            return
        entry.preflighted = entry.done = True
        entry.progress = 100
        self._count()

    def gone(self, refs: Iterable[str]) -> list[str]:
        """Return those of `refs` that were cancelled or consumed here, before the browser knew of it."""
        return [ref for ref in refs if ref in self._gone]

    def awaiting_preflight(self, refs: Iterable[str]) -> list[UploadEntry]:
        """Return the entries of `refs` that may be sent now: valid, not permitted yet, and within the capacity."""
        listed = {entry.ref for entry in self.entries[: self.capacity]}
        # A browser may name a file twice, and `external` must run once for each.
        entries = (self.entries_by_ref[ref] for ref in dict.fromkeys(refs) if ref in listed)
        return [entry for entry in entries if entry.valid and not entry.preflighted]

    def violations(self) -> list[ConstraintViolation]:
        """Return the errors of the input and of all its entries."""
        return [*self.errors, *(error for entry in self.entries for error in entry.errors)]

    # Calls of the application

    def cancel_entry(self, ref: str) -> None:
        """Cancel a file in any state and remove it from the list. Raises `KeyError` if it is not listed."""
        self.drop_entry(ref)
        self._ignore(ref)

    def drop_entry(self, ref: str) -> None:
        """Remove a file from the list that the browser may choose again, unlike a cancelled one. Raises `KeyError`."""
        entry = self.entries_by_ref[ref]
        entry.cancelled = True
        self._drop(entry)
        self._truncated = False
        self._count()

    def cancel_all(self) -> None:
        for ref in list(self.entries_by_ref):
            self.cancel_entry(ref)

    def consume_entry(self, entry: UploadEntry) -> None:
        """Remove a file that the application has consumed."""
        self.consumed += 1
        self._drop(entry, consumed=True)
        self._ignore(entry.ref)
        self._count()

    def check_complete(self) -> None:
        """Raise `UploadInProgress` while a file is being uploaded."""
        if self.in_progress:
            names = ", ".join(repr(entry.name) for entry in self.in_progress)
            raise UploadInProgress(
                f"the uploads of {self.name!r} cannot be consumed yet: still in progress: {names}. Consume them in the "
                "submit event of the form, which comes after the last file, or check entry.done in a progress callback"
            )

    @contextmanager
    def consume_uploads(self) -> Iterator[list[ActiveUpload]]:
        """Provide all files that have arrived, and delete them afterwards. Raises `UploadInProgress`, `ValueError`."""
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
        """Provide one file that has arrived, or None, and delete it afterwards. Raises `ValueError`."""
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
        """Provide all finished external uploads, and remove them from the list afterwards.

        Raises `UploadInProgress`, `ValueError`.
        """
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
        """Provide one finished external upload, or None, and remove it afterwards. Raises `ValueError`."""
        self._expect(external=True)
        entry = self.entries_by_ref.get(entry_ref)
        done = entry if entry is not None and entry.done else None
        try:
            yield done
        finally:
            if done is not None:
                self.consume_entry(done)

    def close(self) -> None:
        """Cancel and remove all files."""
        self.cancel_all()

    def _expect(self, *, external: bool) -> None:
        if self.is_external != external:
            kind, other = ("external", "server") if self.is_external else ("server", "external")
            raise ValueError(
                f"the files of {self.name!r} are {kind} uploads, but this method consumes {other} uploads; call "
                f"{'consume_external_uploads()' if self.is_external else 'consume_uploads()'} instead"
            )

    def _add(self, entry: UploadEntry) -> None:
        if entry.size > self.constraints.max_file_size:
            entry.fail("too_large")
        if not self.constraints.accepts(entry.name, entry.type):
            entry.fail("not_accepted")
        error = self.callbacks.validator(entry) if self.callbacks.validator and entry.valid else None
        if error:
            entry.fail(error)
        self.entries_by_ref[entry.ref] = entry

    def _consumed(self, upload: ActiveUpload) -> None:
        upload.close()
        # The application may have cancelled it inside the context manager.
        if self.entries_by_ref.get(upload.ref) is upload.entry:
            self.consume_entry(upload.entry)

    def _drop(self, entry: UploadEntry, *, consumed: bool = False) -> None:
        self.entries_by_ref.pop(entry.ref, None)
        if entry.incoming is not None:
            entry.incoming.end(consumed=consumed)

    def _ignore(self, ref: str) -> None:
        # The browser may have sent lists of files before it knows that this one is gone; they must not list it again.
        # It does not reuse references while a page is open.
        self._gone[ref] = None
        if len(self._gone) > self._max_listed:
            del self._gone[next(iter(self._gone))]

    def _count(self) -> None:
        too_many = self._truncated or len(self.entries_by_ref) > self.capacity
        self.errors = [ConstraintViolation(self.ref, "too_many_files")] if too_many else []

    def __repr__(self) -> str:
        return f"<UploadConfig {self.name!r}: {self.entries}>"


def _opened(meta: Any) -> IO[bytes]:
    if hasattr(meta, "path"):
        return open(meta.path, "rb")
    if hasattr(meta, "data"):
        return io.BytesIO(meta.data)
    raise TypeError(
        f"the writer of this upload keeps no file: expected a meta() with `path` or `data`, got {meta!r}. "
        "Use upload.meta instead of upload.file"
    )
