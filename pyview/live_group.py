"""What `app.live_session(...)` returns: the place to add the views of one live session."""

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
    """The views of one live session, within the routes of its application."""

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

        A class may be in several groups, under several paths. `container` is the element of the page: a tag, or a tag
        and its attributes; by default what the class says, or else the group. Raises `SignatureError` for a callback
        or hook whose parameters cannot be filled, `ValueError` for a path that does not start with `/`.
        """
        if not _is_view_class(view):
            raise TypeError(f"add_live_view({path!r}, ...) expected a subclass of LiveView, got {view!r}")
        if not path.startswith("/"):
            raise ValueError(
                f"add_live_view({path!r}, ...) expected a path that starts with '/', such as '/{path}'"
            )
        compile_view(view)
        self._warn_of_twin(path, view)
        element = container_at(path, view, self._live_session, container)
        self._routes().append(self._page.route(path, view, self._live_session, name, action, element))

    def _warn_of_twin(self, path: str, view: type[LiveView[Any]]) -> None:
        live = (route for route in self._routes() if isinstance(route, LiveRoute))
        twin = next((route.view_class for route in live if route.path == path), None)
        if twin is not None:
            logger.warning(
                "add_live_view(%r, %s): nobody will see it, since %s was added under this path before. Choose another",
                path,
                view.__qualname__,
                twin.__qualname__,
            )


def _is_view_class(view: Any) -> bool:
    return isinstance(view, type) and issubclass(view, LiveView)
