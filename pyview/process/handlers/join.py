"""A page joins, comes back to its view after a lost connection, goes on at another worker, or leaves."""

import logging
import traceback
from dataclasses import replace
from functools import partial
from typing import Any

from starlette.exceptions import HTTPException

from pyview.binding import BindingError
from pyview.events import callers_of
from pyview.keeping.snapshot import KeptSnapshot
from pyview.live_view import LiveView
from pyview.navigation import Patch
from pyview.process.answers import (
    complete,
    last_events,
    navigation_payload,
    patch_payload,
    pending_navigation,
    reply,
)
from pyview.process.failure_display import Activity, add_to_join, failure_message
from pyview.process.first_mount import continue_first_mount
from pyview.process.handlers.components import forget_components
from pyview.process.keeper import Keeper
from pyview.process.mailbox import Handlers
from pyview.process.messages import HandOver, Join, JoinRefused, Leave, Rejoin
from pyview.process.no_connection import NoConnection
from pyview.process.observed import TracedRenderer
from pyview.process.reloading import ReloadingRenderer
from pyview.process.runtime import ViewRuntime
from pyview.process.view_process import ViewProcess
from pyview.rendering import lifecycle
from pyview.rendering.lifecycle import FirstMount, MountContext
from pyview.rendering.renderers import Diff, Renderer
from pyview.rendering.templates import FILES_EVENT
from pyview.socket.socket import ConnectedLiveViewSocket

logger = logging.getLogger("pyview")


async def handle_join(process: ViewProcess, message: Join) -> None:
    """Mount the view and answer with its whole tree; or answer with the reason why not."""
    try:
        await _join(process, message)
    finally:
        message.release()


async def _join(process: ViewProcess, message: Join) -> None:
    mount_context = None
    try:
        mount_context = await message.admit()
        rendered = {} if mount_context is None else await _mount(process, mount_context)
    except JoinRefused as refusal:
        _refuse(process, message.ref, refusal.response, refusal)
    except BindingError as error:
        _refuse(process, message.ref, process.app.failed_mount(HTTPException(400)), error)
    except HTTPException as error:
        _refuse(process, message.ref, process.app.failed_mount(error), error)
    except Exception as error:
        if not await _starts_fresh(process, message, mount_context, error):
            error_id = process.app.crashes.log(process.client, process.name, "join", error)
            _fail_kept(process, mount_context)
            _answer_crash(process, message, _about(process, error, error_id))
    else:
        if mount_context is None:
            process.end()  # the view that had waited for the page answers
        elif not process.ended:
            _answer(process, message, rendered)
    if process.ended:
        await process.disconnect()
    elif process.socket.hooks is not None:
        await lifecycle.after_render(process.socket, process.mount_context)


async def _starts_fresh(
    process: ViewProcess, message: Join, mount_context: MountContext | None, error: Exception
) -> bool:
    """In development, start the view again without the state that has made it fail. Return False for another failure.

    The code of the view may have been edited since the state was stored. The page gets an answer to this very join.
    """
    keeper = process.keeper
    if mount_context is None or mount_context.kept is None or keeper is None or not keeper.laid_over:
        return False
    if not process.app.development or process.ended:
        return False
    logger.warning(
        "%s: its state does not fit the edited code, so it starts fresh: %s", process.name, _described(error)
    )
    fresh = mount_context._replace(kept=replace(mount_context.kept, unfit=True))
    process.drop_kept()
    # What ends now sends nothing, and presence shows its user until the next view has joined.
    connection, process.connection = process.connection, NoConnection(process.client)
    process.hand_over()
    process.end()
    connection.join_again(Join(message.ref, partial(_admitted, fresh), message.navigated, _release_nothing))
    return True


def _fail_kept(process: ViewProcess, mount_context: MountContext | None) -> None:
    process.fail_kept()
    kept = None if mount_context is None else mount_context.kept
    if process.keeper is None and process.app.development and mount_context is not None and kept is not None:
        # A hook has failed before anything was done with it.
        process.app.kept_states.give_back(mount_context, kept)


async def _admitted(mount_context: MountContext) -> MountContext:
    return mount_context


def _release_nothing() -> None:
    """The first join has released what its frame held."""


