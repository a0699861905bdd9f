"""A view's live components, as the process that runs the view deals with them."""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from pyview.binding import Resources
from pyview.components.instance import Instance
from pyview.components.registry import ComponentRegistry
from pyview.process.app_context import AppContext
from pyview.process.messages import ComponentUpdate, Event
from pyview.socket.socket import LiveViewSocket, Runtime

logger = logging.getLogger("pyview")


class ViewComponents(ComponentRegistry):
    """The components of a joined view, and what they want to tell it in the present turn."""

    def __init__(
        self,
        socket: LiveViewSocket[Any],
        runtime: Runtime,
        site: AppContext,
        resources: Callable[[], Resources],
        refresh: Callable[[], None],
    ) -> None:
        super().__init__(socket, runtime, site.component_settings(), resources, refresh)
        self._parent_events: list[Event] | None = None

    def call(self, instance: Instance, event: str, payload: Any, resources: Resources) -> Any:
        """The answer of a component's handler, or an awaitable of it. `letters` has what it sent to the view."""
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
        """What the component's handler has sent to the view."""
        parent_events, self._parent_events = self._parent_events, None
        return parent_events or []

    def discard_parent_events(self) -> None:
        """There was no handler: nothing is collected any more."""
        self._parent_events = None

    def deliver_update(self, news: ComponentUpdate) -> bool:
        """Let a component be told news with the next render. False when it is not there."""
        instance = self.of(news.target)
        if instance is None:
            logger.debug("send_update: there is no component %r", news.target)
            return False
        instance.news.append(news.assigns)
        self.touch(instance)
        return True

    async def disconnect(self, instances: Iterable[Instance]) -> None:
        """Let components say goodbye."""
        for instance in instances:
            if instance.mounted:
                await instance.disconnect()
