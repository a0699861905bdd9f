"""The uploads of one view: what is chosen, what may be sent, what has come of it.

Every entry is changed in the view's own turns, so that a handler sees none change while it runs; only the bytes come
in between (see `pyview.process.transfer`).
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
from pyview.uploads.registry import UploadRegistry
from pyview.wire.uploads import ChosenFile

logger = logging.getLogger("pyview")

_PARTING = 5.0  # seconds for writers to end in when their view has


class UploadLoad(NamedTuple):
    """What one browser has on its way, and in store: files, bytes."""

    files: int
    size: int


class Permission(NamedTuple):
    """The fields of the answer to a preflight, besides the diff; and the socket that allows the upload."""

    fields: dict[str, Any]
    socket: Any


class UploadRefused(Exception):
    """A browser may not send a file; `reason` is the client's word for why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UploadHost(Protocol):
    """The view's process."""

    @property
    def name(self) -> str: ...
    @property
    def binding(self) -> str: ...
    def log_crash(self, what: str, error: BaseException) -> str: ...
    def upload_load(self) -> UploadLoad: ...
    def post_soon(self, message: Any) -> None: ...
    async def may_receive(self) -> bool: ...


class UploadManager:
    """One view's uploads. `registry` is what its socket allows them in."""

    def __init__(self, site: AppContext, host: UploadHost) -> None:
        self._site = site
        self._host = host
        self._key = secrets.token_urlsafe(9)
        self._transfers: set[Transfer] = set()
        self._all_gone: asyncio.Event | None = None
        self._ended = False
        self.registry = UploadRegistry(site.security)

    @property
    def load(self) -> UploadLoad:
        uploads = [upload for upload in self.registry if not upload.is_external]
        granted = [entry for upload in uploads for entry in upload.entries if _is_granted(entry)]
        on_their_way = [entry for entry in granted if entry.incoming is None or not entry.incoming.complete]
        return UploadLoad(len(on_their_way), sum(entry.size for entry in granted))

    # What is chosen

    def choose(self, chosen: Mapping[str, list[ChosenFile]]) -> set[int | None]:
        """List the files; whose uploads they are. An input that is not there any more is no error: its going crossed
        with this."""
        owners: set[int | None] = set()
        for ref, files in chosen.items():
            found = self.registry.by_ref(ref)
            if found is not None:
                upload, socket = found
                upload.choose(files)
                owners.add(socket.cid)
        return owners

    # What may be sent

    async def preflight(self, message: Preflight) -> Permission:
        """A token, or an external upload's meta, for each file that may be sent."""
        found = self.registry.by_ref(message.upload)
        if found is None:
            return Permission({"ref": message.upload, "error": [[message.upload, "disallowed"]]}, None)
        return Permission(await self._permissions(message, *found), found[1])

    async def _permissions(self, message: Preflight, upload: UploadConfig, socket: Any) -> dict[str, Any]:
        upload.add_entries(message.files)
        gone = upload.gone(file.ref for file in message.files)
        # The client gives up all files of a form when one of them is not permitted, so none must count as permitted.
        if not upload.auto_upload and (gone or upload.violations()):
            return _refusal(upload, gone)
        wanted = upload.awaiting_preflight(file.ref for file in message.files)
        granted = {entry.ref: await self._grant(upload, entry, socket) for entry in wanted}
        if not upload.auto_upload and upload.violations():
            for entry in wanted:
                entry.preflighted = False
            return _refusal(upload)
        permitted = {ref: grant for ref, grant in granted.items() if grant is not None}
        return {
            "ref": upload.ref,
            "config": _client_config(upload),
            "entries": permitted,
            "errors": _errors(upload, message),
        }

    async def _grant(self, upload: UploadConfig, entry: UploadEntry, socket: Any) -> Any:
        """What the browser needs to send the file; None if it may not, which the entry then says."""
        prepare = upload.callbacks.external
        if prepare is None:
            grant: Any = self._token(upload, entry)
        else:
            grant = await self._prepared(prepare, upload, entry, socket)
        entry.preflighted = grant is not None
        return grant

    def _token(self, upload: UploadConfig, entry: UploadEntry) -> str | None:
        load, limits = self._host.upload_load(), self._site.security
        if load.files >= limits.max_uploads:
            entry.fail("too_many_uploads")
        elif load.size + entry.size > limits.max_upload_bytes:
            entry.fail("no_room")
        else:
            token = UploadToken(self._key, upload.ref, entry.uuid)
            return self._site.signatures.mint_upload_token(token, self._host.binding)
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

    # What comes

    def claim(self, token: object, outlet: TransferConnection) -> Transfer | None:
        """Let the file of `token` come in; None for a token that is not of this view. Raises `UploadRefused`."""
        try:
            claims = self._site.signatures.read_upload_token(token, self._host.binding)
        except InvalidToken:
            return None
        if claims.process != self._key:
            return None
        upload, entry = self._claimed(claims)
        transfer = Transfer(
            entry,
            upload.callbacks.writer,
            upload.constraints,
            outlet,
            self._site.run_queue,
            self._host.may_receive,
            self._fail_soon,
            self._gone,
            self._host.log_crash,
        )
        entry.incoming = transfer
        self._transfers.add(transfer)
        return transfer

    def _claimed(self, claims: UploadToken) -> tuple[UploadConfig, UploadEntry]:
        found = None if self._ended else self.registry.by_ref(claims.upload)
        entries = () if found is None else found[0].entries
        entry = next((entry for entry in entries if entry.uuid == claims.entry), None)
        if found is None or entry is None or not _is_granted(entry):
            raise UploadRefused("disallowed")
        if entry.incoming is not None:
            raise UploadRefused("already_registered")
        return found[0], entry

    async def advance(self, message: UploadAdvanced) -> Any:
        """Take down how far a file has come, and tell the application; the socket that allows it. What came too late
        is not told."""
        upload_ref, entry_ref, value = message.advance
        found = self.registry.by_ref(upload_ref)
        entry = None if found is None else found[0].entries_by_ref.get(entry_ref)
        if found is None or entry is None or not _is_granted(entry) or entry.done:
            return None
        result = _take(entry, value, external=found[0].is_external)
        await self._tell(*found, entry, result)
        return found[1]

    async def fail(self, message: UploadFailed) -> Any:
        """A file will not arrive: the entry says so, and the application is told once. The socket that allows it."""
        entry = message.entry
        found = self.registry.by_ref(entry.upload_config.ref)
        if found is None or found[0].entries_by_ref.get(entry.ref) is not entry or not entry.valid:
            return None
        entry.fail(message.code, message.reason)
        await self._tell(*found, entry, UploadFailure(message.code, message.reason))
        return found[1]

    async def _tell(
        self, upload: UploadConfig, socket: Any, entry: UploadEntry, result: UploadResult | None
    ) -> None:
        if upload.callbacks.progress is not None:
            await _called(upload.callbacks.progress, entry, socket)
        if upload.callbacks.entry_complete is not None and result is not None:
            await _called(upload.callbacks.entry_complete, entry, result, socket)

    def _fail_soon(self, entry: UploadEntry, code: str, reason: str | None) -> None:
        self._host.post_soon(UploadFailed(entry, code, reason))

    # The end

    def stop(self) -> None:
        """The view has ended: nothing more comes in. What has arrived stays until `close`."""
        self._ended = True
        self.interrupt()

    def interrupt(self) -> None:
        """The connection has gone: what was on its way does not arrive."""
        for transfer in list(self._transfers):
            if not transfer.complete:
                transfer.end(consumed=False)

    def drop_interrupted(self) -> None:
        """The page is back, and its file inputs are empty: what has not arrived comes off the lists."""
        for upload in self.registry:
            for entry in upload.entries:
                if not entry.done:
                    upload.drop_entry(entry.ref)

    async def close(self) -> None:
        """Let go of every file, and wait until nothing is left of them."""
        self.stop()
        for upload in self.registry:
            upload.close()
        if not self._transfers:
            return
        self._all_gone = asyncio.Event()
        try:
            async with asyncio.timeout(_PARTING):
                await self._all_gone.wait()
        except TimeoutError:
            logger.error("%s: %d writers of uploads do not end", self._host.name, len(self._transfers))

    def _gone(self, transfer: Transfer) -> None:
        self._transfers.discard(transfer)
        if self._all_gone is not None and not self._transfers:
            self._all_gone.set()


