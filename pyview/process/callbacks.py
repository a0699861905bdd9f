"""Calls of a view's own handlers, with the hooks that run before them."""

from inspect import isawaitable
from typing import Any

from pyview.events.info_event import InfoEvent
from pyview.process.messages import Event
from pyview.process.view_process import ViewProcess


def call_handle_event(process: ViewProcess, message: Event) -> Any:
    """Return the answer of the view's handler of an event, or an awaitable of it.

    Raises `UnknownEvent`, `BindingError`, and what the handler raises.
    """
    if process.socket.hooks is None:
        # Not awaited here: another coroutine around that of the handler would cost each event.
        return process.call_event(
            process.view, message.name, message.payload, process.socket, process.resources
        )
    return handle_hooked_event(process, message)


async def handle_hooked_event(process: ViewProcess, message: Event) -> Any:
    """Return the reply of a hook that halted, else the answer of the view's handler."""
    socket, resources = process.socket, process.resources
    hooks = socket.hooks
    halt = hooks and await hooks.before_event(message.name, message.payload, socket, resources)
    if halt:
        return halt.reply
    answer = process.call_event(process.view, message.name, message.payload, socket, resources)
    return await answer if isawaitable(answer) else answer


def call_handle_info(process: ViewProcess, event: InfoEvent) -> Any:
    """Return what the view's handler of an info returns; it may have to be awaited. Raises `UnknownInfo`."""
    if process.socket.hooks is None:
        return process.call_info(process.view, event, process.socket, process.resources)
    return handle_hooked_info(process, event)


async def handle_hooked_info(process: ViewProcess, event: InfoEvent) -> None:
    """Call the view's handler of an info, if no hook halts."""
    socket, resources = process.socket, process.resources
    hooks = socket.hooks
    if hooks and await hooks.before_info(event, socket, resources):
        return
    answer = process.call_info(process.view, event, socket, resources)
    if isawaitable(answer):
        await answer
