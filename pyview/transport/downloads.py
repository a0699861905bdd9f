"""`/live/download/{token}`: one file that a view offers, fetched by its browser.

The link works once, for the user of the view, as long as that user may see the view. The file may be one of another
worker, see `download_calls`.
"""

import hmac
from collections.abc import AsyncGenerator
from typing import Final, Protocol

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
from pyview.rendering.page_guard import UnknownView
from pyview.routing.own_route import OwnRoute
from pyview.routing.routes import NestedRoutes
from pyview.sessions.session import is_unknown
from pyview.tokens.page import Tokens
from pyview.tokens.secrets import InvalidToken
from pyview.transport.download_calls import DownloadCalls, DownloadInfo, find_remote
from pyview.workers.workers import CallFailed, Workers

DOWNLOAD_PATH: Final = "/live/download"

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


class _Offered(Protocol):
    """A file that waits, at this worker or at another one."""

    info: DownloadInfo
    owner: DownloadOwner

    async def open(self) -> OpenDownload | None:
        """Take the file, whose link works once. Return None if another request was faster."""


class _LocalDownload:
    """A file of this worker."""

    def __init__(self, downloads: PendingDownloads, download_id: str, pending: PendingDownload) -> None:
        self.info = DownloadInfo(pending.download.filename, pending.download.media_type)
        self.owner = pending.owner
        self._downloads = downloads
        self._id = download_id

    async def open(self) -> OpenDownload | None:
        pending = self._downloads.take(self._id)
        return None if pending is None else await opened(pending.download)


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
            return await find_remote(self._workers, worker_id, download_id, self._nested, scope)
        except (CallFailed, TimeoutError, UnknownView):
            return None  # the worker has ended, and its files with it

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


def _headers(info: DownloadInfo, size: int | None) -> dict[str, str]:
    headers = {"content-disposition": disposition(info.filename), **_NO_STORE}
    return headers if size is None else {**headers, "content-length": str(size)}


def _refusal(status: int, text: str) -> Response:
    return PlainTextResponse(text, status, headers=_NO_STORE)


def pending_downloads(config: SecurityConfig, tokens: Tokens, workers: Workers) -> PendingDownloads:
    """Return the files of this worker, whose links name it."""
    return PendingDownloads(config, lambda download_id: tokens.mint_download_token(workers.id, download_id))
