"""What a socket can do about uploads."""

from collections.abc import Callable, Mapping, Sequence
from inspect import isawaitable
from types import MappingProxyType
from typing import Any, Final, Protocol

from pyview.threads import off_loop
from pyview.uploads.config import (
    Callback,
    Postpone,
    UploadCallbacks,
    UploadConfig,
    UploadInProgress,
    Validator,
    WriterFactory,
)
from pyview.uploads.constraints import EntriesMode, UploadConstraints, UploadRulesError, rule_problems
from pyview.uploads.entry import UploadEntry
from pyview.uploads.registry import UploadRegistry
from pyview.uploads.writers import TempFileWriter

Consumer = Callable[[Any, UploadEntry], Any]

_ONE_FILE: Final = UploadConstraints(max_files=1)
_KEYWORDS: Final[Mapping[str, str]] = MappingProxyType({"max_files": "max_entries"})
"""Rules that `allow_upload` calls otherwise than `UploadConstraints` does."""


class UploadRuntime(Protocol):
    """What keeps the uploads of a view: a live process, or one HTTP request."""

    @property
    def uploads(self) -> UploadRegistry: ...


class UploadMethods:
    """The part of `LiveViewSocket` that is about uploads; a component's socket has its own."""

    __slots__ = ()

    cid: int | None
    _runtime: UploadRuntime

    @property
    def uploads(self) -> Mapping[str, UploadConfig]:
        """The uploads that are allowed here, by name."""
        return self._runtime.uploads.of(self.cid)

    def allow_upload(
        self,
        upload_name: str,
        constraints: UploadConstraints | None = None,
        auto_upload: bool = False,
        progress: Callback | None = None,
        external: Callback | None = None,
        entry_complete: Callback | None = None,
        *,
        accept: str | Sequence[str] | None = None,
        max_entries: int | None = None,
        max_entries_mode: EntriesMode | None = None,
        max_file_size: int | None = None,
        chunk_size: int | None = None,
        chunk_timeout: float | None = None,
        writer: WriterFactory = TempFileWriter,
        validator: Validator | None = None,
    ) -> UploadConfig:
        """Allow the browser to send files at the input `upload_name`, usually in `mount`; show what is returned with
        `live_file_input`, in a form with `phx-change`.

        The rules are either `constraints` or the keywords: `accept` (extensions, media types, `"image/*"`, or `"any"`;
        it must be said), `max_entries` (1), `max_entries_mode` ("selected": at once; "total": in all), `max_file_size`
        (bytes, 10 MiB), `chunk_size` (bytes, 64 KiB), `chunk_timeout` (seconds, 10).

        With `auto_upload` files are sent once they are chosen, else when the form is submitted. Callbacks, each sync or
        async: `progress(entry, socket)` when more of a file has come; `entry_complete(entry, result, socket)` once a
        file is done or has failed; `external(entry, context)` returns the `ExternalUploadMeta` with which the browser
        uploads elsewhere. `writer(entry)` makes the `UploadWriter` that takes the bytes. `validator(entry)` returns
        what is wrong with a chosen file, or None.

        Raises `UploadRulesError`, a `ValueError`, for rules that make no sense or are more than `SecurityConfig` lets
        pass, with all that is wrong; `ValueError` for an upload of that name that has entries; `TypeError` for rules
        said twice, or no word on what is accepted.
        """
        rules = {
            "accept": accept,
            "max_files": max_entries,
            "max_entries_mode": max_entries_mode,
            "max_file_size": max_file_size,
            "chunk_size": chunk_size,
            "chunk_timeout": chunk_timeout,
        }
        said = {name: value for name, value in rules.items() if value is not None}
        registry = self._runtime.uploads
        upload = UploadConfig(
            upload_name,
            _constraints(upload_name, constraints, said, registry, external=external is not None),
            auto_upload=auto_upload,
            callbacks=UploadCallbacks(progress, external, entry_complete, validator, writer),
            most_listed=registry.most_listed,
        )
        registry.add(self, upload)
        return upload

    def disallow_upload(self, upload_name: str) -> None:
        """Allow an upload no longer. Raises `ValueError` while it has entries: consume or cancel them first."""
        self._runtime.uploads.remove(self.cid, upload_name)

    def cancel_upload(self, upload_name: str, entry_ref: str) -> bool:
        """Take a file off the list, wherever it is on its way; what has arrived of it is deleted. False for a file that
        is not there any more: readers click twice. Raises `ValueError` for an upload that is not allowed."""
        upload = self._runtime.uploads.get(self.cid, upload_name)
        if entry_ref not in upload.entries_by_ref:
            return False
        upload.cancel_entry(entry_ref)
        return True

    def uploaded_entries(self, upload_name: str) -> tuple[list[UploadEntry], list[UploadEntry]]:
        """The files that have arrived, and those that are chosen or on their way. Raises `ValueError`."""
        upload = self._runtime.uploads.get(self.cid, upload_name)
        return upload.completed, upload.in_progress

    async def consume_uploaded_entries(self, upload_name: str, consumer: Consumer) -> list[Any]:
        """Hand every file that has arrived to `consumer(meta, entry)`; the list of what it returns.

        `meta` is what the writer has kept, `meta.path` for a temporary file; for an external upload, what it was
        prepared with. A file is deleted when its consumer has returned, unless that returned `Postpone(value)` or
        raised. A consumer that is no `async def` runs in a worker thread, so that it may copy large files.

        Raises `UploadInProgress` while files are on their way, and what the consumer raises.
        """
        upload = self._runtime.uploads.get(self.cid, upload_name)
        upload.check_complete()
        return [await _consume(upload, entry, consumer) for entry in upload.completed]

    async def consume_uploaded_entry(self, entry: UploadEntry, consumer: Consumer) -> Any:
        """Hand one file to `consumer(meta, entry)`, as `consume_uploaded_entries` does; what it returns.

        Raises `UploadInProgress` for an entry that is not done.
        """
        upload = self._runtime.uploads.get(self.cid, entry.upload_config.name)
        if not entry.done or upload.entries_by_ref.get(entry.ref) is not entry:
            raise UploadInProgress(
                f"{entry!r} cannot be consumed: it has not arrived, or is consumed already"
            )
        return await _consume(upload, entry, consumer)

    def release_uploads(self) -> None:
        """End every upload of this socket, as when its component has gone."""
        self._runtime.uploads.release(self.cid)


