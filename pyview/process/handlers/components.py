"""Messages for the live components of a view."""

import logging
from inspect import isawaitable
from types import CoroutineType
from typing import Any

from pyview.binding import BindingError
from pyview.components.instance import ComponentInstance
from pyview.events import UnknownEvent
from pyview.process.access import may_cause, may_see
from pyview.process.answers import finish, reject, reply
from pyview.process.callbacks import call_handle_event
from pyview.process.mailbox import Handlers
from pyview.process.messages import (
    ComponentEvent,
    ComponentsLeaving,
    ComponentsLeft,
    ComponentUpdate,
    Event,
)
from pyview.process.view_process import ViewProcess

logger = logging.getLogger("pyview")


async def handle_component_event(process: ViewProcess, message: ComponentEvent) -> None:
    guard, components = process.guard, process.components
    if guard is not None and not guard.is_fresh() and not await may_see(process, message.ref):
        return
    component = process.component(message.cid)
    if component is None or components is None:
        # It went while the event was on its way. The client waits for an answer all the same.
        reply(process, message.ref, {})
        return
    asked = component.requirements
    if asked is not None and not await may_cause(process, asked, message, component.component):
        return
    try:
        answer = components.call(component, message.name, message.payload, process.resources)
        if type(answer) is CoroutineType or isawaitable(answer):
            answer = await answer
    except UnknownEvent as error:
        components.discard_parent_events()
        reject(process, message.ref, "unknown_event", f"{component.described}: {error}")
    except BindingError as error:
        components.discard_parent_events()
        reject(process, message.ref, "bad_payload", str(error))
    else:
        await finish_component(process, message.ref, answer, component)


async def finish_component(
    process: ViewProcess,
    ref: str | None,
    answer: Any,
    component: ComponentInstance,
    fields: dict[str, Any] | None = None,
) -> None:
    """Let the view handle what its component has sent it, then send what both have changed."""
    parent_events = process.components.queued_parent_events() if process.components is not None else []
    for parent_event in parent_events:
        await _handle_parent_event(process, parent_event, component)
    socket = process.socket
    leaves = socket.navigation is not None or socket.patched is not None
    if leaves:
        # The flash of the view goes along with a navigation, that of a component would be lost with it.
        component.socket.hand_over_flash()
    await finish(process, ref, answer, part=not leaves and not parent_events, fields=fields)


async def _handle_parent_event(process: ViewProcess, event: Event, sender: ComponentInstance) -> None:
    asked = process.requirements
    if process.ended or (asked is not None and not await may_cause(process, asked, event, process.view)):
        return
    try:
        answer = call_handle_event(process, event)
        if isawaitable(answer):
            await answer
    except (UnknownEvent, BindingError) as error:
        logger.warning("%s: %s sent %r to its view: %s", process.name, sender.described, event.name, error)


async def handle_component_update(process: ViewProcess, message: ComponentUpdate) -> None:
    if process.components is not None and process.components.deliver_update(message):
        await finish(process, None, part=True)


async def handle_components_leaving(process: ViewProcess, message: ComponentsLeaving) -> None:
    if process.components is not None:
        process.components.will_destroy(message.cids)
    # The client sends `cids_destroyed` only after this answer.
    reply(process, message.ref, {})


async def handle_components_left(process: ViewProcess, message: ComponentsLeft) -> None:
    components = process.components
    gone = [] if components is None else components.destroyed(message.cids)
    # Before `disconnect`: the client keeps the trees of these components until this answer.
    reply(process, message.ref, {"cids": [each.cid for each in gone]})
    for component in gone:
        if process.tasks is not None:
            process.tasks.drop(component.cid)
        if process.upload_manager is not None:
            process.upload_manager.registry.release(component.cid)
    if components is not None:
        await components.disconnect(gone)


async def forget_components(process: ViewProcess) -> None:
    """Drop the components that a whole new tree does not have: the page will not say that they have gone."""
    if process.components is not None:
        lost = process.components.unsent_cids()
        process.components.will_destroy(lost)
        await handle_components_left(process, ComponentsLeft(None, lost))


HANDLERS: Handlers = {
    ComponentEvent: handle_component_event,
    ComponentUpdate: handle_component_update,
    ComponentsLeaving: handle_components_leaving,
    ComponentsLeft: handle_components_left,
}
