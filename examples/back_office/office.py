"""Base class of all pages: the layout, the sign-in that they require, and the sign-out."""

from typing import Any, ClassVar

from pyview import LiveView, LiveViewSocket
from pyview.auth import requires
from pyview.events import event

Socket = LiveViewSocket[dict[str, Any]]


@requires("authenticated", redirect="sign-in")
class OfficeLiveView(LiveView[dict[str, Any]]):
    """A page of the office. Subclasses name their ``section`` of the menu, and add their names with ``frame``."""

    layout = "office.html"
    section: ClassVar[str]

    def frame(self, socket: Socket, **names: Any) -> dict[str, Any]:
        """Return the names of the layout, and those of the page."""
        socket.live_title = self.section
        scopes = socket.identity.scopes
        return {"section": self.section, "name": socket.user.display_name, "scopes": scopes, **names}

    @event
    async def sign_out(self, socket: Socket) -> None:
        await socket.clear_session()
