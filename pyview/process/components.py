"""A view's live components, as the process that runs the view deals with them."""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from pyview.binding import Resources
from pyview.components.instance import Instance
from pyview.components.registry import Components
from pyview.process.app_context import Site
from pyview.process.messages import ComponentUpdate, Event
from pyview.socket.socket import LiveViewSocket, Runtime

logger = logging.getLogger("pyview")


class ViewComponents(Components):
    """The components of a joined view, and what they want to tell it in the present turn."""

    def __init__(
        self,
        socket: LiveViewSocket[Any],
        runtime: Runtime,
        site: Site,
        resources: Callable[[], Resources],
        refresh: Callable[[], None],
    ) -> None:
        super().__init__(socket, runtime, site.component_settings(), resources, refresh)
        self._letters: list[Event] | None = None

    def call(self, instance: Instance, event: str, payload: Any, resources: Resources) -> Any:
        """The answer of a component's handler, or an awaitable of it. `letters` has what it sent to the view."""
        self._letters = []
        self.touch(instance)
        return instance.call(event, payload, resources)

    def collect(self, letter: Event) -> bool:
        """Keep an event for the view until the component's handler has returned; False when none runs."""
        if self._letters is None:
            return False
        self._letters.append(letter)
        return True

    def letters(self) -> list[Event]:
        """What the component's handler has sent to the view."""
        letters, self._letters = self._letters, None
        return letters or []

    def forget_letters(self) -> None:
        """There was no handler: nothing is collected any more."""
        self._letters = None

    def bring(self, news: ComponentUpdate) -> bool:
        """Let a component be told news with the next render. False when it is not there."""
        instance = self.of(news.target)
        if instance is None:
            logger.debug("send_update: there is no component %r", news.target)
            return False
        instance.news.append(news.assigns)
        self.touch(instance)
        return True

    async def part_with(self, instances: Iterable[Instance]) -> None:
        """Let components say goodbye."""
        for instance in instances:
            if instance.mounted:
                await instance.disconnect()
