"""Page to change the password. It requires a recent sign-in."""

from typing import TypedDict

from examples.auth_db.authentication import Member
from examples.auth_db.services import devices, users
from examples.auth_db.users import SHORTEST_PASSWORD, NotAccepted, User
from pyview import LiveView, LiveViewSocket
from pyview.auth import requires
from pyview.events import event

RECENT = 5 * 60


class PasswordContext(TypedDict):
    me: User
    error: str
    done: bool
    shortest: int


@requires(max_auth_age=RECENT, redirect="/confirm")
class PasswordLiveView(LiveView[PasswordContext]):
    async def handle_params(self, socket: LiveViewSocket[PasswordContext], user: Member) -> None:
        socket.context = {
            "me": user.account,
            "error": "",
            "done": False,
            "shortest": SHORTEST_PASSWORD,
        }

    @event
    async def change(self, socket: LiveViewSocket[PasswordContext], user: Member, password: str = "") -> None:
        try:
            await users.change_password(user.account, password)
        except NotAccepted as refused:
            socket.context["error"] = str(refused)
            return
        # End all sessions that were opened with the old password.
        await devices.end_others(user.account, kept=user.device_id)
        socket.context["error"], socket.context["done"] = "", True
