"""The test's interface to one view inside a page."""

from typing import Any

from pyview.testing.dom import Element, find_one, select
from pyview.testing.errors import PageError
from pyview.testing.inner_views import InnerView
from pyview.testing.tab import Tab


class Child:
    """A nested view, from `page.child("clock")`. Clicks and other gestures on its elements are methods of the page."""

    def __init__(self, tab: Tab, id: str) -> None:
        self._tab = tab
        self.id = id

    @property
    def element(self) -> Element:
        """The element of the view. Raises `ElementNotFound`."""
        return Element(find_one(self._tab.state.soup, f'[id="{self.id}"]'))

    @property
    def connected(self) -> bool:
        """True while the view is joined."""
        self._tab.state.pump()
        view = self._tab.inner.views.get(self.id)
        return view is not None and view.channel.state == "joined"

    @property
    def mounts(self) -> int:
        """The number of joins since the view came to the page."""
        return self._view.joins

    @property
    def text(self) -> str:
        return self.element.text

    @property
    def html(self) -> str:
        """The HTML inside its element."""
        return self.element.inner_html

    def find(self, css: str, text: str | None = None) -> Element:
        """Return the first element in the view that matches. Raises `ElementNotFound`."""
        return self.element.find(css, text)

    def find_all(self, css: str, text: str | None = None) -> list[Element]:
        return self.element.find_all(css, text)

    def exists(self, css: str, text: str | None = None) -> bool:
        return bool(select(self.element.tag, css, text))

    async def push(self, event: str, value: Any = None) -> Any:
        """Push an event as a hook in the view does; return the reply of the handler, or None."""
        payload = {"type": "hook", "event": event, "value": {} if value is None else value}
        reply = await self._tab.inner.request(self._view, "event", payload)
        await self._tab.follow()
        return reply

    async def send(self, event: str, payload: dict[str, Any]) -> Any:
        """Send any message on the channel of the view, for tests of the protocol."""
        reply = await self._tab.inner.request(self._view, event, payload)
        await self._tab.follow()
        return reply

    @property
    def _view(self) -> InnerView:
        self._tab.state.pump()
        view = self._tab.inner.views.get(self.id)
        if view is None:
            joined = ", ".join(self._tab.inner.views) or "none"
            raise PageError(
                f"no nested view {self.id!r} has joined on {self._tab.state.url}; joined: {joined}"
            )
        return view

    def __repr__(self) -> str:
        return f"<Child {self.id!r} of {self._tab.state.url}>"
