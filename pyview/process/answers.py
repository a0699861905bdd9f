"""The one exit of a view: what a turn has changed leaves as a diff with its reply, or as a navigation.

Flash, title, events, reply and diff leave through `finish`, so that no handler can forget one of them.
"""

import logging
from collections.abc import Awaitable
from typing import Any, Final

from pyview.navigation import Navigate, Patch, Redirect
from pyview.process.reloading import ReloadingRenderer
from pyview.process.view_process import ViewProcess
from pyview.rendering import lifecycle
from pyview.rendering.renderers import Diff, TemplateRenderer
from pyview.sessions.change import SESSION_EVENT, SessionChange
from pyview.template.shared_pages import SharedDiff
from pyview.wire.message import encoded

logger = logging.getLogger("pyview")

_MISTAKES: Final = {"unknown_event": "Unknown event", "bad_payload": "Rejected payload"}
"""Reasons that are mistakes of a developer, when no one attacks; with a title for the overlay."""


def reply(process: ViewProcess, ref: str | None, response: dict[str, Any], status: str = "ok") -> None:
    """Answer the message of that `ref`. Every answer to the browser is sent here."""
    process.connection.reply(ref, status, response)


def reject(process: ViewProcess, ref: str | None, reason: str, log: str) -> None:
    """Answer a message that the browser should not have sent, and log it."""
    process.app.client_warnings.warn(process.name, log)
    if reason in _MISTAKES:
        process.show_mistake(_MISTAKES[reason], log)
    reply(process, ref, {"reason": reason}, "error")


async def finish(
    process: ViewProcess,
    ref: str | None,
    answer: Any = None,
    *,
    part: bool = False,
    fields: dict[str, Any] | None = None,
) -> None:
    """Send what the turn has changed: a patch first, then the diff with its reply; or a navigation instead.

    `answer` is what the handler returned, `part` says that of the page only components may have changed, `fields`
    stand beside the diff. Raises what the template raises, and `TypeError` for an answer that is not JSON-serialisable.
    """
    rest = finish_now(process, ref, answer, part=part, fields=fields)
    if rest is not None:
        await rest


def finish_now(
    process: ViewProcess,
    ref: str | None,
    answer: Any = None,
    *,
    part: bool = False,
    fields: dict[str, Any] | None = None,
) -> Awaitable[None] | None:
    """Do what `finish` does, without a coroutine where nothing has to wait. Return what is left to await."""
    if process.ended:
        return None
    if process.keeper is not None:
        process.app.kept_states.touch(process.keeper)
    process.patches = 0
    socket = process.socket
    if socket.hooks is not None:
        socket.hooks.keep_names(socket)
    if process.detached:
        _keep_for_return(process)
        return None
    if socket.navigation is not None or socket.session_change is not None:
        return _leave_or_render(process, ref, answer, part, fields)
    return _render(process, ref, answer, part, fields)


def finish_alike(process: ViewProcess) -> Awaitable[None] | None:
    """Do what `finish_now` does after a message that changes other views, too, such as a broadcast.

    Views that show the same render once, and send the same bytes with their topics around them.
    """
    socket, connection, renderer = process.socket, process.connection, process.renderer
    if (
        type(renderer) is not TemplateRenderer
        or socket.navigation is not None
        or socket.session_change is not None
        or socket.hooks is not None
        or process.ended
        or process.detached
        or connection.is_full
    ):
        return finish_now(process, None)
    if process.keeper is not None:
        process.app.kept_states.touch(process.keeper)
    process.patches = 0
    # Nearly always another view has made the change. An empty diff is one, too.
    update: Diff | Awaitable[Diff] | None = renderer.followed(socket)
    if update is None:
        update = renderer.update_alike(socket, is_last=not process.waiting)
    if type(update) is SharedDiff:
        # The same conditions as in `_send`.
        if (
            socket.pushed is None
            and socket.page_attributes is None
            and (socket.live_title is process.title or socket.live_title == process.title)
            and socket.patched is None
        ):
            if update:
                connection.push_shared(update.frame_end, more=process.waiting > 0)
            return None
        update = {**update}  # what is added is for this view alone
    if not isinstance(update, dict):
        return _send_later(process, None, None, None, update)
    _send(process, None, None, None, update)
    return None


def _render(
    process: ViewProcess, ref: str | None, answer: Any, part: bool, fields: dict[str, Any] | None
) -> Awaitable[None] | None:
    # A message with a ref is answered in any case: the client keeps the element locked until its answer.
    if ref is None and process.connection.is_full:
        _defer_render(process)
        return None
    socket = process.socket
    update = _update_components(process) if part else process.renderer.update(socket)
    # Nearly all renders return the diff itself. A coroutine around each would cost more than this check.
    if type(update) is not dict:
        return _send_later(process, ref, answer, fields, update)  # type: ignore[arg-type]
    _send(process, ref, answer, fields, update)
    return None if socket.hooks is None else lifecycle.after_render(socket, process.mount_context)


async def _send_later(
    process: ViewProcess, ref: str | None, answer: Any, fields: dict[str, Any] | None, update: Awaitable[Diff]
) -> None:
    _send(process, ref, answer, fields, await update)
    if process.socket.hooks is not None:
        await lifecycle.after_render(process.socket, process.mount_context)


def _send(
    process: ViewProcess, ref: str | None, answer: Any, fields: dict[str, Any] | None, diff: Diff
) -> None:
    socket, connection = process.socket, process.connection
    # The same conditions as in `complete`, so that an ordinary event does not call it.
    if socket.pushed is not None or socket.page_attributes is not None or socket.live_title != process.title:
        complete(process, diff)
    if answer is not None:
        diff["r"] = encoded(answer, "a handler's reply")
    if socket.patched is not None:
        connection.push("live_patch", patch_payload(socket.patched))
        socket.patched = None
    if ref is not None:
        response = {"diff": diff} if diff else {}
        connection.reply(ref, "ok", response if fields is None else response | fields)
    elif diff:
        connection.push("diff", diff)


