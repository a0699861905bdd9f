"""The views inside a page: nested, sticky, and those embedded in a page without a live view of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from bs4 import Tag

from pyview.testing.connection import ClientChannel, ClientConnection, Push
from pyview.testing.errors import PageError, named, refused
from pyview.testing.forms import attribute
from pyview.testing.recovery import recoverable, recoveries
from pyview.testing.steps import Reload
from pyview.testing.tab_state import TabState
from pyview.testing.view import View
from pyview.wire.merge import ProtocolError, extract

SESSION, PARENT, STICKY, MAIN = "data-phx-session", "data-phx-parent-id", "data-phx-sticky", "data-phx-main"
MAX_ATTEMPTS = 3


@dataclass(slots=True)
class InnerView(View):
    """A view inside a page. `parent` is the id of the view around it, "" if there is none."""

    parent: str = ""
    sticky: bool = False

    def join_payload(self, params: dict[str, Any]) -> dict[str, Any]:
        payload = View.join_payload(self, params)
        payload["sticky"] = self.sticky
        if self.parent or self.sticky:
            del payload["url"]  # only views that may handle params send the URL
        return payload


class InnerViews:
    """The joined inner views of one tab, by the id of their element."""

    def __init__(self, state: TabState) -> None:
        self._state = state
        self._given_up: set[str] = set()

    @property
    def views(self) -> dict[str, InnerView]:
        return self._state.screen.inner

    @property
    def _connection(self) -> ClientConnection:
        assert self._state.connection is not None
        return self._state.connection

    def find(self, tag: Tag | None) -> InnerView | None:
        """Return the inner view that `tag` is in; None if the page's own view contains it."""
        ancestors = () if tag is None else (tag, *tag.parents)
        holder = next((one for one in ancestors if one.has_attr(SESSION)), None)
        return None if holder is None else self.views.get(attribute(holder, "id"))

    def of_channel(self, channel: ClientChannel) -> InnerView | None:
        """Return the view of a channel; None if it is not that of an inner view."""
        return next((view for view in self.views.values() if view.channel is channel), None)

    # --- joining and leaving ---

    async def sync(self) -> None:
        """Join the views that the page contains and that are not joined; leave those that it no longer contains."""
        while self._state.connection is not None and self._state.connection.open:
            tags = dict(self._view_tags())
            gone = [view for view in self.views.values() if view.id not in tags]
            # If an element was gone and comes back, the client tries again.
            self._given_up &= tags.keys()
            new = [
                tag
                for id, tag in tags.items()
                if id not in self.views and id not in self._given_up and attribute(tag, SESSION)
            ]
            if not gone and not new:
                return
            for view in gone:
                await self.leave(view)
            if new:
                # Join one, then look again: its HTML may contain other views, or no longer those that were there.
                await self._join(self._new_view(new[0]))

    def _view_tags(self) -> Iterator[tuple[str, Tag]]:
        for tag in self._state.soup.select(f"[{SESSION}]"):
            if not tag.has_attr(MAIN):
                yield attribute(tag, "id"), tag

    def _new_view(self, tag: Tag) -> InnerView:
        view_id = attribute(tag, "id")
        if not view_id:
            raise ProtocolError(f"a nested view needs an id: {tag}")
        session, static = attribute(tag, SESSION), attribute(tag, "data-phx-static")
        parent, sticky = attribute(tag, PARENT), tag.has_attr(STICKY)
        view = InnerView(view_id, session, static, self._state.url, parent=parent, sticky=sticky)
        self.views[view_id] = view
        return view

    async def _join(self, view: InnerView) -> None:
        state = self._state
        forms = recoverable(state.soup, view.id) if view.joins else {}
        payload = view.join_payload(state.join_params())
        pending = await self._connection.join(view.channel, payload, partial(self._on_joined, view))
        await state.answer(pending)
        if pending.status == "ok":
            for payload in recoveries(forms, state.soup, state.fields):
                await self.request(view, "event", payload)
        elif pending.status == "error":
            await self._on_refused(view, pending.response)

    def _on_joined(self, view: InnerView, response: dict[str, Any]) -> None:
        if response.get("failed"):
            # The view crashed again while it was joined: its first HTML stays on the page.
            response = {**response, "rendered": {"s": [self._state.screen.first_html(view.id)]}}
        parts = extract(response["rendered"])
        view.joined(parts.diff, resumed=bool(response.get("resumed")))
        self._state.put_title_and_events(parts.title, parts.events)
        self._state.page_changed()

    async def _on_refused(self, view: InnerView, response: dict[str, Any]) -> None:
        view.channel.state = "errored"
        self._state.put_title_and_events(None, response.get("events", []))
        if "redirect" in response or "live_redirect" in response:
            self._state.queue_navigation(response)
        elif response.get("reason") in ("stale", "unauthorized", "reload"):
            self._state.steps.append(Reload(view, response))
        elif view.attempts < MAX_ATTEMPTS:
            await self._join(view)
        else:
            self._give_up(view)

    def _give_up(self, view: InnerView) -> None:
        """Go on without the view, as the client does: the page keeps the HTML that the view showed last."""
        self._given_up.add(view.id)
        if not view.tree:
            # Without a tree there is no HTML to keep; the page shows what its parent rendered.
            del self.views[view.id]
        self._state.page_changed()

    async def leave(self, view: InnerView) -> None:
        """Leave the views inside it, then the view itself, because its element is gone."""
        await self.leave_children(view.id)
        if self.views.pop(view.id, None) is not None and view.channel.state == "joined":
            await self._connection.leave(view.channel)

    async def leave_children(self, view_id: str) -> None:
        """Leave the views inside a view, because that view goes to another page or has crashed."""
        for child in [one for one in self.views.values() if one.parent == view_id]:
            await self.leave(child)

    def forget(self) -> None:
        """Drop all views without a message, because the document is unloaded."""
        self.views.clear()
        self._given_up.clear()

    async def rejoin_roots(self) -> None:
        """Join the views without a parent on a new connection; they then join those inside them."""
        roots = [view for view in self.views.values() if not view.parent]
        # Children are forgotten: their parents' new HTML brings new tokens for them.
        self.views.clear()
        for view in roots:
            self.views[view.id] = view
            await self._join(view)

    async def rejoin(self, view: InnerView) -> None:
        """Join a view again after it crashed, unless it has left the page meanwhile."""
        # Another view may have the same id by now, if the parent rendered the element again.
        if self.views.get(view.id) is view:
            await self.leave_children(view.id)
            await self._join(view)

    # --- messages ---

    async def request(self, view: InnerView, event: str, payload: dict[str, Any]) -> Any:
        """Send a message; return the reply of a hook event, or None."""
        return extract((await self.exchange(view, event, payload)).get("diff", {})).reply

    async def exchange(self, view: InnerView, event: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Send a message; return the whole answer, `{}` if none came."""
        if view.channel.state != "joined":
            message = named(event, payload)
            raise PageError(f"cannot send {message}: the nested view {view.id!r} is {view.channel.state}")
        on_reply = partial(self._on_reply, view)
        pending = await self._connection.push(view.channel, event, payload, on_reply)
        await self._state.answer(pending)
        if pending.status == "error":
            raise refused(event, payload, pending.response)
        return dict(pending.response) if pending.status == "ok" else {}

    def _on_reply(self, view: InnerView, response: dict[str, Any]) -> None:
        if "diff" in response:
            self._state.apply(view, response["diff"])
        self._state.queue_navigation(response)

    def on_push(self, view: InnerView, push: Push) -> None:
        """Apply a message that the server sent by itself. Raises `ProtocolError` for one the client does not know."""
        if push.event == "diff":
            self._state.apply(view, push.payload)
        elif push.event in ("redirect", "live_redirect"):
            self._state.queue_navigation({push.event: push.payload})
        elif push.event == "phx_close":
            self._state.lose_channel(view, "closed")
        elif push.event == "phx_error":
            self._state.view_crashed(view)
        else:
            raise ProtocolError(f"the client knows no message {push.event!r} for a nested view")