def _is_granted(entry: UploadEntry) -> bool:
    return entry.preflighted and entry.valid


def _take(entry: UploadEntry, value: int | dict[str, Any] | None, *, external: bool) -> UploadResult | None:
    """Note what the browser says; the end that it means, if any. What cannot be told ends the upload."""
    if value is None:
        return _failure(entry, {})
    if isinstance(value, int):
        entry.progress = max(entry.progress, value) if external else _percent(entry)
        entry.done = entry.progress == 100 and (external or _is_complete(entry))
        return UploadSuccess() if entry.done else None
    if external and value.get("complete") is True:
        entry.progress, entry.done = 100, True
        return UploadSuccessWithData({name: each for name, each in value.items() if name != "complete"})
    return _failure(entry, value)


def _failure(entry: UploadEntry, value: dict[str, Any]) -> UploadFailure:
    # The browser has given up, so what has arrived is of no use.
    entry.fail("upload_failed")
    if entry.incoming is not None:
        entry.incoming.end(consumed=False)
    error = value.get("error")
    return UploadFailure(error[:1000] if isinstance(error, str) else "upload_failed")


def _percent(entry: UploadEntry) -> int:
    """Counted here: what a browser says of itself proves nothing."""
    if entry.incoming is None:
        return 0
    return entry.incoming.received * 100 // entry.size if entry.size else 100


def _is_complete(entry: UploadEntry) -> bool:
    return entry.incoming is not None and entry.incoming.complete


def _external_meta(upload: UploadConfig, raw: Any) -> ExternalUploadMeta:
    if isinstance(raw, ExternalUploadMeta):
        return raw
    if isinstance(raw, dict) and isinstance(raw.get("uploader"), str):
        return ExternalUploadMeta(**raw)
    raise TypeError(
        f"external= of the upload {upload.name!r} is expected to return ExternalUploadMeta(uploader='S3', ...), the "
        f"name of an uploader in window.Uploaders and what it needs; got {raw!r}"
    )


def _refusal(upload: UploadConfig, gone: Iterable[str] = ()) -> dict[str, Any]:
    errors = [[each.ref, each.code] for each in upload.violations()]
    return {"ref": upload.ref, "error": [*errors, *([ref, "cancelled"] for ref in gone)]}


def _errors(upload: UploadConfig, message: Preflight) -> dict[str, list[str]]:
    asked = _entries(upload, (file.ref for file in message.files))
    return {entry.ref: [error.code for error in entry.errors] for entry in asked if entry.errors}


def _entries(upload: UploadConfig, refs: Iterable[str]) -> list[UploadEntry]:
    return [upload.entries_by_ref[ref] for ref in dict.fromkeys(refs) if ref in upload.entries_by_ref]


def _client_config(upload: UploadConfig) -> dict[str, Any]:
    """What the client's uploader reads; its times are milliseconds."""
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
