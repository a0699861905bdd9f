"""The way in: a form that a live view handles itself, and that ends with the browser signed in."""

from typing import TypedDict
from urllib.parse import ParseResult, urljoin

from examples.auth_db.people import NotAccepted
from examples.auth_db.services import devices, door
from examples.auth_db.visitors import Guest, Member
from pyview import LiveView, LiveViewSocket
from pyview.auth import public, safe_next
from pyview.events import event


class SignInContext(TypedDict):
    """``next`` is where to go afterwards."""

    next: str
    name: str
    error: str


@public
class SignInLiveView(LiveView[SignInContext]):
    async def handle_params(
        self, socket: LiveViewSocket[SignInContext], url: ParseResult, next: str = ""
    ) -> None:
        target = safe_next(next, default=urljoin(url.path, "devices"))
        if isinstance(socket.user, Member):
            await socket.redirect(target)
        socket.context = {"next": target, "name": "", "error": ""}

    @event
    async def sign_in(
        self, socket: LiveViewSocket[SignInContext], user: Guest, name: str = "", password: str = ""
    ) -> None:
        try:
            person = await door.recognise(user.connection, name, password)
        except NotAccepted as refused:
            socket.context["name"], socket.context["error"] = name, str(refused)
            return
        device = await devices.add(person, user.connection)
        await socket.redirect(socket.context["next"], session={"device": device})
