"""The state of a view after its last message without a failure: in development it starts again with it."""

from typing import Any

from pyview.process.mailbox import Handler, Handlers
from pyview.process.unread import Unread
from pyview.process.view_process import ViewProcess


def noting_good(handlers: Handlers) -> Handlers:
    """Return handlers that note the state of the view after each message."""
    return {kind: handler if kind is Unread else _noting(handler) for kind, handler in handlers.items()}


def _noting(handler: Handler) -> Handler:
    async def handle(process: ViewProcess, message: Any) -> None:
        await handler(process, message)
        if process.keeper is not None and process.joined and not process.ended:
            process.app.kept_states.note_good(process.keeper)

    return handle
