"""The direct way of a server: text frames come and go by plain calls, without a turn of the event loop for each.

A server offers it in the ASGI scope, as the extension `websocket.direct`. An event then costs no wake-up of the task
that reads the connection. Frames that are not ordinary still come through ASGI's `receive`.
"""

from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import Any, Final, NamedTuple

from starlette.types import Receive, Scope, Send

_EXTENSION = "websocket.direct"
_PASSING: Final = frozenset(
    {
        "pyview.middleware.outermost",
        "pyview.sessions.middleware",
        "pyview.sessions.tracking",
        "starlette._exception_handler",
        "starlette.middleware.errors",
        "starlette.middleware.sessions",
    }
)
"""Modules whose wrappers of `send` look at HTTP responses only, and pass the messages of a socket on as they are."""

OnText = Callable[[str], bool]
"""Takes a text frame. Returns False for one that is to come through `receive`."""


class DirectWay(NamedTuple):
    """The direct way of one connection. `send` returns False, with nothing sent, if the network does not take it.

    `send_all` does the same with several messages; None if the server has no such call.
    """

    set_receiver: Callable[[OnText | None], None]
    send: Callable[[str | bytes], bool]
    send_all: Callable[[list[bytes]], bool] | None

    def open(self, on_text: OnText) -> None:
        """Let the server give each text frame to `on_text` while the application waits in `receive`.

        `on_text` runs in the context of this call: handlers find the context variables that a middleware has set.
        """
        run: Callable[..., bool] = copy_context().run
        self.set_receiver(partial(run, on_text))

    def close(self) -> None:
        """Let all frames come through `receive` again."""
        self.set_receiver(None)


def direct_way(scope: Scope, receive: Receive, send: Send) -> DirectWay | None:
    """Return the direct way that the server offers for a connection; None if it offers none.

    A middleware that wraps `receive` or `send` wants to see each message, so there is none then either.
    """
    extension = (scope.get("extensions") or {}).get(_EXTENSION)
    if extension is None or extension.get("asgi_receive") != receive:
        return None
    if _unwrapped(send) != extension.get("asgi_send"):
        return None
    return DirectWay(extension["receive"], extension["send"], extension.get("send_all"))


def _unwrapped(send: Any) -> Any:
    """Return the `send` below the wrappers of Starlette and of this package."""
    while getattr(send, "__module__", None) in _PASSING:
        # The wrappers are closures over the `send` that they call.
        code, cells = getattr(send, "__code__", None), getattr(send, "__closure__", None) or ()
        names = () if code is None else code.co_freevars
        if "send" not in names:
            return send
        send = cells[names.index("send")].cell_contents
    return send
