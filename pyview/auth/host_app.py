"""The application that a PyView is mounted in, where people sign in out there.

Its routes change the session, so the watcher goes into its middlewares. A socket's handshake has passed them, so that
they can be asked again on it, as those of the PyView itself.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware

from pyview.auth.findings import CheckMessage, Severity
from pyview.auth.middleware_order import is_session, normalise
from pyview.auth.replay import AppScope, says_who_is_there
from pyview.sessions.tracking import SessionTracker


class HostApplication:
    """`application` with `watcher(cookie_lifetime)` in place.

    Raises `RuntimeError` for one that serves already, or that has nothing to ask who is there.
    """

    def __init__(self, application: Starlette, watcher: Callable[[float], Middleware]) -> None:
        if application.middleware_stack is not None:
            raise RuntimeError(
                "identify_with() came too late: the application around has served a request already. Call it where the "
                "applications are made, before they start."
            )
        if not any(map(says_who_is_there, application.user_middleware)):
            raise RuntimeError(
                f"identify_with() found no session and no authentication among the middlewares of {application!r}. "
                "Call it after add_middleware(SessionMiddleware, ...), add_middleware(AuthenticationMiddleware, ...)."
            )
        application.user_middleware = normalise(application.user_middleware, watcher)
        self.application = application
        self._identity = self._say_who()

    @property
    def middlewares(self) -> Sequence[Middleware]:
        """All of its middlewares, outermost first."""
        return self.application.user_middleware

    @property
    def identity(self) -> list[Middleware]:
        """Those that say who is there, as they are asked again: in the application that they belong to."""
        return [Middleware(AppScope, application=self.application), *self._identity]

    def findings(self, own: Sequence[Middleware]) -> Iterator[CheckMessage]:
        """What came after the watcher was put in its place, and is therefore never asked again; and, among the PyView's
        `own` middlewares, another session, which would hide the one around it."""
        for middleware in self._late():
            yield CheckMessage(
                Severity.ERROR,
                f"add_middleware({getattr(middleware.cls, '__name__', middleware.cls)}) came after identify_with(), "
                "which has to know every middleware that says who is there. Call identify_with() last.",
            )
        for middleware in filter(is_session, own):
            yield CheckMessage(
                Severity.ERROR,
                f"The PyView has {getattr(middleware.cls, '__name__', middleware.cls)}, and identify_with() an "
                "application around it that has a session too: take one of the two away.",
            )

    def _late(self) -> list[Middleware]:
        # Another PyView in the same application may have put its own watcher beside ours.
        return [found for found in self._say_who() if found not in self._identity and not _is_watcher(found)]

    def _say_who(self) -> list[Middleware]:
        return [found for found in self.application.user_middleware if says_who_is_there(found)]


def _is_watcher(middleware: Middleware) -> bool:
    cls: Any = middleware.cls
    return cls is SessionTracker
