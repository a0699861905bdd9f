"""Messages for the view's own handlers: events, infos, a new URL, flash messages that were closed."""

import logging
from collections.abc import Coroutine
from inspect import isawaitable
from types import CoroutineType
from typing import Any

from starlette.exceptions import HTTPException

from pyview.binding import BindingError
from pyview.events import UnknownEvent, UnknownInfo
from pyview.events.info_event import InfoEvent
from pyview.process.access import may_cause, may_see
from pyview.process.answers import finish, finish_alike, finish_now, reject, reply
from pyview.process.callbacks import handle_hooked_event, handle_hooked_info
from pyview.process.mailbox import Handlers
from pyview.process.messages import (
    ClearFlash,
    Event,
    FilesChanged,
    Info,
    PushToPage,
    Refresh,
    TimerFired,
    URLChanged,
)
from pyview.process.reloading import ReloadingRenderer
from pyview.process.unread import Unread
from pyview.process.view_process import ViewProcess
from pyview.wire.message import encoded

logger = logging.getLogger("pyview")


async def handle_event(process: ViewProcess, message: Event) -> None:
    guard = process.guard
    # Written out: a call of `may_continue` would cost a coroutine for each event of a guarded view.
    if guard is not None and not guard.is_fresh() and not await may_see(process, message.ref):
        return
    requirements = process.requirements
    if requirements is not None and not await may_cause(process, requirements, message, process.view):
        return
    try:
        # Nearly no view has hooks, and one more call would cost each event.
        answer = (
            process.call_event(process.view, message.name, message.payload, process.socket, process.resources)
            if process.socket.hooks is None
            else handle_hooked_event(process, message)
        )
        # Almost every awaitable is a coroutine, and `isawaitable` takes longer than this comparison.
        if type(answer) is CoroutineType or isawaitable(answer):
            answer = await answer
    except UnknownEvent as error:
        reject(process, message.ref, "unknown_event", str(error))
    except BindingError as error:
        reject(process, message.ref, "bad_payload", str(error))
    else:
        rest = finish_now(process, message.ref, answer)
        if rest is not None:
            await rest


async def handle_unread(process: ViewProcess, message: Unread) -> None:
    """Handle a message that waited as text, or that was too large to be read before its turn."""
    try:
        content = message.read()
        if content is not None:
            await process.handle(content)
    finally:
        message.release()


async def handle_url_changed(process: ViewProcess, message: URLChanged) -> None:
    location = process.connection.locate(message.url)
    if location is None or not process.mount_context.location.route.may_be_patched_to(location.route):
        reply(process, message.ref, {"link_redirect": True})
        return
    # A patch is a new URL, so its user is looked up again, as for a join.
    if not await may_see(process, message.ref, location, fresh=True):
        return
    process.socket.clear_flash()
    try:
        await process.handle_params(location)
    except (BindingError, HTTPException) as error:
        # The client then joins the URL as a new view. That join fails alike, and its answer makes the client
        # load the page over HTTP, which shows the status.
        process.app.client_warnings.warn(process.name, str(error))
        reply(process, message.ref, {"link_redirect": True})
    else:
        await finish(process, message.ref)


async def handle_info(process: ViewProcess, event: Any) -> None:
    """Let the view handle a broadcast, a timer's event or a message to itself."""
    try:
        # Nearly no view has hooks, and one more call would cost each delivery.
        answer = (
            process.call_info(process.view, event, process.socket, process.resources)
            if process.socket.hooks is None
            else handle_hooked_info(process, event)
        )
        if type(answer) is CoroutineType or isawaitable(answer):
            await answer
    except UnknownInfo as error:
        logger.warning("%s: %s", process.name, error)
        process.show_mistake("Unknown info", str(error))
    else:
        rest = finish_alike(process)
        if rest is not None:
            await rest


def handle_own_info(process: ViewProcess, message: Info) -> Coroutine[Any, Any, None]:
    return handle_info(process, message.event)


def handle_timer(process: ViewProcess, message: TimerFired) -> Coroutine[Any, Any, None]:
    # Before the handler: a tick that comes while it runs has to be filed again.
    message.timer.waiting = False
    return handle_info(process, message.timer.event)


async def handle_clear_flash(process: ViewProcess, message: ClearFlash) -> None:
    if message.cid is None:
        process.socket.clear_flash(message.key)
        await finish(process, message.ref)
        return
    component = process.component(message.cid)
    if component is not None:
        component.socket.clear_flash(message.key)
    await finish(process, message.ref, part=process.touch([message.cid]))


async def handle_refresh(process: ViewProcess, message: Refresh) -> None:
    """Render what was put off while the browser read too slowly."""
    # First, since `finish` may put the render off once more.
    process.render_deferred = False
    await finish(process, None)


async def handle_files_changed(process: ViewProcess, message: FilesChanged) -> None:
    """Show a page whose template, style sheet or script a developer has changed."""
    if isinstance(process.renderer, ReloadingRenderer):
        process.renderer.announce_files()
        await finish(process, None)


async def handle_push_to_page(process: ViewProcess, message: PushToPage) -> None:
    """Push an event of a development tool."""
    process.socket.queue_event(message.event, encoded(message.payload, message.event))
    await finish(process, None)


HANDLERS: Handlers = {
    Event: handle_event,
    Unread: handle_unread,
    URLChanged: handle_url_changed,
    InfoEvent: handle_info,
    Info: handle_own_info,
    TimerFired: handle_timer,
    ClearFlash: handle_clear_flash,
    Refresh: handle_refresh,
    FilesChanged: handle_files_changed,
    PushToPage: handle_push_to_page,
}
