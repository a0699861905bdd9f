"""The views inside a page, as the client joins and keeps them: nested, sticky, and those of a page that is not live."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from bs4 import BeautifulSoup, Tag

from pyview.testing.connection import ClientConnection, Pending, Push
from pyview.testing.errors import PageError
from pyview.testing.forms import attribute
from pyview.testing.recovery import recoverable, recoveries
from pyview.testing.screen import Screen
from pyview.testing.view import View, shown_components
from pyview.wire.merge import ProtocolError, extract

SESSION, PARENT, STICKY, MAIN = "data-phx-session", "data-phx-parent-id", "data-phx-sticky", "data-phx-main"
MOST_ATTEMPTS = 3


@dataclass(slots=True)
class InnerView(View):
    """`parent` is the id of the view around it, "" for one that stands by itself."""

    parent: str = ""
    sticky: bool = False

    def join_payload(self, params: dict[str, Any]) -> dict[str, Any]:
        payload = View.join_payload(self, params)
        payload["sticky"] = self.sticky
        if self.parent or self.sticky:
            del payload["url"]
        return payload


class OuterPage(Protocol):
    """What of the tab the inner views need."""

    screen: Screen
    url: str

    @property
    def connection(self) -> ClientConnection | None: ...
    @property
    def soup(self) -> BeautifulSoup: ...
    def join_params(self) -> dict[str, Any]: ...
    async def answer(self, pending: Pending) -> None: ...
    def changed(self) -> None: ...
    def let_go(self, view: View, shown: frozenset[int]) -> None: ...
    def take_news(self, title: Any, events: list[Any]) -> None: ...
    def go_where(self, response: Mapping[str, Any]) -> None: ...
    def reload_instead(self, view: View, response: dict[str, Any]) -> None: ...
    def crashed(self, again: Callable[[], Awaitable[None]]) -> None: ...


class InnerViews:
    """The joined inner views of one tab, by the id of their element."""

    def __init__(self, tab: OuterPage) -> None:
        self._tab = tab
        self._given_up: set[str] = set()

    @property
    def views(self) -> dict[str, InnerView]:
        return self._tab.screen.inner

    @property
    def _connection(self) -> ClientConnection:
        assert self._tab.connection is not None
        return self._tab.connection

    def find(self, tag: Tag | None) -> InnerView | None:
        """The inner view that `tag` is in; None within the page's own."""
        around = () if tag is None else (tag, *tag.parents)
        holder = next((one for one in around if one.has_attr(SESSION)), None)
        return None if holder is None else self.views.get(attribute(holder, "id"))

    def of_channel(self, channel: Any) -> InnerView | None:
        return next((view for view in self.views.values() if view.channel is channel), None)

    # --- joining and leaving ---

    async def sync(self) -> None:
        """Join what the page now holds, and leave what it holds no longer."""
        while self._tab.connection is not None and self._tab.connection.open:
            holders = dict(self._holders())
            gone = [view for view in self.views.values() if view.id not in holders]
            self._given_up &= holders.keys()
            new = [tag for id, tag in holders.items() if id not in self.views and id not in self._given_up]
            new = [tag for tag in new if attribute(tag, SESSION)]
            if not gone and not new:
                return
            for view in gone:
                await self.leave(view)
            for tag in new[:1]:  # its HTML may hold others, or none of those that were there
                await self._join(self._made(tag))

    def _holders(self) -> Iterator[tuple[str, Tag]]:
        for tag in self._tab.soup.select(f"[{SESSION}]"):
            if not tag.has_attr(MAIN):
                yield attribute(tag, "id"), tag

    def _made(self, tag: Tag) -> InnerView:
        view_id = attribute(tag, "id")
        if not view_id:
            raise ProtocolError(f"a nested view needs an id: {tag}")
        session, static = attribute(tag, SESSION), attribute(tag, "data-phx-static")
        parent, sticky = attribute(tag, PARENT), tag.has_attr(STICKY)
        view = InnerView(view_id, session, static, self._tab.url, parent=parent, sticky=sticky)
        self.views[view_id] = view
        return view

    async def _join(self, view: InnerView) -> None:
        forms = recoverable(self._tab.soup, view.id) if view.joins else {}
        payload = view.join_payload(self._tab.join_params())
        pending = await self._connection.join(view.channel, payload, partial(self._joined, view))
        await self._tab.answer(pending)
        if pending.status == "ok":
            for payload in recoveries(forms, self._tab.soup, self._tab.screen.fields):
                await self.request(view, "event", payload)
        elif pending.status == "error":
            await self._refused(view, pending.response)

    def _joined(self, view: InnerView, response: dict[str, Any]) -> None:
        if response.get("failed"):
            response = {**response, "rendered": {"s": [self._tab.screen.first_html(view.id)]}}
        parts = extract(response["rendered"])
        view.joined(parts.diff, resumed=bool(response.get("resumed")))
        self._tab.take_news(parts.title, parts.events)
        self._tab.changed()

    async def _refused(self, view: InnerView, response: dict[str, Any]) -> None:
        view.channel.state = "errored"
        self._tab.take_news(None, response.get("events", []))
        if "redirect" in response or "live_redirect" in response:
            self._tab.go_where(response)
        elif response.get("reason") in ("stale", "unauthorized", "reload"):
            self._tab.reload_instead(view, response)
        elif view.attempts < MOST_ATTEMPTS:
            await self._join(view)
        else:
            self._give_up(view)

    def _give_up(self, view: InnerView) -> None:
        """The client shows an error at the page, which goes on without this view, or with what it showed last."""
        self._given_up.add(view.id)
        if not view.tree:
            del self.views[view.id]
        self._tab.changed()

    async def leave(self, view: InnerView) -> None:
        """The element is gone: those inside it first, then itself."""
        for child in [one for one in self.views.values() if one.parent == view.id]:
            await self.leave(child)
        if self.views.pop(view.id, None) is not None and view.channel.state == "joined":
            await self._connection.leave(view.channel)

    async def leave_children(self, view_id: str) -> None:
        """The view around them goes: to another page, or down."""
        for child in [one for one in self.views.values() if one.parent == view_id]:
            await self.leave(child)

    def forget(self) -> None:
        """The document goes, and all of its views."""
        self.views.clear()
        self._given_up.clear()

    async def rejoin_roots(self) -> None:
        """On a new connection, those join by themselves that stand by themselves."""
        roots = [view for view in self.views.values() if not view.parent]
        self.views.clear()
        for view in roots:
            self.views[view.id] = view
            await self._join(view)

    # --- what is said ---

    async def request(self, view: InnerView, event: str, payload: dict[str, Any]) -> Any:
        """Send a message; the reply to a hook, or None."""
        return extract((await self.exchange(view, event, payload)).get("diff", {})).reply

    async def exchange(self, view: InnerView, event: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Send a message; the whole answer, `{}` if none came."""
        if view.channel.state != "joined":
            raise PageError(f"{event!r} cannot be sent: the nested view {view.id!r} is {view.channel.state}")
        on_reply = partial(self._on_reply, view)
        pending = await self._connection.push(view.channel, event, payload, on_reply)
        await self._tab.answer(pending)
        if pending.status == "error":
            raise PageError(
                f"the nested view {view.id!r} answered {event!r} with an error: {pending.response}"
            )
        return dict(pending.response) if pending.status == "ok" else {}

    def _on_reply(self, view: InnerView, response: dict[str, Any]) -> None:
        if "diff" in response:
            self._apply(view, response["diff"])
        self._tab.go_where(response)

    def on_push(self, view: InnerView, push: Push) -> None:
        if push.event == "diff":
            self._apply(view, push.payload)
        elif push.event in ("redirect", "live_redirect"):
            self._tab.go_where({push.event: push.payload})
        elif push.event == "phx_close":
            self._lose(view, "closed")
        elif push.event == "phx_error":
            self._lose(view, "errored")
            self._tab.crashed(partial(self._rejoin, view))
        else:
            raise ProtocolError(f"the client knows no message {push.event!r} for a nested view")

    def _apply(self, view: InnerView, diff: dict[str, Any]) -> None:
        parts = extract(diff)
        if parts.diff:
            shown = shown_components(view)
            marked = view.update(parts.diff)
            self._tab.let_go(view, shown)
            components = parts.diff["c"] if set(parts.diff) == {"c"} else None
            self._tab.screen.patch_fields(marked, view.id, components)
            self._tab.changed()
        self._tab.take_news(parts.title, parts.events)

    def _lose(self, view: InnerView, state: str) -> None:
        view.channel.state = state
        self._connection.lose(lambda pending: pending.join_ref == view.channel.join_ref)

    async def _rejoin(self, view: InnerView) -> None:
        if self.views.get(view.id) is not view:
            return
        await self.leave_children(view.id)
        await self._join(view)
