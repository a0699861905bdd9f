"""Sign-in page: a form of a live view, which changes the session with a redirect."""

from typing import TypedDict
from urllib.parse import ParseResult, urljoin

from examples.auth_db.authentication import Guest, Member
from examples.auth_db.services import devices, login
from examples.auth_db.users import NotAccepted
from pyview import LiveView, LiveViewSocket
from pyview.auth import public, safe_next
from pyview.events import event


class SignInContext(TypedDict):
    """``next`` is the path to go to after the sign-in."""

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
            account = await login.authenticate(user.connection, name, password)
        except NotAccepted as refused:
            socket.context["name"], socket.context["error"] = name, str(refused)
            return
        device = await devices.add(account, user.connection)
        await socket.redirect(socket.context["next"], session={"device": device})