def _update_components(process: ViewProcess) -> Diff | Awaitable[Diff]:
    if process.components is None:
        return process.renderer.update(process.socket)
    if type(process.renderer) is ReloadingRenderer:
        return process.renderer.update_components(process.socket, process.components)
    # The view's own template is not rendered: only components may have changed.
    return process.components.completed({})


def complete(process: ViewProcess, diff: Diff) -> Diff:
    """Add the title, the document's attributes and the events of this turn to a diff."""
    socket = process.socket
    if socket.live_title != process.title:
        process.title = socket.live_title
        diff["t"] = str(process.title or "")
    if socket.page_attributes is not None:
        socket.queue_page_attributes(socket.page_attributes)
    events = socket.take_events()
    if events:
        diff["e"] = events
    return diff


def patch_payload(patch: Patch) -> dict[str, str]:
    """Return a patch as the client reads it."""
    return {"kind": patch.kind, "to": patch.to}


def _keep_for_return(process: ViewProcess) -> None:
    # The page is away: nothing is rendered, and navigation and events wait in the socket until it is back.
    if _holds_too_much(process):
        process.connection.overloaded()


def _defer_render(process: ViewProcess) -> None:
    # The browser reads slower than the view changes: render once, the newest state, when the send queue has room.
    if _holds_too_much(process):
        process.connection.overloaded()
    elif not process.render_deferred:
        process.render_deferred = True
        process.connection.when_writable(process.render_soon)


def _holds_too_much(process: ViewProcess) -> bool:
    # Renders that are put off become one, so pushed events are all that can grow.
    return process.socket.pending_event_bytes() > process.app.security.max_queued_bytes


# Navigation


async def _leave_or_render(
    process: ViewProcess, ref: str | None, answer: Any, part: bool, fields: dict[str, Any] | None
) -> None:
    """Leave the page if a navigation is pending. A change of the session alone stays."""
    navigation = pending_navigation(process)
    if navigation is not None:
        await leave(process, ref, navigation)
        return
    rest = _render(process, ref, answer, part, fields)
    if rest is not None:
        await rest


def pending_navigation(process: ViewProcess) -> dict[str, Any] | None:
    """Return the payload with which the page leaves, or None while it stays. A session change goes first."""
    navigation, change = process.socket.navigation, process.socket.session_change
    if change is None:
        return None if navigation is None else navigation_payload(process, navigation)
    if process.changing_session:
        # The token of a change names the session that it is for. This change has to wait for the cookie of the last.
        return None
    return _request_session_change(process, change, navigation)


def _request_session_change(
    process: ViewProcess, change: SessionChange, navigation: Navigate | Redirect | None
) -> dict[str, Any] | None:
    """Let the page change the session over HTTP, and navigate afterwards."""
    process.socket.session_change = None
    token = process.connection.mint_change_token(change)
    if token is None:
        # This browser has no cookie that tells it from others. Loading the page sets one, if the browser takes any.
        logger.warning(
            "%s: the session is not changed, since the browser sent no cookie that PyView has set",
            process.name,
        )
        return navigation_payload(process, Redirect(process.page))
    target = {} if navigation is None else {"to": navigation.to, **_carried_flash(process)}
    process.socket.queue_event(SESSION_EVENT, encoded({"token": token, **target}, SESSION_EVENT))
    process.changing_session = True
    # Empty: the page goes there itself when it has the new cookie, which the next page needs.
    return None if navigation is None else {}


def navigation_payload(process: ViewProcess, navigation: Navigate | Redirect) -> dict[str, Any]:
    """Return a navigation as the client reads it, with the flash that goes along."""
    flash = _carried_flash(process)
    if isinstance(navigation, Navigate):
        return {"live_redirect": {"kind": navigation.kind, "to": navigation.to, **flash}}
    return {"redirect": {"to": navigation.to, "status": navigation.status, **flash}}


def _carried_flash(process: ViewProcess) -> dict[str, str]:
    flash = process.socket.flash
    return {"flash": process.app.flash_token(flash)} if flash else {}


async def redirect(process: ViewProcess, ref: str | None, url: str) -> None:
    """Have the browser load `url` over HTTP, and end the view."""
    await leave(process, ref, navigation_payload(process, Redirect(url)))


async def leave(process: ViewProcess, ref: str | None, navigation: dict[str, Any]) -> None:
    """Send the browser elsewhere with the payload `navigation`, and end the view. A sticky view stays."""
    if process.mount_context.target.sticky and "live_redirect" in navigation:
        await _navigate_and_stay(process, ref, navigation)
        return
    # Before the navigation: the client drops what comes for a view that it has left.
    events = last_events(process)
    if events:
        process.connection.push("diff", {"e": events["events"]})
    if ref is not None:
        reply(process, ref, navigation)
    else:
        for event, payload in navigation.items():
            process.connection.push(event, payload)
    process.drop_kept()
    process.end()
    process.connection.closed()
    await process.disconnect()


async def _navigate_and_stay(process: ViewProcess, ref: str | None, navigation: dict[str, Any]) -> None:
    process.socket.navigation = None
    process.socket.clear_flash()  # it travels with the page
    if ref is not None:
        reply(process, ref, navigation)
    else:
        process.connection.push("live_redirect", navigation["live_redirect"])
    await finish(process, None)


def last_events(process: ViewProcess) -> dict[str, Any]:
    """Return the events that go out with a navigation."""
    events = process.socket.take_events()
    return {"events": events} if events else {}
