"""`/live/download/{token}`: one file that a view offers, fetched by its browser.

The link works once, for the user of the view, as long as that user may see the view. A file belongs to the worker of
its view. Any other worker that gets the request asks that one: for the name of the file and who may fetch it, then for
one part after the other, so that no worker holds more than a part.
"""

import asyncio
import hmac
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final, NamedTuple, Protocol

import orjson
from anyio import CancelScope
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from pyview.auth.audit import AuditEvent, audit_of
from pyview.auth.connection import client_address
from pyview.auth.identity import Identity
from pyview.auth.provider import Denied
from pyview.config import SecurityConfig
from pyview.downloads.content import OpenDownload, disposition, opened
from pyview.middleware.headers import browser_of
from pyview.observability.error_ids import CrashLog
from pyview.process.downloads import DownloadOwner, PendingDownload, PendingDownloads
from pyview.rendering.page_guard import GuardNames, UnknownView
from pyview.routing.own_route import OwnRoute
from pyview.routing.routes import NestedRoutes
from pyview.sessions.session import is_unknown
from pyview.tokens.page import Tokens
from pyview.tokens.secrets import InvalidToken
from pyview.workers.workers import CallFailed, Workers

DOWNLOAD_PATH: Final = "/live/download"

_FIND, _OPEN, _NEXT, _RELEASE = "download.find", "download.open", "download.next", "download.release"
_CALL_TIME: Final = 5.0  # seconds
_PART_TIME: Final = 60.0  # seconds in which the application has to yield the next part
_IDLE_TIME: Final = 90.0  # seconds after which a file that another worker has stopped to fetch is released
_PART_SIZE: Final = 1024 * 1024  # bytes; a message to another worker has 8 MiB at most
_END: Final = b""

_NO_LINK: Final = "This download link is not valid."
_USED: Final = (
    "This download link has expired, or it was used already: each link works once. Go back to the page and start the "
    "download again."
)
_DENIED: Final = (
    "You may not download this file. It was offered to another user, or your rights have changed."
)
_UNKNOWN: Final = "The download cannot be started at the moment. Please try again in a few seconds."
_NO_STORE: Final = {"cache-control": "no-store"}


class _DownloadInfo(NamedTuple):
    """The headers of a file, before it is opened."""

    filename: str
    media_type: str


class _Offered(Protocol):
    """A file that waits, at this worker or at another one."""

    info: _DownloadInfo
    owner: DownloadOwner

    async def open(self) -> OpenDownload | None:
        """Take the file, whose link works once. Return None if another request was faster."""


class _LocalDownload:
    """A file of this worker."""

    def __init__(self, downloads: PendingDownloads, download_id: str, pending: PendingDownload) -> None:
        self.info = _DownloadInfo(pending.download.filename, pending.download.media_type)
        self.owner = pending.owner
        self._downloads = downloads
        self._id = download_id

    async def open(self) -> OpenDownload | None:
        pending = self._downloads.take(self._id)
        return None if pending is None else await opened(pending.download)


class _RemoteDownload:
    """A file of another worker."""

    def __init__(
        self, workers: Workers, worker_id: str, download_id: str, info: _DownloadInfo, owner: DownloadOwner
    ) -> None:
        self.info = info
        self.owner = owner
        self._workers = workers
        self._worker_id = worker_id
        self._id = download_id

    async def open(self) -> OpenDownload | None:
        answer = orjson.loads(await self._call(_OPEN, _PART_TIME))
        return OpenDownload(self._parts(), answer["size"]) if answer["found"] else None

    async def _parts(self) -> AsyncIterator[bytes]:
        ended = False
        try:
            while part := await self._call(_NEXT, _PART_TIME):
                yield part
            ended = True
        finally:
            if not ended:
                self._workers.notify(self._worker_id, _RELEASE, self._id.encode())

    async def _call(self, method: str, seconds: float) -> bytes:
        return await self._workers.call(self._worker_id, method, self._id.encode(), seconds)


