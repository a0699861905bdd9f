"""`/live/health` and `/live/ready`: for a supervisor and a load balancer, not for browsers.

They are answered before every middleware: a probe has no session and comes from an address, so its `Host` is no name of
the application. The answer is one word.
"""

from collections.abc import Callable

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Scope

HEALTH_PATH = "/live/health"
READY_PATH = "/live/ready"
_PATHS = (HEALTH_PATH, READY_PATH)
_RETRY_AFTER = "5"  # seconds


class Probes:
    """Answers to the probes of one worker. `unready` returns why it should get no page now, as one word, or None."""

    def __init__(self, unready: Callable[[], str | None]) -> None:
        self._unready = unready

    def answer(self, scope: Scope) -> ASGIApp | None:
        """Return the response to a probe, None for any other request."""
        # First the cheap comparison, which nearly all requests fail.
        if scope["type"] != "http" or not scope["path"].endswith(_PATHS):
            return None
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if path not in _PATHS:
            return None
        headers = {"cache-control": "no-store"}
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("method not allowed\n", 405, headers | {"allow": "GET, HEAD"})
        reason = self._unready() if path == READY_PATH else None
        if reason is None:
            return PlainTextResponse("ok\n", 200, headers)
        return PlainTextResponse(f"{reason}\n", 503, headers | {"retry-after": _RETRY_AFTER})
