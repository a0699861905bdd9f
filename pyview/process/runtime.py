"""What the socket of a view may ask for."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from pyview.background.result import AsyncResult
from pyview.background.timers import Timer, Timers
from pyview.background.work import Work, Works
from pyview.events.info_event import InfoEvent
from pyview.navigation import Navigate, Patch
from pyview.presence.presence import ViewPresence
from pyview.process.components import ViewComponents
from pyview.process.messages import Aside, ComponentUpdate, Event, Info, Landed, Leave, Tick
from pyview.process.nested import Children
from pyview.process.receiving import Receiving
from pyview.rendering import lifecycle
from pyview.rendering.lifecycle import Location
from pyview.sessions.change import NO_SESSION, TOO_EARLY, SessionNotWritable
from pyview.socket.socket import ComponentTarget
from pyview.template.nested import Element, Nested
from pyview.template.tree.stream import ShownItems
from pyview.threads import on_loop

_MOST_PATCHES_IN_A_TURN = 20


class RunningView(Receiving):
    """The view's runtime."""

    __slots__ = ()

    async def subscribe(self, topic: str) -> None:
        if not self._ended:
            await self._site.pubsub.subscribe(topic, self)

    async def unsubscribe(self, topic: str) -> None:
        await self._site.pubsub.unsubscribe(topic, self)

    async def broadcast(self, topic: str, message: Any) -> None:
        await self._site.pubsub.broadcast(topic, message)

    def presence(self) -> ViewPresence:
        return ViewPresence(self._site.presence, lambda: None if self._ended else self)

    def schedule(self, event: Any, seconds: float, *, repeat: bool) -> Timer | None:
        if self._ended:
            return None
        return on_loop(self._schedule, event, seconds, repeat)

    def _schedule(self, event: Any, seconds: float, repeat: bool) -> Timer:
        if self._timers is None:
            self._timers = Timers(self._fire)
        return self._timers.every(event, seconds) if repeat else self._timers.once(event, seconds)

    def _fire(self, timer: Timer) -> None:
        self.post_soon(timer.event if type(timer.event) is ComponentUpdate else Tick(timer))

    def make_components(self) -> ViewComponents:
        refresh = self._writable
        self._components = ViewComponents(self.socket, self, self._site, lambda: self._resources, refresh)
        return self._components

    def send_update(self, target: ComponentTarget, assigns: dict[str, Any], seconds: float) -> Timer | None:
        news = ComponentUpdate(target, assigns)
        if seconds > 0:
            return self.schedule(news, seconds, repeat=False)
        self.post_soon(news)
        return None

    def send_view(self, event: str, payload: Any) -> None:
        letter = Event(None, event, payload)
        if self._components is None or not self._components.collect(letter):
            self.post_soon(letter)

    def send_info(self, event: InfoEvent) -> None:
        self.post_soon(Info(event))

    def works(self) -> Works:
        """What goes on beside the mailbox."""
        if self._works is None:
            limit = self._site.security.max_async_work
            self._works = Works(self._name, self._land, limit, self.log_crash)
            if self._ended:
                self._works.cancel()
        return self._works

    def _land(self, work: Work, outcome: AsyncResult[Any]) -> None:
        self.post_soon(Landed(work, outcome))

    def in_turn(self, cid: int | None, action: Callable[[], Any]) -> asyncio.Future[None]:
        """Have `action` done to the view, or to one of its components, in its turn. Done when it was rendered."""
        done = asyncio.get_running_loop().create_future()
        self.post_soon(Aside(cid, action, done))
        return done

    def live_action(self) -> str | None:
        return self._visit.location.route.action

    def here(self) -> str:
        """Path and query of the page, which relative addresses count from."""
        return self._page

    async def patch(self, wish: Patch) -> None:
        if not self._visit.routed:
            raise lifecycle.without_url(wish, self._visit)
        location = self._outlet.locate(wish.to)
        if location is None or not self._visit.location.route.may_be_patched_to(location.route):
            raise ValueError(
                f"push_patch({wish.to!r}) leads out of {self._name}; use push_navigate for another view."
            )
        if self._view is None:
            self.socket.navigation = Navigate(wish.to, wish.kind)  # there is no view yet that could stay
            return
        self._patches += 1
        if self._patches > _MOST_PATCHES_IN_A_TURN:
            raise RuntimeError(f"{self._name} patched its URL {self._patches} times in one turn")
        self.socket.patched = wish
        if self._mounting:
            self._visit = self._visit._replace(location=location)  # handle_params follows mount anyway
        else:
            await self._params(location)

    def check_session_writable(self) -> None:
        if not self._live:
            raise SessionNotWritable(TOO_EARLY)
        if not self._outlet.has_session:
            raise SessionNotWritable(NO_SESSION)

    @property
    def context_around(self) -> Any:
        return None if self._parent is None else self._parent.context

    def check_is_page(self) -> None:
        lifecycle.check_is_page(self._visit)

    def nest(self, child: Nested) -> Element:
        if self._children is None:
            self._children = Children(self._site, self.socket)
        return self._children.container(child, self._visit)

    def show_items(self, shown: Sequence[ShownItems]) -> None:
        if self._children is not None:
            self._children.show_items(shown)

    async def nested_html(self, child: Nested) -> str:
        return self.nest(child).html

    @property
    def children(self) -> Children | None:
        """The views inside this one; None if it never had any."""
        return self._children

    @property
    def location(self) -> Location | None:
        """Where the view is, None before its mount."""
        return self._visit.location if self._view is not None else None

    async def close(self) -> None:
        self._end()
        self._outlet.closed()
        self.post(Leave())