def _described(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{where}"


async def _mount(process: ViewProcess, mount_context: MountContext) -> Diff:
    """Mount the view, or go on with that of the HTTP response. Return the first tree; {} if the page does not stay."""
    view_class = mount_context.view_class
    process.mount_context = mount_context
    process.parent = mount_context.target.parent
    # Before user code runs: the view around may end while `mount` waits, and has to end this one too.
    if process.parent is not None and not process.parent.adopt(process):
        raise JoinRefused({"reason": "stale"}, "the view around it has ended")
    process.guard = mount_context.guard
    process.name = view_class.__qualname__
    process.resources = lifecycle.resources_of(mount_context)
    process.mount_context = mount_context.lasting
    # Looked up once for each view, so that an event finds its caller without a search.
    process.call_event, process.call_info, process.requirements = callers_of(view_class)
    if mount_context.first is None:
        view = await _call_callbacks(process, mount_context)
    else:
        view = _continue(process, mount_context, mount_context.first)
    if view is None:
        return {}
    files = process.app.templates.files.of(view_class)
    if files is not None:
        process.socket.queue_event(FILES_EVENT, files.announcement(process.dom_id), before=True)
    # Not before the callbacks: while a join waits without a keeper, a page that goes on to another worker would lose
    # the state that this one has got for it.
    if view_class not in process.app.templates.loaded:
        await lifecycle.load_templates(mount_context, process.app.templates)
    process.renderer = _renderer(process, view)
    rendered = await _rendered(process)
    if process.components is not None:
        process.components.drop_first()
    return rendered


async def _call_callbacks(process: ViewProcess, mount_context: MountContext) -> LiveView[Any] | None:
    """Make the view, and call its hooks, `mount` and `handle_params`. Return None if the page does not stay."""
    socket = process.socket = ConnectedLiveViewSocket(
        ViewRuntime(process), mount_context.identity, mount_context.flash, mount_context.shared
    )
    socket.csp_nonce = mount_context.csp_nonce
    socket.connecting = mount_context.connecting
    kept = mount_context.kept
    if await lifecycle.run_hooks(socket, mount_context) or process.ended:
        if kept is not None and process.ended:
            process.app.kept_states.give_back(mount_context, kept)
        return None
    _begin_keeping(process, kept)
    view = process.view = await lifecycle.create(mount_context, process.resources)
    process.mounting = True
    await _call_mount(process, view)
    process.mounting = False
    # While `mount` waited, the page may have left, or the view around it may have ended.
    if process.has_ended:
        return None
    if socket.navigation is None:
        await process.handle_params(process.mount_context.location)
    if socket.navigation is not None:
        return None
    if process.keeper is not None:
        process.keeper.mounted()
        if kept is not None and not kept.unfit and not await _restored(process, view, kept, process.keeper):
            return None
    return view


def _continue(process: ViewProcess, mount_context: MountContext, first: FirstMount) -> LiveView[Any] | None:
    """Go on with the view of the HTTP response, without its callbacks. Return None if the page has left already."""
    if process.ended:
        return None
    continue_first_mount(process, mount_context, first)
    _count(process)
    _begin_keeping(process, None)
    if process.keeper is not None:
        process.keeper.mounted()
    return first.view


def _begin_keeping(process: ViewProcess, kept: KeptSnapshot | None) -> None:
    if kept is not None:
        process.keeper = process.app.kept_states.begin(process, kept)
    elif process.app.kept_states.plan_of(process.mount_context.view_class) is not None:
        process.keeping()


async def _restored(process: ViewProcess, view: LiveView[Any], kept: KeptSnapshot, keeper: Keeper) -> bool:
    """Lay what the page had over what `mount` and `handle_params` made. Return False if the page does not stay."""
    keeper.lay_over(kept)
    await lifecycle.restored(view, process.socket)
    return process.socket.navigation is None and not process.has_ended


async def _call_mount(process: ViewProcess, view: LiveView[Any]) -> None:
    arguments = view, process.socket, process.mount_context, process.resources
    if process.telemetry is None:
        await lifecycle.mount(*arguments)
        return
    _count(process)
    with process.telemetry.callback("mount", process.name):
        await lifecycle.mount(*arguments)


def _count(process: ViewProcess) -> None:
    if process.telemetry is not None:
        process.telemetry.joined(process.name)
        process.counted = True


def _renderer(process: ViewProcess, view: LiveView[Any]) -> Renderer:
    if process.app.file_watch is None:
        return _plain_renderer(process, view)
    renderer = ReloadingRenderer(process, lambda: _plain_renderer(process, view))
    if not process.ended:
        process.app.file_watch.add(process, renderer)
    return renderer


def _plain_renderer(process: ViewProcess, view: LiveView[Any]) -> Renderer:
    app = process.app
    renderer = lifecycle.renderer_of(view, process.mount_context, app.templates, app.context_processors)
    return (
        renderer if process.telemetry is None else TracedRenderer(renderer, process.telemetry, process.name)
    )


async def _rendered(process: ViewProcess) -> Diff:
    update = process.renderer.update(process.socket)
    return complete(process, update if type(update) is dict else await update)  # type: ignore[misc]


async def handle_rejoin(process: ViewProcess, message: Rejoin) -> None:
    """Answer the join of a page that is back: its view goes on, and all of it is rendered."""
    process.detached = process.changing_session = False
    # The page may have been at another worker meanwhile.
    process.app.presence.returned(process)
    # The page may have missed the last title, so it is sent again.
    process.title = None
    # Diffs may have been lost, so the tree of the page is unknown.
    process.renderer.reset()
    if process.upload_manager is not None:
        process.upload_manager.drop_interrupted()
    own, asked = process.mount_context, message.mount_context
    here = own.location if own.routed else asked.location
    process.mount_context = asked._replace(location=here, connecting=None)
    process.guard = asked.guard
    process.take_identity(asked.identity)
    socket = process.socket
    if process.view is not None:
        await lifecycle.reconnected(process.view, socket)
    if asked.location.page != here.page and socket.patched is None:
        # The view patched its URL, and the connection was lost before the browser got the new URL.
        socket.patched = Patch(here.page, "replace")
    navigation = pending_navigation(process)
    if navigation is not None and not process.ended:
        _refuse(process, message.ref, navigation | last_events(process))
        await process.disconnect()
    elif not process.ended:
        _answer(process, message, await _rendered(process))
        await forget_components(process)
        await lifecycle.after_render(socket, process.mount_context)


async def handle_hand_over(process: ViewProcess, message: HandOver) -> None:
    """Take what the view keeps, after the handlers before: its page is at another worker."""
    message.capture()
    if not message.done.done():
        message.done.set_result(None)


async def handle_leave(process: ViewProcess, message: Leave) -> None:
    await process.disconnect()


def _answer(process: ViewProcess, message: Join | Rejoin, rendered: Diff) -> None:
    socket = process.socket
    if socket.navigation is not None:
        process.drop_kept()
        _refuse(process, message.ref, navigation_payload(process, socket.navigation) | last_events(process))
        return
    response: dict[str, Any] = {"rendered": rendered, "liveview_version": process.app.liveview_version}
    resumed = process.keeper is not None and process.keeper.resumed
    if (type(message) is Rejoin and process.has_streams) or resumed:
        # Our own lines of the client keep the items of streams then, since the tree does not have them.
        response["resumed"] = True
    # Live navigation keeps the element of the page before, which the client then replaces by this one.
    if message.navigated:
        response["container"] = process.mount_context.location.route.container.wire
    if socket.patched is not None:
        response["live_patch"] = patch_payload(socket.patched)
        socket.patched = None
    if process.app.workers.started:
        # The page sends it back with its next join, which may reach another worker.
        response["worker"] = process.app.workers.id
    process.joined = True
    if process.keeper is not None:
        # The page counts its joins from now on.
        response["keeps"] = True
        _store(process, process.keeper)
    if process.app.development_client is not None:
        add_to_join(process.app, response)
        _offer_inspector(process, response)
    if process.app.file_watch is not None and type(process.renderer) is ReloadingRenderer:
        response |= process.renderer.about_problem
    socket.connecting = None
    reply(process, message.ref, response)


def _offer_inspector(process: ViewProcess, response: dict[str, Any]) -> None:
    """Tell the page how to open the inspector, for its main view."""
    recorder, context = process.app.recorder, process.mount_context
    if recorder is None or context.target.depth or context.view_class in recorder.unrecorded:
        return
    page = context.target.page_id, context.visit.load_id
    token = process.app.signatures.mint_inspector_token(page, process.binding)
    response["development"] = {**response["development"], "inspector": token}


def _store(process: ViewProcess, keeper: Keeper) -> None:
    """Store the state of a view that its page has joined."""
    if keeper.unused is None:
        process.app.kept_states.touch(keeper)
        return
    # The store has the state that the page brought back no more: a join takes it out.
    keeper.unused = None
    process.app.kept_states.hurry(keeper)


def _about(process: ViewProcess, error: Exception, error_id: str) -> dict[str, Any]:
    """Return what the page shows about a join that has failed: to users the error id, to developers the failure."""
    if process.app.development_client is None:
        return {"error_id": error_id}
    return failure_message(process.app, process.failure(Activity("join"), error, error_id), "join")


def _answer_crash(process: ViewProcess, message: Join, about: dict[str, Any]) -> None:
    if process.view is None or not process.mount_context.target.awaited:
        _refuse(process, message.ref, {"reason": "join crashed"} | about)
        return
    # The client shows a page only when each view in it has joined: one that fails must not hold up the others. It joins
    # with an empty tree and crashes then, so that the client tries again a few times. Our lines of the client read
    # `failed`, and keep the HTML of the first page.
    empty = {"rendered": {"s": [""]}, "liveview_version": process.app.liveview_version}
    reply(process, message.ref, empty | {"failed": True} | about)
    process.end()
    process.connection.crashed()


def _refuse(
    process: ViewProcess, ref: str | None, response: dict[str, Any], error: Exception | None = None
) -> None:
    if error is not None:
        logger.info("%s: join refused: %s", process.name, error)
    process.end()
    reply(process, ref, response, "error")
    process.connection.refused()


HANDLERS: Handlers = {
    Join: handle_join,
    Rejoin: handle_rejoin,
    HandOver: handle_hand_over,
    Leave: handle_leave,
}
