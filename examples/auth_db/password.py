"""A new password: only for those who have just shown that they know the old one."""

from typing import TypedDict

from examples.auth_db.people import SHORTEST_PASSWORD, NotAccepted, Person
from examples.auth_db.services import devices, people
from examples.auth_db.visitors import Member
from pyview import LiveView, LiveViewSocket
from pyview.auth import requires
from pyview.events import event

RECENT = 5 * 60


class PasswordContext(TypedDict):
    me: Person
    error: str
    done: bool
    shortest: int


@requires(max_auth_age=RECENT, redirect="/confirm")
class PasswordLiveView(LiveView[PasswordContext]):
    async def handle_params(self, socket: LiveViewSocket[PasswordContext], user: Member) -> None:
        socket.context = {
            "me": user.person,
            "error": "",
            "done": False,
            "shortest": SHORTEST_PASSWORD,
        }

    @event
    async def change(self, socket: LiveViewSocket[PasswordContext], user: Member, password: str = "") -> None:
        try:
            await people.change_password(user.person, password)
        except NotAccepted as refused:
            socket.context["error"] = str(refused)
            return
        # Whoever came in with the old password is out.
        await devices.end_others(user.person, kept=user.device_id)
        socket.context["error"], socket.context["done"] = "", True
