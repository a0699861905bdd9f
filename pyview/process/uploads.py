"""The uploads of one view: chosen files, permissions to send them, progress and results.

Entries change only in messages of the view's own process, so that they do not change while a handler runs. Bytes are
written independently of it (see `pyview.process.transfer`).
"""

import asyncio
import logging
import secrets
from collections.abc import Iterable, Mapping
from inspect import isawaitable
from typing import Any, NamedTuple, Protocol

from pyview.process.app_context import AppContext
from pyview.process.messages import Preflight, UploadAdvanced, UploadFailed
from pyview.process.transfer import Transfer, TransferConnection
from pyview.threads import off_loop
from pyview.tokens.page import UploadToken
from pyview.tokens.secrets import InvalidToken
from pyview.uploads.config import Callback, UploadConfig
from pyview.uploads.entry import (
    ExternalUploadMeta,
    UploadEntry,
    UploadFailure,
    UploadRejected,
    UploadResult,
    UploadSuccess,
    UploadSuccessWithData,
)
from pyview.uploads.kept import KeptFile, adopt, kept_files, leave_files
from pyview.uploads.registry import UploadRegistry
from pyview.wire.uploads import ChosenFile

logger = logging.getLogger("pyview")

_CLOSE_TIMEOUT = 5.0  # seconds for writers to finish after their view has ended


class UploadLoad(NamedTuple):
    """Uploads of one connection: `files` that are being sent, and the `size` in bytes of these and of stored files."""

    files: int
    size: int


class Permission(NamedTuple):
    """Answer to a preflight: its fields besides the diff, and the socket that allows the upload, if there is one."""

    fields: dict[str, Any]
    socket: Any


