"""Live navigation of a tab: patches, live redirects, the back and forward buttons."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from pyview.testing.inner_views import InnerViews
from pyview.testing.location import absolute, delete_cookie, path_and_query, same_origin
from pyview.testing.main_view import MainView
from pyview.testing.tab_state import TabState
from pyview.wire.merge import ProtocolError

RELOAD_COOKIE = "__phoenix_reload_status__"


class Navigation:
    """Changes the URL of a tab on its open connection.

    `load(url, replace=False)` loads a document over HTTP, where live navigation is not possible. `follow()` takes the
    queued steps after a patch.
    """

    def __init__(
        self,
        state: TabState,
        main: MainView,
        inner: InnerViews,
        load: Callable[..., Awaitable[None]],
        follow: Callable[[], Awaitable[None]],
    ) -> None:
        self._state = state
        self._main = main
        self._inner = inner
        self._load = load
        self._follow = follow

    async def patch(self, href: str, kind: str = "push") -> None:
        """Act as a click on a patch link. `kind` is "push" or "replace"."""
        state = self._state
        href = absolute(state.url, href)
        if not state.connected:
            await self._load(href)
            return
        await self._patch(href, partial(state.record_navigation, href, "patch", kind))

    async def _patch(self, href: str, commit: Callable[[], None]) -> None:
        state = self._state
        view, connection = state.live()
        # If the server pushes a patch while this one waits, that one is newer and its URL counts.
        state.links += 1
        link = state.links
        pending = await connection.push(view.channel, "live_patch", {"url": href}, self._main.on_reply)
        await state.answer(pending)
        if pending.status == "error":
            await self._load(state.url, replace=True)
        elif pending.status == "ok" and pending.response.get("link_redirect"):
            await self._navigate(href, None, commit)
        elif pending.status == "ok" and state.links == link and not _leads_away(pending.response):
            view.href = href
            commit()
        await self._follow()

    async def navigate(self, href: str, kind: str = "push", flash: str | None = None) -> None:
        """Leave the view and join another one on the same socket."""
        state = self._state
        href = absolute(state.url, href)
        # With an open socket the client navigates even if the view itself is not joined, for example after a crash.
        if not state.connected and not (state.view and state.connection and state.connection.open):
            state.put_flash(flash)
            await self._load(href)
            return
        if not same_origin(href, state.url):
            raise ProtocolError(f"live navigation cannot leave the origin: {href!r}; a redirect can")
        await self._navigate(href, flash, partial(state.record_navigation, href, "redirect", kind))

    async def _navigate(self, href: str, flash: str | None, commit: Callable[[], None]) -> None:
        state = self._state
        old, connection = state.live()
        # As the client: the error status of an earlier page must not come back with the next load.
        delete_cookie(state.browser.http.cookies, state.url, RELOAD_COOKIE)
        await self._inner.leave_children(old.id)
        await connection.leave(old.channel)
        state.links += 1
        self._main.after_join = commit
        # Steps of the view that is left must not run in the new one.
        state.steps.clear()
        view = state.screen.view = self._main.from_document(href)
        view.tree, view.shown = (
            old.tree,
            old.shown,
        )  # the old page stays visible until the new view has joined
        # The new view sets its own attributes of the document; those of the old one end with it.
        state.screen.attributes = {}
        view.navigated, view.flash, view.referer = True, flash, state.url
        await self._main.join()

    async def go(self, by: int) -> None:
        """Press the back button (`by` is -1) or the forward button (1)."""
        state = self._state
        before = state.history.current
        entry, kind = state.history.step(by)
        # The page of the entry was unloaded, so the browser loads it again.
        if entry.document != before.document:
            await self._load(entry.url, replace=True)
            return
        moved = path_and_query(state.url) != path_and_query(entry.url)
        state.url = entry.url
        view = state.view
        if not moved or view is None:
            return
        # The history has moved already, so there is nothing to commit.
        if kind == "patch" and state.connected and entry.view_id == view.id:
            await self._patch(entry.url, _commit_nothing)
        else:
            await self._navigate(entry.url, None, _commit_nothing)


def _commit_nothing() -> None:
    pass


def _leads_away(response: Mapping[str, Any]) -> bool:
    return "redirect" in response or "live_redirect" in response
