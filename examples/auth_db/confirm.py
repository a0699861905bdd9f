"""Page that asks for the password again before a sensitive change."""

from typing import TypedDict
from urllib.parse import ParseResult, urljoin

from examples.auth_db.authentication import Member
from examples.auth_db.services import login
from examples.auth_db.users import NotAccepted, User
from pyview import LiveView, LiveViewSocket
from pyview.auth import safe_next
from pyview.events import event


class ConfirmContext(TypedDict):
    me: User
    next: str
    error: str


class ConfirmLiveView(LiveView[ConfirmContext]):
    async def handle_params(
        self, socket: LiveViewSocket[ConfirmContext], url: ParseResult, user: Member, next: str = ""
    ) -> None:
        target = safe_next(next, default=urljoin(url.path, "password"))
        socket.context = {"me": user.account, "next": target, "error": ""}

    @event
    async def confirm(self, socket: LiveViewSocket[ConfirmContext], user: Member, password: str = "") -> None:
        try:
            await login.authenticate(user.connection, user.account.name, password)
        except NotAccepted as refused:
            socket.context["error"] = str(refused)
            return
        # A new session with a recent sign-in. The old one ends, and with it every copy of its cookie.
        await socket.clear_session()
        await socket.redirect(socket.context["next"], session={"device": user.device_id})