class UploadRefused(Exception):
    """A browser may not send a file. `reason` is a reason that the client knows."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UploadHost(Protocol):
    """The process of the view, as far as its uploads need it."""

    @property
    def name(self) -> str: ...
    @property
    def binding(self) -> str: ...
    def log_crash(self, what: str, error: BaseException) -> str: ...
    def upload_load(self) -> UploadLoad: ...
    def post_soon(self, message: Any) -> None: ...
    async def may_receive(self) -> bool: ...


class UploadManager:
    """Handles the messages about uploads of one view. `registry` contains the uploads that its sockets allow."""

    def __init__(self, app: AppContext, host: UploadHost) -> None:
        self._app = app
        self._host = host
        # Part of every token, because a connection has several views, and a token is valid for one of them.
        self._key = secrets.token_urlsafe(9)
        self._transfers: set[Transfer] = set()
        self._all_gone: asyncio.Event | None = None
        self._ended = False
        self.registry = UploadRegistry(app.security)

    @property
    def load(self) -> UploadLoad:
        """Files and bytes that this view adds to the load of its connection."""
        # The bytes of external uploads go to another server.
        uploads = [upload for upload in self.registry if not upload.is_external]
        permitted = [entry for upload in uploads for entry in upload.entries if _is_permitted(entry)]
        in_progress = [entry for entry in permitted if entry.incoming is None or not entry.incoming.complete]
        return UploadLoad(len(in_progress), sum(entry.size for entry in permitted))

    # Chosen files

    def choose(self, chosen: Mapping[str, list[ChosenFile]]) -> set[int | None]:
        """List the chosen files. Return the owners of their uploads: cids, or None for the view."""
        # An unknown input is no error: the server may have removed it while this message was on its way.
        owners: set[int | None] = set()
        for ref, files in chosen.items():
            found = self.registry.by_ref(ref)
            if found is not None:
                upload, socket = found
                upload.choose(files)
                owners.add(socket.cid)
        return owners

    # Permissions

    async def preflight(self, message: Preflight) -> Permission:
        """Return a token, or the meta of an external upload, for each file that may be sent."""
        found = self.registry.by_ref(message.upload)
        if found is None:
            return Permission({"ref": message.upload, "error": [[message.upload, "disallowed"]]}, None)
        return Permission(await self._permissions(message, *found), found[1])

    async def _permissions(self, message: Preflight, upload: UploadConfig, socket: Any) -> dict[str, Any]:
        upload.add_entries(message.files)
        gone = upload.gone(file.ref for file in message.files)
        # The client gives up all files of a form if one of them is refused, so no entry may count as permitted then.
        if not upload.auto_upload and (gone or upload.violations()):
            return _refusal(upload, gone)
        wanted = upload.awaiting_preflight(file.ref for file in message.files)
        grants = {entry.ref: await self._grant(upload, entry, socket) for entry in wanted}
        # `external` may have refused a file meanwhile, and all files of the form are given up then.
        if not upload.auto_upload and upload.violations():
            for entry in wanted:
                entry.preflighted = False
            return _refusal(upload)
        requested = dict.fromkeys(file.ref for file in message.files if file.ref in upload.entries_by_ref)
        entries = [upload.entries_by_ref[ref] for ref in requested]
        return {
            "ref": upload.ref,
            "config": _client_config(upload),
            "entries": {ref: grant for ref, grant in grants.items() if grant is not None},
            "errors": {
                entry.ref: [error.code for error in entry.errors] for entry in entries if entry.errors
            },
        }

    async def _grant(self, upload: UploadConfig, entry: UploadEntry, socket: Any) -> Any:
        """Return the data that the browser needs to send a file; None if it may not, with an error at the entry."""
        prepare = upload.callbacks.external
        if prepare is None:
            grant: Any = self._token(upload, entry)
        else:
            grant = await self._prepared(prepare, upload, entry, socket)
        entry.preflighted = grant is not None
        return grant

    def _token(self, upload: UploadConfig, entry: UploadEntry) -> str | None:
        # The limits are per connection, so those of all its views count.
        # Files of the same message that were granted before this one are in the load already.
        load, limits = self._host.upload_load(), self._app.security
        if load.files >= limits.max_uploads:
            entry.fail("too_many_uploads")
        elif load.size + entry.size > limits.max_upload_bytes:
            entry.fail("no_room")
        else:
            token = UploadToken(self._key, upload.ref, entry.uuid)
            return self._app.signatures.mint_upload_token(token, self._host.binding)
        return None

    async def _prepared(
        self, prepare: Callback, upload: UploadConfig, entry: UploadEntry, socket: Any
    ) -> dict[str, Any] | None:
        try:
            entry.meta = _external_meta(upload, await _called(prepare, entry, socket.context))
            return entry.meta.model_dump(mode="json")
        except UploadRejected as rejection:
            entry.fail("presign_error", rejection.reason)
        except Exception as error:
            self._host.log_crash(f"preparing {entry!r}", error)
            entry.fail("presign_error")
        return None

    # Transfers

    def claim(self, token: object, connection: TransferConnection) -> Transfer | None:
        """Start the transfer of the file of `token`; None for a token of another view. Raises `UploadRefused`."""
        try:
            claims = self._app.signatures.read_upload_token(token, self._host.binding)
        except InvalidToken:
            return None
        if claims.process != self._key:
            return None
        upload, entry = self._claimed(claims)
        transfer = Transfer(
            entry,
            upload.callbacks.writer,
            upload.constraints,
            connection,
            self._app.run_queue,
            self._host.may_receive,
            lambda entry, code, reason: self._host.post_soon(UploadFailed(entry, code, reason)),
            self._released,
            self._host.log_crash,
        )
        entry.incoming = transfer
        self._transfers.add(transfer)
        return transfer

    def _claimed(self, claims: UploadToken) -> tuple[UploadConfig, UploadEntry]:
        found = None if self._ended else self.registry.by_ref(claims.upload)
        entries = () if found is None else found[0].entries
        entry = next((entry for entry in entries if entry.uuid == claims.entry), None)
        if found is None or entry is None or not _is_permitted(entry):
            raise UploadRefused("disallowed")
        if entry.incoming is not None:
            # A token is valid once: two transfers would write into one file.
            raise UploadRefused("already_registered")
        return found[0], entry

    async def advance(self, message: UploadAdvanced) -> Any:
        """Update the progress of a file and call the application. Return the socket that allows the upload.

        Return None for a message that arrives too late: the file is gone or done.
        """
        upload_ref, entry_ref, value = message.advance
        found = self.registry.by_ref(upload_ref)
        entry = None if found is None else found[0].entries_by_ref.get(entry_ref)
        if found is None or entry is None or not _is_permitted(entry) or entry.done:
            return None
        result = _advanced(entry, value, external=found[0].is_external)
        await self._call_callbacks(*found, entry, result)
        return found[1]

    async def fail(self, message: UploadFailed) -> Any:
        """Mark a file as failed and call the application, once. Return the socket that allows the upload, or None."""
        entry = message.entry
        found = self.registry.by_ref(entry.upload_config.ref)
        if found is None or found[0].entries_by_ref.get(entry.ref) is not entry or not entry.valid:
            return None
        entry.fail(message.code, message.reason)
        await self._call_callbacks(*found, entry, UploadFailure(message.code, message.reason))
        return found[1]

    async def _call_callbacks(
        self, upload: UploadConfig, socket: Any, entry: UploadEntry, result: UploadResult | None
    ) -> None:
        if upload.callbacks.progress is not None:
            await _called(upload.callbacks.progress, entry, socket)
        if upload.callbacks.entry_complete is not None and result is not None:
            await _called(upload.callbacks.entry_complete, entry, result, socket)

    # Files that are kept for the page's return to another worker

    def kept_files(self, cid: int | None, until: float) -> list[KeptFile]:
        """Return the files of one owner that have arrived. They stay on the disk until the Unix time `until`."""
        uploads = self.registry.of(cid).values()
        return [kept for upload in uploads for kept in kept_files(upload, until)]

    def adopt(self, cid: int | None, files: Iterable[KeptFile]) -> None:
        """List the files that a page had sent to another worker in the uploads of one owner."""
        uploads = self.registry.of(cid)
        for file in files:
            upload = uploads.get(file.upload)
            if upload is None or not adopt(upload, file):
                logger.info(
                    "%s: a file of the upload %r is not there any more: the page came from another host, "
                    "too late, or the upload is not allowed now",
                    self._host.name,
                    file.upload,
                )

    def leave(self) -> None:
        """Leave the files that have arrived on the disk: the page may return to another worker."""
        for upload in self.registry:
            leave_files(upload)

    # End

    def stop(self) -> None:
        """Accept no more bytes, because the view has ended. Complete files stay until `close`."""
        self._ended = True
        self.interrupt()

    def interrupt(self) -> None:
        """End the transfers of incomplete files, because the connection is gone."""
        for transfer in list(self._transfers):
            if not transfer.complete:
                transfer.end(consumed=False)

    def drop_interrupted(self) -> None:
        """Remove incomplete files from the lists, because the file inputs of the rejoined page are empty."""
        for upload in self.registry:
            for entry in upload.entries:
                if not entry.done:
                    upload.drop_entry(entry.ref)

    async def close(self) -> None:
        """Remove all files, and wait until their writers have released them."""
        self.stop()
        for upload in self.registry:
            upload.close()
        if not self._transfers:
            return
        self._all_gone = asyncio.Event()
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                await self._all_gone.wait()
        except TimeoutError:
            logger.error(
                "%s: %d writers of uploads have not finished within %s seconds after the end of the view",
                self._host.name,
                len(self._transfers),
                _CLOSE_TIMEOUT,
            )

    def _released(self, transfer: Transfer) -> None:
        self._transfers.discard(transfer)
        if self._all_gone is not None and not self._transfers:
            self._all_gone.set()


def _is_permitted(entry: UploadEntry) -> bool:
    return entry.preflighted and entry.valid


def _advanced(
    entry: UploadEntry, value: int | dict[str, Any] | None, *, external: bool
) -> UploadResult | None:
    """Update an entry from a progress message. Return its result if it has ended; an invalid value ends it too."""
    if value is None:
        return _failure(entry, {})
    if isinstance(value, int) and external:
        # Only the browser knows how far an external upload is.
        entry.progress = max(entry.progress, value)
        entry.done = entry.progress == 100
        return UploadSuccess() if entry.done else None
    if isinstance(value, int):
        # The server counts the received bytes: the number of the browser proves nothing.
        incoming = entry.incoming
        received = 0 if incoming is None else incoming.received
        entry.progress = 0 if incoming is None else received * 100 // entry.size if entry.size else 100
        entry.done = entry.progress == 100 and incoming is not None and incoming.complete
        return UploadSuccess() if entry.done else None
    if external and value.get("complete") is True:
        entry.progress, entry.done = 100, True
        return UploadSuccessWithData({name: each for name, each in value.items() if name != "complete"})
    return _failure(entry, value)


def _failure(entry: UploadEntry, value: dict[str, Any]) -> UploadFailure:
    # The browser has given up, so the bytes that have arrived are useless.
    entry.fail("upload_failed")
    if entry.incoming is not None:
        entry.incoming.end(consumed=False)
    error = value.get("error")
    # The text comes from the browser, so its length is bounded.
    return UploadFailure(error[:1000] if isinstance(error, str) else "upload_failed")


def _external_meta(upload: UploadConfig, raw: Any) -> ExternalUploadMeta:
    if isinstance(raw, ExternalUploadMeta):
        return raw
    if isinstance(raw, dict) and isinstance(raw.get("uploader"), str):
        return ExternalUploadMeta(**raw)
    raise TypeError(
        f"external= of the upload {upload.name!r} must return ExternalUploadMeta(uploader='S3', ...), with the name of "
        f"an uploader in window.Uploaders and the data that it needs; got {raw!r}"
    )


def _refusal(upload: UploadConfig, gone: Iterable[str] = ()) -> dict[str, Any]:
    errors = [[each.ref, each.code] for each in upload.violations()]
    return {"ref": upload.ref, "error": [*errors, *([ref, "cancelled"] for ref in gone)]}


def _client_config(upload: UploadConfig) -> dict[str, Any]:
    """Return the settings for the client's uploader. Times are in milliseconds."""
    constraints = upload.constraints
    return {
        "max_file_size": constraints.max_file_size,
        "max_entries": constraints.max_files,
        "chunk_size": constraints.chunk_size,
        "chunk_timeout": round(constraints.chunk_timeout * 1000),
    }


async def _called(callback: Any, *arguments: Any) -> Any:
    result = off_loop(callback)(*arguments)
    return await result if isawaitable(result) else result
