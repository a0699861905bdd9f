"""The answer to a request whose change of the session cannot be saved, because a store does not answer."""

from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

RETRY_AFTER = "5"  # seconds

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_TEXT = "This could not be saved just now. Please try again in a moment."


def is_worth_refusing(scope: Scope) -> bool:
    """Return True if the request asks for a change, so that its user must know that the session was not saved.

    A page that is only shown, and notes something in the session by the way, is shown nevertheless.
    """
    return scope.get("method") not in _SAFE_METHODS


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 503, so that the browser keeps its cookie and the user tries again."""
    headers = {"retry-after": RETRY_AFTER, "cache-control": "no-store"}
    await PlainTextResponse(_TEXT, 503, headers)(scope, receive, send)
