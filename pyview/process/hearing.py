"""Messages of a page and of the application: one message, one function."""

import logging
from collections.abc import Coroutine
from inspect import isawaitable
from types import CoroutineType
from typing import Any

from starlette.exceptions import HTTPException

from pyview.background.result import AsyncResult
from pyview.binding import BindingError, Resources
from pyview.events import UnknownEvent, UnknownInfo, UnknownOutcome, async_caller
from pyview.events.info_event import InfoEvent
from pyview.process.messages import Aside, ClearFlash, Event, Info, Landed, Refresh, Tick, URLChanged
from pyview.process.watched import Watched
from pyview.rendering import lifecycle
from pyview.rendering.lifecycle import Location
from pyview.socket.socket import LiveViewSocket

logger = logging.getLogger("pyview")


class Hearing(Watched):
    """A view's own handlers."""

    __slots__ = ()

    async def _params(self, location: Location) -> None:
        if location is not self._visit.location:
            self._visit = self._visit._replace(location=location)
        if self._view is not None:
            await lifecycle.handle_params(self._view, self.socket, self._visit)

    async def _event(self, message: Event) -> None:
        guard = self._guard
        if guard is not None and not guard.settled() and not await self._may_go_on(message.ref):
            return
        if self._requirements is not None and not await self._permits(
            self._requirements, message, self._view
        ):
            return
        try:
            call = self._on_event if self.socket.hooks is None else self._on_hooked_event
            answer = call(self._view, message.name, message.payload, self.socket, self._resources)
            if type(answer) is CoroutineType or isawaitable(answer):
                answer = await answer
        except UnknownEvent as error:
            self._reject(message.ref, "unknown_event", str(error))
        except BindingError as error:
            self._reject(message.ref, "bad_payload", str(error))
        else:
            await self._finish(message.ref, answer)

    async def _on_hooked_event(
        self, view: Any, event: str, payload: Any, socket: LiveViewSocket[Any], resources: Resources
    ) -> Any:
        """The answer of a hook that halted, else that of the view's own handler."""
        hooks = socket.hooks
        halt = hooks and await hooks.before_event(event, payload, socket, resources)
        if halt:
            return halt.reply
        answer = self._on_event(view, event, payload, socket, resources)
        return await answer if isawaitable(answer) else answer

    async def _on_hooked_info(
        self, view: Any, event: Any, socket: LiveViewSocket[Any], resources: Resources
    ) -> None:
        hooks = socket.hooks
        if hooks and await hooks.before_info(event, socket, resources):
            return
        answer = self._on_info(view, event, socket, resources)
        if isawaitable(answer):
            await answer

    async def _url_changed(self, message: URLChanged) -> None:
        location = self._outlet.locate(message.url)
        if location is None or not self._visit.location.route.may_be_patched_to(location.route):
            self._outlet.reply(message.ref, "ok", {"link_redirect": True})
            return
        if not await self._may_go_on(message.ref, location, fresh=True):
            return
        self.socket.clear_flash()
        try:
            await self._params(location)
        except (BindingError, HTTPException) as error:
            # The client then loads the URL over HTTP, which answers with the status.
            self._site.complaints.warn(self._name, str(error))
            self._outlet.reply(message.ref, "ok", {"link_redirect": True})
        else:
            await self._finish(message.ref)

    def _info(self, message: Info) -> Coroutine[Any, Any, None]:
        return self._inform(message.event)

    def _tick(self, message: Tick) -> Coroutine[Any, Any, None]:
        message.timer.waiting = False
        return self._inform(message.timer.event)

    async def _inform(self, event: Any) -> None:
        try:
            answer = self._heard(event)
            if type(answer) is CoroutineType or isawaitable(answer):
                await answer
        except UnknownInfo as error:
            logger.warning("%s: %s", self._name, error)
        else:
            await self._finish(None)

    async def hear(self, event: InfoEvent) -> None:
        """Let the view handle an info within this turn. Raises `UnknownInfo`."""
        answer = self._heard(event)
        if isawaitable(answer):
            await answer

    def _heard(self, event: InfoEvent) -> Any:
        """What the handler of an info returns; it may have to be awaited."""
        call = self._on_info if self.socket.hooks is None else self._on_hooked_info
        return call(self._view, event, self.socket, self._resources)

    async def _clear_flash(self, message: ClearFlash) -> None:
        if message.cid is None:
            self.socket.clear_flash(message.key)
            await self._finish(message.ref)
            return
        component = self.component(message.cid)
        if component is not None:
            component.socket.clear_flash(message.key)
        await self._finish(message.ref, part=self.touch([message.cid]))

    async def _refresh(self, message: Refresh) -> None:
        self._put_off = False
        await self._finish(None)

    async def handle_async(self, socket: LiveViewSocket[Any], name: str, result: AsyncResult[Any]) -> None:
        """Let the view handle what came of its work. Raises `UnknownOutcome`."""
        hooks = socket.hooks
        if hooks is not None and await hooks.before_async(name, result, socket, self._resources):
            return
        component = self.component(socket.cid)
        owner = self._view if component is None else component.component
        answer = async_caller(type(owner))(owner, name, result, socket, self._resources)
        if isawaitable(answer):
            await answer

    async def _aside(self, message: Aside) -> None:
        try:
            done = message.action()
            if isawaitable(done):
                await done
        except UnknownInfo as error:
            logger.warning("%s: %s", self._name, error)
        await self._finish(None, part=self.touch([message.cid]))
        if not message.done.done():  # who waits for it may have been cancelled
            message.done.set_result(None)

    async def _landed(self, message: Landed) -> None:
        work = message.work
        if self._works is None or not work.keys:
            return
        keys = self._works.settle(work)
        try:
            await work.land(message.outcome, keys)
        except (UnknownInfo, UnknownOutcome) as error:
            logger.warning("%s: %s", self._name, error)
        await self._finish(None, part=self.touch(key.cid for key in keys))
