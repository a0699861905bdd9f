"""Files that the views of one worker offer, until a browser fetches them."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from pyview.config import SecurityConfig
from pyview.downloads.content import Download
from pyview.rendering.page_guard import PageGuard

_MOST: Final = 10_000  # files of one worker that wait; each takes about 2 KiB

Place: TypeAlias = tuple[str, str]
"""The view that offers a file: the id of its page, and of its element."""


class DownloadOwner(NamedTuple):
    """The user and the browser that may fetch a file, and the guards of the view that offers it."""

    binding: str
    browser: str
    guard: PageGuard


@dataclass(slots=True)
class PendingDownload:
    """A file that waits for its browser. `timer` drops it when its link expires."""

    download: Download
    owner: DownloadOwner
    place: Place
    timer: asyncio.TimerHandle


class PendingDownloads:
    """Files that wait, oldest first. `mint` returns the token for the id of a download."""

    def __init__(self, config: SecurityConfig, mint: Callable[[str], str]) -> None:
        self._config = config
        self._mint = mint
        self._pending: dict[str, PendingDownload] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._pending)

    def offer(self, download: Download, owner: DownloadOwner, place: Place) -> str:
        """Keep a file, and return the token of its link. Raises `ValueError` for more bytes than may wait."""
        size, most = download.held_bytes, self._config.max_pending_download_bytes
        if size > most:
            raise ValueError(
                f"download({download.filename!r}): {size} bytes are more than max_pending_download_bytes={most}. Pass "
                "a path, an iterator, or a function that returns the content"
            )
        download_id = secrets.token_urlsafe(16)
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._config.download_max_age, self.take, download_id)
        self._pending[download_id] = PendingDownload(download, owner, place, timer)
        self._bytes += size
        self._drop_oldest(place)
        return self._mint(download_id)

    def _drop_oldest(self, place: Place) -> None:
        """Drop files beyond the limits, those of the view `place` first."""
        own = [key for key, pending in self._pending.items() if pending.place == place]
        for key in own[: -self._config.max_pending_downloads or None]:
            self.take(key)
        while len(self._pending) > _MOST or self._bytes > self._config.max_pending_download_bytes:
            self.take(next(iter(self._pending)))

    def find(self, download_id: str) -> PendingDownload | None:
        """Return a file that waits; None if it was fetched, has expired or was dropped."""
        return self._pending.get(download_id)

    def take(self, download_id: str) -> PendingDownload | None:
        """Remove a file and return it: its link works once."""
        pending = self._pending.pop(download_id, None)
        if pending is not None:
            pending.timer.cancel()
            self._bytes -= pending.download.held_bytes
        return pending

    def clear(self) -> None:
        """Drop all files: the worker stops."""
        for download_id in list(self._pending):
            self.take(download_id)
