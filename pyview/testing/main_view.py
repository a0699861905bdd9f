"""The live view that owns the page: its join, and the messages of its channel."""

from collections.abc import Callable, Mapping
from typing import Any

from bs4 import Tag

from pyview.testing.connection import Push
from pyview.testing.errors import ViewCrashed
from pyview.testing.forms import Fields
from pyview.testing.inner_views import InnerViews
from pyview.testing.location import absolute
from pyview.testing.recovery import recoverable, recoveries
from pyview.testing.steps import Reload
from pyview.testing.tab_state import TabState
from pyview.testing.view import View
from pyview.wire.merge import ProtocolError, extract

MAX_ATTEMPTS = 3


class MainView:
    """Joins the view of the document and applies the messages of its channel.

    `after_join` is called once by the next successful join; navigation uses it to write the new URL to the history
    only if the join succeeds, as the client does.
    """

    def __init__(self, state: TabState, inner: InnerViews) -> None:
        self._state = state
        self._inner = inner
        self.after_join: Callable[[], None] | None = None

    def from_document(self, href: str) -> View:
        """Return a view, not joined yet, with the id and the tokens of the document's main element."""
        document = self._state.screen.document
        view_id, session = document.attribute("id"), document.attribute("data-phx-session")
        if not view_id or not session:
            raise ProtocolError(
                f"the main element needs `id` and `data-phx-session`, it has {document.attributes}"
            )
        return View(view_id, session, document.attribute("data-phx-static"), href)

    # --- joining ---

    async def join(self) -> None:
        """Join the view's channel. If the server refuses, queue what the client does then."""
        state = self._state
        view, connection = state.live()
        # Read before the join: afterwards the page shows the forms of the new mount. Nothing to recover at the first.
        forms = recoverable(state.soup, view.id) if view.joins else {}
        state.chosen_files.forget()  # the file inputs of a new mount have new references
        pending = await connection.join(view.channel, view.join_payload(state.join_params()), self._on_joined)
        await state.answer(pending)
        if pending.status == "ok":
            state.reloads = 0
            # The client patches the page only after the recovery, so that the fields do not become empty
            # meanwhile.
            await self._recover(forms)
            state.screen.patch_fields(view.html(strip=False), view.id)
        elif pending.status == "error":
            view.channel.state = "errored"
            self._on_refused(view, pending.response)

    async def rejoin(self) -> None:
        """Join again after a crash. Raises `ViewCrashed` if every join crashes."""
        view, _ = self._state.live()
        await self._inner.leave_children(view.id)
        if view.attempts >= MAX_ATTEMPTS:
            raise ViewCrashed(
                f"the view at {self._state.url} crashed {view.attempts} times in a row while it was joined; "
                "the log has the exception"
            )
        await self.join()

    def _on_joined(self, response: dict[str, Any]) -> None:
        state = self._state
        view, _ = state.live()
        rendered = response.get("rendered")
        if not isinstance(rendered, dict):
            raise ProtocolError(f"the answer to a join needs `rendered`, got {sorted(response)}")
        # `extract` would take the root flag for a reply, as the client does, without an error.
        if "r" in rendered:
            raise ProtocolError("`r` at the top level of `rendered` is read as a reply; no event was sent")
        if "container" in response:
            state.screen.put_container(response["container"])
        state.version = response.get("liveview_version")
        parts = extract(rendered)
        view.joined(parts.diff, resumed=bool(response.get("resumed")))
        state.history.joined(view.id)
        state.screen.put_title(parts.title, joining=True)
        state.take_events(parts.events)
        if about := {name: response[name] for name in ("failure", "error_id") if name in response}:
            state.events.append(("pyview:failure", about))
        state.page_changed()
        if self.after_join is not None:
            state.screen.fields = Fields()
            self.after_join()
            self.after_join = None
        # `handle_params` may push a patch while the view is joined.
        if "live_patch" in response:
            self._on_live_patch(response["live_patch"])

    def _on_refused(self, view: View, response: dict[str, Any]) -> None:
        self._state.take_events(response.get("events", []))
        if "redirect" in response:
            self._state.queue_navigation({"redirect": response["redirect"]})
        elif "live_redirect" in response:
            self._state.queue_navigation(response)
        else:
            self._state.steps.append(Reload(view, response))

    async def _recover(self, forms: Mapping[str, Tag]) -> None:
        """Send the new view what the user had typed before the rejoin."""
        state = self._state
        view, connection = state.live()
        for payload in recoveries(forms, state.soup, state.fields):
            await state.answer(await connection.push(view.channel, "event", payload, self.on_reply))

    # --- messages ---

    def on_reply(self, response: dict[str, Any]) -> None:
        """Apply the answer to an event or to a patch."""
        if "diff" in response:
            self._apply(response["diff"])
        if "live_patch" in response:
            self._on_live_patch(response["live_patch"])
        self._state.queue_navigation(response)

    def on_push(self, push: Push) -> None:
        """Apply a message that the server sent by itself. Raises `ProtocolError` for one the client does not know."""
        view, _ = self._state.live()
        if push.event not in self._pushes:
            raise ProtocolError(f"the client knows no message {push.event!r}")
        if view.channel.state == "joining" and push.event != "phx_error":
            raise ProtocolError(f"{push.event!r} came before the answer to the join")
        self._pushes[push.event](self, push.payload)

    def _apply(self, diff: dict[str, Any]) -> None:
        view, _ = self._state.live()
        self._state.apply(view, diff)

    def _on_diff(self, diff: dict[str, Any]) -> None:
        if "r" in diff:
            raise ProtocolError("`r` is the reply to an event, but this diff answers none")
        self._apply(diff)

    def _on_live_patch(self, patch: dict[str, Any]) -> None:
        view, _ = self._state.live()
        self._state.links += 1
        # The URL of the next join: after a crash the view is mounted where the patch led, not where it began.
        view.href = absolute(self._state.url, patch["to"])
        self._state.record_navigation(view.href, "patch", navigation_kind(patch))

    def _on_redirect(self, payload: dict[str, Any]) -> None:
        self._state.queue_navigation({"redirect": payload})

    def _on_live_redirect(self, payload: dict[str, Any]) -> None:
        self._state.queue_navigation({"live_redirect": payload})

    def _on_close(self, _: Any) -> None:
        view, _connection = self._state.live()
        self._state.lose_channel(view, "closed")

    def _on_error(self, _: Any) -> None:
        view, _connection = self._state.live()
        self._state.view_crashed(view)

    _pushes: Mapping[str, Callable[["MainView", Any], None]] = {
        "diff": _on_diff,
        "live_patch": _on_live_patch,
        "redirect": _on_redirect,
        "live_redirect": _on_live_redirect,
        "phx_close": _on_close,
        "phx_error": _on_error,
    }


def navigation_kind(navigation: dict[str, Any]) -> str:
    """Return "push" or "replace" of a patch or a live redirect. Raises `ProtocolError` if it is malformed."""
    kind = navigation.get("kind")
    if kind not in ("push", "replace") or not isinstance(navigation.get("to"), str):
        raise ProtocolError(f"a navigation has `kind` push or replace and `to`, got {navigation!r}")
    return str(kind)