class _Transfer:
    """A file that another worker fetches part by part. `timer` releases it if that worker stops to ask."""

    def __init__(self, file: OpenDownload) -> None:
        self.timer: asyncio.TimerHandle | None = None
        self._file = file
        self._rest = b""
        # A generator that runs cannot be closed: the browser may give up while the application makes the next part.
        self._lock = asyncio.Lock()

    async def next_part(self) -> bytes:
        """Return the next bytes, `b""` at the end. Parts of the application may be larger than a message."""
        async with self._lock:
            while not self._rest:
                try:
                    self._rest = await anext(self._file.chunks)
                except StopAsyncIteration:
                    return _END
            part, self._rest = self._rest[:_PART_SIZE], self._rest[_PART_SIZE:]
            return part

    async def release(self) -> None:
        async with self._lock:
            await self._file.release()


class DownloadCalls:
    """Answers the calls of other workers for the files of this one."""

    def __init__(self, downloads: PendingDownloads, workers: Workers) -> None:
        self._downloads = downloads
        self._transfers: dict[str, _Transfer] = {}
        self._releasing: set[asyncio.Task[None]] = set()
        workers.register(_FIND, self._find)
        workers.register(_OPEN, self._open)
        workers.register(_NEXT, self._next)
        workers.register(_RELEASE, self._release)

    async def _find(self, payload: bytes) -> bytes:
        pending = self._downloads.find(payload.decode())
        if pending is None:
            return b"null"
        owner = pending.owner
        return orjson.dumps(
            [
                pending.download.filename,
                pending.download.media_type,
                owner.binding,
                owner.browser,
                [*GuardNames.of(owner.guard)],
            ]
        )

    async def _open(self, payload: bytes) -> bytes:
        download_id = payload.decode()
        pending = self._downloads.take(download_id)
        if pending is None:
            return orjson.dumps({"found": False})
        file = await opened(pending.download)
        self._transfers[download_id] = transfer = _Transfer(file)
        self._restart_timer(download_id, transfer)
        return orjson.dumps({"found": True, "size": file.size})

    async def _next(self, payload: bytes) -> bytes:
        download_id = payload.decode()
        transfer = self._transfers.get(download_id)
        if transfer is None:
            raise CallFailed("the download was released")
        self._restart_timer(download_id, transfer)
        part = _END
        try:
            part = await transfer.next_part()
        finally:
            if not part:
                await self._end(download_id)
        return part

    async def _release(self, payload: bytes) -> bytes:
        await self._end(payload.decode())
        return b""

    def _restart_timer(self, download_id: str, transfer: _Transfer) -> None:
        if transfer.timer is not None:
            transfer.timer.cancel()
        loop = asyncio.get_running_loop()
        transfer.timer = loop.call_later(_IDLE_TIME, self._end_soon, download_id)

    def _end_soon(self, download_id: str) -> None:
        task = asyncio.ensure_future(self._end(download_id))
        self._releasing.add(task)
        task.add_done_callback(self._releasing.discard)

    async def _end(self, download_id: str) -> None:
        transfer = self._transfers.pop(download_id, None)
        if transfer is None:
            return
        if transfer.timer is not None:
            transfer.timer.cancel()
        await transfer.release()

    async def close(self) -> None:
        """Release all files that other workers fetch: this worker stops."""
        for download_id in list(self._transfers):
            await self._end(download_id)


