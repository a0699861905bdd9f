"""The socket of a component: its own state; everything else is forwarded to the socket of its view."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import orjson

from pyview.auth.identity import Identity
from pyview.hooks import Stage
from pyview.navigation import Navigate, Patch, Redirect
from pyview.sessions.change import SessionChange
from pyview.socket.connect import ConnectData
from pyview.socket.runtime import Runtime
from pyview.socket.socket import LiveViewSocket
from pyview.template.root_template import PageAttributes

T = TypeVar("T")


class ComponentSocket(LiveViewSocket[T]):
    """The socket that a component's callbacks receive.

    `context`, flash messages (`put_flash`) and hooks are the component's own. `id` is the id that the template gave it,
    `parent` the socket of the view or component whose template contains it. Everything else belongs to the view: events
    pushed to the browser, navigation, the title, the session; also broadcasts and timers, which call `handle_info` of
    the view.
    """

    __slots__ = ("_cid", "_view", "id", "parent")

    def __init__(
        self, runtime: Runtime, view: LiveViewSocket[Any], parent: LiveViewSocket[Any], cid: int, id: Any
    ) -> None:
        self._set_up(runtime, None)
        self.id = id
        self.components = view.components
        self.parent = parent
        self._view = view
        self._cid = cid

    @property
    def cid(self) -> int:  # type: ignore[override]  # read-only here
        """The component's number in its view."""
        return self._cid

    @property
    def myself(self) -> int:
        """The value for `phx-target`: the component's cid."""
        return self._cid

    async def send_parent(self, event: str, payload: Any = None) -> None:
        """Trigger an event of the component's view, with `payload` like an event from the browser.

        The view's handler runs after the component's callback, before the render: the changes of both are rendered at
        once. The requirements of the handler are checked.
        """
        self._runtime.send_view(event, {} if payload is None else payload)

    def attach_hook(self, name: str, stage: Stage, function: Callable[..., Any]) -> None:
        """Attach a hook. A component supports only the stage `handle_event`; others raise `ValueError`."""
        if stage != "handle_event":
            raise ValueError(
                f"attach_hook({name!r}, {stage!r}): a component supports only the stage 'handle_event'. "
                "Attach the hook to the view's socket"
            )
        super().attach_hook(name, stage, function)

    def join(self, runtime: Runtime) -> None:
        """Become the socket of a component of a joined view, which the first page has mounted."""
        self._runtime = runtime
        self.components = self._view.components

    # Forwarded to the view

    @property
    def connected(self) -> bool:  # type: ignore[override]  # as the view is
        return self._view.connected

    @property
    def identity(self) -> Identity:  # type: ignore[override]
        return self._view.identity

    @property
    def connecting(self) -> ConnectData | None:  # type: ignore[override]
        return self._view.connecting

    @property
    def live_title(self) -> str | None:
        return self._view.live_title

    @live_title.setter
    def live_title(self, title: str | None) -> None:
        self._view.live_title = title

    @property
    def page(self) -> PageAttributes:
        return self._view.page

    @property
    def navigation(self) -> Navigate | Redirect | None:
        return self._view.navigation

    @navigation.setter
    def navigation(self, navigation: Navigate | Redirect | None) -> None:
        self._view.navigation = navigation

    @property
    def patched(self) -> Patch | None:  # type: ignore[override]
        return self._view.patched

    @property
    def session_change(self) -> SessionChange | None:
        return self._view.session_change

    @session_change.setter
    def session_change(self, change: SessionChange | None) -> None:
        self._view.session_change = change

    @property
    def session(self) -> Mapping[str, Any]:
        return self._view.session

    def queue_event(self, event: str, payload: orjson.Fragment, *, before: bool = False) -> None:
        self._view.queue_event(event, payload, before=before)

    def hand_over_flash(self) -> None:
        """Move the component's flash messages to the view, because the component does not survive navigation."""
        for key, value in (self._flash or {}).items():
            self._view.put_flash(key, value)
        self._flash = None
