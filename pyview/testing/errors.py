"""The errors of the testing client. All are `AssertionError`s, so that a test runner shows them as failures."""

from collections.abc import Mapping
from typing import Any


class PageError(AssertionError):
    """The page is not as the test expects."""


class ElementNotFound(PageError):
    """No element matches, or several match where one is expected. The text lists the elements of the page."""


class NotConnected(PageError):
    """The page has no live connection: it is not a live page, was dropped, or the server closed it."""


class NoAnswer(PageError):
    """The server did not answer in time. (A browser reloads the page after 30 seconds.)"""


class ViewCrashed(PageError):
    """The view raised an exception, and the server sent `phx_error`.

    The page has joined again: its state is that of a new mount.
    """


class TooManyReloads(PageError):
    """The server refuses every join, so a browser would load the page over and over again."""


_REASONS = {
    "unknown_event": "no handler of the view or component has this name",
    "bad_payload": "the payload does not fit the parameters of the handler",
    "forbidden": "the user does not meet the handler's requirements",
}


def named(message: str, payload: Mapping[str, Any]) -> str:
    """Return a message as errors name it: an event by its own name, any other message by its type."""
    return f"the event {payload['event']!r}" if message == "event" and "event" in payload else repr(message)


def refused(message: str, payload: Mapping[str, Any], response: Any) -> PageError:
    """Return the error for a message that the server answered with status "error"."""
    reason = response.get("reason") if isinstance(response, Mapping) else None
    advice = f": {_REASONS[reason]}" if reason in _REASONS else ""
    return PageError(f"the server refused {named(message, payload)} with {response}{advice}")


class SocketRefused(PageError):
    """The server answered the WebSocket handshake with an HTTP status."""

    def __init__(self, status: int, body: bytes = b"") -> None:
        super().__init__(f"the WebSocket handshake was refused with HTTP status {status}: {body[:200]!r}")
        self.status = status
        self.body = body


class SocketClosed(PageError):
    """The server closed the WebSocket."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(f"the server closed the WebSocket with code {code} {reason}".rstrip())
        self.code = code
        self.reason = reason
