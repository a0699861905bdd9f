"""Messages for the live components of a view."""

import logging
from inspect import isawaitable
from types import CoroutineType
from typing import Any

from pyview.binding import BindingError
from pyview.components.instance import Instance
from pyview.events import UnknownEvent
from pyview.process.hearing import Hearing
from pyview.process.messages import ComponentEvent, ComponentsLeaving, ComponentsLeft, ComponentUpdate, Event

logger = logging.getLogger("pyview")


class Placing(Hearing):
    """A view with components."""

    __slots__ = ()

    async def _component_event(self, message: ComponentEvent) -> None:
        guard, components = self._guard, self._components
        if guard is not None and not guard.settled() and not await self._may_go_on(message.ref):
            return
        component = self.component(message.cid)
        if component is None or components is None:
            # It is gone; the client waits for an answer all the same.
            self._outlet.reply(message.ref, "ok", {})
            return
        asked = component.requirements
        if asked is not None and not await self._permits(asked, message, component.component):
            return
        try:
            answer = components.call(component, message.name, message.payload, self._resources)
            if type(answer) is CoroutineType or isawaitable(answer):
                answer = await answer
        except UnknownEvent as error:
            components.forget_letters()
            self._reject(message.ref, "unknown_event", f"{component.described}: {error}")
        except BindingError as error:
            components.forget_letters()
            self._reject(message.ref, "bad_payload", str(error))
        else:
            await self._finish_component(message.ref, answer, component)

    async def _finish_component(
        self, ref: str | None, answer: Any, component: Instance, fields: dict[str, Any] | None = None
    ) -> None:
        letters = self._components.letters() if self._components is not None else []
        for letter in letters:
            await self._read(letter, component)
        socket = self.socket
        leaves = socket.navigation is not None or socket.patched is not None
        if leaves:
            component.socket.hand_over_flash()
        await self._finish(ref, answer, part=not leaves and not letters, fields=fields)

    async def _read(self, letter: Event, sender: Instance) -> None:
        """Let the view's handler have an event that a component sent it."""
        asked = self._requirements
        if self._ended or (asked is not None and not await self._permits(asked, letter, self._view)):
            return
        try:
            call = self._on_event if self.socket.hooks is None else self._on_hooked_event
            answer = call(self._view, letter.name, letter.payload, self.socket, self._resources)
            if isawaitable(answer):
                await answer
        except (UnknownEvent, BindingError) as error:
            logger.warning("%s: %s sent %r to its view: %s", self._name, sender.described, letter.name, error)

    async def _component_update(self, message: ComponentUpdate) -> None:
        if self._components is not None and self._components.bring(message):
            await self._finish(None, part=True)

    async def _components_leaving(self, message: ComponentsLeaving) -> None:
        if self._components is not None:
            self._components.will_destroy(message.cids)
        self._outlet.reply(message.ref, "ok", {})

    async def _components_left(self, message: ComponentsLeft) -> None:
        components = self._components
        gone = [] if components is None else components.destroyed(message.cids)
        self._outlet.reply(message.ref, "ok", {"cids": [each.cid for each in gone]})
        for component in gone:
            if self._works is not None:
                self._works.drop(component.cid)
            if self.upload_manager is not None:
                self.upload_manager.registry.release(component.cid)
        if components is not None:
            await components.part_with(gone)

    async def _forget_components(self) -> None:
        """The page has a new tree, and will not say that what is not in it has gone."""
        if self._components is not None:
            lost = self._components.unknown()
            self._components.will_destroy(lost)
            await self._components_left(ComponentsLeft(None, lost))
