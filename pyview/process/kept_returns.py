"""The kept state of a page that returns: from the worker that still has its view, the store, or the browser."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from pyview.config import SecurityConfig
from pyview.keeping.snapshot import KeptSnapshot, read
from pyview.process.keeper import page_of
from pyview.rendering.lifecycle import MountContext
from pyview.routing.routes import view_key
from pyview.stores.health import StoreUnavailable
from pyview.stores.once import OnceStore
from pyview.stores.states import StateStore
from pyview.tokens.kept import KeptTokens
from pyview.tokens.secrets import InvalidToken

logger = logging.getLogger("pyview")


class OtherWorkers(Protocol):
    """The views that pages had at other workers."""

    async def take(self, mount_context: MountContext, keys: list[str]) -> str | None:
        """End the view that the page had. Return its sealed state, which has one of the `keys`; None without one."""

    def end(self, mount_context: MountContext) -> None:
        """End the view that the page had, and wait for nothing: it keeps nothing."""


class KeptReturns:
    """Finds the states of pages that return. Each is used once.

    `delete(key)` deletes a stored state soon. `tokens` is called at the first use.
    """

    def __init__(
        self,
        tokens: Callable[[], KeptTokens],
        store: StateStore,
        once: OnceStore,
        limits: SecurityConfig,
        others: OtherWorkers,
        delete: Callable[[str], None],
    ) -> None:
        self._tokens = tokens
        self._store = store
        self._once = once
        self._limits = limits
        self._others = others
        self._delete = delete

    @property
    def reads_tokens(self) -> bool:
        """True if browsers carry small states, because no store outlives this worker."""
        return not self._store.shared and self._limits.max_kept_token > 0

    async def find(self, mount_context: MountContext) -> KeptSnapshot | None:
        """Return the kept state for the view that a page joins again; None if there is none."""
        visit = mount_context.visit
        if not visit.returns:
            if visit.worker:
                self._others.end(mount_context)
            return None
        # The next number is that of a join whose answer was lost on the way: the page does not count it.
        keys = [
            self._tokens().keys(page_of(mount_context, joins)) for joins in (visit.joins, visit.joins + 1)
        ]
        kept = await self._handed_over([*keys[0], *keys[1]], mount_context)
        try:
            for some in keys:
                kept = await self._stored(some, visit.token) if kept is None else kept
        except StoreUnavailable as error:
            # The page is mounted without it: a join must not wait for the store once more.
            logger.debug("a kept state cannot be read: %s", error)
        return None if kept is None else _fitting(kept, mount_context)

    async def take(self, keys: Sequence[str]) -> str | None:
        """Return the sealed state that is stored under one of `keys`. Raises `StoreUnavailable`."""
        for key in keys:
            found = await self._store.take(key)
            if found is not None:
                return found.decode("ascii", "replace")
        return None

    async def _handed_over(self, keys: list[str], mount_context: MountContext) -> KeptSnapshot | None:
        if not mount_context.visit.worker:
            return None
        sealed = await self._others.take(mount_context, keys)
        kept = None if sealed is None else self._opened(keys, sealed)
        # It is used once.
        for key in keys if kept is not None else ():
            self._delete(key)
        return kept

    async def _stored(self, keys: list[str], token: str) -> KeptSnapshot | None:
        sealed = await self.take(keys)
        if len(token) > self._limits.max_kept_token:
            token = ""  # no worker has given that to a browser
        if not self.reads_tokens:
            return None if sealed is None else self._opened(keys, sealed)
        # The browser may carry the same state as a token.
        kept = self._opened(keys, sealed or token) if sealed or token else None
        return kept if kept is not None and await self._is_first(keys[0]) else None

    async def _is_first(self, key: str) -> bool:
        """Return True for the first use of a state that a browser may carry."""
        # No token is valid for longer.
        return await self._once.claim(f"kept:{key}", time.time() + self._limits.max_keep_seconds)

    def _opened(self, keys: Sequence[str], sealed: str) -> KeptSnapshot | None:
        reason = ""
        for key in keys:
            try:
                return read(self._tokens().unseal(key, sealed))
            except InvalidToken as error:
                reason = error.reason
        logger.info("a kept state is refused: %s", reason)
        return None


def _fitting(kept: KeptSnapshot, mount_context: MountContext) -> KeptSnapshot | None:
    if kept.view == view_key(mount_context.view_class):
        return kept
    logger.info("the kept state of %r is dropped: the page shows %r now", kept.view, mount_context.view_class)
    return None
