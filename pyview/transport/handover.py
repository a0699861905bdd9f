"""Handover of views between workers: a page that returns to another worker takes along what its view keeps.

The page names the worker of its last join. That worker ends the view, whether it is detached or still shown on a
connection whose loss was not noticed, and answers with its kept state. So no view of a page that is elsewhere goes on.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import NamedTuple

import orjson

from pyview.process.kept_states import KeptStates
from pyview.process.messages import HandOver
from pyview.process.view_process import ViewProcess
from pyview.rendering.lifecycle import MountContext
from pyview.transport.expiring import ExpiringTexts
from pyview.transport.reconnect import DetachedViews, OwnerKey, ShownKey
from pyview.workers.workers import CallFailed, Workers

logger = logging.getLogger("pyview")

_METHOD = "view.hand_over"
_HANDLER_TIME = 1.0  # seconds that a handler of the view has to finish
_CALL_TIME = _HANDLER_TIME + 1.0
_DEVELOPMENT_CALL_TIME = 0.3
"""Seconds in development: the worker before has stored its states, and may have ended meanwhile."""
_MOST_MOVES = 2  # workers that are asked one after the other
_REMEMBERED = 60.0  # seconds
_MOST_STATES, _MOST_STATE_BYTES = 10_000, 64 * 1024 * 1024
_MOST_PAGES, _MOST_PAGE_BYTES = 50_000, 1024 * 1024


_Page = tuple[ShownKey, OwnerKey]


class _HandoverRequest(NamedTuple):
    """The page that another worker asks for.

    `keys` are those that its kept state may have, `mounts` is the number of its earlier joins, and `worker` the id of
    the worker that it has joined now.
    """

    page: ShownKey
    owner: OwnerKey
    keys: list[str]
    mounts: int
    worker: str

    def encode(self) -> bytes:
        return orjson.dumps([self.page, [*self.owner], self.keys, self.mounts, self.worker])

    @classmethod
    def decode(cls, data: bytes) -> "_HandoverRequest":
        page, owner, keys, mounts, worker = orjson.loads(data)
        return cls(tuple(page), OwnerKey(*owner), keys, mounts, worker)


class _HandoverAnswer(NamedTuple):
    """The sealed state, None without one. `moved` is the worker that took the view before, "" for none."""

    state: str | None
    moved: str = ""

    def encode(self) -> bytes:
        return orjson.dumps([self.state, self.moved])


class Handover:
    """Asks other workers for views, and hands over those of this one."""

    def __init__(
        self,
        workers: Workers,
        detached_views: DetachedViews,
        kept_states: Callable[[], KeptStates],
        *,
        development: bool = False,
    ) -> None:
        self._workers = workers
        self._call_time = _DEVELOPMENT_CALL_TIME if development else _CALL_TIME
        self._kept_states = kept_states
        self._views = detached_views
        # States that were captured and not fetched yet, by their keys.
        self._states: ExpiringTexts[str] = ExpiringTexts(_REMEMBERED, _MOST_STATES, _MOST_STATE_BYTES)
        # Where pages have gone: one whose join was not answered there asks here again.
        self._moved: ExpiringTexts[_Page] = ExpiringTexts(_REMEMBERED, _MOST_PAGES, _MOST_PAGE_BYTES)
        self._ending: set[asyncio.Task[None]] = set()
        workers.register(_METHOD, self._hand_over)

    # For a page that joins here

    async def take(self, mount_context: MountContext, keys: list[str]) -> str | None:
        """End the view that the page had at another worker. Return its sealed state, None without one."""
        request, worker_id = self._request(mount_context, keys), mount_context.visit.worker
        # The page is here now.
        moved = self._moved.pop((request.page, request.owner))
        if worker_id == self._workers.id:
            worker_id = moved or ""
        for _ in range(_MOST_MOVES):
            if not worker_id or worker_id == self._workers.id:
                return None
            answer = await self._call(worker_id, request)
            if answer.state is not None or not answer.moved:
                return answer.state
            worker_id = answer.moved
        return None

    def end(self, mount_context: MountContext) -> None:
        """End the view that the page had at another worker, and wait for nothing: it keeps nothing."""
        request, worker_id = self._request(mount_context, []), mount_context.visit.worker
        self._moved.pop((request.page, request.owner))
        if worker_id != self._workers.id:
            self._workers.notify(worker_id, _METHOD, request.encode())

    def _request(self, mount_context: MountContext, keys: list[str]) -> _HandoverRequest:
        target, visit = mount_context.target, mount_context.visit
        page = target.page_id, visit.load_id, target.id
        owner = OwnerKey(mount_context.identity.binding, visit.browser)
        return _HandoverRequest(page, owner, keys, visit.mounts, self._workers.id)

    async def _call(self, worker_id: str, request: _HandoverRequest) -> _HandoverAnswer:
        try:
            answer = await self._workers.call(worker_id, _METHOD, request.encode(), self._call_time)
        except (CallFailed, TimeoutError) as error:
            logger.info("a view could not be handed over: %s", repr(error))
            return _HandoverAnswer(None)
        return _HandoverAnswer(*orjson.loads(answer))

    # For a page that has joined elsewhere

    async def _hand_over(self, payload: bytes) -> bytes:
        request = _HandoverRequest.decode(payload)
        process = self._views.take(request.page, request.owner, request.mounts)
        if process is not None:
            self._moved[request.page, request.owner] = request.worker
            # Not cancelled with the call: a view that was taken has to end.
            ending = asyncio.ensure_future(self._end(process))
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)
            await asyncio.shield(ending)
        return (await self._found(request, ended=process is not None)).encode()

    async def _found(self, request: _HandoverRequest, *, ended: bool) -> _HandoverAnswer:
        state = self._state(request.keys)
        if state is not None:
            return _HandoverAnswer(state)
        # What this worker has stored of a page that moved before is older than its view there.
        moved = None if ended else self._moved.get((request.page, request.owner))
        if moved is not None:
            return _HandoverAnswer(None, moved)
        return _HandoverAnswer(await self._kept_states().take_own(request.keys))

    def _state(self, keys: list[str]) -> str | None:
        found = (self._states.pop(key) for key in keys)
        return next((state for state in found if state is not None), None)

    async def _end(self, process: ViewProcess) -> None:
        """Capture the view and those nested in it, and end them."""
        views = [each for each in process.with_nested() if not each.ended]
        captured = [self._capture(each) for each in views]
        try:
            if captured:
                # A handler that is running finishes first. If it takes longer, the store has what was before it.
                await asyncio.wait(captured, timeout=_HANDLER_TIME)
            for each in views:
                each.hand_over()
        finally:
            process.stop()

    def _capture(self, process: ViewProcess) -> "asyncio.Future[None]":
        done = asyncio.get_running_loop().create_future()

        def capture() -> None:
            keeper = process.keeper
            handed = None if keeper is None else self._kept_states().hand_over(keeper)
            if handed is not None:
                # Also that of a nested view: its own join comes after that of the page.
                self._states[handed.key] = handed.sealed

        process.post_soon(HandOver(capture, done))
        return done