class DownloadEndpoint:
    """The route of all downloads."""

    def __init__(
        self,
        downloads: PendingDownloads,
        tokens: Tokens,
        workers: Workers,
        nested: NestedRoutes,
        crashes: CrashLog,
    ) -> None:
        self._downloads = downloads
        self._tokens = tokens
        self._workers = workers
        self._nested = nested
        self._crashes = crashes
        self.calls = DownloadCalls(downloads, workers)

    def route(self) -> OwnRoute:
        return OwnRoute(DOWNLOAD_PATH + "/{token}", self.respond, methods=["GET"])

    async def respond(self, request: Request) -> Response:
        """Return the file of a token, or say why the browser does not get it."""
        try:
            worker_id, download_id = self._tokens.read_download_token(request.path_params["token"])
        except InvalidToken as error:
            return _refusal(410, _USED) if error.reason == "expired" else _refusal(404, _NO_LINK)
        offered = await self._offered(worker_id, download_id, request.scope)
        if offered is None:
            return _refusal(410, _USED)
        refusal = await _check(offered, request.scope)
        if refusal is not None:
            return refusal
        # A browser, or a program that scans links, may ask for the headers first: the link still works then.
        if request.method == "HEAD":
            return Response(headers=_headers(offered.info, None), media_type=offered.info.media_type)
        return await self._send(offered, request.scope)

    async def _offered(self, worker_id: str, download_id: str, scope: Scope) -> _Offered | None:
        if worker_id == self._workers.id:
            pending = self._downloads.find(download_id)
            return None if pending is None else _LocalDownload(self._downloads, download_id, pending)
        try:
            answer = await self._workers.call(worker_id, _FIND, download_id.encode(), _CALL_TIME)
            found = orjson.loads(answer)
            if found is None:
                return None
            filename, media_type, binding, browser, names = found
            owner = DownloadOwner(binding, browser, GuardNames(*names).guard(self._nested, scope))
        except (CallFailed, TimeoutError, UnknownView):
            return None  # the worker has ended, and its files with it
        info = _DownloadInfo(filename, media_type)
        return _RemoteDownload(self._workers, worker_id, download_id, info, owner)

    async def _send(self, offered: _Offered, scope: Scope) -> Response:
        try:
            file = await offered.open()
        except Exception as error:
            self._log(scope, offered, error)
            raise HTTPException(500, headers=_NO_STORE) from error
        if file is None:
            return _refusal(410, _USED)
        views = offered.owner.guard.routes
        subject = f"{offered.info.filename} of {views[-1].view_class.__qualname__}" if views else ""
        audit_of(scope).record(AuditEvent.DOWNLOADED, scope, "a file was fetched", subject=subject)
        body = self._body(file, offered, scope)
        return _FileResponse(
            body, headers=_headers(offered.info, file.size), media_type=offered.info.media_type
        )

    async def _body(self, file: OpenDownload, offered: _Offered, scope: Scope) -> AsyncGenerator[bytes, None]:
        try:
            async for part in file.chunks:
                yield part
        except Exception as error:
            # The response breaks off, so that the browser does not take a part of the file for the whole.
            self._log(scope, offered, error)
            raise
        finally:
            await file.release()

    def _log(self, scope: Scope, offered: _Offered, error: Exception) -> None:
        self._crashes.log(
            client_address(scope), f"the download of {offered.info.filename!r}", "the content", error
        )


class _FileResponse(StreamingResponse):
    """A response that closes its generator when the browser gives up. Starlette's own leaves it to the collector."""

    def __init__(
        self, body: AsyncGenerator[bytes, None], *, headers: dict[str, str], media_type: str
    ) -> None:
        super().__init__(body, headers=headers, media_type=media_type)
        self._body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            with CancelScope(shield=True):
                await self._body.aclose()


async def _check(offered: _Offered, scope: Scope) -> Response | None:
    """Return the answer for a user who may not have the file, None for the one who may."""
    if _is_user(offered.owner, scope) and await _may_see(offered.owner, scope):
        return None
    # While a store does not answer, it is not known whose session this is. The link is not used up.
    if is_unknown(scope):
        return _refusal(503, _UNKNOWN)
    audit_of(scope).record(AuditEvent.REQUEST_REFUSED, scope, "a download is for another user")
    return _refusal(403, _DENIED)


def _is_user(owner: DownloadOwner, scope: Scope) -> bool:
    """Return True for a request of the same session and user; without a session, of the same browser."""
    if owner.binding:
        return hmac.compare_digest(Identity.from_scope(scope).binding, owner.binding)
    return not owner.browser or hmac.compare_digest(browser_of(scope), owner.browser)


async def _may_see(owner: DownloadOwner, scope: Scope) -> bool:
    """Return True if the user of `scope` may still see the view. A denial is in the audit trail."""
    # The guards of an open page are asked about its socket; they are asked about this request in the same way.
    socket_scope = {**scope, "type": "websocket"}
    return not isinstance(await owner.guard.with_guards_only(scope).verdict(socket_scope), Denied)


def _headers(info: _DownloadInfo, size: int | None) -> dict[str, str]:
    headers = {"content-disposition": disposition(info.filename), **_NO_STORE}
    return headers if size is None else {**headers, "content-length": str(size)}


def _refusal(status: int, text: str) -> Response:
    return PlainTextResponse(text, status, headers=_NO_STORE)


def pending_downloads(config: SecurityConfig, tokens: Tokens, workers: Workers) -> PendingDownloads:
    """Return the files of this worker, whose links name it."""
    return PendingDownloads(config, lambda download_id: tokens.mint_download_token(workers.id, download_id))
