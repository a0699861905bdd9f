"""`LiveGroup`: the object that `app.live_session(...)` returns, to add views to."""

import logging
from collections.abc import Callable
from typing import Any

from starlette.routing import BaseRoute

from pyview.events import compile_view
from pyview.live_view import LiveView
from pyview.routing.live_session import LiveSession
from pyview.routing.routes import LiveRoute, container_at
from pyview.template.container import ContainerElement
from pyview.transport.http import LivePage

logger = logging.getLogger("pyview")


class LiveGroup:
    """Views of one live session, within the routes of its application."""

    def __init__(
        self, live_session: LiveSession, page: LivePage, routes: Callable[[], list[BaseRoute]]
    ) -> None:
        self._live_session = live_session
        self._page = page
        self._routes = routes

    @property
    def name(self) -> str:
        return self._live_session.name

    def add_live_view(
        self,
        path: str,
        view: type[LiveView[Any]],
        name: str | None = None,
        *,
        action: str | None = None,
        container: ContainerElement | None = None,
    ) -> None:
        """Serve `view` at `path`, a Starlette path such as `/users/{user_id:int}`, as a member of this group.

        A class may be in several groups and under several paths. `container` is the element of the page: a tag, or a
        tag and its attributes; by default that of the class, else that of the group. Raises `TypeError` if `view` is
        not a view class, `ValueError` for a path that does not start with `/`, and `SignatureError` for a callback or
        hook whose parameters cannot be filled.
        """
        given: Any = view
        if not (isinstance(given, type) and issubclass(given, LiveView)):
            raise TypeError(f"add_live_view({path!r}, ...) expected a subclass of LiveView, got {view!r}")
        if not path.startswith("/"):
            raise ValueError(
                f"add_live_view({path!r}, ...) expected a path that starts with '/', such as '/{path}'"
            )
        # Now and not at the first event: a mistake in a signature shows when the application starts.
        compile_view(view)
        routes = (
            self._routes()
        )  # the list of the router itself: order decides, for live and plain routes alike
        taken = (route.view_class for route in routes if isinstance(route, LiveRoute) and route.path == path)
        first = next(taken, None)
        if first is not None:
            logger.warning(
                "add_live_view(%r, %s): unreachable: %s is already registered for this path",
                path,
                view.__qualname__,
                first.__qualname__,
            )
        element = container_at(path, view, self._live_session, container)
        routes.append(self._page.route(path, view, self._live_session, name, action, element))
