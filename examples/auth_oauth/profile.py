"""Page of a user who has signed in with the provider."""

from typing import Any, TypedDict

from pyview import LiveView, LiveViewSocket
from pyview.auth import requires


class ProfileContext(TypedDict):
    name: str
    subject: str
    sign_out: str


@requires("authenticated", redirect="sign_in")
class ProfileLiveView(LiveView[ProfileContext]):
    async def mount(self, socket: LiveViewSocket[ProfileContext], session: dict[str, Any]) -> None:
        socket.context = {"name": session["name"], "subject": session["user_id"], "sign_out": "logout"}

    async def handle_params(self, url: Any, params: Any, socket: LiveViewSocket[ProfileContext]) -> None:
        socket.context["sign_out"] = f"{url.path}logout"
