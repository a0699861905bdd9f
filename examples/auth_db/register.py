"""Page to register; signs the new user in."""

from typing import TypedDict
from urllib.parse import ParseResult, urljoin

from examples.auth_db.authentication import Guest
from examples.auth_db.services import devices, login
from examples.auth_db.users import SHORTEST_PASSWORD, NotAccepted
from pyview import LiveView, LiveViewSocket
from pyview.auth import public
from pyview.events import event


class RegisterContext(TypedDict):
    next: str
    name: str
    error: str
    shortest: int


@public
class RegisterLiveView(LiveView[RegisterContext]):
    async def handle_params(self, socket: LiveViewSocket[RegisterContext], url: ParseResult) -> None:
        socket.context = {
            "next": urljoin(url.path, "devices"),
            "name": "",
            "error": "",
            "shortest": SHORTEST_PASSWORD,
        }

    @event
    async def register(
        self, socket: LiveViewSocket[RegisterContext], user: Guest, name: str = "", password: str = ""
    ) -> None:
        try:
            account = await login.register(user.connection, name, password)
        except NotAccepted as refused:
            socket.context["name"], socket.context["error"] = name, str(refused)
            return
        device = await devices.add(account, user.connection)
        socket.put_flash("info", f"Welcome, {account.name}.")
        await socket.redirect(socket.context["next"], session={"device": device})
