"""The live components of a joined view."""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from pyview.binding import Resources
from pyview.components.instance import ComponentInstance
from pyview.components.registry import ComponentRegistry
from pyview.process.app_context import AppContext
from pyview.process.keeper import Keeper
from pyview.process.messages import ComponentUpdate, Event
from pyview.socket.runtime import Runtime
from pyview.socket.socket import LiveViewSocket

logger = logging.getLogger("pyview")


class ViewComponents(ComponentRegistry):
    """Registry of a joined view's components, with the events that they send to the view within a turn.

    `keeping()` makes the view keep its state, if it does not do so already.
    """

    def __init__(
        self,
        socket: LiveViewSocket[Any],
        runtime: Runtime,
        app: AppContext,
        resources: Callable[[], Resources],
        refresh: Callable[[], None],
        keeping: Callable[[], Keeper],
    ) -> None:
        super().__init__(socket, runtime, app.component_settings(), resources, refresh)
        self._keeping = keeping
        self._parent_events: list[Event] | None = None

    def call(self, instance: ComponentInstance, event: str, payload: Any, resources: Resources) -> Any:
        """Return the answer of a component's handler, or an awaitable of it."""
        self._parent_events = []
        self.touch(instance)
        return instance.call(event, payload, resources)

    def queue_parent_event(self, parent_event: Event) -> bool:
        """Keep an event for the view until the component's handler has returned; False when none runs."""
        if self._parent_events is None:
            return False
        self._parent_events.append(parent_event)
        return True

    def queued_parent_events(self) -> list[Event]:
        """Return, once, what the component's handler has sent to the view."""
        parent_events, self._parent_events = self._parent_events, None
        return parent_events or []

    def discard_parent_events(self) -> None:
        """Stop keeping events, since the component had no handler."""
        self._parent_events = None

    def deliver_update(self, update: ComponentUpdate) -> bool:
        """Update a component with the next render. Return False if it is gone."""
        instance = self.of(update.target)
        if instance is None:
            logger.debug("send_update: there is no component %r", update.target)
            return False
        instance.pending_assigns.append(update.assigns)
        self.touch(instance)
        return True

    def take_over(self, instances: Iterable[ComponentInstance]) -> None:
        found = [*instances]
        super().take_over(found)
        for instance in found:
            if instance.callbacks.keep is not None:
                self._keeping().note_made(instance.socket, instance.callbacks.keep)

    async def _restore(self, instance: ComponentInstance) -> None:
        if self._keeping().lay_over_component(instance):
            await instance.restored()

    async def disconnect(self, instances: Iterable[ComponentInstance]) -> None:
        """Call `disconnect` of components that have been mounted."""
        for instance in instances:
            if instance.mounted:
                await instance.disconnect()
