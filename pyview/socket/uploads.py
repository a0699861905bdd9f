"""The methods of a socket that are about uploads."""

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
"""Keywords of `allow_upload` whose names differ from those of `UploadConstraints`."""


class UploadRuntime(Protocol):
    """The runtime of a socket, as far as uploads need it."""

    @property
    def uploads(self) -> UploadRegistry: ...


class UploadMethods:
    """The part of `LiveViewSocket` that is about uploads. The socket of a component has uploads of its own."""

    __slots__ = ()

    cid: int | None
    _runtime: UploadRuntime

    @property
    def uploads(self) -> Mapping[str, UploadConfig]:
        """Uploads that are allowed here, by name."""
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
        """Allow the browser to send files at the input `upload_name`, usually in `mount`. Show the returned upload with
        `live_file_input`, in a form with `phx-change`.

        The rules are either `constraints` or the keywords: `accept` (extensions, media types, `"image/*"`, or `"any"`;
        required), `max_entries` (1), `max_entries_mode` ("selected": at once; "total": in all), `max_file_size`
        (bytes, 10 MiB), `chunk_size` (bytes, 64 KiB), `chunk_timeout` (seconds, 10).

        With `auto_upload` files are sent once they are chosen, otherwise when the form is submitted. Callbacks, each
        sync or async: `progress(entry, socket)` when more of a file has arrived; `entry_complete(entry, result,
        socket)` once a file is done or has failed; `external(entry, context)` returns the `ExternalUploadMeta` with
        which the browser uploads to another server. `writer(entry)` makes the `UploadWriter` that takes the bytes.
        `validator(entry)` returns the error of a chosen file, or None.

        Raises `UploadRulesError`, a `ValueError` that lists all rules that are invalid or beyond the limits of
        `SecurityConfig`; `ValueError` for an upload of that name that has entries; `TypeError` for rules that are given
        twice, or without `accept`.
        """
        rules = {
            "accept": accept,
            "max_files": max_entries,
            "max_entries_mode": max_entries_mode,
            "max_file_size": max_file_size,
            "chunk_size": chunk_size,
            "chunk_timeout": chunk_timeout,
        }
        given = {name: value for name, value in rules.items() if value is not None}
        registry = self._runtime.uploads
        upload = UploadConfig(
            upload_name,
            _constraints(upload_name, constraints, given, registry, external=external is not None),
            auto_upload=auto_upload,
            callbacks=UploadCallbacks(progress, external, entry_complete, validator, writer),
            max_listed=registry.max_listed,
        )
        registry.add(self, upload)
        return upload

    def disallow_upload(self, upload_name: str) -> None:
        """Remove an upload. Raises `ValueError` while it has entries: consume or cancel them first."""
        self._runtime.uploads.remove(self.cid, upload_name)

    def cancel_upload(self, upload_name: str, entry_ref: str) -> bool:
        """Cancel a file, also while it is being sent; the bytes that have arrived are deleted. Return False for a file
        that is gone: users click twice. Raises `ValueError` for an upload that is not allowed."""
        upload = self._runtime.uploads.get(self.cid, upload_name)
        if entry_ref not in upload.entries_by_ref:
            return False
        upload.cancel_entry(entry_ref)
        return True

    def uploaded_entries(self, upload_name: str) -> tuple[list[UploadEntry], list[UploadEntry]]:
        """Return the files that have arrived, and those that are chosen or being sent. Raises `ValueError`."""
        upload = self._runtime.uploads.get(self.cid, upload_name)
        return upload.completed, upload.in_progress

    async def consume_uploaded_entries(self, upload_name: str, consumer: Consumer) -> list[Any]:
        """Call `consumer(meta, entry)` for every file that has arrived. Return the list of its results.

        `meta` is that of the writer, `meta.path` for a temporary file; for an external upload, the meta of `external`.
        A file is deleted when its consumer has returned, unless that returned `Postpone(value)` or raised. A consumer
        that is no `async def` runs in a worker thread, so that it may copy large files.

        Raises `UploadInProgress` while files are being sent, and what the consumer raises.
        """
        upload = self._runtime.uploads.get(self.cid, upload_name)
        upload.check_complete()
        return [await _consume(upload, entry, consumer) for entry in upload.completed]

    async def consume_uploaded_entry(self, entry: UploadEntry, consumer: Consumer) -> Any:
        """Call `consumer(meta, entry)` for one file, as `consume_uploaded_entries` does, and return its result.

        Raises `UploadInProgress` for an entry that is not done.
        """
        upload = self._runtime.uploads.get(self.cid, entry.upload_config.name)
        if not entry.done or upload.entries_by_ref.get(entry.ref) is not entry:
            raise UploadInProgress(
                f"{entry!r} cannot be consumed: it has not arrived, or is consumed already"
            )
        return await _consume(upload, entry, consumer)


def _constraints(
    name: str,
    constraints: UploadConstraints | None,
    given: Mapping[str, Any],
    registry: UploadRegistry,
    *,
    external: bool,
) -> UploadConstraints:
    """Return the rules of an upload. All that is wrong with them is raised at once."""
    if constraints is None and "accept" not in given:
        raise TypeError(
            f"allow_upload({name!r}) got no accept=; expected accept=['.png', 'image/*'], accept='any', "
            "or UploadConstraints(...)"
        )
    if constraints is not None and given:
        raise TypeError(
            f"allow_upload({name!r}) got both UploadConstraints and {', '.join(sorted(given))}; expected one of them"
        )
    names = _KEYWORDS if constraints is None else {}
    rules = {**vars(constraints or _ONE_FILE), **given}
    problems = [*rule_problems(rules, names), *registry.limit_problems(rules, external=external, names=names)]
    if problems:
        raise UploadRulesError(f"allow_upload({name!r})", problems)
    return constraints or UploadConstraints(**rules)


async def _consume(upload: UploadConfig, entry: UploadEntry, consumer: Consumer) -> Any:
    meta = entry.meta if entry.incoming is None else entry.incoming.meta()
    result = off_loop(consumer)(meta, entry)
    if isawaitable(result):
        result = await result
    if isinstance(result, Postpone):
        return result.value
    # The consumer may have cancelled or consumed the file itself.
    if upload.entries_by_ref.get(entry.ref) is entry:
        upload.consume_entry(entry)
    return result