def _constraints(
    name: str,
    constraints: UploadConstraints | None,
    said: Mapping[str, Any],
    registry: UploadRegistry,
    *,
    external: bool,
) -> UploadConstraints:
    """The rules, from wherever they were said. All that is wrong is raised at once."""
    if constraints is None and "accept" not in said:
        raise TypeError(
            f"allow_upload({name!r}) expects to be told what it accepts: accept=['.png', 'image/*'], accept='any', "
            "or UploadConstraints(...)"
        )
    if constraints is not None and said:
        raise TypeError(
            f"allow_upload({name!r}) got both UploadConstraints and {', '.join(sorted(said))}; say it in one place"
        )
    names = _KEYWORDS if constraints is None else {}
    rules = {**vars(constraints or _ONE_FILE), **said}
    problems = [*rule_problems(rules, names), *registry.limit_problems(rules, external=external, said=names)]
    if problems:
        raise UploadRulesError(f"allow_upload({name!r})", problems)
    return constraints or UploadConstraints(**rules)


async def _consume(upload: UploadConfig, entry: UploadEntry, consumer: Consumer) -> Any:
    meta = entry.meta if entry.receipt is None else entry.receipt.meta()
    result = off_loop(consumer)(meta, entry)
    if isawaitable(result):
        result = await result
    if isinstance(result, Postpone):
        return result.value
    if upload.entries_by_ref.get(entry.ref) is entry:
        upload.consume_entry(entry)
    return result
