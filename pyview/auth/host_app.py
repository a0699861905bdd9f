"""The host application that a PyView is mounted in, if users sign in there.

Routes of the host application change the session, so the session tracker goes into its middlewares. A socket's
handshake has passed these middlewares, so they can be run again on it, like those of the PyView itself.
"""

from collections.abc import Callable, Iterator, Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware

from pyview.auth.findings import CheckMessage, Severity
from pyview.auth.middleware_order import is_session, is_tracker, order_middleware
from pyview.auth.replay import AppScope, is_identity_middleware


class HostApplication:
    """A host application with the session tracker in place. `make_tracker` takes the cookie's lifetime in seconds.

    Raises `RuntimeError` if the application has served a request already, or has no identity middleware.
    """

    def __init__(self, application: Starlette, make_tracker: Callable[[float], Middleware]) -> None:
        if application.middleware_stack is not None:
            raise RuntimeError(
                "authenticate_with() came too late: the host application has served a request already. Call it where "
                "the applications are created, before they start."
            )
        if not any(map(is_identity_middleware, application.user_middleware)):
            raise RuntimeError(
                f"authenticate_with() found no session and no authentication among the middlewares of {application!r}. "
                "Call it after add_middleware(SessionMiddleware, ...), add_middleware(AuthenticationMiddleware, ...)."
            )
        application.user_middleware = order_middleware(application.user_middleware, make_tracker)
        self.application = application
        self._identity = self._find_identity()

    @property
    def middlewares(self) -> Sequence[Middleware]:
        """All middlewares of the host application, outermost first."""
        return self.application.user_middleware

    @property
    def identity_middlewares(self) -> list[Middleware]:
        """The middlewares that find the user, to be run with the host application in the scope."""
        return [Middleware(AppScope, application=self.application), *self._identity]

    def check(self, own: Sequence[Middleware]) -> Iterator[CheckMessage]:
        """Yield an error for each identity middleware that was added too late, and for each session in `own`.

        A session among the PyView's `own` middlewares would hide that of the host application.
        """
        # Another PyView in the same host application may have added a tracker of its own: that is not too late.
        late = [one for one in self._find_identity() if one not in self._identity and not is_tracker(one)]
        for middleware in late:
            yield CheckMessage(
                Severity.ERROR,
                f"add_middleware({_name(middleware)}) came after authenticate_with(), which has to know every session "
                "and authentication middleware. Call authenticate_with() last.",
            )
        for middleware in filter(is_session, own):
            yield CheckMessage(
                Severity.ERROR,
                f"The PyView has {_name(middleware)}, and its host application has a session too. Remove one of them.",
            )

    def _find_identity(self) -> list[Middleware]:
        return [one for one in self.application.user_middleware if is_identity_middleware(one)]


def _name(middleware: Middleware) -> str:
    return getattr(middleware.cls, "__name__", str(middleware.cls))
