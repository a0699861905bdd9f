"""Files that one worker offers and another one sends to the browser, part by part.

The request of a browser may reach any worker, but a file belongs to the worker of its view. The worker of the request
asks that one: for the name of the file and who may fetch it, then for one part after the other, so that no worker holds
more than a part.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final, NamedTuple

import orjson
from starlette.types import Scope

from pyview.downloads.content import OpenDownload, opened
from pyview.process.downloads import DownloadOwner, PendingDownloads
from pyview.rendering.page_guard import GuardNames
from pyview.routing.routes import NestedRoutes
from pyview.workers.workers import CallFailed, Workers

_FIND, _OPEN, _NEXT, _RELEASE = "download.find", "download.open", "download.next", "download.release"
_CALL_TIME: Final = 5.0  # seconds
_PART_TIME: Final = 60.0  # seconds in which the application has to yield the next part
_IDLE_TIME: Final = 90.0  # seconds after which a file that another worker has stopped to fetch is released
_PART_SIZE: Final = 1024 * 1024  # bytes; a message to another worker has 8 MiB at most
_END: Final = b""


class DownloadInfo(NamedTuple):
    """The headers of a file, before it is opened."""

    filename: str
    media_type: str


async def find_remote(
    workers: Workers, worker_id: str, download_id: str, nested: NestedRoutes, scope: Scope
) -> "RemoteDownload | None":
    """Return a file of another worker; None if it was fetched or has expired.

    Raises `CallFailed` and `TimeoutError` if that worker cannot be reached, and `UnknownView`.
    """
    found = orjson.loads(await workers.call(worker_id, _FIND, download_id.encode(), _CALL_TIME))
    if found is None:
        return None
    filename, media_type, binding, browser, names = found
    owner = DownloadOwner(binding, browser, GuardNames(*names).guard(nested, scope))
    return RemoteDownload(workers, worker_id, download_id, DownloadInfo(filename, media_type), owner)


class RemoteDownload:
    """A file of another worker."""

    def __init__(
        self, workers: Workers, worker_id: str, download_id: str, info: DownloadInfo, owner: DownloadOwner
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
