"""Kept states of one application: their capture, and the return of a page that has one.

A view that has changed is stored within a second; at once when its connection is lost and when the worker stops.
Without a store that outlives the worker, the browser of a small state carries it as an encrypted token.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from pyview.config import SecurityConfig
from pyview.keeping.plan import Plan, development_plan_of, plan_of
from pyview.keeping.snapshot import KeptSnapshot
from pyview.live_view import LiveView
from pyview.observability.error_ids import CrashLog
from pyview.observability.rate_limited_warnings import RateLimitedWarnings
from pyview.process.keeper import Keeper, KeptProcess, kept_seconds, page_of
from pyview.process.kept_returns import KeptReturns, OtherWorkers
from pyview.process.kept_writes import KeptWrites
from pyview.rendering.lifecycle import MountContext
from pyview.sessions.tracking import SESSION_KEY, session_key
from pyview.stores.once import OnceStore
from pyview.stores.revocations import Revocations
from pyview.stores.states import StateEntry, StateStore
from pyview.tokens.kept import KeptTokens

logger = logging.getLogger("pyview")

KEPT_EVENT = "pyview:kept"

_SLOW_NOTING = 0.01  # seconds
_NOTING_PAUSE = 10.0
"""Times as long as it took is the pause after a state that was slow to note."""


class HandedState(NamedTuple):
    """The sealed state of a view that goes on at another worker, and its key."""

    key: str
    sealed: str


class KeptStates:
    """Stores and finds the kept states of one application.

    `tokens` is called at the first use, when the name of the application is final. `others` finds the views of other
    workers. In `development` each view keeps everything; `template_of` returns the text of its template.
    """

    def __init__(
        self,
        tokens: Callable[[], KeptTokens],
        store: StateStore,
        once: OnceStore,
        revocations: Revocations,
        limits: SecurityConfig,
        warnings: RateLimitedWarnings,
        crashes: CrashLog,
        others: OtherWorkers,
        template_of: Callable[[type[LiveView[Any]]], str],
        *,
        development: bool = False,
    ) -> None:
        self._development = development
        self._template_of = template_of
        self._tokens = tokens
        self._store = store
        self._revocations = revocations
        self._limits = limits
        self._warnings = warnings
        self._crashes = crashes
        self._writes = KeptWrites(store, self._entry)
        self._returns = KeptReturns(tokens, store, once, limits, others, self._writes.delete)
        self._keepers: set[Keeper] = set()
        self._bytes = 0

    @property
    def pending(self) -> int:
        """Count of views that have changed since they were stored."""
        return self._writes.pending

    # Views

    def begin(self, process: KeptProcess, kept: KeptSnapshot | None) -> Keeper:
        """Return the keeper of a view that was just created."""
        view_class = process.mount_context.view_class
        template = _digest(self._template_of(view_class)) if self._development else ""
        keeper = Keeper(process, kept, self.plan_of(view_class), template)
        self._keepers.add(keeper)
        if process.mount_context.identity.sid:
            self._revocations.subscribe(self._revoked)
        return keeper

    def plan_of(self, view_class: type[LiveView[Any]]) -> Plan | None:
        """Return what a view keeps; None for one that keeps nothing."""
        return development_plan_of(view_class) if self._development else plan_of(view_class)

    def touch(self, keeper: Keeper) -> None:
        """Note that a view may have changed."""
        if not (keeper.dirty or keeper.dropped):
            self._writes.add(keeper)

    def hurry(self, keeper: Keeper) -> None:
        """Store a view at once: its connection was lost, or what the store had was just used."""
        if not keeper.dropped:
            self._writes.add(keeper, 0.0)

    def end(self, keeper: Keeper) -> None:
        """Store the last state of a view that ends, unless its page has left it."""
        if keeper not in self._keepers:
            return
        self._keepers.discard(keeper)
        if not self._keepers:
            self._revocations.unsubscribe(self._revoked)
        last = None if keeper.dropped else self._last_entry(keeper)
        self._writes.discard(keeper)
        if last is not None:
            self._writes.add_last(last)
        self._forget(keeper)

    def _last_entry(self, keeper: Keeper) -> StateEntry | None:
        process = keeper.process
        if keeper.unused is not None and not process.joined:
            return self._entry_of(process.mount_context, keeper.unused, keeper.seconds(self._limits))
        return self._entry(keeper) if keeper.dirty else None

    def give_back(self, mount_context: MountContext, kept: KeptSnapshot) -> None:
        """Store a state again that `recall` has returned: the page has lost its connection before it was shown."""
        seconds = kept_seconds([self.plan_of(mount_context.view_class)], self._limits)
        self._writes.add_last(self._entry_of(mount_context, kept, seconds))

    def _sealed(self, keeper: Keeper, text: str) -> StateEntry:
        key, seconds = self._tokens().key(keeper.page), keeper.seconds(self._limits)
        sealed = self._tokens().seal(key, text, seconds)
        return StateEntry(key, sealed.encode(), seconds, _tag(keeper.process.mount_context))

    def _entry_of(self, mount_context: MountContext, kept: KeptSnapshot, seconds: float) -> StateEntry:
        key = self._tokens().key(page_of(mount_context, mount_context.visit.joins))
        sealed = self._tokens().seal(key, kept.text(), seconds)
        return StateEntry(key, sealed.encode(), seconds, _tag(mount_context))

    def drop(self, keeper: Keeper) -> None:
        """Delete the state of a view: its page has left it, or it has crashed and starts again."""
        keeper.page_left = True
        keeper.dropped = True
        self._writes.discard(keeper)
        self._writes.delete(keeper.key)

    def failed(self, keeper: Keeper) -> None:
        """Note that a view has failed. A state that made it fail must not come back.

        In development it starts again with the state before that: the developer mends it meanwhile.
        """
        if not self._development:
            self.drop(keeper)
        elif keeper.process.joined and not keeper.dropped:
            keeper.dropped = True
            self._writes.discard(keeper)
            if keeper.good:
                self._writes.add_last(self._sealed(keeper, keeper.good))
        # Otherwise `end` stores what the page had.

    def note_good(self, keeper: Keeper) -> None:
        """Note the present state of a view in development, which has handled a message."""
        time = asyncio.get_running_loop().time
        begun = time()
        if begun < keeper.good_again_at:
            return
        keeper.good = self._text(keeper, 0) or ""
        took = time() - begun
        # A large state is noted less often, so that it does not slow the page down.
        keeper.good_again_at = begun + took * _NOTING_PAUSE if took > _SLOW_NOTING else 0.0

    def _revoked(self, key: str) -> None:
        # No later session finds these states, since their keys are made of the session: they are only deleted early.
        if key.startswith(SESSION_KEY):
            self._writes.forget(key)

    def refresh(self) -> None:
        """Store the views again whose stored state has half of its time left: an idle page must not lose it."""
        now = asyncio.get_running_loop().time()
        for keeper in self._keepers:
            if keeper.key and now >= keeper.renew_at:
                self.touch(keeper)

    # Storing

    async def save(self, keepers: Iterable[Keeper]) -> None:
        """Store the views that have changed, and return when the store has them."""
        for keeper in keepers:
            self.touch(keeper)
        await self.flush()

    async def flush(self) -> None:
        """Store everything that has changed since the last write."""
        await self._writes.flush()

    def hand_over(self, keeper: Keeper) -> HandedState | None:
        """Return the present state of a view that goes on at another worker. It is not stored here any more.

        What a shared store has of it stays: the other worker deletes it, or uses it if this state does not arrive.
        """
        text = None if keeper.dropped else self._text(keeper, 0)
        keeper.dropped = True
        self._writes.discard(keeper)
        if not self._store.shared:
            self._writes.delete(keeper.key)
        if text is None:
            return None
        key = self._tokens().key(keeper.page)
        return HandedState(key, self._tokens().seal(key, text, keeper.seconds(self._limits)))

    def _entry(self, keeper: Keeper) -> StateEntry | None:
        """Capture a view. Return None if there is nothing to store, or nothing has changed."""
        # The token is a message itself, which the browser counts.
        text = self._text(keeper, 1 if self._may_push(keeper) else 0)
        if text is None:
            return None
        key, now = self._tokens().key(keeper.page), asyncio.get_running_loop().time()
        seconds = keeper.seconds(self._limits)
        if keeper.is_stored(key, text) and now < keeper.renew_at:
            return None
        if keeper.key != key:
            self._writes.delete(keeper.key)
            self._forget(keeper)
        if self._is_too_large(keeper, len(text.encode())):
            self._drop_older(keeper)
            return None
        sealed = self._tokens().seal(key, text, seconds)
        self._note(keeper, key, text, now + seconds / 2)
        if self._may_push(keeper):
            self._push(keeper, sealed)
        return StateEntry(key, sealed.encode(), seconds, _tag(keeper.process.mount_context))

    def _drop_older(self, keeper: Keeper) -> None:
        """Delete what was stored of a view that cannot be stored any more: it must not come back in an older state."""
        self._writes.delete(keeper.key)
        self._forget(keeper)
        if self._may_push(keeper):
            self._push(keeper, "")

    def _text(self, keeper: Keeper, more_sent: int) -> str | None:
        # A client without our script sends no id of the load: two tabs of the same bytes would be one page.
        if not keeper.page.load_id:
            return None
        try:
            return keeper.snapshot(keeper.seconds(self._limits), more_sent).text()
        except Exception as error:  # serializers of the application
            process = keeper.process
            self._crashes.log(process.client, process.name, "keeping its state", error)
            return None

    def _note(self, keeper: Keeper, key: str, text: str, renew_at: float) -> None:
        self._bytes -= keeper.size
        keeper.note_stored(key, text, renew_at)
        self._bytes += keeper.size

    def _forget(self, keeper: Keeper) -> None:
        self._bytes -= keeper.size
        keeper.forget_stored()

    def _is_too_large(self, keeper: Keeper, size: int) -> bool:
        limits, name = self._limits, keeper.process.name
        if size > limits.max_kept_bytes:
            setting = f"SecurityConfig(max_kept_bytes={limits.max_kept_bytes})"
        elif self._bytes - keeper.size + size > limits.max_kept_bytes_in_all:
            setting = f"SecurityConfig(max_kept_bytes_in_all={limits.max_kept_bytes_in_all}), for all views of a worker"
        else:
            return False
        text = f"its kept state of {size} bytes is not stored; the limit is {setting}. Keep fewer names"
        self._warnings.warn(name, text)
        return True

    # Tokens

    def _may_push(self, keeper: Keeper) -> bool:
        process = keeper.process
        return self._returns.reads_tokens and process.joined and not process.detached and not process.ended

    def _push(self, keeper: Keeper, sealed: str) -> None:
        token = sealed if len(sealed) <= self._limits.max_kept_token else ""
        if token or keeper.has_token:
            # An empty one replaces an older token: the browser must not bring back a state of long ago.
            keeper.process.connection.push(KEPT_EVENT, {"token": token})
        keeper.has_token = bool(token)

    # A page that returns

    async def recall(self, mount_context: MountContext) -> KeptSnapshot | None:
        """Return the kept state for the view that a page joins again; None if there is none. It is used once."""
        if mount_context.visit.returns:
            # The view of this very page may just have ended here, because it could not go on.
            await self._writes.write_last()
        return await self._returns.find(mount_context)

    async def take_own(self, keys: list[str]) -> str | None:
        """Return, once, a state that only this worker has, because its store is not shared.

        Without one, the page looks into the shared store next: it has the last states of the views that have ended.
        """
        if not keys:
            return None
        if self._store.shared:
            await self._writes.write_last()
            return None
        await self.flush()
        return await self._returns.take(keys)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _tag(mount_context: MountContext) -> str:
    sid = mount_context.identity.sid
    return session_key(sid) if sid else ""
