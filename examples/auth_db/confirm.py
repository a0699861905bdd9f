"""Asks for the password again, before something that a borrowed laptop should not be able to do."""

from typing import TypedDict
from urllib.parse import ParseResult, urljoin

from examples.auth_db.people import NotAccepted, Person
from examples.auth_db.services import door
from examples.auth_db.visitors import Member
from pyview import LiveView, LiveViewSocket
from pyview.auth import safe_next
from pyview.events import event


class ConfirmContext(TypedDict):
    me: Person
    next: str
    error: str


class ConfirmLiveView(LiveView[ConfirmContext]):
    async def handle_params(
        self, socket: LiveViewSocket[ConfirmContext], url: ParseResult, user: Member, next: str = ""
    ) -> None:
        target = safe_next(next, default=urljoin(url.path, "password"))
        socket.context = {"me": user.person, "next": target, "error": ""}

    @event
    async def confirm(self, socket: LiveViewSocket[ConfirmContext], user: Member, password: str = "") -> None:
        try:
            await door.recognise(user.connection, user.person.name, password)
        except NotAccepted as refused:
            socket.context["error"] = str(refused)
            return
        # A session from scratch, signed in now: the old one ends, and with it every copy of its cookie.
        await socket.clear_session()
        await socket.redirect(socket.context["next"], session={"device": user.device_id})
